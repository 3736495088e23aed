"""Engine and sessions: the one place that knows how SQLite and PostgreSQL differ."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.errors import StorageError
from sync.store import sqlite_driver
from sync.store.bulk_insert import BulkInsert, Keys, PostgresConnection, Rows, SqliteThread
from sync.store.schema import check_revision, revision_of

_BUSY_TIMEOUT_MS = 5_000
_MIGRATION_TIMEOUT_MS = 60_000
"""How long a migration waits on SQLite for another process, which may be migrating too."""
_STANDSTILL_MS = 1_000
"""How long SQLite is waited for to be closed by whoever has it open."""
_RETRY_SECONDS = 0.05
_MIGRATING = 0x706F6C61
"""Key of PostgreSQL's advisory lock: whoever holds it may change the schema."""
_APPLICATION = "polar-sync"
"""By this name PostgreSQL knows the connections of every process of the bridge."""

_POOL_LOG = "sqlalchemy.pool.impl.AsyncAdaptedQueuePool"
_POOL = {"pool_size": 5, "max_overflow": 5, "pool_timeout": 10.0}
"""To PostgreSQL: one for each lane of writers, one that listens, others to read with."""
_CONNECT = {
    "application_name": _APPLICATION,
    "connect_timeout": 10,
    # A server that has gone without a word is noticed within a minute.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_SET_UP = "; ".join(
    (
        "SET statement_timeout = '60s'",
        "SET lock_timeout = '30s'",
        # Of a process that is frozen or out of reach: what it holds is free again after this.
        "SET idle_in_transaction_session_timeout = '15s'",
        # An event answered 2xx is on disk, whatever the server is set to for others.
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'",
    )
)
_LEDGER_LOCK = 0x706F6C61722D7379
"""The advisory lock of whoever writes in `Lane.LEDGER`."""
_PING = 20.0
"""Seconds of silence after which a listener makes sure that the server is still there."""
_TRY_AGAIN = {"40001", "40P01"}
"""serialization_failure, deadlock_detected"""

_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
"""Of a SQLite file, in bytes."""


class StorageUnavailable(StorageError):
    """The database did not take the write or answer the read: full, locked, or out of reach."""


class Interrupted(StorageUnavailable):
    """The connection was lost, or the transaction gave way to another: worth one more try."""


class Lane(Enum):
    """Which write transactions wait for which.

    On SQLite all of them queue up in one. On PostgreSQL a process has one transaction at a time in
    each lane, and in `LEDGER` the whole deployment has.
    """

    LEDGER = "ledger"
    """Deletions, mirror and mapping. What one transaction reads there must not change until it has
    written: a restoration beside a deletion, the brake's count, a late webhook beside the
    forgetting. Polar's rate limit allows a handful of deletions a second, so taking turns costs
    nothing, and what holds on SQLite holds on PostgreSQL."""
    INBOX = "inbox"
    """Accepting events: waits for nothing else."""
    BUDGET = "budget"
    LEASES = "leases"
    """Taking and keeping leases: passes over rows that somebody else has locked."""


class InUse(StorageError):
    """Another process of the bridge has the database open."""


