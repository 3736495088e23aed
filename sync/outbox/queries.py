"""What is written into the outbox, taken from it, and asked about it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.outbox.message import LONGEST_WAIT, Message, OutboxStatus, Recipient
from sync.outbox.tables import OPEN_OUTBOX, OutboxRow
from sync.store.columns import IN_THE_TABLE
from sync.store.database import Database
from sync.store.paging import newest_below
from sync.store.removing import remove_in_batches

_PENDING = sa.and_(OPEN_OUTBOX, col(OutboxRow.status) == OutboxStatus.PENDING)
_DEAD = sa.and_(OPEN_OUTBOX, col(OutboxRow.status) == OutboxStatus.DEAD)


def put(
    session: AsyncSession,
    recipient: Recipient,
    type_: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    deletion_id: int | None = None,
    user_id: str | None = None,
) -> None:
    """Have it sent once the session's transaction is committed.

    Args:
        data: what it says; nothing personal. To operators, `text`.
        user_id: is forgotten once the message is acknowledged.
    """
    session.add(
        OutboxRow(
            recipient=recipient,
            webhook_id=f"msg_{uuid.uuid4().hex}",
            type=type_,
            deletion_id=deletion_id,
            made_at=now,
            data=dict(data),
            user_id=user_id,
            next_attempt_at=now,
        )
    )


# --- sending -------------------------------------------------------------------------------------


async def claim(database: Database, lease: timedelta, limit: int) -> Sequence[Message]:
    """Those that are due; of one deletion the oldest alone. Nobody else gets them within `lease`.

    Raises:
        StorageUnavailable
    """
    earlier = aliased(OutboxRow)
    goes_first = (
        sa.select(col(earlier.id))
        .where(
            col(earlier.deletion_id) == col(OutboxRow.deletion_id),
            col(earlier.recipient) == col(OutboxRow.recipient),
            col(earlier.status) == OutboxStatus.PENDING,
            col(earlier.id) < col(OutboxRow.id),
        )
        .exists()
    )
    due_at = col(OutboxRow.next_attempt_at)
    async with database.read() as session:
        now = await database.now(session)
        # By a clock that was wrong it may be due long after any wait.
        due = (_PENDING, sa.or_(due_at <= now, due_at > now + 2 * LONGEST_WAIT), ~goes_first)
        if (await session.exec(select(OutboxRow.id).where(*due).limit(1))).first() is None:
            return []
    async with database.write() as session:
        rows = await session.exec(
            database.locked(
                select(OutboxRow).where(*due).order_by(due_at, col(OutboxRow.id)).limit(limit),
                skip=True,
            )
        )
        return [_leased(row, now + lease) for row in rows]


def _leased(row: OutboxRow, until: datetime) -> Message:
    row.next_attempt_at = until
    return Message(
        id=row.id,
        recipient=row.recipient,
        webhook_id=row.webhook_id,
        type=row.type,
        made_at=row.made_at,
        data=row.data,
        user_id=row.user_id,
        attempts=row.attempts,
    )


async def acknowledged(database: Database, message: Message) -> None:
    """The recipient has it: the user's id goes.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        now = await database.now(session)
        await _end(session, message, OutboxStatus.DELIVERED, now, user_id=None, error=None)
        if message.user_id is not None:
            database.overwritten()


async def failed(database: Database, message: Message, error: str, wait: timedelta | None) -> None:
    """It was not acknowledged. `wait`: until it is tried again; None: it is a dead letter.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        now = await database.now(session)
        values = {"error": error, "attempts": message.attempts + 1}
        if wait is None:
            await _end(session, message, OutboxStatus.DEAD, now, **values)
        else:
            await _change(session, message, next_attempt_at=now + wait, **values)


async def _end(
    session: AsyncSession, message: Message, status: OutboxStatus, now: datetime, **values: Any
) -> None:
    await _change(session, message, status=status, ended_at=now, next_attempt_at=None, **values)


async def _change(session: AsyncSession, message: Message, **values: Any) -> None:
    await session.exec(
        sa.update(OutboxRow).where(col(OutboxRow.id) == message.id, _PENDING).values(**values),
        execution_options=IN_THE_TABLE,
    )


# --- how it stands -------------------------------------------------------------------------------


async def backlog(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many messages are not acknowledged yet, and since when the oldest waits."""
    return (
        await session.exec(select(func.count(), func.min(col(OutboxRow.made_at))).where(_PENDING))
    ).one()


