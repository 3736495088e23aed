"""An application that is killed and started again, and those around it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sync.auditing.inspecting import inspect
from sync.deletions import evidence
from sync.deletions.chain import unbroken
from sync.simulator.config import DEFAULT_TOKEN
from sync.store.database import Database
from tests.helpers import bridge
from tests.helpers.bridge import Bridge, ago, deletes
from tests.helpers.clients import new_client
from tests.helpers.settings import environment
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.webhooks import event_body

KILLED = -signal.SIGKILL


@dataclass
class Launcher:
    """Starts application processes, one at a time."""

    popen: subprocess.Popen[str]

    def start(self, run: dict[str, Any]) -> int:
        assert self.popen.stdin is not None
        self.popen.stdin.write(json.dumps(run) + "\n")
        self.popen.stdin.flush()
        return self._line()

    def ended(self, *, wait: float = 0) -> bool:
        assert self.popen.stdout is not None
        ready, _, _ = select.select([self.popen.stdout.fileno()], [], [], wait)
        return bool(ready)

    def exit_code(self) -> int:
        """How the process ended; waits until it has."""
        return self._line()

    def _line(self) -> int:
        assert self.popen.stdout is not None
        return int(self.popen.stdout.readline())


@dataclass
class Crashing:
    """An application that dies and is started again, and those around it: the app that sends
    events until they are taken, and users who sign up again."""

    sim: SimulatorClient
    launcher: Launcher
    store: Store
    listener: socket.socket
    directory: Path
    settings: dict[str, str] = field(default_factory=dict)
    crash_at: str | None = None
    nth: int = 1
    runs: int = 0
    crashes: int = 0
    deleting: Counter[str] = field(default_factory=Counter)
    """By customer, how often a process died while it was not known what the DELETE had done."""
    kills: Iterator[float] = field(default_factory=lambda: iter(()))
    """Seconds from the start of a process, or from now, to its end."""
    kill_at: float | None = None
    pid: int | None = None

    def __post_init__(self) -> None:
        host, port = self.listener.getsockname()
        self.url = f"http://{host}:{port}"
        self.it = Bridge(
            self.sim,
            bridge.bridge_settings(self.sim, self.store),
            new_client(self.url, timeout=0.5, one_connection_each=True),
            self.store,
        )

    @property
    def points_file(self) -> Path:
        return self.directory / f"{self.store.directory.name}.points"

    def points(self) -> list[str]:
        """The moments that have passed."""
        return self.points_file.read_text().splitlines()

    def log(self) -> str:
        return self.points_file.with_suffix(".log").read_text()

    def start(self, crash_at: str | None = None, nth: int = 1) -> None:
        self.runs += 1
        self.pid = self.launcher.start(
            {
                "variables": environment(
                    self.store,
                    **{
                        "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
                        "POLAR_BASE_URL": self.sim.url,
                        "RATE_PER_MINUTE": "100000",
                        "MAX_DELETIONS_PER_HOUR": "0",
                        "WORKER": "embedded",
                        **self.settings,
                    },
                ),
                "listener": self.listener.fileno(),
                "points": str(self.points_file),
                "crash_at": crash_at,
                "nth": nth,
            }
        )

    def plan_kill(self) -> None:
        delay = next(self.kills, None)
        self.kill_at = None if delay is None else time.monotonic() + delay

    def look_after(self) -> None:
        """Kill the application if it is time to, and start it again if it has died."""
        if self.kill_at is not None and time.monotonic() >= self.kill_at:
            self.kill()
            assert self.launcher.ended(wait=WAIT)
        if not self.launcher.ended():
            return
        self.pid = None
        assert self.launcher.exit_code() == KILLED, self.log()
        self.crashes += 1
        for row in self.it.query("SELECT * FROM deletion WHERE state = 'deleting'"):
            self.deleting[row["customer_id"]] += 1
        self._let_leases_run_out()
        self.start()
        self.plan_kill()

    def _let_leases_run_out(self) -> None:
        """The dead process's; they are long, so that one which only stands still for a while keeps
        its own."""
        if not self.store.is_sqlite:
            # The server may still be committing what it was told last.
            connected = (
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            wait_for(lambda: not self.store.query(connected), "its connections are closed")
        self.store.execute(
            "UPDATE deletion SET lease_until = received_at WHERE lease_token IS NOT NULL"
        )
        self.store.execute(
            "UPDATE profile SET lease_until = changed_at WHERE lease_token IS NOT NULL"
        )
        self.store.execute("UPDATE outbox SET next_attempt_at = made_at WHERE status = 'pending'")

    def send(self, body: bytes, webhook_id: str) -> None:
        """Send an event as an app does: with the same id until it is taken."""
        end = time.monotonic() + WAIT
        while True:
            self.look_after()
            with contextlib.suppress(httpx.TransportError):
                if self.it.post(body, webhook_id=webhook_id).status_code == 202:
                    return
            assert time.monotonic() < end, self.log()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        def look() -> bool:
            self.look_after()
            return condition()

        try:
            wait_for(look, what, 2 * WAIT)
        except AssertionError as error:
            rows = [dict(row) for row in self.it.query("SELECT * FROM deletion")]
            raise AssertionError(f"{error}; {rows}; {self.log()}") from None

    def until_quiet(self) -> None:
        """Until Polar has sent everything and all of it is applied."""
        sim, query = self.sim, self.it.query
        self.until(
            lambda: sim.ask("POST", "/settle", {"timeout": 0.1}).status_code == 200, "all is sent"
        )
        self.until(
            lambda: not query("SELECT 1 FROM inbox WHERE status = 'pending'"), "all is applied"
        )

    def kill(self) -> None:
        assert self.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        self.it.app.close()
        if self.pid is not None:
            if not self.launcher.ended():
                self.kill()
            self.launcher.exit_code()


New = Callable[..., contextlib.AbstractContextManager[Crashing]]


def check_evidence(one: Crashing) -> None:
    """Every chain is whole, and so is the log over them; no webhook was applied twice."""
    it = one.it

    async def all_whole(database: Database) -> bool:
        async with database.read() as session:
            for row in it.query("SELECT id FROM deletion"):
                if not unbroken(await evidence.of(session, row["id"])):
                    return False
        return True

    assert it.beside(all_whole)
    assert it.beside(lambda database: inspect(database, {}, ())).findings.total == 0
    for row in it.query("SELECT * FROM deletion"):
        links = it.evidence(row)
        applied = Counter(
            link["detail"]["payload_digest"]
            for link in links
            if link["kind"].startswith("webhook.")
        )
        assert set(applied.values()) <= {1}
        assert Counter(it.kinds(row))["event.received"] == 1
    assert not it.query("SELECT * FROM inbox WHERE status NOT IN ('applied', 'ignored')")


def check_deletes(one: Crashing, wanted: Sequence[str]) -> None:
    """Each wanted customer was deleted once and nobody else was; and it was tried again only where
    the answer had been lost with a process."""
    effects = deletes(one.it, effect="true")
    assert effects == Counter(wanted)
    for customer, sent in deletes(one.it).items():
        assert sent <= 1 + one.deleting[customer], customer


def play(one: Crashing, *, surviving: str = "incomplete") -> None:
    """Three users: an ordinary one, one whose subscription survives, one who signs up again as soon
    as the customer is gone."""
    it = one.it
    customers = {
        "ordinary": it.customer("ordinary", "active", grants=1, webhooks=False),
        "surviving": it.customer("surviving", "paused", webhooks=False),
        "returning": it.customer("returning", "past_due", created_at=ago(days=1), webhooks=False),
    }
    expected = {"ordinary": "verified", "surviving": surviving, "returning": "verified"}
    bodies = {
        "ordinary": event_body("user.deleted", "ordinary"),
        "surviving": event_body("user.deleted", "surviving"),
        "returning": event_body("user.deleted", "returning", timestamp=ago(minutes=9)),
    }
    for user, body in bodies.items():
        one.send(body, f"msg-{user}")
    one.until(lambda: it.is_gone(customers["returning"]), "the old customer is gone")
    back = it.customer("returning", "active", email="back@example.com")

    def ended() -> bool:
        return all(
            [row["state"] for row in it.deletions(user)] == [state]
            for user, state in expected.items()
        )

    one.until(ended, "every deletion has ended")
    # The app never heard of the answer, or so it thinks.
    for user, body in bodies.items():
        one.send(body, f"msg-{user}")
    one.until_quiet()
    assert ended()
    assert not it.is_gone(back)
    check_deletes(one, list(customers.values()))
    check_evidence(one)


def play_guest(one: Crashing) -> None:
    """A user who is only a member of somebody else's team."""
    it = one.it
    people = [
        {"external_id": name, "email": f"{name}@example.com", "role": "member"}
        for name in ("guest", "other")
    ]
    customer = it.customer("boss", "active", created_at=ago(days=1), members=people)

    def there() -> set[str]:
        listed = it.sim.get("/v1/members/", customer_id=customer)["items"]
        return {item["external_id"] for item in listed}

    one.until(lambda: len(it.query("SELECT 1 FROM member")) == len(there()), "they are mirrored")
    one.send(event_body("user.deleted", "guest"), "msg-guest")
    one.until(
        lambda: [row["state"] for row in it.deletions("guest")] == ["verified"], "it has ended"
    )
    one.until_quiet()
    assert there() == {"boss", "other"}
    assert not it.is_gone(customer)
    check_deletes(one, [])
    check_evidence(one)
    (row,) = it.deletions("guest")
    assert it.kinds(row).count("membership.ended") == 1