class Database:
    """One database, for as long as the process runs.

    `read()` and `write()` give sessions. A write is one transaction: committed when the block ends,
    rolled back when it raises. Writers queue up in the process, and a write transaction takes its
    lock (SQLite's, or its lane's) when it begins, so none fails half-way for want of it.
    """

    def __init__(self, url: str) -> None:
        self.url = _with_driver(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _engine(self.url, is_sqlite=self.is_sqlite)
        logging.getLogger(_POOL_LOG).addFilter(_is_a_fault)
        self._writer = self._engine.execution_options(writes=True)
        self._inserter: SqliteThread | PostgresConnection = (
            SqliteThread(_writing_sqlite(self.url, _BUSY_TIMEOUT_MS))
            if self.is_sqlite
            else PostgresConnection(self._engine)
        )
        # At first nobody knows: the process before this one may have ended too early.
        self._scrub_due = self.rewrite_due = self.is_sqlite
        only_turn = asyncio.Lock()
        self._turns = {lane: only_turn if self.is_sqlite else asyncio.Lock() for lane in Lane}

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session to read with.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with _storage_errors():
            async with AsyncSession(self._engine, expire_on_commit=False) as session:
                yield session

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with over and over. Each statement sees what has been committed by
        then: none begins a transaction, which would cost more than the reading.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with _storage_errors():
            async with self._engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextlib.asynccontextmanager
    async def write(self, lane: Lane = Lane.LEDGER) -> AsyncIterator[AsyncSession]:
        """One write transaction.

        Raises:
            StorageUnavailable: the transaction was not committed, or (where the connection broke
                during the commit) perhaps was.
        """
        with _storage_errors():
            async with (
                self._turns[lane],
                AsyncSession(self._writer, expire_on_commit=False) as session,
                session.begin(),
            ):
                if lane is Lane.LEDGER and not self.is_sqlite:
                    connection = await session.connection()
                    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LEDGER_LOCK)))
                yield session

    @contextlib.asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[AsyncIterator[str]]:
        """The payloads of what any process notifies the channel of from now on (PostgreSQL).

        Raises:
            StorageUnavailable: the connection cannot be made, or was lost.
        """
        async with self.reading() as connection:
            try:
                await connection.exec_driver_sql(f'LISTEN "{channel}"')
                yield self._notifications(connection)
            except self._engine.dialect.loaded_dbapi.Error as error:
                raise Interrupted(str(error)) from None
            finally:
                # Closed, and not given back to the pool, where it would go on listening.
                await connection.invalidate()

    async def _notifications(self, connection: AsyncConnection) -> AsyncIterator[str]:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None  # noqa: S101 - it is connected
        while True:
            async for notification in driver.notifies(timeout=_PING):
                yield notification.payload
            await connection.exec_driver_sql("SELECT 1")

    async def now(self, session: AsyncSession) -> datetime:
        """The time that leases are measured by, the same for every process that shares them."""
        if self.is_sqlite:
            return datetime.now(UTC)
        connection = await session.connection()
        now: datetime = (await connection.scalars(sa.select(sa.func.clock_timestamp()))).one()
        return now.astimezone(UTC)

    def locked(self, statement: Any, *, skip: bool = False) -> Any:
        """The SELECT with its rows locked until the transaction ends. `skip`: pass over rows that
        somebody else has locked. On SQLite a write transaction is alone anyway."""
        return statement if self.is_sqlite else statement.with_for_update(skip_locked=skip)

    def insert(self, table: type[SQLModel] | sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT with this engine's ON CONFLICT."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def bulk_insert(
        self, table: type[SQLModel], columns: Sequence[str], *, key: Sequence[str], notify: str
    ) -> BulkInsert:
        """What `insert_many()` inserts. `key`: the columns that it returns. `notify`: the channel
        to tell, on PostgreSQL, of what is committed."""
        return BulkInsert(self._engine.dialect, table, columns, key=", ".join(key), notify=notify)

    async def insert_many(self, insert: BulkInsert, rows: Rows) -> Keys:
        """Insert the rows by one statement, which is a transaction of its own, in `Lane.INBOX`.
        Returns the keys of those that were not there; None: of all.

        Raises:
            StorageUnavailable: as `write()`.
        """
        with _storage_errors():
            async with self._turns[Lane.INBOX]:
                return await self._inserter.insert(insert, rows)

    async def check_schema(self) -> None:
        """Make sure that the schema is this code's.

        Raises:
            SchemaMismatch: it is older, newer or not there; the message says what to do.
            StorageUnavailable: the database cannot be read.
        """
        with _storage_errors():
            async with self._engine.connect() as connection:
                current = await connection.run_sync(revision_of)
        check_revision(current)

    def overwritten(self) -> None:
        """Personal data has been overwritten, and may still be in the write-ahead log or, as
        `sync.store.vacuum` has it, in the file (SQLite)."""
        self._scrub_due = self.rewrite_due = self.is_sqlite

    async def scrub(self) -> None:
        """Have what was overwritten leave the write-ahead log too, if anything was.

        Tried again at the next call where a reader was in the way.
        """
        if self._scrub_due:
            async with self._writing_nothing() as connection:
                await self._empty_log(connection)

    async def vacuum(self) -> int:
        """Write the file anew, without anything that was overwritten (SQLite). Returns its size in
        bytes.

        Raises:
            StorageUnavailable: it is in use, or there is no room for another like it.
        """
        async with self._writing_nothing() as connection:
            await connection.exec_driver_sql("VACUUM")
            self.rewrite_due = False
            await self._empty_log(connection)
            result = await connection.exec_driver_sql(_SIZE)
            size: int = result.scalar_one()
            return size

    @contextlib.asynccontextmanager
    async def _writing_nothing(self) -> AsyncIterator[AsyncConnection]:
        async with self._turns[Lane.LEDGER], self.reading() as connection:
            yield connection

    async def _empty_log(self, connection: AsyncConnection) -> None:
        self._scrub_due = False
        result = await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self._scrub_due = bool(result.scalar_one())  # its first column: was it busy?

    async def close(self) -> None:
        """Close every connection."""
        await self._inserter.close()
        await self.scrub()
        await self._engine.dispose()


