"""A clock that is years off and is set right, with all that is stored by it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import brake, removal
from sync.deletions.leases import Leases
from sync.deletions.ledger import Ledger
from sync.deletions.observations import CustomerFound, DeleteAnswered, DeleteSent
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.polar.budget import Budget
from sync.reconcile.progress import AlreadyRunning, Place, finished_since
from sync.reports.status import status
from sync.store import meta
from sync.store.database import Database
from sync.worker.clock import Watch
from sync.worker.retention import Retention
from tests.helpers.settings import load_settings
from tests.helpers.store import Store, StoreFactory
from tests.helpers.waiting import WAIT

pytestmark = pytest.mark.engines("sqlite", "postgresql")

T = TypeVar("T")
YEARS = timedelta(days=3_650)
CUSTOMER = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"


class SetDatabase(Database):
    """One whose clock is off by as much as the test wants."""

    off = timedelta(0)

    async def _time(self, session: AsyncSession) -> datetime:
        return await super()._time(session) + self.off


class Deployment:
    """A bridge on it."""

    def __init__(self, store: Store) -> None:
        self.settings = load_settings(store, audit_retention_days=30)
        self.database = SetDatabase(store.url)
        self.ledger = Ledger.of(self.database, self.settings)
        self.watch = Watch(self.ledger)
        self.leases = Leases(self.database, timedelta(seconds=30))

    async def open(self, user_id: str, *observations: Any) -> int:
        async with self.database.write() as session:
            now = await self.database.now(session)
            row = await self.ledger.open(
                session, user_id=user_id, external_id=None, event_at=now, now=now, digest="d"
            )
            for observation in observations:
                await self.ledger.record(session, row, observation, now, source="worker")
            return row.id

    async def found(self) -> CustomerFound:
        now = await self.now()
        made = now - timedelta(days=9)
        return CustomerFound(customer_id=CUSTOMER, created_at=made, listed_at=now)

    async def row(self, deletion_id: int) -> DeletionRow:
        async with self.database.read() as session:
            query = select(DeletionRow).where(DeletionRow.id == deletion_id)
            return (await session.exec(query)).one()

    async def now(self) -> datetime:
        async with self.database.read() as session:
            return await self.database.now(session)

    async def is_due_in_time(self, deletion_id: int) -> bool:
        """Whether it waits no longer than it can."""
        due = (await self.row(deletion_id)).next_attempt_at
        assert due is not None
        return due <= await self.now() + self.ledger.policy.longest_waits[None]

    async def jump(self) -> Any:
        """The last time that the clock was set, as `status` has it."""
        return (await status(self.database, self.settings, 1))["clock_jump"]


async def seen(look: Callable[[], Awaitable[T]]) -> T:
    """Look until there is something to see."""
    end = time.monotonic() + WAIT
    while not (found := await look()):
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
    return found


Doing = Callable[[Callable[[Deployment], Awaitable[T]]], T]


@pytest.fixture
def doing(new_store: StoreFactory) -> Doing[Any]:
    store = new_store()

    def do(work: Callable[[Deployment], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            it = Deployment(store)
            try:
                return await work(it)
            finally:
                await it.database.close()

        return asyncio.run(run())

    return do


@pytest.mark.parametrize("off", [YEARS, -YEARS])
def test_what_was_due_by_a_wrong_clock_is_due_by_the_right_one(
    doing: Doing[Any], off: timedelta
) -> None:
    async def work(it: Deployment) -> None:
        it.database.off = off
        ids = [await it.open("waits"), await it.open("sent", await it.found(), DeleteSent())]
        ids.append(await it.open("gone", await it.found(), DeleteSent(), DeleteAnswered()))
        assert len(await it.leases.claim(9)) == 2
        # A worker starts: it finds the time that the one before has noted.
        await it.watch.begin()
        it.database.off = timedelta(0)
        await Watch(it.ledger).begin()
        claimed = {leased.id for leased in await it.leases.claim(9)}
        assert claimed >= set(ids[:2])
        for deletion_id in ids:
            assert await it.is_due_in_time(deletion_id)

    doing(work)


def test_a_lease_by_a_clock_that_was_ahead_is_taken_over(doing: Doing[Any]) -> None:
    async def work(it: Deployment) -> None:
        deletion_id = await it.open("u1")
        it.database.off = YEARS
        [lost] = await it.leases.claim(1)
        it.database.off = timedelta(0)
        [leased] = await it.leases.claim(1)
        assert (leased.id, lost.id) == (deletion_id, deletion_id)
        assert leased.token != lost.token
        assert await it.leases.claim(1) == []

    doing(work)


def test_a_budget_by_a_clock_that_was_ahead_lets_go(doing: Doing[Any]) -> None:
    async def work(it: Deployment) -> None:
        budget = Budget(it.database, 600)
        it.database.off = YEARS
        await budget.take()
        await budget.pause(timedelta(minutes=1))
        it.database.off = timedelta(0)
        async with asyncio.timeout(WAIT):
            for _ in range(3):
                await budget.take()

    doing(work)


@pytest.mark.slow
def test_a_wait_for_the_budget_ends_although_the_clock_is_set_back(doing: Doing[Any]) -> None:
    async def work(it: Deployment) -> None:
        budget = Budget(it.database, 60)
        await budget.take()
        it.database.off = YEARS
        waiting = [asyncio.create_task(budget.take()) for _ in range(2)]
        await asyncio.sleep(0.1)
        it.database.off = timedelta(0)
        async with asyncio.timeout(WAIT):
            await asyncio.gather(*waiting)

    doing(work)


@pytest.mark.parametrize("off", [YEARS, -YEARS])
def test_a_reconciliation_by_a_wrong_clock_is_in_nobodys_way(
    doing: Doing[Any], off: timedelta
) -> None:
    async def work(it: Deployment) -> None:
        it.database.off = off
        async with Place(it.database).alone():
            with pytest.raises(AlreadyRunning):
                async with Place(it.database).alone():
                    pass
            it.database.off = timedelta(0)
            async with Place(it.database).alone():
                await Place(it.database).finish()
        it.database.off = YEARS
        await Place(it.database).finish()
        it.database.off = timedelta(0)
        assert not await finished_since(it.database, await it.now() - timedelta(days=1))

    doing(work)


def test_a_horizon_from_the_future_does_not_refuse_new_events(doing: Doing[Any]) -> None:
    async def work(it: Deployment) -> None:
        it.database.off = YEARS
        async with it.database.write() as session:
            future = (await it.database.now(session)).isoformat(timespec="microseconds")
            await meta.put(it.database, session, "deletions_removed_until", future)
        await it.watch.begin()
        it.database.off = timedelta(0)
        assert await it.row(await it.open("new")) is not None
        await Watch(it.ledger).begin()
        async with it.database.read() as session:
            now = await it.database.now(session)
            later = now + timedelta(days=300)
            removed_until = await removal.removed_until(session, later)
        # It stands still from now on.
        assert removed_until is not None
        assert removed_until <= now - timedelta(days=1)

    doing(work)


def test_nothing_is_removed_for_its_age_by_a_clock_that_has_jumped_forward(
    doing: Doing[Any],
) -> None:
    async def work(it: Deployment) -> None:
        await it.watch.begin()
        it.database.off = YEARS
        watch = Watch(it.ledger)
        await watch.begin()
        assert watch.is_doubtful
        old = await it.open("old")
        async with it.database.write() as session:
            row = (await session.exec(select(DeletionRow).where(DeletionRow.id == old))).one()
            row.state, row.next_attempt_at = State.CANCELED, None
            row.ended_at = row.event_at = row.received_at - YEARS / 2
        newest = await it.open("newest")
        retention = Retention.of(it.database, it.settings)
        sweeping = asyncio.create_task(retention.run(watch))
        await asyncio.sleep(0.2)
        sweeping.cancel()
        assert (await it.row(old)).id == old
        assert (await it.row(newest)).id == newest
        # Nobody doubts the right clock.
        it.database.off = timedelta(0)
        later = Watch(it.ledger)
        await later.begin()
        assert not later.is_doubtful

    doing(work)


def test_the_brake_counts_what_left_by_a_clock_that_was_ahead(doing: Doing[Any]) -> None:
    async def work(it: Deployment) -> None:
        it.database.off = YEARS
        await it.open("sent", await it.found(), DeleteSent())
        waits = await it.open("waits", await it.found())
        await it.watch.begin()
        it.database.off = timedelta(0)
        await Watch(it.ledger).begin()
        row = await it.row(waits)
        async with it.database.read() as session:
            assert await brake.tripped(session, 1, row, await it.database.now(session))
            assert not await brake.tripped(session, 2, row, await it.database.now(session))

    doing(work)


@pytest.mark.parametrize("off", [YEARS, -YEARS])
def test_a_jump_is_seen_while_the_worker_runs_and_is_named(
    doing: Doing[Any],
    off: timedelta,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("sync.worker.clock._INTERVAL", 0.01)

    async def work(it: Deployment) -> None:
        await it.watch.begin()
        watching = asyncio.create_task(it.watch.run())
        assert await it.jump() is None
        it.database.off = off
        jump = await seen(it.jump)
        watching.cancel()
        assert abs(jump["by_seconds"] - off.total_seconds()) < 120
        assert it.watch.is_doubtful == (off > timedelta(0))

    with caplog.at_level(logging.WARNING, "sync.worker.clock"):
        doing(work)
    way = "forward" if off > timedelta(0) else "back"
    assert f"the clock has jumped {way} by 3650 days" in caplog.text


@pytest.mark.parametrize("off", [YEARS, -YEARS])
def test_a_jump_that_is_over_by_the_next_look_is_seen_all_the_same(
    doing: Doing[Any],
    off: timedelta,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(it: Deployment) -> None:
        await it.watch.begin()
        it.database.off = off
        waits = await it.open("waits", await it.found(), DeleteSent())
        it.database.off = timedelta(0)
        watching = asyncio.create_task(it.watch.run())
        jump = await seen(it.jump)
        await seen(lambda: it.is_due_in_time(waits))
        watching.cancel()
        assert abs(jump["by_seconds"] - off.total_seconds()) < 120
        # It is right now.
        assert not it.watch.is_doubtful

    with caplog.at_level(logging.WARNING, "sync.worker.clock"):
        doing(work)
    way = "forward" if off > timedelta(0) else "back"
    assert f"the clock had jumped {way} by 3650 days" in caplog.text


def test_what_a_process_that_died_has_left_by_a_wrong_clock_is_due(doing: Doing[Any]) -> None:
    async def work(it: Deployment) -> None:
        await it.watch.begin()
        it.database.off = YEARS
        waits = await it.open("waits", await it.found(), DeleteSent())
        it.database.off = timedelta(0)
        it.database.pace.judge(await it.now())
        await Watch(it.ledger).begin()
        assert await it.is_due_in_time(waits)

    doing(work)
