"""How far a reconciliation has come, kept so that the next run can go on; and the lease that only
one process at a time can have."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.cancellation import cancel_and_wait
from sync.errors import NotPossible
from sync.mirror.kinds import Kind
from sync.reconcile.cursor import ListCursor
from sync.reconcile.report import Report
from sync.reconcile.shortfall import Shortfall
from sync.reconcile.tables import ReconciliationRow
from sync.store.database import Database
from sync.store.errors import StorageUnavailable

_ROW = 1
_LEASE = timedelta(minutes=1)
"""How long a reconciliation that was killed keeps the next one waiting."""
_RESUMABLE = timedelta(days=1)
"""Older than this, a reconciliation that was stopped begins anew."""
_KEEP_EVERY = 1.0
"""Seconds after which the place reached is written although nothing else has to be."""


class AlreadyRunning(NotPossible):
    """Another process is reconciling; only one does at a time."""


class Progress(BaseModel):
    """How far a reconciliation of everything has come."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    report: Report
    since: datetime | None = None
    cursors: dict[str, ListCursor] = Field(default={}, alias="walks")
    """How far each list that was begun has been read, by kind."""
    shortfalls: dict[str, Shortfall] = {}
    """What these lists have not shown, by kind."""
    parents: dict[str, str] = {}
    """The last parent whose children were compared, by the children's kind."""
    listed_at: datetime | None = None
    """When the reading of what belongs to customers began."""

    def cursor(self, kind: Kind[Any]) -> ListCursor:
        """How far this list has been read."""
        return self.cursors.get(kind.name, ListCursor())

    def shortfall(self, kind: Kind[Any]) -> Shortfall:
        """What this list has not shown."""
        return self.shortfalls.get(kind.name, Shortfall())

    def at(self, kind: Kind[Any], cursor: ListCursor, shortfall: Shortfall) -> Progress:
        """The same but for one list."""
        return self.model_copy(
            update={
                "cursors": self.cursors | {kind.name: cursor},
                "shortfalls": self.shortfalls | {kind.name: shortfall},
            }
        )

    @property
    def reading(self) -> Sequence[str]:
        """What is being read."""
        return [kind for kind, it in self.cursors.items() if not it.done] or ["deletion"]


class Place:
    """Where the reconciliation under way is, as the database has it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._token = uuid.uuid4().hex
        self._keep_by = time.monotonic() + _KEEP_EVERY

    @property
    def keeping_is_due(self) -> bool:
        """Whether the place should be written although nothing else has to be."""
        return time.monotonic() >= self._keep_by

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Hold the lease.

        Raises:
            AlreadyRunning, StorageUnavailable
        """
        await self._lease()
        keeping = asyncio.create_task(self._keep_lease())
        try:
            yield
        finally:
            await cancel_and_wait([keeping])
            # Otherwise it runs out.
            with suppress(StorageUnavailable):
                async with self._database.write() as session:
                    row = await session.get(ReconciliationRow, _ROW)
                    if row is not None and row.lease_token == self._token:
                        row.lease_token = row.lease_until = None

    async def resumed(self, started_at: datetime) -> Progress | None:
        """Where a run that was stopped is to go on; None: there is none.

        Args:
            started_at: when the run that wants to know began.
        """
        async with self._database.read() as session:
            row = await session.get(ReconciliationRow, _ROW)
        if row is None or row.progress is None:
            return None
        try:
            progress = Progress.model_validate(row.progress)
        except ValidationError:
            # Written by another version.
            return None
        if not started_at - _RESUMABLE <= progress.report.started_at <= started_at:
            # Too old, or by a clock that was wrong.
            return None
        progress.report.stopped = None
        return progress

    async def keep(self, session: AsyncSession, progress: Progress) -> None:
        """Write the place reached, in the session's transaction.

        Raises:
            AlreadyRunning: another process has taken over.
        """
        row = await self._row(session)
        if row.lease_token != self._token:
            raise AlreadyRunning("another process has taken over this reconciliation")
        row.progress = progress.model_dump(mode="json", by_alias=True)
        session.add(row)
        self._keep_by = time.monotonic() + _KEEP_EVERY

    async def finish(self) -> None:
        """All of it is done: the next run begins anew."""
        async with self._database.write() as session:
            row = await self._row(session)
            row.progress, row.finished_at = None, await self._database.now(session)
            session.add(row)

    async def _lease(self) -> None:
        async with self._database.write() as session:
            row = await self._row(session)
            now = await self._database.now(session)
            taken = row.lease_token not in {None, self._token}
            # One from further away is by a clock that was wrong.
            until = row.lease_until or now
            if taken and now < until <= now + 2 * _LEASE:
                raise AlreadyRunning(
                    "another process is reconciling, or was killed less than a minute ago"
                )
            row.lease_token, row.lease_until = self._token, now + _LEASE
            session.add(row)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(_LEASE.total_seconds() / 4)
            with suppress(StorageUnavailable):
                await self._lease()

    async def _row(self, session: AsyncSession) -> ReconciliationRow:
        found = await session.exec(
            self._database.locked(
                select(ReconciliationRow).where(col(ReconciliationRow.id) == _ROW)
            )
        )
        row: ReconciliationRow | None = found.first()
        return row or ReconciliationRow(id=_ROW)


async def is_running(session: AsyncSession, now: datetime) -> bool:
    """Whether a reconciliation is under way."""
    row = await session.get(ReconciliationRow, _ROW)
    if row is None or row.lease_token is None or row.lease_until is None:
        return False
    return now < row.lease_until <= now + 2 * _LEASE


async def finished_since(database: Database, moment: datetime) -> bool:
    """Whether a reconciliation of everything has finished since then.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        row = await session.get(ReconciliationRow, _ROW)
        now = await database.now(session)
        finished_at = None if row is None else row.finished_at
        return finished_at is not None and moment <= finished_at <= now
