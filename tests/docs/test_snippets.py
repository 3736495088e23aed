"""Every block of code in the pages is run by a test, held against the code here, or named below
with the reason why it is neither."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from typer.core import TyperCommand, TyperGroup

from sync.cli.main import CONTEXT_SETTINGS
from sync.cli.main import command as command_line
from sync.settings import RelaySettings, Settings
from tests.helpers.servers import ROOT, serve_settings
from tests.helpers.settings import EVENT_SECRET, SettingsFactory, database_path
from tests.helpers.store import inbox_rows

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "kits").glob("*/README.md"),
    ]
)
BLOCK = re.compile(r"(<!-- tested[^\n]*-->\n)?^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)

NOT_RUN: Mapping[str, str] = {
    "python -m pip": "installs; CI's own first steps are these",
    "pip install": "installs; that the extra is there is checked",
    "npm install": "installs; tests/kits has its packages",
    "uv tool install": "installs; tests/deploying/test_installed.py does",
    "uv sync": "CI's own step",
    "uv run pre-commit": "installs hooks into the clone that it is run in",
    "uv run pytest": "CI's own step",
    "uv run lint-imports": "CI's own step",
    "uv run zensical": "tests/docs/test_site.py does",
    ".ci/run": "this is run by it",
    "docker": "no container engine runs in CI; tests/deploying carries the Dockerfile's steps out",
    "curl": "asks a host of the reader's",
    "uvicorn app:app": "tests/kits_python runs the kit",
    "flask ": "tests/kits_python runs the kit",
    "python manage.py": "tests/kits_python runs the kit",
    "polar-sync-send": "tests/kits_python runs the kit",
}
"""Commands by how they begin, beside `polar-sync`'s own, which are parsed."""
VARIABLES = r"APP_DATABASE_URL|OTEL_\w+|POLAR_SYNC_\w+"
"""Variables that are others' than the bridge's: OpenTelemetry's, and the kits'."""
OUTPUT = {"text", "mermaid"}
"""Languages of what is looked at, and not run."""
NO_PROGRAM = {"ruby": "Ruby is not in CI; tests/kits_python holds kits/rails/signatures.json"}


@dataclass(frozen=True, slots=True)
class Block:
    """One that stands in a page."""

    page: Path
    language: str
    code: str
    is_tested: bool
    """It says that a test runs it."""

    def __str__(self) -> str:
        return f"{self.page.name}: {self.code.splitlines()[0]}"


BLOCKS = [
    Block(page, language, code, bool(marker))
    for page in PAGES
    for marker, language, code in BLOCK.findall(page.read_text())
]


def lines_of(code: str) -> Iterator[str]:
    """A shell's commands, without comments."""
    for line in code.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield shlex.join(words)


def check_shell(line: str) -> None:
    words = shlex.split(line)
    if words[0] == "export":
        words = words[1:]
    if match := re.fullmatch(r"([A-Z_]+)=.*", words[0]):
        known = {*Settings.model_fields, *RelaySettings.model_fields}
        assert match[1].lower() in known or re.fullmatch(VARIABLES, match[1]), line
        return
    others = (["docker", "build"], ["docker", "run"], ["flask", "polar-sync"])
    if words[:2] == ["docker", "run"] and "simulator" in words:
        parse(words[words.index("simulator") :])
        return
    if "polar-sync" in words and words[:2] not in others:
        parse(words[words.index("polar-sync") + 1 :])
        return
    if words[:3] == ["python", "-m", "sync.simulator"]:
        called = subprocess.run(
            [sys.executable, *words[1:], "--help"], capture_output=True, check=False, cwd=ROOT
        )
        assert called.returncode == 0, line
        return
    assert line.startswith(tuple(NOT_RUN)), f"is not run, and no reason is given: {line}"
    if extra := re.search(r"'\.\[(\w+)\]'", line):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert extra[1] in project["optional-dependencies"]


def parse(words: list[str]) -> None:
    """As the command line does, and no more."""
    for end in (">", ">>", "|", "&&"):
        words = words[: words.index(end)] if end in words else words
    command: object = command_line()
    while isinstance(command, TyperGroup):
        if words[0] not in command.commands:
            words = ["show", *words]  # `receipt 7` is `receipt show 7`
        command, words = command.commands[words[0]], words[1:]
    assert isinstance(command, TyperCommand), words
    with command.make_context("polar-sync", words, **CONTEXT_SETTINGS):
        pass


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_it_is_run_or_checked(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"[\w-]+\.(?:csv|jsonl?|html)\b", block.code):
        (tmp_path / name).touch()
    match block.language:
        case _ if block.is_tested or block.language in {*OUTPUT, *NO_PROGRAM}:
            pass
        case "sh":
            for line in lines_of(block.code):
                check_shell(line)
        case "json":
            json.loads(block.code)
        case "yaml":
            assert yaml.safe_load(block.code)
        case other:
            pytest.fail(f"nothing runs this, which is {other}")


@pytest.mark.slow
def test_what_the_readme_has_an_app_send_is_taken(
    new_settings: SettingsFactory, tmp_path: Path
) -> None:
    [code] = [it.code for it in BLOCKS if it.page.name == "README.md" and it.language == "python"]
    settings = new_settings(event_secrets=(EVENT_SECRET,))
    with serve_settings(settings) as url:
        program = code.replace("https://<your host>", url)
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            cwd=tmp_path,
            env={**os.environ, "POLAR_SYNC_SECRET": EVENT_SECRET},
            timeout=60,
        )
    (row,) = inbox_rows(database_path(settings))
    assert json.loads(row["body"])["data"] == {"user_id": "42"}