# --- without asyncio, for what has a database to itself --------------------------------------


@contextlib.contextmanager
def changing(url: str) -> Iterator[sa.Connection]:
    """A transaction that may change the schema: one process has it at a time.

    Raises:
        StorageUnavailable: the database cannot be reached or written.
    """
    parsed = _with_driver(url)
    with _storage_errors():
        if parsed.get_backend_name() == "sqlite":
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            engine = _writing_sqlite(parsed, _MIGRATION_TIMEOUT_MS)
        else:
            engine = _blocking_postgresql(parsed)
        try:
            with _connected(engine) as connection, connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
                yield connection
        finally:
            engine.dispose()


@contextlib.contextmanager
def standing_still(url: str, tables: Sequence[sa.Table]) -> Iterator[sa.Connection]:
    """A transaction to read the tables in while nobody else has the database open.

    On PostgreSQL somebody may still connect, and then wait: `check_alone` tells.

    Raises:
        InUse: somebody has.
        SchemaMismatch: the schema is another version's.
        StorageUnavailable: the database cannot be read.
    """
    parsed = _with_driver(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    # To connect would make an empty one.
    if is_sqlite and not Path(parsed.database or "").is_file():
        raise StorageUnavailable(f"there is no file {parsed.database}")
    with _storage_errors():
        engine = (
            _blocking_sqlite(parsed, _STANDSTILL_MS) if is_sqlite else _blocking_postgresql(parsed)
        )
        try:
            with engine.connect() as connection:
                if is_sqlite:
                    _lock_sqlite(connection)
                else:
                    _lock_postgresql(connection, tables)
                yield connection
        finally:
            engine.dispose()


def _blocking_sqlite(url: sa.URL, timeout_ms: int) -> sa.Engine:
    return sa.create_engine(
        url.set(drivername="sqlite"),
        connect_args={"timeout": timeout_ms / 1000},
        hide_parameters=True,
    )


def _writing_sqlite(url: sa.URL, timeout_ms: int) -> sa.Engine:
    engine = _blocking_sqlite(url, timeout_ms)
    _configure_sqlite(engine, timeout_ms)
    return engine


def _blocking_postgresql(url: sa.URL) -> sa.Engine:
    return sa.create_engine(url, connect_args=_CONNECT, hide_parameters=True)


def _connected(engine: sa.Engine) -> sa.Connection:
    """A connection for writing. On SQLite the first one turns the file to write-ahead logging, and
    fails at once, whatever the time-out, where another process is about to do the same."""
    give_up_at = time.monotonic() + _MIGRATION_TIMEOUT_MS / 1000
    while True:
        try:
            return engine.execution_options(writes=True).connect()
        except sa.exc.OperationalError as error:
            busy = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > give_up_at:
                raise
            time.sleep(_RETRY_SECONDS)


def _lock_sqlite(connection: sa.Connection) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - it is connected
    driver.isolation_level = None
    try:
        # With write-ahead logging, this lock is to be had only where no other process has so much
        # as a connection: a server that happens to be idle would go on writing afterwards.
        connection.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            raise InUse from None
        raise
    check_revision(revision_of(connection))


def _lock_postgresql(connection: sa.Connection, tables: Sequence[sa.Table]) -> None:
    check_alone(connection)
    check_revision(revision_of(connection))
    names = ", ".join(connection.dialect.identifier_preparer.format_table(it) for it in tables)
    # A worker of PostgreSQL's own, autovacuum, gives way to whoever has waited for a second.
    connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    try:
        connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":  # lock_not_available
            raise InUse from None
        raise


def check_alone(connection: sa.Connection) -> None:
    """Make sure that no other process of the bridge is connected to the database.

    Raises:
        InUse: one is.
    """
    if connection.dialect.name == "sqlite":
        # `standing_still` has it locked.
        return
    # Within a transaction it would be answered as the first time.
    connection.execute(sa.select(sa.func.pg_stat_clear_snapshot()))
    others = connection.scalar(
        sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = :name AND pid <> pg_backend_pid()"
        ),
        {"name": _APPLICATION},
    )
    if others:
        raise InUse


