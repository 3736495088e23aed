"""SQLite's way: one file, one writer at a time, in write-ahead logging."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync import keeping
from sync.store.backend import disposed, silence
from sync.store.bulk_insert import BulkInsert, Columns, Keys, Rows
from sync.store.errors import InUse, StatementFailed, StorageUnavailable, ValueRefused
from sync.store.place import Place
from sync.store.schema import check_current
from sync.store.sqlite_driver import Connection, Thread

_BUSY_TIMEOUT_MS = 5_000
_MIGRATION_TIMEOUT_MS = 60_000
"""How long a migration waits for another process, which may be migrating too."""
_STANDSTILL_MS = 1_000
"""How long the file is waited for to be closed by whoever has it open."""
_RETRY_SECONDS = 0.05
_QUICK = 0.001
"""Seconds for which a commit may keep the event loop waiting."""
_UPSERTED = 200
"""Rows of one statement: with some twenty values each, an eighth of what SQLite takes at once."""
_VALUE = frozenset({sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH})
"""Result codes of values that do not fit. Source: https://www.sqlite.org/rescode.html."""
_STATEMENT = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_RANGE,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_SCHEMA,
    }
)
"""Those that do not say whose fault it is. With any other the file or the disk is in trouble."""
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
"""Of the file, in bytes."""


