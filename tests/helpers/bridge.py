"""The whole bridge, ready to be tried: the real application on a real database, and a simulated
Polar in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from sync.deletions import operator as operations
from sync.deletions import receipts
from sync.deletions.identity import set_entry
from sync.deletions.ledger import Ledger
from sync.deletions.queries import Which
from sync.deletions.tables import DeletionRow
from sync.hashing import Hasher
from sync.reconcile.report import Report
from sync.reconcile.run import reconciliation
from sync.settings import Settings
from sync.simulator.config import DEFAULT_TOKEN
from sync.store.database import Database
from tests.helpers.clients import new_client
from tests.helpers.servers import serve_settings
from tests.helpers.settings import POLAR_SECRET, load_settings
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store, store_at
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.webhooks import event_body, signed_headers

Json = dict[str, Any]
Run = Callable[..., AbstractContextManager["Bridge"]]
T = TypeVar("T")

STATE = "GET /v1/customers/external/{external_id}/state"
STATE_BY_ID = "GET /v1/customers/{id}/state"
SUBSCRIPTIONS = "GET /v1/subscriptions/"
GRANTS = "GET /v1/benefit-grants/"
MEMBERS = "GET /v1/members/"
DELETE = "DELETE /v1/customers/external/{external_id}"
DELETE_BY_ID = "DELETE /v1/customers/{id}"
REVOKE = "DELETE /v1/subscriptions/{id}"


def now() -> datetime:
    return datetime.now(UTC)


def deletes(it: Bridge, **filters: str) -> Counter[str]:
    """By customer, how many DELETEs were sent, by either of its ids."""
    return Counter(
        request["customer_id"]
        for route in (DELETE, DELETE_BY_ID)
        for request in it.requests(method="DELETE", route=route.removeprefix("DELETE "), **filters)
        if request["customer_id"] is not None
    )


def ago(**duration: float) -> str:
    """A time in the past, as Polar's API and the app's events write one."""
    return (now() - timedelta(**duration)).isoformat()


@contextlib.contextmanager
def simulator() -> Iterator[SimulatorClient]:
    """A Polar in a process of its own, a hundred times as fast as the real one."""
    command = [sys.executable, "-m", "sync.simulator", "--time-scale", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            client = SimulatorClient(process.stdout.readline().split()[-1])
            yield client
            client.close()
        finally:
            process.terminate()


@dataclass
class Bridge:
    """The bridge as its neighbours see it: the app, Polar, an operator, whoever has the disk."""

    sim: SimulatorClient
    settings: Settings
    app: httpx.Client
    store: Store

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self.store.path

    # --- the app -------------------------------------------------------------------------------

    def post(self, body: bytes, *, webhook_id: str | None = None) -> httpx.Response:
        """Send an event of the app's."""
        return self.app.post(
            "/events", content=body, headers=signed_headers(body, webhook_id=webhook_id)
        )

    def tell(self, user_id: str, type_: str = "user.deleted", **fields: Any) -> bytes:
        """Send an event that must be taken; returns its body. `fields`: as for `event_body`."""
        body = event_body(type_, user_id, **fields)
        answer = self.post(body)
        assert answer.status_code == 202, answer.text
        return body

    # --- Polar ---------------------------------------------------------------------------------

    def customer(self, user_id: str | None, *subscriptions: Any, **fields: Any) -> str:
        """Have a customer at Polar; returns Polar's id."""
        created = self.sim.customer(user_id, subscriptions=list(subscriptions), **fields)
        customer_id: str = created["customer"]["id"]
        return customer_id

    def truth(self, customer_id: str) -> Json:
        """The customer as Polar really has it, deleted or not."""
        found: Json = self.sim.control("GET", f"/customers/{customer_id}")
        return found

    def is_gone(self, customer_id: str) -> bool:
        return self.truth(customer_id)["customer"]["deleted_at"] is not None

    def counts(self) -> dict[str, int]:
        """The bridge's requests by method and route."""
        found: dict[str, int] = self.sim.control("GET", "/counts")
        return {route: n for route, n in found.items() if "/webhooks/" not in route}

    def requests(self, **filters: str) -> list[Json]:
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        found: list[Json] = self.sim.control("GET", f"/requests?{query}")["requests"]
        return found

    # --- the disk ------------------------------------------------------------------------------

    def query(self, sql: str, *parameters: Any) -> list[Any]:
        return self.store.query(sql, *parameters)

    def stored(self) -> bytes:
        return self.store.stored()

    def deletions(self, user_id: str) -> list[Any]:
        """The user's deletions, oldest first."""
        user_hash = Hasher(self.settings.hash_key).user(user_id)
        return self.query("SELECT * FROM deletion WHERE user_hash = ? ORDER BY id", user_hash)

    def evidence(self, row: Any) -> list[Json]:
        return [
            {**link, "detail": json.loads(link["detail"])}
            for link in self.query(
                "SELECT * FROM evidence WHERE deletion_id = ? ORDER BY seq", row["id"]
            )
        ]

    def kinds(self, row: Any) -> list[str]:
        return [link["kind"] for link in self.evidence(row)]

    # --- waiting -------------------------------------------------------------------------------

    def wait(self, user_id: str, *states: str, deletion: int = 0, seconds: float = WAIT) -> Any:
        """Wait until the user's deletion (the first, unless told otherwise) is in such a state."""

        def look() -> Any:
            rows = self.deletions(user_id)
            return rows[deletion] if len(rows) > deletion else None

        def in_state() -> Any:
            row = look()
            return row if row is not None and row["state"] in states else None

        try:
            return wait_for(in_state, f"{user_id} {' or '.join(states)}", seconds=seconds)
        except AssertionError as error:
            row = look()
            seen = {k: row[k] for k in row.keys()} if row else None  # noqa: SIM118 - not a dict
            raise AssertionError(f"{error}; it is {seen}") from None

    def wait_all(self, user_ids: Collection[str], *states: str) -> None:
        """Wait until every user's only deletion is in such a state: for as long as one after the
        other gets there."""
        hasher = Hasher(self.settings.hash_key)
        hashes = {hasher.user(user_id): user_id for user_id in user_ids}
        left = set(hashes)

        def some() -> set[str]:
            rows = self.query("SELECT user_hash, state FROM deletion")
            return left & {row["user_hash"] for row in rows if row["state"] in states}

        while left:
            what = f"{' or '.join(states)}: {len(left)} more, {hashes[min(left)]} and others"
            left -= wait_for(some, what)

    def settled(self) -> None:
        """Wait until Polar has nothing more to send, and all it sent has been applied."""
        self.sim.settle()
        wait_for(lambda: not self.query("SELECT 1 FROM inbox WHERE status = 'pending'"), "applied")

    def at_rest(self) -> None:
        """Wait, once all is settled, until no worker has a deletion or is about to take one."""
        self.settled()
        busy = "SELECT 1 FROM deletion WHERE lease_token IS NOT NULL OR next_attempt_at <= ?"
        wait_for(lambda: not self.query(busy, f"{now():%Y-%m-%d %H:%M:%S.%f}+00"), "at rest")

    def forgotten(self, *texts: str) -> None:
        """Wait until none of the texts is anywhere on the disk."""

        def left() -> list[str]:
            stored = self.stored()
            return [text for text in texts if text.encode() in stored]

        try:
            wait_for(lambda: not left(), "forgotten")
        except AssertionError:
            raise AssertionError(f"still on the disk: {left()}") from None

    # --- the operator --------------------------------------------------------------------------

    def act(self, verb: operations.Verb, *user_ids: str) -> list[operations.Effect]:
        """What `polar-sync retry|approve|cancel` does, from beside the running server."""

        async def run(database: Database) -> list[operations.Effect]:
            ledger = Ledger.of(database, self.settings)
            return [
                outcome
                for user_id in user_ids
                for outcome in await operations.act(ledger, verb, Which(user_id, as_user=True))
            ]

        return self.beside(run)

    def map(self, user_id: str, **target: str) -> None:
        """What `polar-sync map set` does."""

        async def run(database: Database) -> None:
            await set_entry(database, Hasher(self.settings.hash_key), user_id, **target)

        self.beside(run)

    def reconcile(self) -> Report:
        """What `polar-sync reconcile` does."""

        async def run(database: Database) -> Report:
            ledger = Ledger.of(database, self.settings)
            async with reconciliation(ledger, self.settings) as it:
                return await it.everything()

        return self.beside(run)

    def receipt(self, row: Any) -> Json:
        async def run(database: Database) -> Json:
            async with database.read() as session:
                deletion = await session.get(DeletionRow, row["id"])
                assert deletion is not None
                hasher = Hasher(self.settings.hash_key)
                return await receipts.receipt(session, deletion, hasher)

        return self.beside(run)

    def beside(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Do something with the database as another process would."""
        return beside(self.settings, work)


def beside(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do something with the settings' database as a process of its own would."""

    async def run() -> T:
        database = Database(settings.database_url.get_secret_value())
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def query(database: Path | Store, sql: str, *parameters: Any) -> list[Any]:
    """Read the database as another process does."""
    return store_at(database).query(sql, *parameters)


def bridge_settings(sim: SimulatorClient, database: Path | Store, **overrides: Any) -> Settings:
    """Settings of a bridge to the simulator: no waiting for a budget, webhooks or nothing."""
    values = {
        "polar_access_token": DEFAULT_TOKEN,
        "polar_base_url": sim.url,
        "rate_per_minute": 100_000,
        "worker": "embedded",
        **overrides,
    }
    return load_settings(database, **values)


@contextlib.contextmanager
def running(
    sim: SimulatorClient, database: Path | Store, *, webhooks: bool = True, **overrides: Any
) -> Iterator[Bridge]:
    """The application on this database, with its webhook endpoint at Polar."""
    settings = bridge_settings(sim, database, **overrides)
    with serve_settings(settings) as url, new_client(url) as app:
        endpoint: Mapping[str, Any] | None = None
        if webhooks:
            endpoint = sim.endpoint(f"{url}/webhooks/polar", secret=POLAR_SECRET)
        try:
            yield Bridge(sim, settings, app, store_at(database))
        finally:
            if endpoint is not None:
                sim.api.delete(f"/v1/webhooks/endpoints/{endpoint['id']}")


def names(users: int, prefix: str = "user") -> Sequence[str]:
    return [f"{prefix}-{number}" for number in range(users)]
