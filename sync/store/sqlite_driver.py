"""SQLite for asyncio: statements run in a thread, with one hop there and back for each.

aiosqlite makes four: to open a cursor, to execute, to fetch, to close. Each waits for its turn in
the event loop while the transaction holds the write lock: three statements in a write transaction
take it 1.35 times as long.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Generator
from functools import partial
from queue import SimpleQueue
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Thread:
    """Does one piece of work after the other. It does not keep the process from ending."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._run, name="sqlite", daemon=True).start()

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Have the work done after what was begun before it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - whoever waits has it
                loop.call_soon_threadsafe(_fail, done, error)
            else:
                loop.call_soon_threadsafe(_succeed, done, result)

        self._work.put(run)
        return done

    def stop(self) -> None:
        """End after what has been begun."""
        self._work.put(None)

    def stop_after(self, work: Callable[[], None]) -> None:
        """Do this last, which nobody waits for."""
        self._work.put(work)
        self.stop()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            # Where the event loop has ended, nobody waits for the result.
            with contextlib.suppress(RuntimeError):
                work()


def _succeed(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[Any], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


class Connection:
    """As much of aiosqlite's as SQLAlchemy uses; to be awaited."""

    def __init__(self, path: str, **options: Any) -> None:
        self._connect = partial(sqlite3.connect, path, **options)
        # Under this name SQLAlchemy looks whether it is open.
        self._connection: sqlite3.Connection | None = None
        self._stopped = False
        self._thread = Thread()

    def __await__(self) -> Generator[Any, None, Self]:
        return self._opened().__await__()

    async def _opened(self) -> Self:
        def open_it() -> None:
            self._connection = self._connect()

        try:
            await self._thread.start(open_it)
        except BaseException:
            self.stop()
            raise
        return self

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the driver's connection."""
        connection = self._connection
        if connection is None or self._stopped:
            # SQLAlchemy knows it by these words.
            raise sqlite3.OperationalError("connection closed")
        return await self._thread.start(lambda: work(connection))

    def cursor(self) -> Cursor:
        return Cursor(self)

    async def create_function(self, *given: Any, **options: Any) -> None:
        await self.run(lambda connection: connection.create_function(*given, **options))

    async def commit(self) -> None:
        await self.run(sqlite3.Connection.commit)

    async def rollback(self) -> None:
        await self.run(sqlite3.Connection.rollback)

    async def close(self) -> None:
        """After what is under way. The second time there is nothing to wait for."""
        if not self._stopped:
            self._stopped = True
            closed = self._thread.start(self._close)
            self._thread.stop()
            await closed

    def stop(self) -> None:
        """The same, without waiting for it."""
        if not self._stopped:
            self._stopped = True
            self._thread.stop_after(self._close)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class Cursor:
    """As much of a cursor as SQLAlchemy uses. It has read its rows when it has executed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> None:
        await self._connection.run(lambda it: self._keep(it.execute(statement, parameters)))

    async def executemany(self, statement: str, parameters: Any) -> None:
        await self._connection.run(lambda it: self._keep(it.executemany(statement, parameters)))

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        with contextlib.closing(cursor):
            self._rows = cursor.fetchall()
            # Of a RETURNING they are right only now.
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
            self.description = cursor.description

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """It is closed already."""
