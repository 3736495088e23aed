"""Removing deletions from the ledger, and how far back they have been removed.

An event from before that may repeat one whose deletion is not known any more. It must not open
another: the user may have come back since, and the customer found would be the wrong one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.audit_log import queries as audit_log
from sync.audit_log.entry import EntryKind
from sync.deletions import evidence
from sync.deletions.tables import REMOVABLE_DELETIONS, DeletionRow, EvidenceRow, MembershipRow
from sync.store import meta
from sync.store.columns import IN_THE_TABLE
from sync.store.database import Database

_NAME = "deletions_removed_until"
_NEWEST = timedelta(days=1)
"""No setting has a deletion removed sooner than this after its event."""
_BATCH = 50
"""Deletions removed in one transaction; each has some ten or twenty pieces of evidence."""


async def removed_until(session: AsyncSession, now: datetime) -> datetime | None:
    """The newest time of an event whose deletion may have been removed; None: none has been."""
    value = await meta.get(session, _NAME)
    # A clock that was ahead has removed too much, and must not make every new event one of those.
    return None if value is None else min(datetime.fromisoformat(value), now - _NEWEST)


async def set_right(database: Database, session: AsyncSession, now: datetime) -> None:
    """Have `removed_until` not move on with the clock where a clock that was ahead has set it."""
    value = await meta.get(session, _NAME)
    if value is not None and datetime.fromisoformat(value) > now - _NEWEST:
        await meta.put(database, session, _NAME, _text(now - _NEWEST))


def _text(moment: datetime) -> str:
    """Of one length and in one zone, so that it sorts as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


async def remove(database: Database, before: datetime) -> AsyncIterator[int]:
    """Remove deletions that ended before that time, in UTC, each with its whole chain of evidence.
    The log keeps its entries, and gets one that says so. Yields how many, after each batch.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        newest = (await session.exec(select(func.max(col(DeletionRow.id))))).one()
    some = (
        select(DeletionRow.id)
        .where(
            REMOVABLE_DELETIONS,
            col(DeletionRow.ended_at) < before,
            col(DeletionRow.event_at) < before,
            # A `no_customer` that will be looked at once more has not ended yet.
            col(DeletionRow.next_attempt_at).is_(None),
            # The newest stays whatever its age: SQLite would give its number to the next one, and
            # there may be a receipt with that number.
            col(DeletionRow.id) != newest,
        )
        .limit(_BATCH)
    )
    while True:
        async with database.read() as session:
            if (await session.exec(some)).first() is None:
                return
        async with database.write() as session:
            ids = (await session.exec(some)).all()
            # It never moves back, also where AUDIT_RETENTION_DAYS is raised later.
            await meta.advance(database, session, _NAME, _text(before))
            now = await database.now(session)
            for deletion_id, (seq, digest) in sorted((await evidence.ends(session, ids)).items()):
                await audit_log.append(session, EntryKind.REMOVED, deletion_id, seq, digest, now)
            await session.exec(
                sa.delete(EvidenceRow).where(col(EvidenceRow.deletion_id).in_(ids)),
                execution_options=IN_THE_TABLE,
            )
            await session.exec(
                sa.delete(MembershipRow).where(col(MembershipRow.deletion_id).in_(ids)),
                execution_options=IN_THE_TABLE,
            )
            await session.exec(
                sa.delete(DeletionRow).where(col(DeletionRow.id).in_(ids)),
                execution_options=IN_THE_TABLE,
            )
            database.overwritten()
        yield len(ids)
