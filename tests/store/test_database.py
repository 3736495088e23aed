"""The database by itself."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import types
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any

import pytest

from sync.store import sqlite_driver
from sync.store.database import Database
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.store import StoreFactory
from tests.helpers.waiting import WAIT


@types.coroutine
def cancelled_at(coroutine: Coroutine[Any, Any, None], wait: int) -> Generator[Any, Any, bool]:
    """Run it, and cancel the task at its so many-th wait; returns whether there was one."""
    seen, error = 0, None
    while True:
        try:
            waits_for = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration:
            return seen > wait
        if seen == wait:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        seen, error = seen + 1, None
        try:
            yield waits_for
        except BaseException as raised:  # noqa: BLE001 - the coroutine's own affair
            error = raised


@BOTH_ENGINES
def test_wherever_a_task_is_ended_the_database_goes_on_and_nothing_is_logged(
    new_store: StoreFactory, caplog: pytest.LogCaptureFixture
) -> None:
    async def use(database: Database) -> None:
        async with database.write() as session:
            connection = await session.connection()
            await connection.exec_driver_sql("DELETE FROM budget")
        async with database.read() as session:
            await session.connection()
        async with database.reading() as connection:
            await connection.exec_driver_sql("SELECT 1")

    async def ended(database: Database, wait: int) -> bool:
        return await cancelled_at(use(database), wait)

    async def main() -> int:
        database = Database(new_store().url)
        try:
            waits = 0
            while True:
                task = asyncio.create_task(ended(database, waits))
                [outcome] = await asyncio.gather(task, return_exceptions=True)
                await use(database)
                if outcome is False:
                    return waits
                assert isinstance(outcome, asyncio.CancelledError)
                waits += 1
        finally:
            await database.close()

    assert asyncio.run(main()) > 8
    assert caplog.messages == []


def test_a_connection_that_is_being_stopped_can_be_closed(tmp_path: Path) -> None:
    """What SQLAlchemy does when a task is cancelled while it closes a connection."""

    begun, released = threading.Event(), threading.Event()

    def slowly() -> bool:
        begun.set()
        return released.wait(WAIT)

    async def main() -> None:
        connection = await sqlite_driver.connect(str(tmp_path / "any.db"))
        await connection.create_function("slowly", 0, slowly)
        under_way = asyncio.ensure_future(connection.execute_fetchall("SELECT slowly()"))
        await asyncio.to_thread(begun.wait, WAIT)
        connection.stop()
        closing = asyncio.create_task(connection.close())
        await asyncio.sleep(0)
        released.set()
        async with asyncio.timeout(WAIT):
            assert [tuple(row) for row in await under_way] == [(1,)]
            # That it is closed already, SQLAlchemy takes no notice of.
            with contextlib.suppress(ValueError):
                await closing

    asyncio.run(main())
