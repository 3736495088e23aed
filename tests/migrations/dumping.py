"""`python -m tests.migrations.dumping CODE`: a small database with a deletion in every state, as an
older version leaves it, into `dumps/`, as SQL for both engines.

CODE is a checkout of that version with its own `.venv`. Its own processes do all of it: they
migrate, serve, work, and are killed. A dump's first line is a comment: what Polar has then, as the
simulator's control API takes it.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.cli.exit_codes import REPAIRED
from sync.demo.processes import free_port
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.bridge import ago
from tests.helpers.clients import new_client
from tests.helpers.postgres import Postgres
from tests.helpers.settings import EVENT_SECRET, HASH_KEY, POLAR_SECRET, environment
from tests.helpers.simulator import Json, SimulatorClient
from tests.helpers.store import Store
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body, polar_headers, signed_headers

DUMPS = Path(__file__).parent / "dumps"


@dataclass
class Version:
    """An older version of the bridge, on one database, and its Polar."""

    code: Path
    store: Store
    sim: SimulatorClient
    port: int

    @property
    def has_teams(self) -> bool:
        return (self.code / "sync/simulator/members.py").exists()

    def command(self, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
        """A command of its own. Settings that it does not know it leaves alone."""
        variables = {
            "RATE_PER_MINUTE": "100000",
            "VERIFY_AFTER": "0.2",
            "SURVIVOR_AFTER": "0.5",
            "MAX_DELETIONS_PER_HOUR": "0",
            "POLAR_BASE_URL": self.sim.url,
            "OUTCOME_URL": "http://127.0.0.1:9/outcomes",
            "OUTCOME_ALLOW_PRIVATE": "true",
            "OUTCOME_SECRETS": EVENT_SECRET,
            "SYNC_EVENTS": "deleted,restored,updated",
            "METRICS": "true",
            "METRICS_TOKEN": HASH_KEY,
            "PORT": str(self.port),
            **settings,
        }
        return subprocess.Popen(
            [self.code / ".venv/bin/python", "-m", "sync.cli", *arguments],
            cwd=self.code,
            stdout=subprocess.DEVNULL,
            env=environment(self.store, POLAR_ACCESS_TOKEN=DEFAULT_TOKEN, **variables),
        )

    def run(self, *arguments: str, code: int = 0) -> None:
        assert self.command(*arguments).wait() == code

    @contextlib.contextmanager
    def serving(self, stop: signal.Signals = signal.SIGTERM, **settings: str) -> Iterator[None]:
        with self.command("serve", **settings) as process:
            try:
                wait_for(lambda: self.send("/readyz") == 200, "it serves")
                yield
            finally:
                process.send_signal(stop)

    def send(self, path: str, body: bytes | None = None, headers: Any = None) -> int:
        """What it answers: a status, 0 where nobody does."""
        with new_client(f"http://127.0.0.1:{self.port}") as client:
            try:
                if body is None:
                    return client.get(path).status_code
                return client.post(path, content=body, headers=headers).status_code
            except OSError:
                return 0
            except Exception as error:
                if "connect" in type(error).__name__.lower():
                    return 0
                raise

    def tell(self, user_id: str, type_: str = "user.deleted", **fields: Any) -> None:
        body = event_body(type_, user_id, **fields)
        status = self.send("/events", body, signed_headers(body))
        assert status == 202, status

    def customer(self, name: str, *subscriptions: str, **fields: Any) -> Json:
        return self.sim.customer(
            name,
            subscriptions=list(subscriptions),
            **{
                "email": f"{name}@people.example",
                "name": f"Somebody {name}",
                "created_at": ago(days=30),
                "billing_address": {"country": "FR", "line1": f"1 {name} street"},
                "webhooks": False,
                **fields,
            },
        )

    def wait(self, **states: str) -> None:
        """Wait until so many deletions are in each state."""
        wait_for(
            lambda: all(
                self.store.query("SELECT count(*) FROM deletion WHERE state = ?", state)[0][0]
                == int(number)
                for state, number in states.items()
            ),
            str(states),
        )


def play(it: Version) -> None:
    """What leaves something in every table, and a deletion in each state."""
    it.run("migrate")
    for name in ("deleting", "blocked", "mapped", "pending", "living"):
        it.customer(f"{name}-1", "active")
    it.customer("verified-1", "active", grants=1)
    it.customer("paused-1", "paused")
    for number in (1, 2, 3):
        it.customer(f"held-{number}", "active")
    it.customer("again-1", created_at=ago(minutes=1))
    if it.has_teams:
        members = [{"external_id": "member-1", "email": "member-1@people.example", "name": "M"}]
        it.customer("team-1", "active", members=members)
    endpoint = it.sim.endpoint(f"http://127.0.0.1:{it.port}/webhooks/polar", secret=POLAR_SECRET)
    it.run("reconcile", code=REPAIRED)
    it.run("map", "set", "user-mapped", "--external-id", "mapped-1")

    with it.serving(WORKER="embedded"):
        for name in ("verified-1", "paused-1", "nobody-1"):
            it.tell(name)
        it.tell("again-1", timestamp=ago(hours=1))
        if it.has_teams:
            it.tell("team-1")
            it.tell("member-1")
        body = b"no JSON"
        it.send("/webhooks/polar", body, polar_headers(body))
        used = "msg_used"
        for user in ("nobody-1", "nobody-2"):
            body = event_body("user.deleted", user)
            it.send("/events", body, signed_headers(body, webhook_id=used))
        it.wait(
            verified="2" if it.has_teams else "1",
            incomplete="1",
            superseded="1",
            held="1" if it.has_teams else "0",
        )
        it.sim.settle()
        wait_for(
            lambda: not it.store.query("SELECT 1 FROM inbox WHERE status = 'pending'"), "applied"
        )
    with it.serving(WORKER="embedded", MAX_DELETIONS_PER_HOUR="1"):
        for number in (1, 2, 3):
            it.tell(f"held-{number}")
        it.wait(held="4" if it.has_teams else "3")
        it.run("cancel", "held-3")
    # Killed while it does not know what became of one DELETE, and Polar refuses it.
    it.sim.faults({"kind": "timeout", "seconds": 600, "method": "DELETE"})
    it.sim.webhook_faults({"kind": "drop"})
    with it.serving(signal.SIGKILL, WORKER="embedded", REQUEST_TIMEOUT="100"):
        it.tell("deleting-1")
        it.wait(deleting="1")
        it.sim.settings(token="another")
        it.tell("blocked-1")
        it.tell("living-1", "user.updated", email="new-1@people.example", name="New")
        it.wait(blocked="1")
    it.sim.settings(token=DEFAULT_TOKEN)
    it.sim.faults()
    it.sim.webhook_faults()
    with it.serving(WORKER="separate"):
        for user in ("pending-1", "pending-nobody", "user-mapped"):
            it.tell(user)
        it.sim.customer("living-2", email="living-2@people.example")
        it.sim.settle()
    it.sim.api.delete(f"/v1/webhooks/endpoints/{endpoint['id']}")


def at_polar(it: Version) -> Json:
    """Each customer who is left, as the control API takes it, and whose they are."""
    found = []
    for customer in it.sim.items("/v1/customers/", limit=100):
        truth = it.sim.truth({"customer": customer})
        found.append(
            {name: customer[name] for name in ("id", "external_id", "email", "name", "created_at")}
            | {
                "subscriptions": [
                    {"id": row["id"], "status": row["status"]} for row in truth["subscriptions"]
                ],
                "members": [
                    {name: row[name] for name in ("external_id", "email", "name", "role")}
                    for row in truth.get("members", ())
                    if row["role"] != "owner" and row["deleted_at"] is None
                ],
            }
        )
    (organization,) = it.sim.items("/v1/organizations/")
    return {"organization_id": organization["id"], "customers": found}


def dumped(store: Store, programs: Path) -> str:
    """The database in SQL that a client's `execute` takes."""
    if store.is_sqlite:
        with contextlib.closing(sqlite3.connect(store.path)) as connection:
            return "\n".join(connection.iterdump()) + "\n"
    said = subprocess.run(
        [programs / "pg_dump", "--inserts", "--no-owner", "--no-privileges", store.url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # What only psql understands, and what only a server of this version does.
    return re.sub(r"^(\\.*|--.*|SET .*|)\n", "", said, flags=re.MULTILINE)


def main() -> None:
    code = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as directory, Postgres.started() as server:
        server.sql("CREATE DATABASE older")
        for store in (
            Store.of(Path(directory) / "polar-sync.db"),
            Store(server.url("older"), Path(directory)),
        ):
            command = [
                str(code / ".venv/bin/python"),
                *("-m", "sync.simulator", "--time-scale", "0.01"),
            ]
            with subprocess.Popen(command, cwd=code, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                sim = SimulatorClient(process.stdout.readline().split()[-1])
                it = Version(code, store, sim, free_port())
                try:
                    play(it)
                    polar = json.dumps(at_polar(it))
                finally:
                    process.terminate()
            revision = store.query("SELECT version_num FROM alembic_version")[0][0]
            engine = "sqlite" if store.is_sqlite else "postgresql"
            (DUMPS / f"{revision}.{engine}.sql").write_text(
                f"-- {polar}\n{dumped(store, server.programs)}"
            )
            store.close()


if __name__ == "__main__":
    main()
