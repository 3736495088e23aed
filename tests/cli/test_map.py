"""`polar-sync map`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sync.deletions.observations import (
    Unmapped,
)
from tests.helpers.commands import CUSTOMER, Commands
from tests.helpers.engines import BOTH_ENGINES

pytestmark = BOTH_ENGINES


def test_map_set_show_and_remove(commands: Commands) -> None:
    number = commands.deletion("user-1", Unmapped())
    by_rule = commands.run("map", "show", "user-1", "--json").json
    assert by_rule["by"] == "identity"

    assert commands.run("map", "set", "user-1", "--external-id", "cus/1").code == 0
    assert commands.run("map", "show", "user-1", "--json").json == {
        "user_id": "user-1",
        "external_id": "cus/1",
        "customer_id": None,
        "by": "entry",
    }
    assert "cus/1" in commands.run("map", "show", "user-1").out
    assert commands.row(number).next_attempt_at is not None
    assert commands.run("map", "set", "user-1", "--customer-id", CUSTOMER).code == 0
    assert CUSTOMER in commands.run("map", "show", "user-1").out
    assert commands.run("map", "remove", "user-1").code == 0
    assert commands.run("map", "remove", "user-1").code == 1


def test_map_show_finds_nobody_where_there_are_only_entries(commands: Commands) -> None:
    commands.monkeypatch.setenv("MAPPING", "table")

    result = commands.run("map", "show", "user-1", "--json")

    problem = "user-1 has no entry, and MAPPING is table"
    assert (result.code, result.err) == (1, f"error: {problem}\n")
    assert result.json == {"exit_code": 1, "problems": [problem]}


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--external-id", "x", "--customer-id", CUSTOMER],
        ["--customer-id", "x"],
        ["--external-id", "a\nb"],
        ["--external-id", "x" * 256],
    ],
    ids=lambda options: " ".join(options)[:20],
)
def test_map_set_says_what_is_wrong(commands: Commands, options: list[str]) -> None:
    result = commands.run("map", "set", "user-1", *options)

    assert (result.code, result.out) == (2, "")
    assert "_id" in result.err


def test_map_import_by_name_format_and_stdin(commands: Commands, tmp_path: Path) -> None:
    csv = tmp_path / "Users.CSV"
    csv.write_text("user_id,external_id\nuser-1,a\nuser-2,b\n")
    jsonl = tmp_path / "users.txt"
    jsonl.write_text('{"user_id": "user-3", "external_id": "c"}\n')

    assert commands.run("map", "import", str(csv)).out == "users imported: 2\n"
    assert commands.run("map", "import", str(jsonl)).code == 2
    assert commands.run("map", "import", str(jsonl), "--format", "jsonl").code == 0
    (tmp_path / "more").write_text("user_id,external_id\nuser-4,d\n")
    with (tmp_path / "more").open() as stdin:
        commands.monkeypatch.setattr(sys, "stdin", stdin)
        assert commands.run("map", "import", "-").code == 2
        assert commands.run("map", "import", "-", "--format", "csv").code == 0
    for number, external_id in enumerate("abcd", 1):
        shown = commands.run("map", "show", f"user-{number}", "--json").json
        assert (shown["external_id"], shown["by"]) == (external_id, "entry")


def test_map_import_is_all_or_nothing(commands: Commands, tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("user_id,external_id\nuser-1,a\nuser-2,\n,c\n")

    result = commands.run("map", "import", str(path))

    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines() == [
        "error: nothing was imported",
        "error: line 3: external_id, customer_id: give exactly one of the two",
        "error: line 4: user_id: is missing or empty",
    ]
    assert commands.run("map", "remove", "user-1").code == 1
    assert commands.run("map", "import", str(tmp_path / "missing.csv")).code == 2
    assert commands.run("map", "import", str(tmp_path)).code == 2