def _with_driver(url: str) -> sa.URL:
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
    return parsed.set(drivername=drivers[parsed.get_backend_name()])


def _is_a_fault(record: logging.LogRecord) -> bool:
    """A task that is ended while its connection goes back to the pool is none: the pool closes
    the connection, and everything has been committed or rolled back before."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _engine(url: sa.URL, *, is_sqlite: bool) -> AsyncEngine:
    if not is_sqlite:
        engine = create_async_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,
            json_deserializer=orjson.loads,
            connect_args=_CONNECT,
            **_POOL,
        )
        sa.event.listen(engine.sync_engine, "connect", _set_up)
        return engine
    engine = create_async_engine(
        # Errors are logged, and a statement's parameters can be personal data.
        url,
        connect_args={
            "timeout": _BUSY_TIMEOUT_MS / 1000,
            "async_creator_fn": sqlite_driver.connect,
        },
        hide_parameters=True,
        json_deserializer=orjson.loads,
    )
    _configure_sqlite(engine.sync_engine, _BUSY_TIMEOUT_MS)
    return engine


def _configure_sqlite(engine: sa.Engine, busy_timeout_ms: int) -> None:
    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver's own BEGIN comes too late (before the first write, after the reads).
        connection.isolation_level = None
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
        if options.get("isolation_level") != "AUTOCOMMIT":
            writes = options.get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up(connection: Any, _record: object) -> None:
    # Not as options of the connection: not every pooler in between lets them pass.
    cursor = connection.cursor()
    cursor.execute(_SET_UP)
    cursor.close()
    connection.commit()


@contextlib.contextmanager
def _storage_errors() -> Iterator[None]:
    """Say `StorageUnavailable` for what is the database's fault and not the statement's."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError) as error:
        gave_way = getattr(error.orig, "sqlstate", None) in _TRY_AGAIN
        kind = Interrupted if gave_way or error.connection_invalidated else StorageUnavailable
        # The driver's message only: SQLAlchemy's would print the statement's parameters.
        raise kind(str(error.orig)) from None
    except sa.exc.DatabaseError as error:
        # Its subclasses are a statement's fault, but SQLite says so of a damaged file as well.
        if type(error) is not sa.exc.DatabaseError:
            raise
        raise StorageUnavailable(str(error.orig)) from None
    except sa.exc.TimeoutError:
        raise StorageUnavailable("every connection is in use") from None
    except OSError as error:
        raise StorageUnavailable(error.strerror or type(error).__name__) from None
