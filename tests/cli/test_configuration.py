"""Settings, databases and usages that are wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sync.cli.main import cli
from tests.helpers.commands import Commands, finished, started
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import HASH_KEY, environment

pytestmark = BOTH_ENGINES


@pytest.mark.slow
def test_each_missing_variable_is_one_line_on_stderr(tmp_path: Path) -> None:
    result = finished("status", "--json", variables={}, cwd=tmp_path)

    lines = result.err.splitlines()
    assert result.code == 2
    assert result.json == {
        "exit_code": 2,
        "problems": [line.removeprefix("error: ") for line in lines],
    }
    assert [line.split()[1] for line in lines] == [
        "POLAR_ACCESS_TOKEN",
        "POLAR_WEBHOOK_SECRETS",
        "EVENT_SECRETS",
        "HASH_KEY",
    ]
    assert all("is not set" in line for line in lines)


@pytest.mark.parametrize(
    "command",
    [
        ["serve"],
        ["worker"],
        ["migrate"],
        ["show", "u"],
        ["cancel", "u"],
        ["map", "show", "u"],
        ["send", "user.deleted", "u"],
    ],
    ids=" ".join,
)
def test_a_secret_is_never_printed(commands: Commands, command: list[str]) -> None:
    commands.monkeypatch.setenv("EVENT_SECRETS", "whsec_!not-base64-but-secret!")
    commands.monkeypatch.setenv("HASH_KEY", "short-but-secret")

    result = commands.run(*command)

    assert result.code == 2
    assert [line.split()[1] for line in result.err.splitlines()] == ["EVENT_SECRETS", "HASH_KEY"]
    assert "secret!" not in result.err
    assert "short-but" not in result.err


@pytest.mark.parametrize("command", [["status"], ["serve"], ["worker"], ["cancel", "u"]])
def test_a_database_without_tables_says_what_to_run(
    commands: Commands, command: list[str], tmp_path: Path
) -> None:
    commands.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.db")

    result = commands.run(*command)

    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"error: the database {tmp_path}/new.db has no tables yet; run: polar-sync migrate\n"
    )


def test_migrate_makes_the_tables_and_may_be_repeated(commands: Commands, tmp_path: Path) -> None:
    commands.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/deep/new.db")

    assert commands.run("migrate").code == 0
    assert commands.run("migrate").code == 0
    assert commands.run("status").code == 0


def test_another_hash_key_is_refused(commands: Commands) -> None:
    assert commands.run("map", "set", "user-1", "--external-id", "x").code == 0
    commands.monkeypatch.setenv("HASH_KEY", HASH_KEY[::-1])

    result = commands.run("show", "user-1")

    assert result.code == 2
    assert result.err.startswith("error: HASH_KEY is not the key")
    assert HASH_KEY[::-1] not in result.err


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all.db",
        "postgresql://u:hunter2@127.0.0.1:1/x",
        "postgresql://u@h:p/x",
    ],
)
def test_a_database_that_cannot_be_used_is_one_line(commands: Commands, url: str) -> None:
    commands.monkeypatch.setenv("DATABASE_URL", url)

    result = commands.run("status")

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "hunter2" not in result.err


def test_what_is_no_database_and_where_none_can_be(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"not a database " * 100)
    commands.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/file")
    result = commands.run("status")
    assert (result.code, result.err.count("\n")) == (2, 1)

    commands.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/file/below.db")
    result = commands.run("migrate")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"the directory {tmp_path}/file cannot be made: File exists" in result.err


@pytest.mark.slow
def test_the_version_the_help_and_a_wrong_usage() -> None:
    runner = CliRunner()

    assert re.fullmatch(r"polar-sync \d+\.\d+\.\d+\n", runner.invoke(cli, ["--version"]).output)
    help_ = runner.invoke(cli, ["--help"])
    assert help_.exit_code == 0
    assert "Exit codes" in help_.output
    for arguments in (["show"], ["nonsense"], ["retry"], ["approve"], ["receipt", "x"]):
        assert runner.invoke(cli, arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["retry", "1", "--dead-letters"],
        ["approve", "1", "--all"],
        ["show", "caf\udce9"],
        ["receipt", "0"],
        ["send", "user.updated", "u"],
    ],
    ids=repr,
)
def test_a_wrong_usage_exits_with_2(commands: Commands, arguments: list[str]) -> None:
    assert commands.run(*arguments).code == 2


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ALL_PROXY", "socks://127.0.0.1:1080", "write socks5://"),
        ("SSL_CERT_FILE", "/nowhere/at/all.pem", "names a file that is not there"),
        ("DATABASE_URL", "sqlite:///:memory:", "in memory"),
        ("DATABASE_URL", "postgresql://u:hunter2@x@h/d?schema=public", "percent-encode"),
        ("EVENT_PRESET", "Clerk", "did you mean clerk?"),
        ("RECONCILE_CRON", "0 15 3 * * *", "five fields"),
    ],
)
def test_every_process_stops_at_what_it_cannot_use_and_the_doctor_names_it(
    commands: Commands, variable: str, value: str, words: str
) -> None:
    """A server that went on without its worker would look alive."""
    commands.monkeypatch.setenv(variable, value)

    for command in ("serve", "worker", "status", "reconcile"):
        result = commands.run(command)
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert result.err.startswith(f"error: {variable} ")
        assert words in result.err
        assert "hunter2" not in result.err
    [settings] = [
        it for it in commands.run("doctor", "--json").json["checks"] if it["name"] == "settings"
    ]
    assert settings["outcome"] == "fail"
    assert words in settings["detail"]


def test_a_token_in_clear_is_said_by_the_doctor(commands: Commands) -> None:
    commands.monkeypatch.setenv("POLAR_BASE_URL", "http://polar.invalid")

    [settings] = [
        it for it in commands.run("doctor", "--json").json["checks"] if it["name"] == "settings"
    ]

    assert settings["outcome"] == "warn"
    assert settings["detail"].startswith("POLAR_BASE_URL begins with http://")


@pytest.mark.slow
def test_a_token_in_clear_is_logged_at_start(commands: Commands) -> None:
    variables = environment(commands.store, POLAR_BASE_URL="http://polar.invalid")
    said = "POLAR_BASE_URL begins with http://"
    for command in (["serve", "--port", "0"], ["worker"]):
        with started(*command, variables=variables, cwd=commands.store.directory, until=said):
            pass
