"""One database of the bridge, for asyncio: sessions, turns of writers, bulk inserts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.store.backend import backend_of, storage_errors
from sync.store.bulk_insert import BulkInsert, Keys, Rows
from sync.store.pace import Pace
from sync.store.schema import check_usable, no_tables

_POOL_LOG = "sqlalchemy.pool.impl.AsyncAdaptedQueuePool"


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
    METRICS = "metrics"
    """Adding up what processes have counted: has a table of its own."""


class Database:
    """One database, for as long as the process runs.

    `read()` and `write()` give sessions. A write is one transaction: committed when the block ends,
    rolled back when it raises. Writers queue up in the process, and a write transaction takes its
    lock (SQLite's, or its lane's) when it begins, so none fails half-way for want of it.
    """

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self._backend = backend_of(parsed.get_backend_name())(parsed)
        logging.getLogger(_POOL_LOG).addFilter(_is_a_fault)
        self._engine = self._backend.engine
        self._writer = self._engine.execution_options(writes=True)
        self.pace = Pace()
        """Of what `now()` has said."""
        only_turn = asyncio.Lock()
        self._turns = {
            lane: only_turn if self._backend.one_writer else asyncio.Lock() for lane in Lane
        }

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session to read with.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with self._errors():
            async with AsyncSession(self._engine, expire_on_commit=False) as session:
                yield session

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with over and over. Each statement sees what has been committed by
        then: none begins a transaction, which would cost more than the reading.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with self._errors():
            async with self._engine.connect() as connection:
                yield await self._backend.autocommit(connection)

    @contextlib.asynccontextmanager
    async def write(self, lane: Lane = Lane.LEDGER) -> AsyncIterator[AsyncSession]:
        """One write transaction.

        Raises:
            StorageUnavailable: the transaction was not committed, or (where the connection broke
                during the commit) perhaps was.
        """
        with self._errors():
            self._backend.check_place()
            async with (
                self._turns[lane],
                AsyncSession(self._writer, expire_on_commit=False) as session,
                session.begin(),
            ):
                if lane is Lane.LEDGER:
                    await self._backend.lock_ledger(session)
                yield session

    @property
    def announces(self) -> bool:
        """Whether what other processes commit is heard of by `listening()`."""
        return self._backend.announces

    @contextlib.asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[AsyncIterator[str]]:
        """The payloads of what any process notifies the channel of from now on. Nothing comes
        where the database does not announce.

        Raises:
            StorageUnavailable: the connection cannot be made, or was lost.
        """
        with self._errors():
            async with self._backend.listening(channel) as payloads:
                yield payloads

    async def now(self, session: AsyncSession) -> datetime:
        """The time that leases are measured by, the same for every process that shares them."""
        now = await self._time(session)
        self.pace.note(now)
        return now

    async def _time(self, session: AsyncSession) -> datetime:
        return await self._backend.now(session)

    def locked(self, statement: Any, *, skip: bool = False) -> Any:
        """The SELECT with its rows locked until the transaction ends. `skip`: pass over rows that
        somebody else has locked."""
        return self._backend.locked(statement, skip=skip)

    def insert(self, table: type[SQLModel] | sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT with ON CONFLICT."""
        return self._backend.insert(table)

    def bulk_insert(
        self, table: sa.Table, columns: Sequence[str], *, key: Sequence[str], notify: str
    ) -> BulkInsert:
        """What `insert_many()` inserts with. `key`: the columns that it returns. `notify`: the
        channel to tell of what is committed, where the database announces."""
        return self._backend.bulk_insert(table, columns, key=key, notify=notify)

    async def insert_many(self, insert: BulkInsert, rows: Rows) -> Keys:
        """Insert the rows by one statement, which is a transaction of its own, in `Lane.INBOX`.
        Returns the keys of those that were not there; None: of all.

        Raises:
            StorageUnavailable: as `write()`.
        """
        with self._errors():
            async with self._turns[Lane.INBOX]:
                return await insert(rows)

    async def upsert(
        self, session: AsyncSession, table: sa.Table, columns: Sequence[str], rows: Rows
    ) -> None:
        """Write the rows by their `id`, in the session's transaction, whatever is there.

        Filling an empty mirror on SQLite takes a fifth less processor than with SQLAlchemy's own
        INSERT of many rows.

        Raises:
            ValueRefused: of one of the rows.
            StatementFailed: perhaps too.
            StorageUnavailable
        """
        if rows:
            with self._errors():
                await self._backend.upsert(await session.connection(), table, columns, rows)

    async def check_schema(self) -> None:
        """Make sure that this code can work with the schema.

        Raises:
            SchemaMismatch: it is older, newer or not there; the message says what to do.
            StorageUnavailable: the database cannot be read.
        """
        with self._errors():
            self._backend.check_place()
            if not self._backend.is_there():
                raise no_tables(self._engine.url.database)
            async with self._engine.connect() as connection:
                await connection.run_sync(check_usable)

    def check_place(self) -> None:
        """Make sure that the file is the one that was opened (SQLite).

        Raises:
            Replaced
        """
        self._backend.check_place()

    async def look_over(self) -> None:
        """Read a little of every table from the file itself (SQLite).

        Raises:
            StorageUnavailable: it is damaged, or cannot be read.
        """
        with self._errors():
            await self._backend.look_over()

    def too_open(self) -> list[str]:
        """What others on this machine may do to the files that they should not, each with its
        remedy (SQLite)."""
        return self._backend.too_open()

    @property
    def vacuum_due(self) -> bool:
        """Whether what was overwritten may still be in the file (SQLite)."""
        return self._backend.vacuum_due

    def overwritten(self) -> None:
        """Personal data has been overwritten, and may still be in the write-ahead log or, as
        `sync.store.vacuum` has it, in the file (SQLite)."""
        self._backend.overwritten()

    async def scrub(self) -> None:
        """Have what was overwritten leave the write-ahead log too, if anything was.

        Tried again at the next call where a reader was in the way.
        """
        if self._backend.scrub_due:
            with self._errors():
                async with self._turns[Lane.LEDGER]:
                    await self._backend.scrub()

    async def vacuum(self) -> int:
        """Write the file anew, without anything that was overwritten (SQLite). Returns its size in
        bytes.

        Raises:
            StorageUnavailable: it is in use, or there is no room for another like it.
        """
        with self._errors():
            async with self._turns[Lane.LEDGER]:
                return await self._backend.vacuum()

    def watched_by(self, watch: Callable[[sa.Engine], None]) -> None:
        """Give the engine away, for what listens to its statements."""
        watch(self._engine.sync_engine)

    async def close(self) -> None:
        """Close every connection."""
        with self._errors():
            await self._backend.close()

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return storage_errors(type(self._backend))


def on_commit(session: AsyncSession, do: Callable[[], None]) -> None:
    """Do it once what the session writes is committed; never, if it is rolled back."""
    sa.event.listen(session.sync_session, "after_commit", lambda _: do(), once=True)


def _is_a_fault(record: logging.LogRecord) -> bool:
    """A task that is ended while its connection goes back to the pool is none: the pool closes
    the connection, and everything has been committed or rolled back before."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
