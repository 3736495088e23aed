"""What differs between the engines. `sqlite` and `postgresql` each have all that is one engine's:
nothing else asks which engine it is."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.store.bulk_insert import BulkInsert, Rows
from sync.store.errors import Interrupted, StatementFailed, StorageUnavailable, ValueRefused

_QUOTING = re.compile(r"\n(?:LINE \d+|DETAIL|CONTEXT|QUERY|STATEMENT):")


class Backend(Protocol):
    """One engine's way. Made with the database's URL, it is one database for asyncio; the static
    methods are for what has a database to itself, without asyncio."""

    engine: AsyncEngine
    one_writer: bool
    """Whether all write transactions wait for each other, whatever they write."""
    announces: bool
    """Whether a process hears of what others commit, by `listening()`."""
    driver_error: type[Exception]
    """What the driver's own errors derive from."""
    scrub_due: bool
    """Whether overwritten data may still be in the write-ahead log."""
    vacuum_due: bool
    """Whether it may still be in the file."""

    def __init__(self, url: sa.URL) -> None: ...

    @staticmethod
    def failure(error: BaseException | None) -> type[StorageUnavailable | ValueRefused]:
        """Whose fault the driver's error is, by its code. `StatementFailed`: it does not say."""

    @staticmethod
    def words(error: BaseException | None) -> str:
        """The driver's error in its own words, without any value."""

    def is_there(self) -> bool:
        """Whether there is a database to connect to, as far as can be told without; to connect may
        make one.

        Raises:
            StorageUnavailable: there can be none; the message has the remedy.
        """

    async def autocommit(self, connection: AsyncConnection) -> AsyncConnection:
        """Have each of its statements be a transaction of its own."""

    async def lock_ledger(self, session: AsyncSession) -> None:
        """Wait for whoever else writes in `Lane.LEDGER`, until the transaction ends."""

    async def now(self, session: AsyncSession) -> datetime:
        """The time that leases are measured by, in UTC."""

    def locked(self, statement: Any, *, skip: bool) -> Any:
        """The SELECT with its rows locked. `skip`: without those that somebody else has locked."""

    def insert(self, table: type[SQLModel] | sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT with the engine's ON CONFLICT."""

    def bulk_insert(
        self, table: sa.Table, columns: Sequence[str], *, key: Sequence[str], notify: str
    ) -> BulkInsert:
        """As `Database.bulk_insert()`."""

    async def upsert(
        self, connection: AsyncConnection, table: sa.Table, columns: Sequence[str], rows: Rows
    ) -> None:
        """As `Database.upsert()`."""

    def check_place(self) -> None:
        """As `Database.check_place()`."""

    async def look_over(self) -> None:
        """As `Database.look_over()`."""

    def too_open(self) -> list[str]:
        """As `Database.too_open()`."""

    def listening(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """As `Database.listening()`."""

    def overwritten(self) -> None:
        """Personal data has been overwritten."""

    async def scrub(self) -> None:
        """Empty the write-ahead log."""

    async def vacuum(self) -> int:
        """Write the file anew. Returns its size in bytes."""

    async def close(self) -> None:
        """Close every connection."""

    @staticmethod
    def changing(url: sa.URL) -> AbstractContextManager[sa.Connection]:
        """As `exclusive.changing()`."""

    @staticmethod
    def standing_still(
        url: sa.URL, tables: Sequence[sa.Table]
    ) -> AbstractContextManager[sa.Connection]:
        """As `exclusive.standing_still()`."""

    @staticmethod
    def check_alone(connection: sa.Connection) -> None:
        """As `exclusive.check_alone()`."""


def backend_of(engine: str) -> type[Backend]:
    """The engine's, by its name in URLs. Only what is used is imported.

    Raises:
        ValueError: it is another engine.
        ImportError: its driver is not installed.
    """
    if engine == "sqlite":
        from sync.store.sqlite import Sqlite

        return Sqlite
    if engine == "postgresql":
        from sync.store.postgresql import Postgresql

        return Postgresql
    raise ValueError("neither SQLite nor PostgreSQL")


@contextlib.contextmanager
def storage_errors(backend: type[Backend]) -> Iterator[None]:
    """Say whose fault it is where the database does not do what it is asked for."""
    failure: type[StorageUnavailable | ValueRefused]
    try:
        yield
    except sa.exc.DBAPIError as error:
        failure = Interrupted if error.connection_invalidated else backend.failure(error.orig)
        # The driver's message only: SQLAlchemy's would print the statement's parameters.
        raise failure(_said(backend.words(error.orig))) from None
    except backend.driver_error as error:
        raise backend.failure(error)(_said(backend.words(error))) from None
    except UnicodeEncodeError as error:
        # In UTF-8 only half of a surrogate pair is in the way; else the connection's encoding is.
        failure = ValueRefused if error.encoding == "utf-8" else StatementFailed
        raise failure(f"a text cannot be sent in the encoding {error.encoding}") from None
    except OverflowError:
        raise ValueRefused("a number or a time is beyond what its column holds") from None
    except sa.exc.TimeoutError:
        raise StorageUnavailable("every connection is in use") from None
    except OSError as error:
        raise StorageUnavailable(error.strerror or type(error).__name__) from None


async def silence() -> AsyncIterator[str]:
    """What is heard where nothing is announced."""
    await asyncio.Event().wait()
    yield ""


def _said(text: str) -> str:
    """The driver's message, without what quotes the statement or a row."""
    return _QUOTING.split(text, maxsplit=1)[0].strip()


@contextlib.contextmanager
def disposed(engine: sa.Engine) -> Iterator[sa.Engine]:
    """The engine, for as long as the block runs."""
    try:
        yield engine
    finally:
        engine.dispose()
