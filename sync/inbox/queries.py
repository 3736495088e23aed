"""What other rooms ask of the inbox's table, and have done to it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import QueryableAttribute, defer
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.inbox.entry import Entry, InboxStatus, Source
from sync.inbox.mentions import folded, holds
from sync.inbox.tables import IGNORED_FROM_APP, OPEN_INBOX, InboxRow, RefusedRow
from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.store.columns import IN_THE_TABLE, Texts, any_of
from sync.store.database import Database
from sync.store.paging import newest_below

_BODY = cast("QueryableAttribute[bytes | None]", InboxRow.body)
_PENDING = sa.and_(OPEN_INBOX, col(InboxRow.status) == InboxStatus.PENDING)
_DEAD = sa.and_(OPEN_INBOX, col(InboxRow.status) == InboxStatus.DEAD)

_MAX_ERROR_CHARS = 500
_MAX_TYPES = 1_000
"""Of events, that are looked at; a sender that makes up more has put an id into them."""
_READ = 50
"""Dead letters in memory at once; each is up to a megabyte."""
_LAST = 1_000
"""Events among which Polar's newest is looked for."""


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


async def heard_of(
    session: AsyncSession, user_hashes: Collection[str], event_types: Collection[str], at: datetime
) -> set[str]:
    """Those of the users about whom an event of these types, from after that time, has been
    applied."""
    found = await session.exec(
        select(InboxRow.user_hash)
        .where(
            any_of(col(InboxRow.user_hash), sa.bindparam("users", list(user_hashes), Texts())),
            col(InboxRow.source) == Source.APP,
            col(InboxRow.event_type).in_(event_types),
            col(InboxRow.status) == InboxStatus.APPLIED,
            col(InboxRow.event_at) > at,
        )
        .distinct()
    )
    return {it for it in found if it is not None}


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


async def anything_lost(session: AsyncSession) -> bool:
    """Whether an event was refused that has not come otherwise: nearly never."""
    return (await session.exec(select(RefusedRow.id).limit(1))).first() is not None


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


async def dismiss_lost(
    database: Database, lost_ids: Collection[int], person: Person | None = None
) -> set[int]:
    """A person says that nothing is lost by these refused events. Returns those that there were.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        chosen = col(RefusedRow.id).in_(lost_ids)
        found = set((await session.exec(select(RefusedRow.id).where(chosen))).all())
        await session.exec(sa.delete(RefusedRow).where(chosen))
        if found:
            now = await database.now(session)
            actions.note(session, person, Did.LOST_DISMISS, now, found)
    return found


# --- forgetting ----------------------------------------------------------------------------------


async def forget(
    session: AsyncSession,
    *,
    customer_ids: Collection[str] = (),
    member_ids: Collection[str] = (),
    user_hashes: Collection[str] = (),
    other_ids: Collection[str] = (),
) -> None:
    """Drop the payloads about these customers, members and users.

    What was applied says in its columns whom it is about. What could not be may not: each dead
    letter is read for their ids, and for `other_ids`. There are few of them, and the index of what
    is open leads to them.

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
    await _forget_dead(session, folded([*customer_ids, *member_ids, *other_ids]))


async def _forget_dead(session: AsyncSession, ids: Collection[str]) -> None:
    last = 0
    next_ones = (
        select(InboxRow.id, InboxRow.body)
        .where(_DEAD, col(InboxRow.body).is_not(None))
        .order_by(col(InboxRow.id))
        .limit(_READ)
    )
    while found := (await session.exec(next_ones.where(col(InboxRow.id) > last))).all():
        last = found[-1][0]
        about = [row_id for row_id, body in found if body and holds(body, ids)]
        if about:
            await session.exec(
                sa.update(InboxRow).where(col(InboxRow.id).in_(about)).values(body=None),
                execution_options=IN_THE_TABLE,
            )
        # To read many of them takes long.
        await asyncio.sleep(0)


# --- how it stands -------------------------------------------------------------------------------


