"""What is counted is what was committed, and nothing is lost while the database is away."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.leases import Leases, release
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.metrics import catalogue, current, queries
from sync.metrics.recorder import Key, Recorder
from sync.metrics.recording import recording, write_down
from sync.store.database import Database, on_commit
from tests.helpers.bridge import beside, now
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import load_settings
from tests.helpers.store import Store

pytestmark = BOTH_ENGINES

LOST: Key = (catalogue.LEASES_LOST.name, ())
COUNT: Key = ("polar_sync_test_total", ())


async def run(session: AsyncSession, statement: str) -> None:
    await (await session.connection()).execute(sa.text(statement))


async def sums(database: Database) -> dict[Key, float]:
    async with database.read() as session:
        return dict(await queries.read(session))


def test_what_is_rolled_back_is_not_counted(store: Store) -> None:
    async def work(database: Database) -> list[str]:
        done: list[str] = []

        async def write(what: str, *, fail: bool) -> None:
            async with database.write() as session:
                on_commit(session, lambda: done.append(what))
                await run(session, "SELECT 1")
                if fail:
                    raise ZeroDivisionError

        await write("kept", fail=False)
        with pytest.raises(ZeroDivisionError):
            await write("lost", fail=True)
        await write("kept too", fail=False)
        return done

    assert beside(load_settings(store), work) == ["kept", "kept too"]


def test_a_lease_that_was_taken_back_is_counted(store: Store) -> None:
    async def work(database: Database) -> dict[Key, float]:
        leases = Leases(database, timedelta(seconds=30))
        async with recording(database, ()):
            async with database.write() as session:
                for user in ("a", "b"):
                    session.add(
                        DeletionRow(
                            user_hash=user,
                            user_id=user,
                            event_at=now(),
                            received_at=now(),
                            state=State.RECEIVED,
                            next_attempt_at=now() - timedelta(seconds=5),
                        )
                    )
            leased = await leases.claim(2)
            assert len(leased) == 2
            async with database.write() as session:
                row = await session.get(DeletionRow, leased[0].id)
                assert row is not None
                release(row)
            async with database.write() as session:
                assert set(await leases.still_held(session, leased)) == {leased[1].id}
        assert current.recorder is None
        return await sums(database)

    assert beside(load_settings(store), work) == {LOST: 1}


def test_what_is_counted_while_the_database_is_away_is_written_later(store: Store) -> None:
    async def work(database: Database) -> dict[Key, float]:
        async with recording(database, ()):
            assert current.recorder is not None
            current.recorder.lease_lost()
            async with database.write() as session:
                await run(session, "ALTER TABLE counter RENAME TO away")
            recorder: Recorder = current.recorder
            await write_down(database, recorder)
            recorder.lease_lost()
            async with database.write() as session:
                await run(session, "ALTER TABLE away RENAME TO counter")
        return await sums(database)

    assert beside(load_settings(store), work) == {LOST: 2}


def test_sums_are_added_to_and_times_replaced(store: Store) -> None:
    async def work(database: Database) -> dict[Key, float]:
        for value in (1.0, 0.5):
            await queries.write(database, Recorder((), {COUNT: value}, {LOST: value}))
        return await sums(database)

    assert beside(load_settings(store), work) == {COUNT: 1.5, LOST: 0.5}
