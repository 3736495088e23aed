"""`polar-sync send`, `serve`, `worker` and `demo`."""

from __future__ import annotations

import json
import re
import signal
import time
from datetime import datetime

import httpx
import pytest
from typer.testing import CliRunner

from sync.cli.main import cli
from sync.inbox.entry import InboxStatus
from tests.helpers.commands import Commands, Result, finished, started
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import serve_settings
from tests.helpers.settings import EVENT_SECRET, HASH_KEY, POLAR_SECRET, environment, load_settings
from tests.helpers.store import inbox_rows
from tests.helpers.waiting import wait_for

pytestmark = BOTH_ENGINES


def test_send_signs_what_the_server_takes(commands: Commands) -> None:
    with serve_settings(commands.settings) as url:
        commands.monkeypatch.setenv("PORT", url.rpartition(":")[2])
        # Whatever proxy there is, the server is on this machine.
        commands.monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        deleted = commands.run("send", "user.deleted", "user-1", "--external-id", "cus/1")
        commands.monkeypatch.delenv("HTTP_PROXY")
        restored = commands.run("send", "user.restored", "user-2", "--url", f"{url}/events")
        lost = commands.run("send", "user.deleted", "user-3", "--url", f"{url}/elsewhere")
        commands.monkeypatch.setenv("EVENT_SECRETS", "whsec_" + "A" * 44)
        forged = commands.run("send", "user.deleted", "user-4")

    assert deleted == Result(0, '202 {"status":"accepted"}\n', "")
    assert restored.code == 0
    assert (lost.code, lost.out[:3]) == (1, "404")
    assert (forged.code, forged.out[:3]) == (1, "401")
    rows = inbox_rows(commands.store)
    assert [row["event_type"] for row in rows] == ["user.deleted", "user.restored"]
    data = json.loads(rows[0]["body"])["data"]
    assert data == {"user_id": "user-1", "external_id": "cus/1"}


def test_send_puts_the_fields_where_the_settings_look_for_them(commands: Commands) -> None:
    variables = {"EVENT_PRESET": "clerk", "EVENT_TIMESTAMP_PATH": "data.at"}
    for name, value in variables.items():
        commands.monkeypatch.setenv(name, value)
    settings = load_settings(commands.store, **{k.lower(): v for k, v in variables.items()})
    with serve_settings(settings) as url:
        commands.monkeypatch.setenv("PORT", url.rpartition(":")[2])
        assert commands.run("send", "user.deleted", "user-1").code == 0

    assert json.loads(inbox_rows(commands.store)[0]["body"])["data"]["id"] == "user-1"


def test_send_to_nobody(commands: Commands) -> None:
    unreachable = commands.run("send", "user.deleted", "u", "--url", "http://127.0.0.1:1/events")
    assert (unreachable.code, unreachable.out) == (1, "")
    assert "no answer from http://127.0.0.1:1/events" in unreachable.err
    for url in ("ftp://host/events", "host:1/events", "http://h:port/events"):
        assert commands.run("send", "user.deleted", "u", "--url", url).code == 2


@pytest.mark.slow
def test_serve_accepts_and_ends_cleanly(commands: Commands) -> None:
    nowhere = {"WORKER": "embedded", "POLAR_BASE_URL": "http://127.0.0.1:1"}
    with started(
        "serve",
        "--port",
        "0",
        variables={**environment(commands.store), **nowhere},
        cwd=commands.store.directory,
        until="running on",
    ) as (popen, line):
        said = json.loads(line)
        assert (said["level"], said["logger"]) == ("info", "uvicorn.error")
        datetime.fromisoformat(said["timestamp"])
        found = re.search(r"running on (http://127\.0\.0\.1:\d+)", said["message"])
        assert found
        url = f"{found[1]}/events"
        assert commands.run("send", "user.deleted", "user-1", "--url", url).code == 0
        begun = time.monotonic()
        popen.send_signal(signal.SIGTERM)
        out, err = popen.communicate(timeout=20)

    assert (popen.returncode, out) == (0, "")
    assert time.monotonic() - begun < 10
    assert "Traceback" not in err
    assert "POST" not in err
    for secret in (EVENT_SECRET, POLAR_SECRET, HASH_KEY, "user-1"):
        assert secret not in err


