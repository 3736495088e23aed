"""PostgreSQL's way: one server that many processes share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync import keeping
from sync.database_url import CONNECTION
from sync.store.backend import disposed, silence
from sync.store.bulk_insert import BulkInsert, Columns, Keys, Rows
from sync.store.errors import (
    Interrupted,
    InUse,
    StatementFailed,
    StorageUnavailable,
    ValueRefused,
)
from sync.store.schema import check_current

_DRIVER = "postgresql+psycopg"
_APPLICATION = "polar-sync"
"""By this name the server knows the connections of every process of the bridge."""
_POOL = {"pool_size": 5, "max_overflow": 5, "pool_timeout": 10.0}
"""One for each lane of writers, one that listens, others to read with."""
_CONNECT = {"application_name": _APPLICATION, **CONNECTION}
_SETTINGS = {
    # In another zone a time at the edge of the calendar would come back from beyond it.
    "timezone": "UTC",
    # The driver reads times in no other style.
    "datestyle": "ISO",
    "statement_timeout": "60s",
    "lock_timeout": "30s",
    # Of a process that is frozen or out of reach: what it holds is free again after this.
    "idle_in_transaction_session_timeout": "15s",
}
# What one has waited for at the ledger's lock it must see: a snapshot from before the lock would
# let two workers count the same DELETEs.
_ISOLATION = {False: "default_transaction_isolation", True: "transaction_isolation"}
"""Of later transactions of a connection; of this one."""
# An event answered 2xx is on disk, whatever the server is set to for others.
_DURABLE = (
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    " WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, {local})"
)


def _settings(*, local: bool) -> str:
    """What a connection is set to, or, `local`, a transaction of it."""
    scope = "LOCAL" if local else "SESSION"
    return "; ".join(
        [
            f"SET {scope} {_ISOLATION[local]} = 'read committed'",
            *(f"SET {scope} {name} = '{value}'" for name, value in _SETTINGS.items()),
            f"SELECT {_DURABLE.format(local=str(local).lower())}",
        ]
    )


_OF_CONNECTION = _settings(local=False)
_OF_TRANSACTION = _settings(local=True)
_POOLED = "pooled"
"""In a connection's `info`: a pooler is in between, which gives each transaction any connection of
its own to the server. So nothing that outlasts a transaction is to be left there: no setting, no
prepared statement, no LISTEN."""
_LEDGER_LOCK = 0x706F6C61722D7379
"""The advisory lock of whoever writes in `Lane.LEDGER`."""
_MIGRATING = 0x706F6C61
"""The advisory lock of whoever may change the schema."""
_PING = 20.0
"""Seconds of silence after which a listener makes sure that the server is still there."""
_TRY_AGAIN = {"40001", "40P01"}
"""serialization_failure, deadlock_detected"""
_UNAVAILABLE = frozenset(
    {
        "08",  # connection
        "0A",  # not supported, by a pooler in between
        "25",  # state of the transaction: read only, idle for too long, failed before
        "26",  # a prepared statement that another connection has
        "28",  # who one is
        "3D",  # no such database
        "40",  # rolled back
        "53",  # disk full, out of memory, too many connections
        "55",  # a lock that is not to be had
        "57",  # shutting down, canceled, timed out
        "58",  # input and output
        "F0",  # its configuration
        "XX",  # damaged
    }
)
"""Classes of SQLSTATE in which the server itself is in trouble. Source: PostgreSQL's documentation,
appendix A."""
_FORBIDDEN = {"42501"}
"""insufficient_privilege"""
_DATA = "22"
"""The class of values that do not fit."""
_OF_ENCODING = {"22021", "22P05"}
"""character_not_in_repertoire, untranslatable_character: the database is not in UTF-8."""
_LOCK_NOT_AVAILABLE = "55P03"
_PID = "SELECT pg_backend_pid()"


class Postgresql:
    """One database of a server. See `Backend`."""

    one_writer = False
    announces = True
    """Until it turns out that a pooler is in between."""
    driver_error: type[Exception] = psycopg.Error
    # What is overwritten there is out of a client's reach; the server's own VACUUM sees to it.
    scrub_due = False
    vacuum_due = False

    def __init__(self, url: sa.URL) -> None:
        self.engine = create_async_engine(
            url.set(drivername=_DRIVER),
            pool_pre_ping=True,
            # Errors are logged, and a statement's parameters can be personal data.
            hide_parameters=True,
            json_deserializer=keeping.from_database,
            connect_args=_CONNECT,
            **_POOL,
        )
        _prepare(self.engine.sync_engine)
        sa.event.listen(self.engine.sync_engine, "connect", self._set_up)
        self._inserter = _Inserter(self.engine)

    def _set_up(self, connection: Any, record: sa.pool.ConnectionPoolEntry) -> None:
        # Not as options of the connection: not every pooler in between lets them pass.
        if record.info[_POOLED]:
            self.announces = False
        else:
            _execute(connection, _OF_CONNECTION)

    @staticmethod
    def failure(error: BaseException | None) -> type[StorageUnavailable | ValueRefused]:
        state = getattr(error, "sqlstate", None)
        if state is None:
            # The client's own: it is not connected, or does not know how to send a value.
            return ValueRefused if isinstance(error, psycopg.DataError) else StorageUnavailable
        if state in _TRY_AGAIN:
            return Interrupted
        if state[:2] in _UNAVAILABLE or state in _FORBIDDEN:
            return StorageUnavailable
        if state[:2] == _DATA and state not in _OF_ENCODING:
            return ValueRefused
        return StatementFailed

    @staticmethod
    def words(error: BaseException | None) -> str:
        # What else there is to it can quote what was written.
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        if said is None:
            return str(error)
        state = getattr(error, "sqlstate", "")
        return f"SQLSTATE {state}" if state[:2] == _DATA else f"{said} ({state})"

    def is_there(self) -> bool:
        return True

    async def autocommit(self, connection: AsyncConnection) -> AsyncConnection:
        return await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def lock_ledger(self, session: AsyncSession) -> None:
        connection = await session.connection()
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LEDGER_LOCK)))

    async def now(self, session: AsyncSession) -> datetime:
        connection = await session.connection()
        now: datetime = (await connection.scalars(sa.select(sa.func.clock_timestamp()))).one()
        return now.astimezone(UTC)

    def locked(self, statement: Any, *, skip: bool) -> Any:
        return statement.with_for_update(skip_locked=skip)

    def insert(self, table: type[SQLModel] | sa.Table) -> postgresql.Insert:
        return postgresql.insert(table)

    def bulk_insert(
        self, table: sa.Table, columns: Sequence[str], *, key: Sequence[str], notify: str
    ) -> BulkInsert:
        dialect = self.engine.dialect
        into = Columns(table, columns, dialect)
        # A cast to a type with a length would cut off what is too long.
        arrays = [f"%b::{it.compile(dialect).partition('(')[0]}[]" for it in into.types]
        keys = ", ".join(key)

        def statement(values: str) -> str:
            return (
                f"WITH new AS ({into.insert} {values} ON CONFLICT DO NOTHING RETURNING {keys})"  # noqa: S608
                f" SELECT {keys} FROM new, pg_notify('{notify}', ''),"
                f" {_DURABLE.format(local='true')}"
            )

        many = statement(f"SELECT * FROM unnest({', '.join(arrays)})")  # noqa: S608
        one = statement(f"VALUES ({', '.join(['%b'] * len(columns))})")

        async def insert(rows: Rows) -> Keys:
            bound = into.bound(rows)
            if len(rows) == 1:
                # Without arrays it takes a fifth less.
                return await self._inserter.run(one, [value for [value] in bound], 1)
            return await self._inserter.run(many, [list(column) for column in bound], len(rows))

        return insert

    async def upsert(
        self, connection: AsyncConnection, table: sa.Table, columns: Sequence[str], rows: Rows
    ) -> None:
        insert = self.insert(table)
        new = {name: insert.excluded[name] for name in columns if name != "id"}
        statement = insert.on_conflict_do_update(index_elements=["id"], set_=new)
        values = [dict(zip(columns, row, strict=True)) for row in rows]
        await connection.execute(statement, values)

    @contextlib.asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[AsyncIterator[str]]:
        async with self.engine.connect() as connection:
            if (await connection.get_raw_connection()).info[_POOLED]:
                # Nothing would come, and whoever has the server's connection next would listen.
                yield silence()
                return
            await self.autocommit(connection)
            try:
                await connection.exec_driver_sql(f'LISTEN "{channel}"')
                yield _notifications(connection)
            except psycopg.Error as error:
                raise Interrupted(str(error)) from None
            finally:
                # Closed, and not given back to the pool, where it would go on listening.
                await connection.invalidate()

    def check_place(self) -> None: ...

    async def look_over(self) -> None: ...

    def too_open(self) -> list[str]:
        return []

    def overwritten(self) -> None: ...

    async def scrub(self) -> None: ...

    async def vacuum(self) -> int:
        return 0

    async def close(self) -> None:
        await self._inserter.close()
        await self.engine.dispose()

    @staticmethod
    @contextlib.contextmanager
    def changing(url: sa.URL) -> Iterator[sa.Connection]:
        with disposed(_blocking(url)) as engine, engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
            yield connection

    @staticmethod
    @contextlib.contextmanager
    def standing_still(url: sa.URL, tables: Sequence[sa.Table]) -> Iterator[sa.Connection]:
        with disposed(_blocking(url)) as engine, engine.connect() as connection:
            if connection.info[_POOLED]:
                # Its own connections stay open, and cannot be told from those of others.
                raise StorageUnavailable(
                    "a pooler such as PgBouncer is in between: to move a database, name the server"
                    " itself"
                )
            Postgresql.check_alone(connection)
            check_current(connection)
            names = ", ".join(
                connection.dialect.identifier_preparer.format_table(it) for it in tables
            )
            # The server's own autovacuum gives way to whoever has waited for a second.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            try:
                connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
            except sa.exc.OperationalError as error:
                if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                    raise InUse from None
                raise
            yield connection

    @staticmethod
    def check_alone(connection: sa.Connection) -> None:
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


class _Inserter:
    """A connection that is kept, and asked by the driver's own call.

    To take one of the pool, ask whether it is still alive, and give it back makes an event that
    comes alone take twice as long, and costs a quarter more of the processor at 64 connections.
    Instead, one that turns out to be dead is replaced at the next attempt.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._driver: psycopg.AsyncConnection[tuple[Any, ...]] | None = None

    async def run(self, statement: str, parameters: Sequence[object], rows: int) -> Keys:
        try:
            driver = self._driver or await self._connect()
            cursor = await driver.execute(statement, parameters)
            return None if cursor.rowcount == rows else await cursor.fetchall()
        except psycopg.Error as error:
            lost = self._driver is not None and self._driver.closed
            await self._let_go()
            if lost:
                raise Interrupted(str(error)) from None
            raise
        except BaseException:
            # Cancelled, it may be in the middle of something.
            await self._let_go()
            raise

    async def _connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        self._connection = await self._engine.connect()
        await self._connection.execution_options(isolation_level="AUTOCOMMIT")
        driver = (await self._connection.get_raw_connection()).driver_connection
        assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101 - it is connected
        self._driver = driver
        return driver

    async def _let_go(self) -> None:
        if self._connection is not None:
            await self._connection.invalidate()
        await self.close()

    async def close(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.close()


async def _notifications(connection: AsyncConnection) -> AsyncIterator[str]:
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101 - it is connected
    while True:
        async for notification in driver.notifies(timeout=_PING):
            yield notification.payload
        await connection.exec_driver_sql("SELECT 1")


def _blocking(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url.set(drivername=_DRIVER), connect_args=_CONNECT, hide_parameters=True
    )
    _prepare(engine)
    return engine


def _prepare(engine: sa.Engine) -> None:
    """Have each connection looked at, and each transaction set where a connection cannot be."""
    sa.event.listen(engine, "connect", _look_at)
    sa.event.listen(engine, "begin", _set_transaction)


def _look_at(connection: Any, record: sa.pool.ConnectionPoolEntry) -> None:
    driver: psycopg.Connection[Any] | psycopg.AsyncConnection[Any] = getattr(
        connection, "driver_connection", connection
    )
    encoding = driver.info.parameter_status("server_encoding")
    # Of any other, some names and ids cannot be stored; SQL_ASCII takes all bytes, and gives them
    # back as it likes.
    if encoding != "UTF8":
        raise StorageUnavailable(
            f"it stores text in {encoding}: make one with CREATE DATABASE … ENCODING 'UTF8'"
            " TEMPLATE template0"
        )
    # A pooler gives each client a number of its own.
    record.info[_POOLED] = _execute(connection, _PID) != (driver.info.backend_pid,)
    if record.info[_POOLED]:
        driver.prepare_threshold = None


def _set_transaction(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if connection.info[_POOLED] and options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(_OF_TRANSACTION)


def _execute(connection: Any, statements: str) -> Sequence[Any] | None:
    """The first row that the first of them returns."""
    cursor = connection.cursor()
    cursor.execute(statements)
    row: Sequence[Any] | None = cursor.fetchone() if cursor.description else None
    cursor.close()
    connection.commit()
    return row
