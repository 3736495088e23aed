"""What other rooms ask of the inbox's table, and have done to it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.inbox.entry import Entry, InboxStatus, Source
from sync.inbox.tables import OPEN_INBOX, InboxRow, RefusedRow
from sync.store.columns import IN_THE_TABLE
from sync.store.database import Database

_PENDING = sa.and_(OPEN_INBOX, col(InboxRow.status) == InboxStatus.PENDING)
_DEAD = sa.and_(OPEN_INBOX, col(InboxRow.status) == InboxStatus.DEAD)

_MAX_ERROR_CHARS = 500


# --- applying ------------------------------------------------------------------------------------


async def anything_pending(session: AsyncSession) -> bool:
    """Whether there is an event that has not been applied."""
    found = await session.exec(select(InboxRow.id).where(_PENDING).limit(1))
    return found.first() is not None


async def pending(database: Database, session: AsyncSession, limit: int) -> Sequence[InboxRow]:
    """The oldest events that have not been applied, locked; those that somebody else has locked are
    passed over."""
    rows: Sequence[InboxRow] = (
        await session.exec(
            database.locked(
                select(InboxRow).where(_PENDING).order_by(col(InboxRow.id)).limit(limit), skip=True
            )
        )
    ).all()
    return rows


def bury(row: InboxRow, error: str, now: datetime) -> None:
    """Make the event a dead letter. `error`: why; holds nothing of its content."""
    row.status, row.applied_at = InboxStatus.DEAD, now
    row.error = error[:_MAX_ERROR_CHARS]


async def was_applied(
    session: AsyncSession, event_type: str, user_hash: str, since: datetime
) -> bool:
    """Whether an event of that type about the user, from then or later, has been applied."""
    found = await session.exec(
        select(InboxRow.id)
        .where(
            col(InboxRow.user_hash) == user_hash,
            col(InboxRow.source) == Source.APP,
            col(InboxRow.event_type) == event_type,
            col(InboxRow.status) == InboxStatus.APPLIED,
            col(InboxRow.event_at) >= since,
        )
        .limit(1)
    )
    return found.first() is not None


# --- whether it can be done --------------------------------------------------------------------


async def oldest_pending(session: AsyncSession) -> datetime | None:
    """When the event came that has waited longest."""
    found = await session.exec(
        select(InboxRow.received_at).where(_PENDING).order_by(col(InboxRow.id)).limit(1)
    )
    return found.first()


async def try_to_store(session: AsyncSession) -> None:
    """Store an event, and take it back."""
    now = datetime.now(UTC)
    async with session.begin_nested() as attempt:
        session.add(
            InboxRow(
                source=Source.APP,
                webhook_id=f"probe {uuid.uuid4()}",
                received_at=now,
                digest="",
                status=InboxStatus.IGNORED,
                applied_at=now,
            )
        )
        await session.flush()
        await attempt.rollback()


# --- refusing ------------------------------------------------------------------------------------


async def first_under(session: AsyncSession, entry: Entry) -> InboxRow | None:
    """What came first under the entry's webhook-id."""
    found = await session.exec(
        select(InboxRow).where(
            col(InboxRow.source) == entry.source, col(InboxRow.webhook_id) == entry.webhook_id
        )
    )
    return found.first()


async def count_refused(
    database: Database, session: AsyncSession, entry: Entry, first: InboxRow
) -> None:
    """Remember that an event about a user was refused, since `first` has its webhook-id."""
    values = {
        "event_at": entry.event_at,
        "received_at": entry.received_at,
        "first_at": first.event_at,
    }
    insert = database.insert(RefusedRow).values(
        first_id=first.id,
        event_type=entry.event_type,
        user_hash=entry.user_hash,
        times=1,
        **values,
    )
    insert = insert.on_conflict_do_update(
        index_elements=["first_id", "event_type", "user_hash"],
        set_={**values, "times": col(RefusedRow.times) + 1},
    )
    await (await session.connection()).execute(insert)


async def no_longer_lost(
    session: AsyncSession, event_type: str, user_hash: str, at: datetime
) -> None:
    """An event of that type about the user, which happened then, has been applied: what was refused
    and is no newer has come all the same."""
    await session.exec(
        sa.delete(RefusedRow).where(
            col(RefusedRow.user_hash) == user_hash,
            col(RefusedRow.event_type) == event_type,
            col(RefusedRow.event_at) <= at,
        )
    )


async def possibly_lost(session: AsyncSession, limit: int) -> tuple[int, Sequence[RefusedRow]]:
    """How many events were refused for their webhook-id and have not come otherwise since, and the
    newest of them."""
    count = (await session.exec(select(func.count()).select_from(RefusedRow))).one()
    newest = await session.exec(
        select(RefusedRow).order_by(col(RefusedRow.received_at).desc()).limit(limit)
    )
    return count, newest.all()


# --- forgetting ----------------------------------------------------------------------------------


async def forget(
    session: AsyncSession,
    *,
    customer_ids: Collection[str] = (),
    member_ids: Collection[str] = (),
    user_hashes: Collection[str] = (),
) -> None:
    """Drop the payloads about these customers, members and users.

    What is still pending is left to be applied first; it is dropped then.
    """
    for column, about in (
        (col(InboxRow.customer_id), customer_ids),
        (col(InboxRow.member_id), member_ids),
        (col(InboxRow.user_hash), user_hashes),
    ):
        if about:
            await session.exec(
                sa.update(InboxRow)
                .where(column.in_(about), col(InboxRow.status) != InboxStatus.PENDING)
                .values(body=None)
            )


# --- how it stands -------------------------------------------------------------------------------


async def backlog(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many events have not been applied, and since when the oldest waits."""
    return (
        await session.exec(
            select(func.count(), func.min(col(InboxRow.received_at))).where(_PENDING)
        )
    ).one()


async def dead_letters(session: AsyncSession, limit: int) -> tuple[int, Sequence[InboxRow]]:
    """How many dead letters there are, and the newest of them."""
    count = (await session.exec(select(func.count()).select_from(InboxRow).where(_DEAD))).one()
    newest = await session.exec(
        select(InboxRow).where(_DEAD).order_by(col(InboxRow.id).desc()).limit(limit)
    )
    return count, newest.all()


async def retry_dead_letters(database: Database) -> tuple[int, int]:
    """Have every dead letter applied once more. Returns how many, and how many cannot be since
    their content has been forgotten.

    Raises:
        StorageUnavailable: nothing was done.
    """
    async with database.write() as session:
        retried = await session.exec(
            sa.update(InboxRow)
            .where(_DEAD, col(InboxRow.body).is_not(None))
            .values(status=InboxStatus.PENDING, applied_at=None, error=None),
            execution_options=IN_THE_TABLE,
        )
        left = await session.exec(select(func.count()).select_from(InboxRow).where(_DEAD))
        return retried.rowcount, left.one()