async def dead_letters(session: AsyncSession, limit: int) -> tuple[int, Sequence[OutboxRow]]:
    """How many could not be delivered, and the newest of them."""
    total = (await session.exec(select(func.count()).select_from(OutboxRow).where(_DEAD))).one()
    newest = select(OutboxRow).where(_DEAD).order_by(col(OutboxRow.id).desc()).limit(limit)
    return total, (await session.exec(newest)).all()


async def dead_page(session: AsyncSession, before: int | None, limit: int) -> Sequence[OutboxRow]:
    """Dead letters, by their numbers from the highest below `before` down."""
    found = newest_below(select(OutboxRow).where(_DEAD), col(OutboxRow.id), before, limit)
    return (await session.exec(found)).all()


async def search(
    session: AsyncSession,
    *,
    type_: str | None,
    status: OutboxStatus | None,
    since: datetime | None,
    limit: int,
) -> Sequence[OutboxRow]:
    """The newest that fit all that is given."""
    found = select(OutboxRow).order_by(col(OutboxRow.id).desc()).limit(limit)
    if type_ is not None:
        found = found.where(col(OutboxRow.type) == type_)
    if status is not None:
        found = found.where(col(OutboxRow.status) == status)
    if since is not None:
        found = found.where(col(OutboxRow.made_at) >= since)
    return (await session.exec(found)).all()


async def one(session: AsyncSession, row_id: int) -> OutboxRow | None:
    """The message with that number."""
    return (await session.exec(select(OutboxRow).where(col(OutboxRow.id) == row_id))).first()


async def replay(
    database: Database, row_ids: Collection[int] | None, person: Person | None = None
) -> set[int]:
    """Have these messages sent now, or all dead letters. Returns which: not those that have been
    acknowledged.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable
    """
    which = _DEAD if row_ids is None else sa.and_(OPEN_OUTBOX, col(OutboxRow.id).in_(row_ids))
    async with database.write() as session:
        now = await database.now(session)
        updated = await session.exec(
            sa.update(OutboxRow)
            .where(which)
            .values(status=OutboxStatus.PENDING, attempts=0, next_attempt_at=now, ended_at=None)
            .returning(col(OutboxRow.id)),
            execution_options=IN_THE_TABLE,
        )
        again = set(updated.scalars())
        if again:
            actions.note(session, person, Did.OUTBOX_REPLAY, now, again)
        return again


async def dismiss(
    database: Database, row_ids: Collection[int], person: Person | None = None
) -> set[int]:
    """A person says that these dead letters need not be delivered: they are removed. Returns which.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable
    """
    which = sa.and_(_DEAD, col(OutboxRow.id).in_(row_ids))
    async with database.write() as session:
        found = await session.exec(
            sa.delete(OutboxRow).where(which).returning(col(OutboxRow.id)),
            execution_options=IN_THE_TABLE,
        )
        dismissed = set(found.scalars())
        if dismissed:
            now = await database.now(session)
            actions.note(session, person, Did.OUTBOX_DISMISS, now, dismissed)
        database.overwritten()
        return dismissed


def remove(database: Database, delivered: datetime, dead: datetime) -> AsyncIterator[int]:
    """Remove what was acknowledged, and what was given up, before these times. Yields after every
    batch how many.

    Raises:
        StorageUnavailable
    """
    ended_at, status = col(OutboxRow.ended_at), col(OutboxRow.status)
    old = sa.or_(
        sa.and_(status == OutboxStatus.DELIVERED, ended_at < delivered),
        sa.and_(status == OutboxStatus.DEAD, ended_at < dead),
    )
    return remove_in_batches(database, OutboxRow, col(OutboxRow.id), old)
