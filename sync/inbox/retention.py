"""What goes from the inbox with time: payloads first, then whole rows.

Each function yields after every batch how much has gone, so that whoever drives it can let others
write in between. A batch of `_BATCH` rows takes a few milliseconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, func, select

from sync.inbox.entry import InboxStatus, Source
from sync.inbox.tables import KEPT_PAYLOADS, InboxRow, RefusedRow
from sync.store.columns import IN_THE_TABLE
from sync.store.database import Database

_BATCH = 500
_DONE_WITH = (InboxStatus.APPLIED, InboxStatus.IGNORED)


async def drop_payloads(database: Database, before: datetime) -> AsyncIterator[int]:
    """Drop the payloads of what was applied before that time: nothing reads them any more.

    Raises:
        StorageUnavailable
    """
    old = (KEPT_PAYLOADS, col(InboxRow.applied_at) < before)
    oldest = select(InboxRow.id).where(*old).order_by(col(InboxRow.applied_at)).limit(_BATCH)
    while True:
        async with database.read() as session:
            if (await session.exec(oldest.limit(1))).first() is None:
                return
        async with database.write() as session:
            ids = (await session.exec(oldest)).all()
            await session.exec(
                sa.update(InboxRow).where(col(InboxRow.id).in_(ids)).values(body=None),
                execution_options=IN_THE_TABLE,
            )
            database.overwritten()
        yield len(ids)


async def remove_refused(database: Database, before: datetime) -> int:
    """Remove what is known of events that were refused before that time: it names users by their
    hash, as the deletions of that age did. Returns how many.

    Raises:
        StorageUnavailable
    """
    old = col(RefusedRow.received_at) < before
    async with database.read() as session:
        if (await session.exec(select(RefusedRow.id).where(old).limit(1))).first() is None:
            return 0
    async with database.write() as session:
        removed = await session.exec(sa.delete(RefusedRow).where(old))
        database.overwritten()
        return removed.rowcount


async def remove_rows(
    database: Database, before: datetime, *, kept: Collection[str], kept_after: datetime | None
) -> AsyncIterator[int]:
    """Remove what came before that time and has been applied; of a dead letter, the payload.

    Ids grow with time, so this goes up from the lowest one that is left to the first batch in which
    nothing is that old. It needs no index that each new event would have to pay for.

    Args:
        kept: types of the app's events that stay nevertheless.
        kept_after: only those that happened after it; None: all.

    Raises:
        StorageUnavailable
    """
    done_with = _done_with(kept, kept_after)
    dead = sa.and_(col(InboxRow.status) == InboxStatus.DEAD, col(InboxRow.body).is_not(None))
    next_ones = select(InboxRow.id, InboxRow.received_at).order_by(col(InboxRow.id)).limit(_BATCH)
    last = 0
    while True:
        async with database.read() as session:
            batch = (await session.exec(next_ones.where(col(InboxRow.id) > last))).all()
            if all(received_at >= before for _, received_at in batch):
                return
            first, last = last, batch[-1][0]
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
        async with database.write() as session:
            removed = await session.exec(
                sa.delete(InboxRow).where(*window, done_with), execution_options=IN_THE_TABLE
            )
            await session.exec(
                sa.update(InboxRow).where(*window, dead).values(body=None),
                execution_options=IN_THE_TABLE,
            )
            database.overwritten()
        yield removed.rowcount


def _done_with(kept: Collection[str], kept_after: datetime | None) -> sa.ColumnElement[bool]:
    """Which rows nobody needs any more."""
    stays = sa.and_(col(InboxRow.source) == Source.APP, col(InboxRow.event_type).in_(kept))
    needless = ~func.coalesce(stays, sa.false())
    if kept_after is not None:
        needless = sa.or_(needless, col(InboxRow.event_at) <= kept_after)
    return sa.and_(col(InboxRow.status).in_(_DONE_WITH), needless)
