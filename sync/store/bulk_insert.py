"""Inserting many rows at once, as fast as the driver goes."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import SQLModel

_HAND_OVER = 0.00002
"""Seconds: any sleep is long enough for a thread that is waiting."""

Rows = Sequence[Sequence[object]]
Keys = Sequence[tuple[Any, ...]] | None
"""Of the rows that were not there; None: of all."""


class BulkInsert:
    """An INSERT of many rows that passes over those whose unique key is taken.

    The driver gets it as it is: what SQLAlchemy makes of each row, and the steps of a transaction,
    cost several times what the database does with them.
    """

    def __init__(
        self,
        dialect: sa.Dialect,
        table: type[SQLModel],
        columns: Sequence[str],
        *,
        key: str,
        notify: str,
    ) -> None:
        types = [sa.inspect(table).local_table.c[name].type for name in columns]
        self._bind = [it.dialect_impl(dialect).bind_processor(dialect) for it in types]
        # A cast to a type with a length would cut off what is too long.
        arrays = [f"%b::{it.compile(dialect).partition('(')[0]}[]" for it in types]
        self._into = f"INSERT INTO {table.__tablename__} ({', '.join(columns)})"
        self._from_arrays = (
            f"WITH new AS ({self._into} SELECT * FROM unnest({', '.join(arrays)})"  # noqa: S608
            f" ON CONFLICT DO NOTHING RETURNING {key})"
            f" SELECT {key} FROM new, pg_notify('{notify}', '')"
        )
        self._row = f"({', '.join('?' * len(columns))})"
        self._keys = f"SELECT {key} FROM {table.__tablename__} WHERE id > ? AND id <= ?"  # noqa: S608

    def on_postgresql(self, rows: Rows) -> tuple[str, tuple[Any, ...]]:
        """The statement and its parameters, an array for each column."""
        return self._from_arrays, tuple(list(column) for column in self._bound(rows))

    def on_sqlite(self, rows: Rows) -> Callable[[sqlite3.Connection], Keys]:
        """What to do with the driver's connection."""
        values = f"VALUES {', '.join([self._row] * len(rows))}"
        statement = f"{self._into} {values} ON CONFLICT DO NOTHING"
        parameters = tuple(itertools.chain.from_iterable(zip(*self._bound(rows), strict=True)))

        def insert(connection: sqlite3.Connection) -> Keys:
            cursor = connection.execute(statement, parameters)
            if cursor.rowcount == len(rows):
                # Nearly always; RETURNING would come back from the driver for every row.
                return None
            # The ids that one INSERT gives are consecutive.
            last = cursor.lastrowid or 0
            return connection.execute(self._keys, (last - cursor.rowcount, last)).fetchall()

        return insert

    def _bound(self, rows: Rows) -> Iterator[Sequence[object]]:
        """The values of each column, as the driver takes them."""
        for bind, values in zip(self._bind, zip(*rows, strict=True), strict=True):
            if bind is None:
                yield values
            else:
                yield [None if value is None else bind(value) for value in values]


def _let_go() -> None:
    """Let another thread begin what it was just given.

    It needs the interpreter for a moment, and would have to wait until the event loop is idle: the
    disk would be working only when nothing else is.
    """
    time.sleep(_HAND_OVER)


class SqliteThread:
    """A connection of its own in a thread of its own, where statements are their own transactions.

    A transaction through the asyncio driver is a dozen hops to its thread and back, and at each the
    two threads wait for each other to let go of the interpreter, for milliseconds on a busy server.
    Here it is one.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "sqlite")
        self._connection: sa.PoolProxiedConnection | None = None

    async def insert(self, insert: BulkInsert, rows: Rows) -> Keys:
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._thread, self._run, insert.on_sqlite(rows))
        _let_go()
        return await done

    def _run(self, work: Callable[[sqlite3.Connection], Keys]) -> Keys:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        driver = self._connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - it is connected
        try:
            return work(driver)
        except sqlite3.Error as error:
            # As SQLAlchemy would say it.
            raise sa.exc.DBAPIError.instance(None, None, error, sqlite3.Error) from None

    async def close(self) -> None:
        """After what is under way: it may be a commit."""
        await asyncio.to_thread(self._thread.shutdown)
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


class PostgresConnection:
    """A connection that is kept.

    To take one of the pool, ask whether it is still alive, and give it back costs more than an
    insert. Instead, one that turns out to be dead is replaced at the next attempt.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None

    async def insert(self, insert: BulkInsert, rows: Rows) -> Keys:
        try:
            if self._connection is None:
                self._connection = await self._engine.connect()
                await self._connection.execution_options(isolation_level="AUTOCOMMIT")
            keys = await self._connection.exec_driver_sql(*insert.on_postgresql(rows))
        except BaseException:
            if self._connection is not None:
                # Cancelled, it may be in the middle of something.
                await self._connection.invalidate()
                await self.close()
            raise
        return None if keys.rowcount == len(rows) else [tuple(key) for key in keys]

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