async def backlog(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many events have not been applied, and since when the oldest waits."""
    return (
        await session.exec(
            select(func.count(), func.min(col(InboxRow.received_at))).where(_PENDING)
        )
    ).one()


async def ignored_types(session: AsyncSession) -> Sequence[str]:
    """The types of the app's events that nothing here acts on, at most `_MAX_TYPES`. Each is found
    in the index after the one before it, however often it came."""
    event_type = col(InboxRow.event_type)
    first = select(func.min(event_type)).where(IGNORED_FROM_APP).scalar_subquery()
    types = sa.select(first.label("event_type")).cte("types", recursive=True)
    following = (
        select(func.min(event_type))
        .where(IGNORED_FROM_APP, event_type > types.c.event_type)
        .scalar_subquery()
    )
    types = types.union_all(
        sa.select(following.label("event_type")).where(types.c.event_type.is_not(None))
    )
    query = sa.select(types.c.event_type).where(types.c.event_type.is_not(None)).limit(_MAX_TYPES)
    connection = await session.connection()
    return (await connection.scalars(query)).all()


async def ignored(session: AsyncSession, event_type: str) -> tuple[int, datetime | None]:
    """How many of the app's events of that type were ignored, and when the newest came."""
    return (
        await session.exec(
            select(func.count(), func.max(col(InboxRow.received_at))).where(
                IGNORED_FROM_APP, col(InboxRow.event_type) == event_type
            )
        )
    ).one()


async def dead_letters(session: AsyncSession, limit: int) -> tuple[int, Sequence[InboxRow]]:
    """How many dead letters there are, and the newest of them."""
    count = (await session.exec(select(func.count()).select_from(InboxRow).where(_DEAD))).one()
    newest = await session.exec(
        select(InboxRow).where(_DEAD).order_by(col(InboxRow.id).desc()).limit(limit)
    )
    return count, newest.all()


async def dead_page(
    session: AsyncSession, before: int | None, limit: int
) -> Sequence[tuple[InboxRow, bool]]:
    """Dead letters without their bodies, by their numbers from the highest below `before` down;
    with each, whether its content is still there."""
    found = select(InboxRow, col(InboxRow.body).is_not(None)).where(_DEAD)
    found = found.options(defer(_BODY, raiseload=True))
    return (await session.exec(newest_below(found, col(InboxRow.id), before, limit))).all()


async def lost_page(session: AsyncSession, before: int | None, limit: int) -> Sequence[RefusedRow]:
    """Events possibly lost, by their numbers from the highest below `before` down."""
    found = newest_below(select(RefusedRow), col(RefusedRow.id), before, limit)
    return (await session.exec(found)).all()


async def last_from_polar(session: AsyncSession) -> datetime | None:
    """When Polar's last webhook came; None: it is not among the last thousand events."""
    # By the index on the source SQLite would sort all that Polar has ever sent.
    last = (
        select(InboxRow.source, InboxRow.received_at)
        .order_by(col(InboxRow.id).desc())
        .limit(_LAST)
        .subquery()
    )
    heard = select(func.max(last.c.received_at)).where(last.c.source == Source.POLAR)
    found: datetime | None = (await session.exec(heard)).one()
    return found


async def search(
    session: AsyncSession,
    *,
    webhook_id: str | None,
    source: Source | None,
    event_type: str | None,
    status: InboxStatus | None,
    since: datetime | None,
    limit: int,
) -> Sequence[InboxRow]:
    """The newest that fit all that is given, without their bodies."""
    found = (
        select(InboxRow)
        .options(defer(_BODY, raiseload=True))
        .order_by(col(InboxRow.id).desc())
        .limit(limit)
    )
    if webhook_id is not None:
        found = found.where(col(InboxRow.webhook_id) == webhook_id)
    if source is not None:
        found = found.where(col(InboxRow.source) == source)
    if event_type is not None:
        found = found.where(col(InboxRow.event_type) == event_type)
    if status in (InboxStatus.PENDING, InboxStatus.DEAD):
        found = found.where(OPEN_INBOX)
    if status is not None:
        found = found.where(col(InboxRow.status) == status)
    if since is not None:
        found = found.where(col(InboxRow.received_at) >= since)
    return (await session.exec(found)).all()


async def one(session: AsyncSession, row_id: int) -> InboxRow | None:
    """The event with that number."""
    return (await session.exec(select(InboxRow).where(col(InboxRow.id) == row_id))).first()


async def replay(
    database: Database, row_ids: Collection[int] | None = None, person: Person | None = None
) -> tuple[set[int], set[int]]:
    """Have these dead letters, or all, applied once more. Returns which, and which of them cannot
    be since their content has been forgotten.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable: nothing was done.
    """
    kept = col(InboxRow.body).is_not(None)
    async with database.write() as session:
        updated = await session.exec(
            sa.update(InboxRow)
            .where(*_dead(row_ids), kept)
            .values(status=InboxStatus.PENDING, applied_at=None, error=None)
            .returning(col(InboxRow.id)),
            execution_options=IN_THE_TABLE,
        )
        again = set(updated.scalars())
        if again:
            now = await database.now(session)
            actions.note(session, person, Did.INBOX_REPLAY, now, again)
        forgotten = await session.exec(select(InboxRow.id).where(*_dead(row_ids), ~kept))
        return again, set(forgotten)


async def dismiss(
    database: Database, row_ids: Collection[int], person: Person | None = None
) -> set[int]:
    """A person says that these dead letters need not be applied: their content goes. Returns which.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable: nothing was done.
    """
    async with database.write() as session:
        found = await session.exec(
            sa.update(InboxRow)
            .where(*_dead(row_ids))
            .values(
                status=InboxStatus.IGNORED,
                body=None,
                error=sa.literal("dismissed: ").concat(col(InboxRow.error)),
            )
            .returning(col(InboxRow.id)),
            execution_options=IN_THE_TABLE,
        )
        dismissed = set(found.scalars())
        if dismissed:
            now = await database.now(session)
            actions.note(session, person, Did.INBOX_DISMISS, now, dismissed)
        # It may still be in the write-ahead log.
        database.overwritten()
        return dismissed


def _dead(row_ids: Collection[int] | None) -> Sequence[sa.ColumnElement[bool]]:
    return (_DEAD,) if row_ids is None else (_DEAD, col(InboxRow.id).in_(row_ids))