class Sqlite:
    """One file. See `Backend`."""

    one_writer = True
    announces = False
    driver_error: type[Exception] = sqlite3.Error

    def __init__(self, url: sa.URL) -> None:
        self.engine = create_async_engine(
            url.set(drivername="sqlite+aiosqlite"),
            connect_args={
                "timeout": _BUSY_TIMEOUT_MS / 1000,
                "isolation_level": None,
                "async_creator_fn": Connection,
            },
            # Errors are logged, and a statement's parameters can be personal data.
            hide_parameters=True,
            json_deserializer=keeping.from_database,
        )
        _configure(self.engine.sync_engine, _BUSY_TIMEOUT_MS)
        self._place = Place(url.database)
        self._inserter = _Inserter(_writing(url, _BUSY_TIMEOUT_MS), self._place)
        self._has_connected = False
        sa.event.listen(self.engine.sync_engine, "connect", self._note_connection)
        # At first nobody knows: the process before this one may have ended too early.
        self.scrub_due = self.vacuum_due = True

    @staticmethod
    def failure(error: BaseException | None) -> type[StorageUnavailable | ValueRefused]:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            # The driver's own: the connection is closed, or it does not know a value's type.
            own = isinstance(error, sqlite3.ProgrammingError)
            return StatementFailed if own else StorageUnavailable
        primary = code & 0xFF
        if primary in _VALUE:
            return ValueRefused
        return StatementFailed if primary in _STATEMENT else StorageUnavailable

    @staticmethod
    def words(error: BaseException | None) -> str:
        return str(error)

    def is_there(self) -> bool:
        return self._place.is_there()

    async def autocommit(self, connection: AsyncConnection) -> AsyncConnection:
        return await connection.execution_options(begins=False)

    async def lock_ledger(self, session: AsyncSession) -> None:
        """A write transaction is alone from its beginning."""

    async def now(self, session: AsyncSession) -> datetime:
        return datetime.now(UTC)

    def locked(self, statement: Any, *, skip: bool) -> Any:
        return statement

    def insert(self, table: type[SQLModel] | sa.Table) -> sqlite.Insert:
        return sqlite.insert(table)

    def bulk_insert(
        self, table: sa.Table, columns: Sequence[str], *, key: Sequence[str], notify: str
    ) -> BulkInsert:
        into = Columns(table, columns, self.engine.dialect)
        keys = f"SELECT {', '.join(key)} FROM {table.name} WHERE id > ? AND id <= ?"  # noqa: S608
        row = f"({', '.join('?' * len(columns))})"

        async def insert(rows: Rows) -> Keys:
            statement = (
                f"{into.insert} VALUES {', '.join([row] * len(rows))} ON CONFLICT DO NOTHING"
            )
            bound = itertools.chain.from_iterable(zip(*into.bound(rows), strict=True))
            return await self._inserter.run(_Insert(statement, tuple(bound), len(rows), keys))

        return insert

    async def upsert(
        self, connection: AsyncConnection, table: sa.Table, columns: Sequence[str], rows: Rows
    ) -> None:
        into = Columns(table, columns, self.engine.dialect)
        row = f"({', '.join('?' * len(columns))})"
        new = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
        for start in range(0, len(rows), _UPSERTED):
            some = rows[start : start + _UPSERTED]
            bound = itertools.chain.from_iterable(zip(*into.bound(some), strict=True))
            await connection.exec_driver_sql(
                f"{into.insert} VALUES {', '.join([row] * len(some))}"
                f" ON CONFLICT (id) DO UPDATE SET {new}",
                tuple(bound),
            )

    @contextlib.asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[AsyncIterator[str]]:
        yield silence()

    def check_place(self) -> None:
        self._place.check()

    async def look_over(self) -> None:
        if self._place.path is not None:
            await asyncio.to_thread(_look_over, self._place.path)

    def too_open(self) -> list[str]:
        return self._place.too_open()

    def overwritten(self) -> None:
        self.scrub_due = self.vacuum_due = True

    async def scrub(self) -> None:
        async with self.engine.connect() as connection:
            await self._empty_log(await self.autocommit(connection))

    async def vacuum(self) -> int:
        async with self.engine.connect() as connection:
            await self.autocommit(connection)
            await connection.exec_driver_sql("VACUUM")
            self.vacuum_due = False
            await self._empty_log(connection)
            result = await connection.exec_driver_sql(_SIZE)
            size: int = result.scalar_one()
            return size

    def _note_connection(self, _connection: object, _record: object) -> None:
        self._has_connected = True

    async def _empty_log(self, connection: AsyncConnection) -> None:
        self.scrub_due = False
        result = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.scrub_due = bool(result.scalar_one())  # its first column: was a reader in the way?

    async def close(self) -> None:
        await self._inserter.close()
        # To connect now, for the first time, could make the file.
        if self.scrub_due and self._has_connected:
            await self.scrub()
        await self.engine.dispose()

    @staticmethod
    @contextlib.contextmanager
    def changing(url: sa.URL) -> Iterator[sa.Connection]:
        Place(url.database).make()
        with (
            disposed(_writing(url, _MIGRATION_TIMEOUT_MS)) as engine,
            _connected(engine) as connection,
            connection.begin(),
        ):
            yield connection

    @staticmethod
    @contextlib.contextmanager
    def standing_still(url: sa.URL, tables: Sequence[sa.Table]) -> Iterator[sa.Connection]:
        # To connect would make an empty one.
        if not Path(url.database or "").is_file():
            raise StorageUnavailable(f"there is no file {url.database}")
        with disposed(_blocking(url, _STANDSTILL_MS)) as engine, engine.connect() as connection:
            _lock(connection)
            yield connection

    @staticmethod
    def check_alone(connection: sa.Connection) -> None:
        """`standing_still` has it locked."""


@dataclass(frozen=True, slots=True)
class _Insert:
    statement: str
    parameters: tuple[object, ...]
    rows: int
    keys: str
    """The query for the keys of those with an id after one and up to another."""