def play_profiles(one: Crashing) -> None:
    """A user who is new, one who is called otherwise, and one who leaves while it is carried."""
    it = one.it
    # What the mirror learns of these customers it learns from the answers, at moments of their own.
    it.sim.webhook_faults({"kind": "hold", "type": "^customer[.](created|updated|state_changed)$"})
    updated = it.customer("updated", email="old@example.com", webhooks=False)
    leaving = it.customer("leaving", email="l@example.com", created_at=ago(days=1), webhooks=False)
    said = {
        "new": event_body("user.created", "new", timestamp=ago(minutes=9), email="n@example.com"),
        "updated": event_body("user.updated", "updated", email="new@example.com", name="New"),
        "leaving": event_body(
            "user.updated", "leaving", timestamp=ago(minutes=9), email="late@example.com"
        ),
    }
    for user, body in said.items():
        one.send(body, f"msg-{user}")
    gone = event_body("user.deleted", "leaving", timestamp=ago(minutes=5))
    one.send(gone, "msg-gone")
    one.until(
        lambda: [row["status"] for row in it.query("SELECT status FROM profile")] == ["synced"] * 2,
        "all is carried",
    )
    it.sim.webhook_faults()
    it.sim.control("POST", "/webhooks/release")
    one.until(
        lambda: [row["state"] for row in it.deletions("leaving")] == ["verified"], "it has ended"
    )
    one.until_quiet()
    there = {item["external_id"]: item for item in it.sim.items("/v1/customers/", limit=100)}
    assert {user: item["email"] for user, item in there.items()} == {
        "new": "n@example.com",
        "updated": "new@example.com",
    }
    assert (there["updated"]["id"], there["updated"]["name"]) == (updated, "New")
    assert it.truth(leaving)["customer"]["email"].endswith("@anonymized.polar.sh")
    # Whom the bridge itself has made goes as anybody.
    one.send(event_body("user.deleted", "new", timestamp=ago(minutes=5)), "msg-new-gone")
    one.until(lambda: [row["state"] for row in it.deletions("new")] == ["verified"], "it is gone")
    one.until_quiet()
    check_deletes(one, [leaving, there["new"]["id"]])
    check_evidence(one)
