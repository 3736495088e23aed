"""What is written of many deletions at once: each for itself, whatever becomes of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sync.deletions import evidence
from sync.deletions.chain import unbroken
from sync.deletions.leases import Leases, Pinned
from sync.deletions.ledger import Ledger
from sync.deletions.observations import (
    Checked,
    CustomerFound,
    CustomerGone,
    DeleteSent,
    Observation,
)
from sync.deletions.states import State
from sync.deletions.steps import Steps
from sync.deletions.tables import DeletionRow
from sync.polar.client import PolarClient
from sync.polar.errors import NotFound
from sync.settings import Settings
from sync.store.database import Database
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import load_settings
from tests.helpers.store import Store, StoreFactory

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
pytestmark = BOTH_ENGINES


@dataclass
class Desk:
    """A database with deletions of users `a`, `b`, `c`."""

    database: Database
    ledger: Ledger
    settings: Settings

    @classmethod
    async def opened(cls, store: Store) -> Desk:
        settings, database = load_settings(store), Database(store.url)
        desk = cls(database, Ledger.of(database, settings), settings)
        for user in "abc":
            await desk.open(user, NOW)
        return desk

    async def open(self, user: str, at: datetime) -> None:
        async with self.database.write() as session:
            await self.ledger.open(
                session, user_id=user, external_id=None, event_at=at, now=at, digest=""
            )


class NobodyThere:
    """A Polar without customers."""

    async def json(self, method: str, _path: str) -> None:
        raise NotFound(f"{method}: 404")

    async def send(
        self, method: str, _path: str, *, before_send: Callable[[], Awaitable[None]], **_: object
    ) -> None:
        await before_send()
        raise NotFound(f"{method}: 404")


def states(store: Store) -> list[str]:
    return [row[0] for row in store.query("SELECT state FROM deletion ORDER BY id")]


def resolve_all(store: Store, *, after: str) -> None:
    """Have the three resolved together; what is executed comes between taking them up and that."""

    async def main() -> None:
        desk = await Desk.opened(store)
        leases = Leases(desk.database, timedelta(seconds=30))
        batch = await leases.claim(10)
        store.execute(after)
        polar = cast(PolarClient, NobodyThere())
        await Steps(desk.database, desk.ledger, leases, polar, desk.settings).resolve(batch)
        await desk.database.close()

    asyncio.run(main())


def test_one_deletion_that_cannot_be_recorded_costs_the_others_nothing(
    new_store: StoreFactory,
) -> None:
    store = new_store()
    # Against all rules: nobody takes a lease back by it.
    resolve_all(store, after="UPDATE deletion SET state = 'verified' WHERE id = 2")
    assert states(store) == ["no_customer", "verified", "no_customer"]
    assert store.query("SELECT 1 FROM deletion WHERE lease_token IS NOT NULL") == []


def test_what_has_been_taken_back_is_not_written(new_store: StoreFactory) -> None:
    store = new_store()
    resolve_all(store, after="UPDATE deletion SET lease_token = 'another' WHERE id = 2")
    assert states(store) == ["no_customer", "received", "no_customer"]
    assert len(store.query("SELECT 1 FROM evidence WHERE deletion_id = 2")) == 1


def test_a_webhook_that_comes_before_the_delete_leaves_no_lease(new_store: StoreFactory) -> None:
    store = new_store()

    async def main() -> None:
        desk = await Desk.opened(store)

        async def seen(*observations: Observation) -> None:
            async with desk.database.write() as session:
                row = await session.get(DeletionRow, 1)
                assert row is not None
                for observation in observations:
                    await desk.ledger.record(session, row, observation, NOW, source="webhook")

        leases = Leases(desk.database, timedelta(seconds=30))
        await seen(CustomerFound(customer_id="c1", created_at=NOW, listed_at=NOW), DeleteSent())
        batch = await leases.claim(10)
        await seen(CustomerGone())
        polar = cast(PolarClient, NobodyThere())
        steps = Steps(desk.database, desk.ledger, leases, polar, desk.settings)
        await steps.delete(next(leased for leased in batch if isinstance(leased, Pinned)))
        await desk.database.close()

    asyncio.run(main())
    assert states(store) == [State.DELETED, State.RECEIVED, State.RECEIVED]
    assert [
        row["id"] for row in store.query("SELECT id FROM deletion WHERE lease_token IS NULL")
    ] == [1]


def test_those_verified_together_are_forgotten_together_and_nobody_else(
    new_store: StoreFactory,
) -> None:
    store = new_store()

    async def main() -> list[bool]:
        desk = await Desk.opened(store)
        for user in "abc":
            store.execute(
                f"INSERT INTO mapping (user_id, external_id, updated_at)"  # noqa: S608
                f" VALUES ('{user}', 'x', '2026-11-01 12:00:00.000000')"
            )
        async with desk.database.write() as session:
            rows = [await session.get(DeletionRow, number) for number in (1, 2)]
            for row in rows:
                assert row is not None
                found = CustomerFound(customer_id=f"c{row.id}", created_at=NOW, listed_at=NOW)
                for seen in (found, DeleteSent(), CustomerGone()):
                    await desk.ledger.record(session, row, seen, NOW, source="api")
        # The first user has come back and left again.
        await desk.open("a", NOW + timedelta(minutes=1))
        checked = Checked(subscriptions=[], grants=[], final_state_open=0)
        async with desk.database.write() as session:
            both = [await session.get(DeletionRow, number) for number in (1, 2)]
            checks = [(row, checked) for row in both if row is not None]
            await desk.ledger.record_all(session, checks, NOW, source="webhook")
        async with desk.database.read() as session:
            chains = [await evidence.of(session, number) for number in (1, 2, 3, 4)]
        await desk.database.close()
        return [unbroken(chain) for chain in chains]

    assert asyncio.run(main()) == [True] * 4
    assert states(store) == [State.VERIFIED, State.VERIFIED, State.RECEIVED, State.RECEIVED]
    users = [row[0] for row in store.query("SELECT user_id FROM deletion ORDER BY id")]
    assert users == [None, None, "c", "a"]
    # The second's is gone; the first's deletion under way needs its own.
    assert [row[0] for row in store.query("SELECT user_id FROM mapping ORDER BY 1")] == ["a", "c"]
