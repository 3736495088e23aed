"""SQLite for SQLAlchemy's asyncio, with one hop to the driver's thread and back for each statement.

aiosqlite makes four: to open a cursor, to execute, to fetch, to close. Each waits for its turn in
the event loop while the transaction holds the write lock, and that was most of its time.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, Self

import aiosqlite


def connect(path: str, **options: Any) -> aiosqlite.Connection:
    """A connection, to be awaited: SQLAlchemy's `async_creator_fn`."""
    connection = _Connection(partial(sqlite3.connect, path, **options), iter_chunk_size=0)
    # As SQLAlchemy makes its own: it must not keep the process from ending.
    connection._thread.daemon = True
    return connection


class _Connection(aiosqlite.Connection):
    _stopping = False

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread; the second time there is nothing to wait for.

        SQLAlchemy calls this where closing was cancelled, while aiosqlite, still closing, calls it
        as well and would wait for ever for the answer of a thread that has ended.
        """
        if self._stopping:
            return None
        self._stopping = True
        return super().stop()

    def cursor(self) -> _Cursor:  # type: ignore[override]
        return _Cursor(self)

    async def in_thread(self, work: Callable[[sqlite3.Cursor], None]) -> None:
        """Have a cursor do something."""

        def run() -> None:
            with contextlib.closing(self._conn.cursor()) as cursor:
                work(cursor)

        await self._execute(run)  # type: ignore[no-untyped-call]


class _Cursor:
    """The part of a cursor that SQLAlchemy uses. Its rows are read by the time it has executed."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> None:
        await self._connection.in_thread(
            lambda cursor: self._keep(cursor.execute(statement, parameters))
        )

    async def executemany(self, statement: str, parameters: Any) -> None:
        await self._connection.in_thread(
            lambda cursor: self._keep(cursor.executemany(statement, parameters))
        )

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        self._rows = cursor.fetchall()
        # Of a RETURNING they are right only now.
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        self.description = cursor.description

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """It is closed already."""
