"""`polar-sync init`: from a token to a deployment that is ready to serve."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dotenv import dotenv_values

from sync.settings import Settings, fields
from tests.helpers.commands import COMMAND, Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import ROOT
from tests.helpers.settings import environment
from tests.helpers.simulator import SimulatorClient
from tests.helpers.waiting import WAIT

pytestmark = BOTH_ENGINES

TOKEN = "polar_oat_simulator"
URL = "https://bridge.example.com"
MADE = {"HASH_KEY", "EVENT_SECRETS", "POLAR_WEBHOOK_SECRETS", "PUBLIC_URL"}

Init = Callable[..., dict[str, str]]


@pytest.fixture
def fresh(commands: Commands, sim: SimulatorClient) -> Commands:
    """A directory without a `.env`, and a Polar: only where both are, and the database, is set."""
    for name in environment(commands.store):
        if name != "DATABASE_URL":
            commands.monkeypatch.delenv(name)
    commands.monkeypatch.setenv("POLAR_BASE_URL", sim.url)
    commands.monkeypatch.setenv("POLAR_ACCESS_TOKEN", TOKEN)
    return commands


def outcomes(report: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {step["name"]: step["outcome"] for step in report["steps"]}


def written() -> dict[str, str | None]:
    return dotenv_values(".env")


def test_all_that_is_needed_is_made_once(fresh: Commands, sim: SimulatorClient) -> None:
    first = fresh.run("init", "--yes", "--public-url", URL)
    assert (first.code, first.err) == (0, "")
    held = written()
    assert held.keys() == MADE
    assert Path(".env").stat().st_mode & 0o777 == 0o600
    (endpoint,) = sim.items("/v1/webhooks/endpoints")
    assert (endpoint["url"], endpoint["secret"]) == (
        f"{URL}/webhooks/polar",
        held["POLAR_WEBHOOK_SECRETS"],
    )
    assert Settings.load().public_url == URL
    assert "POLAR_SYNC_SECRET" in first.out
    assert "standardwebhooks" in first.out
    for name in MADE - {"PUBLIC_URL"}:
        assert (held[name] or "?") not in first.out
    assert TOKEN not in first.out

    before = Path(".env").read_bytes()
    again = fresh.run("init", "--yes", "--json")
    assert again.code == 0
    assert again.json["ready"] is True
    assert outcomes(again.json) == {
        "token": "already",
        "Polar": "already",
        "address": "already",
        "database": "done",
        "hash key": "already",
        "event secret": "already",
        "webhook endpoint": "already",
        "checks": "done",
    }
    assert Path(".env").read_bytes() == before
    assert len(sim.items("/v1/webhooks/endpoints")) == 1


def test_without_polar_the_rest_is_done_and_the_next_run_goes_on(
    fresh: Commands, sim: SimulatorClient
) -> None:
    sim.settings(available=False)
    first = fresh.run("init", "--yes", "--public-url", URL, "--json")
    assert first.code == 1
    left = {step["name"]: step["remedy"] for step in first.json["steps"] if step["remedy"]}
    assert left.keys() == {"Polar", "webhook endpoint", "checks"}
    assert all("run polar-sync init again" in remedy for remedy in left.values())
    before = written()
    assert before.keys() == MADE - {"POLAR_WEBHOOK_SECRETS"}

    sim.settings(available=True)
    again = fresh.run("init", "--yes")
    assert again.code == 0
    assert written().items() >= before.items()
    assert written().keys() == MADE


def test_a_token_that_polar_does_not_take(fresh: Commands) -> None:
    fresh.monkeypatch.setenv("POLAR_ACCESS_TOKEN", "polar_oat_of_somebody")
    result = fresh.run("init", "--yes", "--public-url", URL, "--json")
    assert result.code == 1
    steps = {step["name"]: step for step in result.json["steps"]}
    assert steps["Polar"]["outcome"] == steps["webhook endpoint"]["outcome"] == "left"
    assert "401" in steps["Polar"]["detail"]
    assert "check the token" in steps["Polar"]["remedy"]


def test_an_address_can_come_later(fresh: Commands, sim: SimulatorClient) -> None:
    first = fresh.run("init", "--yes", "--json")
    assert first.code == 1
    assert outcomes(first.json)["address"] == outcomes(first.json)["webhook endpoint"] == "left"
    assert sim.items("/v1/webhooks/endpoints") == []
    assert fresh.run("init", "--yes", "--public-url", URL).code == 0


def test_which_server_the_token_is_for_is_found_out(fresh: Commands, sim: SimulatorClient) -> None:
    fresh.monkeypatch.delenv("POLAR_BASE_URL")
    # The other one answers 404 to everything: a token of the sandbox is none there either.
    servers = {"production": "http://127.0.0.1:1", "sandbox": sim.url}
    fresh.monkeypatch.setattr(fields, "_POLAR_SERVERS", servers)
    assert fresh.run("init", "--yes", "--public-url", URL).code == 0
    assert written()["POLAR_SERVER"] == "sandbox"
    named = fresh.run("init", "--yes", "--server", "production", "--json")
    assert named.code == 1
    assert outcomes(named.json)["Polar"] == "left"
    assert written()["POLAR_SERVER"] == "production"


def test_what_is_there_stays(fresh: Commands) -> None:
    secret = "whsec_" + "A" * 44
    Path(".env").write_text(
        f"# ours\nHASH_KEY=\nEVENT_SECRETS={secret}\nSOMETHING='of another program'  # stays\n"
    )
    Path(".env").chmod(0o644)
    assert fresh.run("init", "--yes", "--public-url", URL).code == 0
    lines = Path(".env").read_text().splitlines()
    assert lines[0] == "# ours"
    assert lines[2] == f"EVENT_SECRETS={secret}"
    assert lines[3] == "SOMETHING='of another program'  # stays"
    assert re.fullmatch("HASH_KEY=[0-9a-f]{64}", lines[1])
    assert Path(".env").stat().st_mode & 0o777 == 0o600


def test_a_hash_key_that_was_lost_is_not_replaced(fresh: Commands) -> None:
    assert fresh.run("init", "--yes", "--public-url", URL).code == 0
    assert fresh.run("status").code == 0
    fresh.run("map", "set", "user-1", "--external-id", "cus_1")
    key = written()["HASH_KEY"]
    assert key
    Path(".env").write_text(Path(".env").read_text().replace(f"HASH_KEY={key}\n", ""))
    result = fresh.run("init", "--yes", "--json")
    assert result.code == 1
    (step,) = [step for step in result.json["steps"] if step["name"] == "hash key"]
    assert (step["outcome"], "set it back" in step["remedy"]) == ("left", True)
    assert "HASH_KEY" not in written()


def test_a_secret_of_the_endpoints_that_is_not_known_is_added(
    fresh: Commands, sim: SimulatorClient
) -> None:
    assert fresh.run("init", "--yes", "--public-url", URL).code == 0
    (endpoint,) = sim.items("/v1/webhooks/endpoints")
    other = "polar_whs_" + "o" * 32
    text = Path(".env").read_text()
    Path(".env").write_text(text.replace(endpoint["secret"], other))
    assert fresh.run("init", "--yes").code == 0
    assert written()["POLAR_WEBHOOK_SECRETS"] == f"{endpoint['secret']},{other}"

    fresh.monkeypatch.setenv("POLAR_WEBHOOK_SECRETS", other)
    result = fresh.run("init", "--yes", "--json")
    assert result.code == 1
    (step,) = [it for it in result.json["steps"] if it["name"] == "webhook endpoint"]
    assert "which the environment sets" in step["detail"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("HASH_KEY=ä".encode("utf-16"), "not UTF-8"),
        (b"EVENT_SECRETS=short\n", "EVENT_SECRETS holds a secret"),
    ],
)
def test_a_file_that_cannot_be_used_is_left_as_it_is(
    fresh: Commands, content: bytes, said: str
) -> None:
    Path(".env").write_bytes(content)
    result = fresh.run("init", "--yes", "--public-url", URL)
    assert result.code in {1, 2}
    assert said in result.out + result.err
    assert Path(".env").read_bytes()[: len(content)] == content


def test_an_address_that_the_environment_sets_is_changed_there(fresh: Commands) -> None:
    fresh.monkeypatch.setenv("PUBLIC_URL", "https://elsewhere.example.com")
    result = fresh.run("init", "--yes", "--public-url", URL)
    assert (result.code, "PUBLIC_URL is another in the environment" in result.err) == (2, True)


def test_without_a_terminal_nobody_is_asked(fresh: Commands) -> None:
    result = fresh.run("init")
    assert (result.code, "give --yes" in result.err) == (2, True)
    assert not Path(".env").exists()
    fresh.monkeypatch.delenv("POLAR_ACCESS_TOKEN")
    left = fresh.run("init", "--yes", "--json")
    assert left.code == 1
    assert outcomes(left.json)["token"] == outcomes(left.json)["Polar"] == "left"


def test_the_playground_is_not_made_over_something_real(fresh: Commands) -> None:
    result = fresh.run("init", "--yes", "--simulator")
    assert (result.code, "directory without a .env" in result.err) == (2, True)
    assert not Path(".env").exists()


class Terminal:
    """The command at a terminal, as a person sees it and types into it."""

    def __init__(self, fresh: Commands, *arguments: str, without: str = "") -> None:
        self._master, slave = pty.openpty()
        variables = {k: v for k, v in os.environ.items() if k != without}
        self._popen = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=fresh.store.directory,
            env={**variables, "PYTHONPATH": str(ROOT)},
        )
        os.close(slave)
        self.seen = ""

    def read_until(self, text: str) -> None:
        deadline = time.monotonic() + WAIT
        while text not in self.seen:
            ready, _, _ = select.select([self._master], [], [], deadline - time.monotonic())
            assert ready, f"{text!r} did not come: {self.seen}"
            try:
                self.seen += os.read(self._master, 4096).decode()
            except OSError:
                raise AssertionError(f"{text!r} did not come: {self.seen}") from None

    def type(self, text: str) -> None:
        os.write(self._master, f"{text}\n".encode())

    def end(self) -> int:
        try:
            return self._popen.wait(WAIT)
        finally:
            self._popen.kill()
            self.seen += os.read(self._master, 65_536).decode()
            os.close(self._master)


@pytest.mark.slow
def test_a_person_is_asked_for_what_only_they_know(fresh: Commands) -> None:
    terminal = Terminal(fresh, "init", without="POLAR_ACCESS_TOKEN")
    # The blank comes once nothing is shown any more.
    terminal.read_until("Developers: ")
    terminal.type(TOKEN)
    terminal.read_until("Where will Polar reach the bridge?")
    terminal.type(URL)
    assert terminal.end() == 0, terminal.seen
    assert TOKEN not in terminal.seen
    assert written().keys() == MADE | {"POLAR_ACCESS_TOKEN"}


@pytest.mark.slow
def test_a_person_can_say_that_their_file_is_not_to_be_touched(fresh: Commands) -> None:
    Path(".env").write_text("# mine\n")
    terminal = Terminal(fresh, "init")
    terminal.read_until("May what it lacks be added to it?")
    terminal.type("n")
    assert terminal.end() == 1
    assert "nothing was done" in terminal.seen
    assert Path(".env").read_text() == "# mine\n"
