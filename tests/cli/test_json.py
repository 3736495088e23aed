"""With `--json` a command prints one object, whatever happens; `reconcile` never says that it has
finished where it has not."""

from __future__ import annotations

import re

import pytest

from tests.helpers.commands import DELETED, HELD, Commands
from tests.helpers.engines import BOTH_ENGINES

pytestmark = BOTH_ENGINES

COMMANDS = (
    ["status"],
    ["doctor"],
    ["show", "user-1"],
    ["map", "show", "user-1"],
    ["reconcile"],
    ["reconcile", "--user", "user-1"],
    ["reconcile", "--deletions"],
)
each = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLAR_BASE_URL", "http://127.0.0.1:9")


@each
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HASH_KEY", "too short"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:////nowhere/at/all.db"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/x"),
    ],
)
def test_of_what_cannot_be_used(
    commands: Commands, command: list[str], variable: str, value: str
) -> None:
    commands.monkeypatch.setenv(variable, value)

    result = commands.run(*command, "--json")

    assert result.code != 0
    if command == ["doctor"]:
        assert result.json["ok"] is False
        return
    assert result.json["exit_code"] == result.code
    assert [f"error: {it}" for it in result.json["problems"]] == result.err.splitlines()


@each
def test_of_a_wrong_usage(commands: Commands, command: list[str]) -> None:
    result = commands.run(*command, "--json", "--nonsense")

    assert (result.code, result.json["exit_code"]) == (2, 2)
    [line] = result.err.splitlines()
    assert line == f"error: {result.json['problems'][0]}"
    assert "--nonsense" in line


@pytest.mark.parametrize(
    "command", [it for it in COMMANDS if it[0] in {"show", "reconcile"}], ids=" ".join
)
def test_of_something_unforeseen(commands: Commands, command: list[str]) -> None:
    commands.deletion("user-1", *HELD)
    commands.sql("UPDATE deletion SET state = 'a secret'")
    commands.sql("ALTER TABLE reconciliation RENAME TO somewhere")

    result = commands.run(*command, "--json")

    assert result.code == result.json["exit_code"] == (3 if "reconcile" in command else 1)
    assert "a secret" not in result.out + result.err
    assert re.search(r"^error: ", result.err)
    if "reconcile" in command:
        assert result.json["finished"] is False
        assert result.json["stopped"]


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--user", "user-1"], ["--deletions"]], ids=" ".join)
def test_a_reconciliation_that_does_not_reach_polar_has_not_finished(
    commands: Commands, options: list[str]
) -> None:
    commands.deletion("user-1", *DELETED)

    result = commands.run("reconcile", "--json", *options)

    assert result.code == result.json["exit_code"] == 3
    assert result.json["finished"] is False
    assert "127.0.0.1 refused the connection" in result.json["stopped"]
