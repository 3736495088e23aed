"""Transactions on PostgreSQL: frozen, durable, deadlocked."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from sync.store import meta
from sync.store.database import Database, Lane
from sync.store.errors import Interrupted
from tests.helpers.engines import POSTGRESQL
from tests.helpers.postgres import Postgres
from tests.helpers.store import Store
from tests.helpers.waiting import wait_for

pytestmark = POSTGRESQL


def test_a_frozen_writer_holds_nobody_up_for_ever(store: Store) -> None:
    """What ends a transaction whose process is not there any more is the server's time-out, and the
    writer is told that its transaction is lost."""

    async def freeze(frozen: Database, other: Database) -> None:
        async with frozen.write() as session:
            connection = await session.connection()
            await connection.exec_driver_sql(
                "SET LOCAL idle_in_transaction_session_timeout = '200ms'"
            )
            async with other.write():
                pass
            await connection.exec_driver_sql("SELECT 1")

    async def main() -> None:
        frozen, other = Database(store.url), Database(store.url)
        try:
            with pytest.raises(Interrupted):
                await freeze(frozen, other)
            async with frozen.write():
                pass
        finally:
            await frozen.close()
            await other.close()

    asyncio.run(main())


def test_a_commit_is_on_disk_even_where_the_server_would_not_wait(
    store: Store, postgres: Postgres
) -> None:
    async def setting(database: Database) -> object:
        async with database.write(Lane.INBOX) as session:
            connection = await session.connection()
            return (await connection.exec_driver_sql("SHOW synchronous_commit")).scalar_one()

    async def main() -> object:
        database = Database(store.url)
        try:
            return await setting(database)
        finally:
            await database.close()

    for configured, effective in (("off", "on"), ("remote_apply", "remote_apply")):
        postgres.sql(f"ALTER DATABASE {store.name} SET synchronous_commit = {configured}")
        assert asyncio.run(main()) == effective


@pytest.mark.slow
def test_transactions_that_give_way_are_not_the_events_fault(store: Store) -> None:
    """A deadlock is the database's doing: it is told apart, and nobody is left waiting."""

    async def main() -> list[str]:
        databases = [Database(store.url), Database(store.url)]
        first_step = asyncio.Barrier(2)

        async def lock(database: Database, *keys: int) -> str:
            try:
                async with database.write(Lane.INBOX) as session:
                    connection = await session.connection()
                    for key in keys:
                        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({key})")
                        if key == keys[0]:
                            await first_step.wait()
            except Interrupted as error:
                return str(error)
            return "done"

        try:
            return list(await asyncio.gather(lock(databases[0], 1, 2), lock(databases[1], 2, 1)))
        finally:
            for database in databases:
                await database.close()

    outcomes = sorted(asyncio.run(main()), key=lambda text: text == "done")
    assert outcomes[1] == "done"
    assert re.search("deadlock", outcomes[0])


def test_what_the_server_is_set_to_for_others_is_not_for_the_bridge(
    store: Store, postgres: Postgres
) -> None:
    """With a snapshot from before the ledger's lock two workers would count the same DELETEs, and
    times in another style cannot be read at all."""
    postgres.sql(
        f"ALTER DATABASE {store.name} SET default_transaction_isolation = 'repeatable read'"
    )
    postgres.sql(f"ALTER DATABASE {store.name} SET datestyle = 'German, DMY'")

    async def put(database: Database, value: str) -> str | None:
        async with database.write() as session:
            before = await meta.get(session, "last")
            assert abs(await database.now(session) - datetime.now(UTC)) < timedelta(minutes=1)
            await meta.put(database, session, "last", value)
            return before

    async def main() -> list[str | None]:
        database, other = Database(store.url), Database(store.url)
        try:
            async with database.write() as session:
                waiting = asyncio.create_task(put(other, "second"))
                query = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                await asyncio.to_thread(wait_for, lambda: store.query(query), "waits")
                await meta.put(database, session, "last", "first")
            return [await waiting, await put(database, "third")]
        finally:
            await database.close()
            await other.close()

    assert asyncio.run(main()) == ["first", "second"]
