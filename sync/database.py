"""Engine, sessions and migrations: the one place that knows how SQLite and PostgreSQL differ."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

_BUSY_TIMEOUT_MS = 5_000


class StorageUnavailable(Exception):
    """The database did not take the write or answer the read: full, locked, or out of reach."""


class SchemaMismatch(Exception):
    """The database's schema is not the one this version of the code works with."""


class Database:
    """One database, for as long as the process runs.

    `read()` and `write()` give sessions. A write is one transaction: committed when the block ends,
    rolled back when it raises. On SQLite writers queue up in the process, and a write transaction
    takes the write lock when it begins, so none fails half-way for want of it.
    """

    def __init__(self, url: str) -> None:
        self.url = _with_driver(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _engine(self.url, is_sqlite=self.is_sqlite)
        self._writer = self._engine.execution_options(writes=True)
        self.scrub_due = True
        """Whether personal data that was overwritten may still be in the write-ahead log. True at
        first: the process before this one may have ended too early."""
        self._turn = asyncio.Lock() if self.is_sqlite else contextlib.nullcontext()

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
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One write transaction.

        Raises:
            StorageUnavailable: the transaction was not committed, or (where the connection broke
                during the commit) perhaps was.
        """
        with _storage_errors():
            async with (
                self._turn,
                AsyncSession(self._writer, expire_on_commit=False) as session,
                session.begin(),
            ):
                yield session

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

    def insert(self, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
        """An INSERT with this engine's ON CONFLICT."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    async def check_schema(self) -> None:
        """Make sure that the schema is this code's.

        Raises:
            SchemaMismatch: it is older, newer or not there; the message says what to do.
            StorageUnavailable: the database cannot be read.
        """
        with _storage_errors():
            async with self._engine.connect() as connection:
                current = await connection.run_sync(_current_revision)
        script = ScriptDirectory.from_config(_alembic_config())
        if current == script.get_current_head():
            return
        known = {item.revision for item in script.walk_revisions()}
        if current is None or current in known:
            state = "has no tables yet" if current is None else "is older than this version"
            raise SchemaMismatch(f"the database {state}; run: polar-sync migrate")
        raise SchemaMismatch(
            "the database was migrated by a newer version of polar-sync; install that version"
        )

    async def scrub(self) -> None:
        """Have what was overwritten leave the write-ahead log too (SQLite), if anything was.

        Tried again at the next call where a reader was in the way.
        """
        if not self.is_sqlite or not self.scrub_due:
            return
        with _storage_errors():
            async with self._turn, self._engine.connect() as connection:
                self.scrub_due = False
                autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
                result = await autocommit.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                self.scrub_due = bool(result.scalar_one())  # its first column: was it busy?

    async def close(self) -> None:
        """Close every connection."""
        await self.scrub()
        await self._engine.dispose()


def migrate(url: str) -> None:
    """Bring the schema up to date; harmless when it already is.

    Raises:
        StorageUnavailable: the database cannot be reached or written.
    """
    parsed = _with_driver(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    with _storage_errors():
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed)
        try:
            with engine.begin() as connection:
                config = _alembic_config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        finally:
            engine.dispose()


def _with_driver(url: str) -> sa.URL:
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
    return parsed.set(drivername=drivers[parsed.get_backend_name()])


def _engine(url: sa.URL, *, is_sqlite: bool) -> AsyncEngine:
    if not is_sqlite:
        return create_async_engine(
            url, pool_pre_ping=True, hide_parameters=True, json_deserializer=orjson.loads
        )
    engine = create_async_engine(
        # Errors are logged, and a statement's parameters can be personal data.
        url,
        connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000},
        hide_parameters=True,
        json_deserializer=orjson.loads,
    )

    @sa.event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver's own BEGIN comes too late (before the first write, after the reads).
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            # An event answered 2xx must survive a power cut, not only a crash.
            "synchronous = FULL",
            f"busy_timeout = {_BUSY_TIMEOUT_MS}",
            # What is scrubbed must be gone from the file too, not only from the row.
            "secure_delete = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _current_revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@contextlib.contextmanager
def _storage_errors() -> Any:
    """Say `StorageUnavailable` for what is the database's fault and not the statement's."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError) as error:
        # The driver's message only: SQLAlchemy's would print the statement's parameters.
        raise StorageUnavailable(str(error.orig)) from None
    except sa.exc.DatabaseError as error:
        # Its subclasses are a statement's fault, but SQLite says so of a damaged file as well.
        if type(error) is not sa.exc.DatabaseError:
            raise
        raise StorageUnavailable(str(error.orig)) from None
    except sa.exc.TimeoutError:
        raise StorageUnavailable("every connection is in use") from None
    except OSError as error:
        raise StorageUnavailable(error.strerror or type(error).__name__) from None