@pytest.mark.slow
@pytest.mark.parametrize("form", ["auto", "text"])
def test_each_line_says_what_it_is_about(commands: Commands, form: str) -> None:
    name, token = "backoffice", "c" * 64
    more = {
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": form,
        "WORKER": "embedded",
        "POLAR_BASE_URL": "http://127.0.0.1:1",
        "API_TOKENS": f"{name}:{token}",
    }
    with started(
        "serve",
        "--port",
        "0",
        variables={**environment(commands.store), **more},
        cwd=commands.store.directory,
        until="running on",
    ) as (popen, line):
        [url] = re.findall(r"http://127\.0\.0\.1:\d+", line)
        assert commands.run("send", "user.deleted", "user-1", "--url", f"{url}/events").code == 0
        commands.monkeypatch.setenv("EVENT_SECRETS", "whsec_" + "A" * 44)
        assert commands.run("send", "user.deleted", "user-2", "--url", f"{url}/events").code == 1
        given = httpx.get(f"{url}/nothing", headers={"X-Request-ID": "from-the-proxy-1"})
        assert given.headers["x-request-id"] == "from-the-proxy-1"
        made_up = httpx.get(f"{url}/nothing", headers={"X-Request-ID": "a user@example.com"})
        asked = httpx.get(
            f"{url}/deletions?user_id=user-1", headers={"authorization": f"Bearer {token}"}
        )
        assert (asked.status_code, "x-request-id" in asked.headers) == (200, False)
        wait_for(lambda: commands.store.query("SELECT 1 FROM deletion WHERE attempts > 0"), "tried")
        popen.send_signal(signal.SIGTERM)
        _, err = popen.communicate(timeout=60)
    for personal in ("user-1", "user-2", "user@example.com", token, EVENT_SECRET):
        assert personal not in err
    if form == "text":
        assert "request_id=from-the-proxy-1" in err
        return
    lines = [json.loads(it) for it in err.splitlines()]
    by_request = {it["request_id"]: it["message"] for it in lines if "request_id" in it}
    assert "/nothing" in by_request["from-the-proxy-1"]
    assert "/nothing" in by_request[made_up.headers["x-request-id"]]
    assert any("refused" in it["message"] for it in lines if "request_id" in it)


@pytest.mark.slow
def test_serve_on_a_port_that_is_taken(commands: Commands) -> None:
    with serve_settings(commands.settings) as url:
        result = finished(
            "serve",
            "--port",
            url.rpartition(":")[2],
            variables=environment(commands.store),
            cwd=commands.store.directory,
        )

    assert result.code == 1
    assert "address already in use" in result.err
    assert "Traceback" not in result.err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_applies_the_inbox_until_it_is_told_to_stop(
    commands: Commands, number: signal.Signals
) -> None:
    commands.dead_letter()
    assert commands.run("retry", "--dead-letters").code == 0
    with started(
        "worker",
        variables=environment(commands.store),
        cwd=commands.store.directory,
        until="the worker has started",
    ) as (popen, _):
        wait_for(
            lambda: inbox_rows(commands.store)[0]["status"] == InboxStatus.DEAD,
            "applied",
            seconds=20,
        )
        begun = time.monotonic()
        popen.send_signal(number)
        _, err = popen.communicate(timeout=20)

    assert popen.returncode == 0
    assert time.monotonic() - begun < 10
    assert "the worker has stopped" in err
    assert "Traceback" not in err


def test_an_unforeseen_error_is_one_line_without_its_message(commands: Commands) -> None:
    commands.deletion("user-1")
    commands.sql("UPDATE deletion SET state = 'a secret'")

    result = commands.run("show", "user-1")

    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(r"error: unexpected \w+ at \S+/sync/[\w/]+\.py:\d+\n", result.err)


def test_the_demo_runs_without_settings_or_stops_with_its_own_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    demo = pytest.importorskip("sync.demo.story")
    monkeypatch.setattr(demo, "run", lambda _console, *, keep: 8 if keep else 7)

    assert CliRunner().invoke(cli, ["demo"]).exit_code == 7
    assert CliRunner().invoke(cli, ["demo", "--keep"]).exit_code == 8


def test_ready_says_whether_the_server_of_this_machine_is(commands: Commands) -> None:
    with serve_settings(commands.settings) as url:
        commands.monkeypatch.setenv("PORT", url.rpartition(":")[2])
        commands.monkeypatch.setenv("HOST", "0.0.0.0")  # noqa: S104 - where it is asked, not heard
        commands.monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        ready = commands.run("ready")
        commands.sql("DROP TABLE inbox")
        unready = commands.run("ready")
    gone = commands.run("ready")
    assert (ready.code, ready.err) == (0, "")
    assert json.loads(ready.out)["status"] == "ready"
    assert (gone.code, "nobody answers at http://127.0.0.1:" in gone.err) == (1, True)
    assert (unready.code, "reason" in unready.err) == (1, True)
