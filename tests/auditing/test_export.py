"""An export holds everything, and is checked without the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.audit_log import log_of
from tests.helpers.auditing import deployment, remove_before, saved_head, verify
from tests.helpers.commands import VERIFIED, Commands, Result, finished
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.receipts import KEY

pytestmark = BOTH_ENGINES


def exported(commands: Commands) -> Path:
    file = commands.store.directory / "export.jsonl"
    result = commands.run("audit", "export", "--output", str(file))
    assert (result.code, result.out, result.err) == (0, "", "")
    return file


def rewritten(file: Path, lines: list[dict[str, Any]]) -> Path:
    other = file.with_name("other.jsonl")
    other.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return other


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def offline(file: Path, *arguments: str) -> Result:
    """Checked where there is nothing but the files."""
    nothing = file.parent / "nothing"
    nothing.mkdir(exist_ok=True)
    command = ("audit", "verify", "--file", str(file), "--json", *arguments)
    return finished(*command, variables={}, cwd=nothing)


@pytest.mark.slow
def test_an_auditor_needs_the_export_and_the_public_keys_alone(commands: Commands) -> None:
    store = deployment(commands, signing=True)
    commands.deletion("user-4", *VERIFIED)
    remove_before(commands, 1)
    file = exported(commands)
    lines = read(file)
    assert [line["index"] for line in lines[:-1]] == [row["index"] for row in log_of(store)]
    gone = [line["deletion"] for line in lines[:-1] if line["evidence"] is None]
    assert set(gone) == {1, 3}
    whole = json.dumps(lines)
    assert "user-" not in whole
    assert lines[-1]["signature"]
    # To stdout, where nothing else is said; the head is of another moment.
    printed = commands.run("audit", "export").out.splitlines()
    assert printed[:-1] == file.read_text().splitlines()[:-1]

    jwks = store.directory / "jwks.json"
    jwks.write_text(commands.run("keys", "jwks").out)
    head = saved_head(commands)
    result = offline(file, "--jwks", str(jwks), "--against", str(head))
    assert (result.code, result.err) == (0, "")
    report = result.json
    assert report["findings"]["total"] == 0
    assert (report["entries"], report["evidence"]) == (len(lines) - 1, 9)
    assert (report["heads"], report["against"], report["signed"]) == (1, 1, 2)
    assert report["hash"] == lines[-1]["hash"] == verify(commands).json["hash"]


TOUCHED = {
    "a detail": "evidence_changed",
    "an entry": "entry_changed",
    "an entry left out": "entry_missing",
    "evidence left out": "evidence_missing",
    "two swapped": "entry_changed",
    "cut off": "head_differs",
    "the head": "wrong_signature",
}


@pytest.mark.parametrize("name", TOUCHED)
def test_what_is_touched_in_it_is_found(commands: Commands, name: str) -> None:
    deployment(commands, signing=True)
    file = exported(commands)
    lines = read(file)
    match name:
        case "a detail":
            lines[1]["evidence"]["detail"]["customer_id"] = "another"
        case "an entry":
            lines[1]["at"] = lines[1]["at"].replace("2026", "2025")
        case "an entry left out":
            del lines[3]
        case "evidence left out":
            lines[1]["evidence"] = None
        case "two swapped":
            lines[1], lines[2] = lines[2], lines[1]
        case "cut off":
            del lines[-2]
        case _:
            lines[-1]["at"] = lines[0]["at"]
    report = verify(commands, "--file", str(rewritten(file, lines)))
    assert report.code == 1
    assert TOUCHED[name] in {it["what"] for it in report.json["findings"]["named"]}


@SQLITE
def test_what_is_no_export_is_refused(commands: Commands) -> None:
    deployment(commands)
    file = exported(commands)
    lines = read(file)
    for content, problem in (
        (lines[:-1], "it is no whole export of the log: its last line is no head"),
        ([*lines, lines[0]], "it is no export of the log: there is more after its head"),
        ([{"index": 1}, lines[-1]], "it is no export of the log: a line is no entry"),
        ([], "it is no whole export of the log: its last line is no head"),
    ):
        other = rewritten(file, content)
        result = commands.run("audit", "verify", "--file", str(other))
        assert (result.code, result.err) == (2, f"error: {problem}\n")
    other.write_text("no JSON\n")
    assert commands.run("audit", "verify", "--file", str(other)).code == 2


@pytest.mark.slow
@SQLITE
def test_without_the_extra_everything_goes_but_signatures(commands: Commands) -> None:
    deployment(commands)
    file = exported(commands)
    code = (
        "import sys\n"
        "for name in ('cryptography', 'joserfc', 'jinja2', 'rfc8785'): sys.modules[name] = None\n"
        "from sync.cli.main import main\n"
        "main()"
    )
    for more, expected in (((), 0), (("--jwks", str(file)), 2)):
        command = ("audit", "verify", "--file", str(file), *more)
        result = finished(*command, variables={}, cwd=file.parent, code=code)
        assert result.code == expected, result.err
    assert result.err.endswith("in a clone, uv tool install or pip install '.[receipts]'\n")
    assert KEY.kid not in result.out
