"""`docs/architecture.md` against the code: its pictures show the rooms and calls that there are."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
ROOTS = ("app", "sync")


def contract(name: str) -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return next(it for it in contracts if it["id"] == name)


def layers() -> list[set[str]]:
    """The rooms that may import only what is in a later set."""
    return [set(re.findall(r"[\w.]+", layer)) for layer in contract("layers")["layers"]]


def rank(room: str) -> int:
    return next(place for place, layer in enumerate(layers()) if room in layer)


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOTS, cache_dir=None)


def room(module: str) -> str:
    parts = module.split(".")
    return parts[0] if parts[0] == "app" else ".".join(parts[:2])


def made(imports: grimp.ImportGraph) -> set[tuple[str, str]]:
    """Which room imports which, if only a type."""
    return {
        (room(module), room(imported))
        for module in imports.modules
        for imported in imports.find_modules_directly_imported_by(module)
        if room(module) != room(imported)
    }


def test_every_contract_is_kept() -> None:
    # In a process of its own: it sets logging up anew, which silences every logger there is.
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_every_import_runs_downward_also_of_a_type(imports: grimp.ImportGraph) -> None:
    upward = {(one, other) for one, other in made(imports) if rank(one) >= rank(other)}
    assert upward == set()


def test_the_picture_of_the_rooms_is_the_contract() -> None:
    picture = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert picture
    groups = re.split(r"\n +▼\n", picture[1].strip())
    assert [{line.split()[0] for line in group.splitlines()} for group in groups] == layers()


def test_every_package_has_its_place(imports: grimp.ImportGraph) -> None:
    assert set().union(*layers()) == {"app", *imports.find_children("sync")}


def test_every_arrow_is_an_import_that_is_made(imports: grimp.ImportGraph) -> None:
    drawing = re.search(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
    assert drawing
    arrows = re.findall(r"^ +(\w+) (?:-- \".*?\" )?--> (\w+)$", drawing[1], re.MULTILINE)
    assert len(arrows) == drawing[1].count("-->")
    calls = {(name(start), name(end)) for start, end in arrows}
    assert calls <= made(imports)


def name(node: str) -> str:
    return node if node in ROOTS else f"sync.{node}"


def test_what_says_that_it_is_pure_is_held_to_it() -> None:
    paths = (path for root in ROOTS for path in (ROOT / root).rglob("*.py"))
    claimed = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in paths
        if re.search(r"\bPure[.:]", ast.get_docstring(ast.parse(path.read_text())) or "")
    }
    assert claimed <= set(contract("pure")["source_modules"])
