"""What the pages say of files, links, settings, commands and routes is there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup, TyperOption

from sync.cli.main import command as command_line
from sync.doctor.checks import CHECKS
from sync.simulator.config import SimulatorConfig
from sync.simulator.control import routes
from sync.simulator.simulator import Simulator

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("kits/*/*.md")])
PROGRAMS = sorted(path for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text())
PATH = re.compile(r"`((?:app|bench|docs|kits|sync|tests)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([\w-]+))?\)")


def heading_anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = PATH.findall(page.read_text())
    # What a kit's page calls `app/` is the app's.
    ours = [it for it in named if not (it.startswith("app/") and "kits" in page.parts)]
    missing = [name for name in ours if not (ROOT / name).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not anchor or anchor in heading_anchors(linked), (target, anchor)


def test_every_route_of_the_control_api_is_described() -> None:
    page = (ROOT / "docs/simulator.md").read_text()
    described = set(re.findall(r"`([A-Z]+) /_sim(/[\w/{}-]*)`", page))
    served = {
        (method, route.path)
        for route in routes(Simulator(SimulatorConfig()))
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert described == served


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_bench_has_help_and_json(program: Path) -> None:
    answer = subprocess.run(
        [sys.executable, program, "--help"], capture_output=True, text=True, check=True
    )
    assert "--json" in answer.stdout


def commands(group: TyperGroup, before: str = "") -> Iterator[tuple[str, TyperCommand]]:
    """Every command with its whole name."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{before}{name} ")
        elif isinstance(command, TyperCommand):
            yield f"{before}{name}", command


def test_every_command_and_option_is_described() -> None:
    page = (ROOT / "docs/cli.md").read_text()
    described = dict(commands(command_line()))
    assert len(described) > 15
    for name, command in described.items():
        assert re.search(rf"`{name}\b", page), name
        for option in (it for it in command.params if isinstance(it, TyperOption)):
            assert any(text in page for text in option.opts), (name, option.opts)


def test_every_check_of_the_doctor_is_described() -> None:
    table = (ROOT / "docs/cli.md").read_text().partition("### `doctor")[2].partition("\n### ")[0]
    named = re.findall(r"`([^`]+)`", "".join(re.findall(r"^\|[^|]*\|", table, re.MULTILINE)))
    families = tuple(name.removesuffix("…") for name in named if name.endswith("…"))
    missing = {
        it.name for it in CHECKS if it.name not in named and not it.name.startswith(families)
    }
    assert missing == set()