class _Inserter:
    """A connection of its own, where every statement is a transaction of its own.

    It works in a thread of its own, with one hop there and back; through the asyncio driver a
    transaction is a dozen, and at each the two threads wait for each other to release the
    interpreter. A row that comes alone is spared that hop too, an eighth of its time: where the
    last such commit took less than `_QUICK`, it is committed on the event loop's own thread.
    """

    def __init__(self, engine: sa.Engine, place: Place) -> None:
        self._engine = engine
        self._place = place
        self._thread: Thread | None = None
        self._connection: sa.PoolProxiedConnection | None = None
        self._driver: sqlite3.Connection | None = None
        self._wait_ms = _BUSY_TIMEOUT_MS
        self._quick = False

    async def run(self, insert: _Insert) -> Keys:
        if self._quick and insert.rows == 1:
            try:
                return self._run(insert, 0)
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
        self._thread = self._thread or Thread()
        return await self._thread.start(partial(self._run, insert, _BUSY_TIMEOUT_MS))

    def _run(self, insert: _Insert, wait_ms: int) -> Keys:
        """`wait_ms`: how long to wait for another process that has the file locked."""
        driver = self._driver or self._connect()
        if wait_ms != self._wait_ms:
            driver.execute(f"PRAGMA busy_timeout = {wait_ms}")
            self._wait_ms = wait_ms
        started = time.monotonic()
        cursor = driver.execute(insert.statement, insert.parameters)
        # Where several come at once, more are on their way, and would be kept waiting.
        self._quick = insert.rows == 1 and time.monotonic() - started < _QUICK
        # Perhaps it was committed to a file that nobody will find. To look once more before it
        # would change no answer.
        self._place.check(in_use=True)
        if cursor.rowcount == insert.rows:
            # Nearly always; RETURNING would come back from the driver for every row.
            return None
        # The ids that one INSERT gives are consecutive.
        last = cursor.lastrowid or 0
        return driver.execute(insert.keys, (last - cursor.rowcount, last)).fetchall()

    def _connect(self) -> sqlite3.Connection:
        self._connection = self._engine.raw_connection()
        self._driver = self._connection.driver_connection
        assert isinstance(self._driver, sqlite3.Connection)  # noqa: S101 - it is connected
        return self._driver

    async def close(self) -> None:
        """After what is under way: it may be a commit."""
        if self._thread is not None:
            await self._thread.start(lambda: None)
            self._thread.stop()
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


def _look_over(path: str) -> None:
    """By a connection of its own, which has nothing in its cache yet."""
    with contextlib.closing(
        sqlite3.connect(
            f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_TIMEOUT_MS / 1000
        )
    ) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (name,) in tables.fetchall():
            connection.execute(f'SELECT * FROM "{name}" LIMIT 1').fetchall()  # noqa: S608


def _is_busy(error: BaseException | None) -> bool:
    """Whether another process has the file locked."""
    code = error.sqlite_errorcode if isinstance(error, sqlite3.OperationalError) else None
    return code == sqlite3.SQLITE_BUSY


def _blocking(url: sa.URL, timeout_ms: int) -> sa.Engine:
    return sa.create_engine(
        url.set(drivername="sqlite"),
        # The driver's own BEGIN comes too late (before the first write, after the reads).
        connect_args={"timeout": timeout_ms / 1000, "isolation_level": None},
        hide_parameters=True,
    )


def _writing(url: sa.URL, timeout_ms: int) -> sa.Engine:
    engine = _blocking(url, timeout_ms)
    _configure(engine, timeout_ms)
    return engine


def _configure(engine: sa.Engine, busy_timeout_ms: int) -> None:
    @sa.event.listens_for(engine, "do_connect")
    def open_only_what_is_there(
        _dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        # SQLite would make an empty file where one was moved away, and throw away the log beside
        # it, with what that holds of the one that was moved.
        if arguments[0] != ":memory:":
            arguments[0] = f"{Path(arguments[0]).absolute().as_uri()}?mode=rw"
            options["uri"] = True

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            # An event answered 2xx must survive a power cut, not only a crash.
            "synchronous = FULL",
            f"busy_timeout = {busy_timeout_ms}",
            # In KiB, of each connection.
            "cache_size = -6000",
            # What is scrubbed must be gone from the file too, not only from the row.
            "secure_delete = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get("begins", True):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _connected(engine: sa.Engine) -> sa.Connection:
    """A connection for writing. The first one turns the file to write-ahead logging, and fails at
    once, whatever the time-out, where another process is about to do the same."""
    give_up_at = time.monotonic() + _MIGRATION_TIMEOUT_MS / 1000
    while True:
        try:
            return engine.execution_options(writes=True).connect()
        except sa.exc.OperationalError as error:
            if not _is_busy(error.orig) or time.monotonic() > give_up_at:
                raise
            time.sleep(_RETRY_SECONDS)


def _lock(connection: sa.Connection) -> None:
    """Take the whole file, and make sure that its schema is this code's."""
    try:
        # With write-ahead logging, this lock is to be had only where no other process has so much
        # as a connection: a server that happens to be idle would go on writing afterwards.
        connection.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
    except sa.exc.OperationalError as error:
        if _is_busy(error.orig):
            raise InUse from None
        raise
    check_current(connection)
