"""What is kept for how long: payloads, inbox rows, and whole deletions where that is set.

All of it goes in batches, each a short transaction with a pause after it, so that events are
accepted in between. Every worker does it; one that comes second finds nothing left to do.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, func, select

from sync.deletions import removal as horizon
from sync.deletions.ledger import RESTORED
from sync.deletions.tables import REMOVABLE_DELETIONS, DeletionRow, EvidenceRow
from sync.inbox.tables import KEPT_PAYLOADS, InboxRow, InboxStatus, Source
from sync.settings import Settings
from sync.store.database import Database
from sync.store.errors import StorageUnavailable

_log = logging.getLogger(__name__)

_INTERVAL = 3_600.0
"""Seconds from one sweep to the next."""
_BATCH = 500
"""Inbox rows changed in one transaction: a few milliseconds."""
_DELETIONS = 50
"""Deletions removed in one transaction; each has some ten or twenty pieces of evidence."""
_PAUSE = 0.1
"""Seconds between two batches, for whoever else wants to write."""

_IN_THE_TABLE = {"synchronize_session": False}
"""No object of the session's is meant, only rows."""
_DONE_WITH = frozenset({InboxStatus.APPLIED, InboxStatus.IGNORED})


@dataclass(frozen=True, slots=True)
class Swept:
    """How much has gone."""

    payloads: int
    inbox_rows: int
    deletions: int


@dataclass(frozen=True, slots=True)
class Retention:
    """Removes what has been kept long enough."""

    database: Database
    payloads: timedelta
    inbox: timedelta
    audit: timedelta | None
    """None: deletions and their evidence are kept for ever."""

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Retention:
        """As the deployment chose."""
        audit = settings.audit_retention_days
        return cls(
            database=database,
            payloads=timedelta(days=settings.payload_retention_days),
            inbox=timedelta(days=settings.inbox_retention_days),
            audit=timedelta(days=audit) if audit else None,
        )

    async def run(self) -> None:
        """Sweep now and then, until cancelled."""
        while True:
            try:
                swept = await self.sweep()
            except StorageUnavailable as error:
                _log.error("retention: the database does not answer: %s", error)
            except Exception:  # noqa: BLE001 - the next time must come all the same
                _log.exception("retention failed unexpectedly")
            else:
                if swept != Swept(0, 0, 0):
                    _log.info(
                        "retention: %d payloads, %d inbox rows and %d deletions removed",
                        swept.payloads,
                        swept.inbox_rows,
                        swept.deletions,
                    )
            await asyncio.sleep(_INTERVAL)

    async def sweep(self) -> Swept:
        """Remove all that has been kept long enough.

        Raises:
            StorageUnavailable: the batches before this one are gone.
        """
        async with self.database.read() as session:
            now = await self.database.now(session)
        return Swept(
            payloads=await self._drop_payloads(now - self.payloads),
            # Before the inbox, which may keep less once these are gone.
            deletions=0 if self.audit is None else await self._remove_deletions(now - self.audit),
            inbox_rows=await self._remove_inbox_rows(now - self.inbox),
        )

    async def _drop_payloads(self, before: datetime) -> int:
        """Drop the bodies of what was applied before that time: nothing reads them any more."""
        old = (KEPT_PAYLOADS, col(InboxRow.applied_at) < before)
        oldest = select(InboxRow.id).where(*old).order_by(col(InboxRow.applied_at)).limit(_BATCH)
        dropped = 0
        while True:
            async with self.database.read() as session:
                if (await session.exec(oldest.limit(1))).first() is None:
                    return dropped
            async with self.database.write() as session:
                ids = (await session.exec(oldest)).all()
                await session.exec(
                    sa.update(InboxRow).where(col(InboxRow.id).in_(ids)).values(body=None),
                    execution_options=_IN_THE_TABLE,
                )
                self.database.overwritten()
            dropped += len(ids)
            await asyncio.sleep(_PAUSE)

    async def _remove_inbox_rows(self, before: datetime) -> int:
        """Remove what came before that time and has been applied; of a dead letter, the body.

        Ids grow with time, so this walks up from the lowest one that is left to the first batch in
        which nothing is that old. It needs no index that each new event would have to pay for.
        """
        removed, last = 0, 0
        done_with = await self._done_with()
        dead = sa.and_(col(InboxRow.status) == InboxStatus.DEAD, col(InboxRow.body).is_not(None))
        next_ones = select(InboxRow.id, InboxRow.received_at).order_by(col(InboxRow.id))
        while True:
            async with self.database.read() as session:
                batch = (
                    await session.exec(next_ones.where(col(InboxRow.id) > last).limit(_BATCH))
                ).all()
                if all(received_at >= before for _, received_at in batch):
                    return removed
                first, last = last, batch[-1][0] or last
                window = (
                    col(InboxRow.id) > first,
                    col(InboxRow.id) <= last,
                    col(InboxRow.received_at) < before,
                )
                found = await session.exec(
                    select(InboxRow.id).where(*window, sa.or_(done_with, dead)).limit(1)
                )
                if found.first() is None:
                    continue
            async with self.database.write() as session:
                result = await session.exec(
                    sa.delete(InboxRow).where(*window, done_with), execution_options=_IN_THE_TABLE
                )
                await session.exec(
                    sa.update(InboxRow).where(*window, dead).values(body=None),
                    execution_options=_IN_THE_TABLE,
                )
                self.database.overwritten()
            removed += result.rowcount
            await asyncio.sleep(_PAUSE)

    async def _done_with(self) -> sa.ColumnElement[bool]:
        """Which inbox rows nobody needs any more.

        A `user.restored` can overtake the `user.deleted` that it is the answer to by any time, and
        must still be found then. It goes once a `user.deleted` that old would open nothing.
        """
        async with self.database.read() as session:
            until = await horizon.removed_until(session)
        restored = sa.and_(col(InboxRow.source) == Source.APP, col(InboxRow.event_type) == RESTORED)
        needless = ~func.coalesce(restored, sa.false())
        if until is not None:
            needless = sa.or_(needless, col(InboxRow.event_at) <= until)
        return sa.and_(col(InboxRow.status).in_(_DONE_WITH), needless)

    async def _remove_deletions(self, before: datetime) -> int:
        """Remove deletions that ended before that time, each with its whole chain of evidence."""
        async with self.database.read() as session:
            newest = (await session.exec(select(func.max(col(DeletionRow.id))))).one()
        some = (
            select(DeletionRow.id)
            .where(
                REMOVABLE_DELETIONS,
                col(DeletionRow.ended_at) < before,
                col(DeletionRow.event_at) < before,
                # A `no_customer` that will be looked at once more has not ended yet.
                col(DeletionRow.next_attempt_at).is_(None),
                # The newest stays whatever its age: SQLite would give its number to the next one,
                # and there may be a receipt with that number.
                col(DeletionRow.id) != newest,
            )
            .limit(_DELETIONS)
        )
        removed = 0
        while True:
            async with self.database.read() as session:
                if (await session.exec(some)).first() is None:
                    return removed
            async with self.database.write() as session:
                ids = (await session.exec(some)).all()
                await horizon.advance(self.database, session, before)
                await session.exec(
                    sa.delete(EvidenceRow).where(col(EvidenceRow.deletion_id).in_(ids)),
                    execution_options=_IN_THE_TABLE,
                )
                await session.exec(
                    sa.delete(DeletionRow).where(col(DeletionRow.id).in_(ids)),
                    execution_options=_IN_THE_TABLE,
                )
                self.database.overwritten()
            removed += len(ids)
            await asyncio.sleep(_PAUSE)
