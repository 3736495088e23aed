"""PostgreSQL's way: one server that many processes share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.store.backend import disposed
from sync.store.bulk_insert import BulkInsert, Columns, Keys, Rows
from sync.store.errors import Interrupted, InUse, StorageUnavailable
from sync.store.schema import check_revision, revision_of

_DRIVER = "postgresql+psycopg"
_APPLICATION = "polar-sync"
"""By this name the server knows the connections of every process of the bridge."""
_POOL = {"pool_size": 5, "max_overflow": 5, "pool_timeout": 10.0}
"""One for each lane of writers, one that listens, others to read with."""
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
_MIGRATING = 0x706F6C61
"""The advisory lock of whoever may change the schema."""
_PING = 20.0
"""Seconds of silence after which a listener makes sure that the server is still there."""
_TRY_AGAIN = {"40001", "40P01"}
"""serialization_failure, deadlock_detected"""
_LOCK_NOT_AVAILABLE = "55P03"


class Postgresql:
    """One database of a server. See `Backend`."""

    one_writer = False
    announces = True
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
            json_deserializer=orjson.loads,
            connect_args=_CONNECT,
            **_POOL,
        )
        sa.event.listen(self.engine.sync_engine, "connect", _set_up)
        self._inserter = _Inserter(self.engine)

    @staticmethod
    def failure(error: BaseException | None) -> type[StorageUnavailable] | None:
        if not isinstance(
            error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError
        ):
            return None
        return Interrupted if error.sqlstate in _TRY_AGAIN else StorageUnavailable

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
                f" SELECT {keys} FROM new, pg_notify('{notify}', '')"
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
            Postgresql.check_alone(connection)
            check_revision(revision_of(connection))
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
    return sa.create_engine(
        url.set(drivername=_DRIVER), connect_args=_CONNECT, hide_parameters=True
    )


def _set_up(connection: Any, _record: object) -> None:
    # Not as options of the connection: not every pooler in between lets them pass.
    cursor = connection.cursor()
    cursor.execute(_SET_UP)
    cursor.close()
    connection.commit()
