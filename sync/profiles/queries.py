"""What is written into the profiles, taken from them, and asked about them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.profiles.profile import Change, Profile, ProfileStatus
from sync.profiles.tables import OPEN_PROFILES, ProfileRow
from sync.settings import MAX_LEASE
from sync.store.columns import IN_THE_TABLE
from sync.store.database import Database, Lane
from sync.store.paging import newest_below
from sync.store.removing import remove_in_batches

_PENDING = sa.and_(OPEN_PROFILES, col(ProfileRow.status) == ProfileStatus.PENDING)
_DEAD = sa.and_(OPEN_PROFILES, col(ProfileRow.status) == ProfileStatus.DEAD)
_LONGEST_WAIT = timedelta(hours=1)
"""Nothing waits for longer, but by a clock that was wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An event about a user, and who that is."""

    user_id: str
    user_hash: str
    external_id: str | None
    """At Polar, where the event names it."""
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """One that is being carried to Polar, as it was when it was leased."""

    id: int
    token: str
    user_id: str
    user_hash: str
    external_id: str | None
    external_id_at: datetime | None
    profile: Profile
    attempts: int


# --- what the app says ---------------------------------------------------------------------------


async def note(database: Database, session: AsyncSession, said: Said, now: datetime) -> None:
    """Keep what the event says, where it is not older than what is known."""
    row = next(iter(await _of_users(database, session, [said.user_hash])), None)
    before = Profile() if row is None else row.profile
    after = before.after(said.change)
    if after == before:
        return
    if row is None:
        row = ProfileRow(user_hash=said.user_hash, changed_at=now)
        session.add(row)
    row.become(after)
    row.user_id = said.user_id
    if said.external_id is not None:
        row.external_id, row.external_id_at = said.external_id, now
    row.changed_at = now
    _be_pending(row, now)


def _be_pending(row: ProfileRow, now: datetime) -> None:
    row.status, row.reason, row.customer_id, row.ended_at = ProfileStatus.PENDING, None, None, None
    row.attempts = 0
    row.next_attempt_at = max(now, row.on_its_way_until or now)


async def left(
    database: Database, session: AsyncSession, users: Mapping[str, datetime], now: datetime
) -> datetime | None:
    """These users, by their hashes, were deleted then: drop what was said before. Returns until
    when a request that is under way for one of them may still reach Polar; None: there is none."""
    under_way = None
    for row in await _of_users(database, session, users):
        if row.on_its_way_until is not None:
            under_way = max(row.on_its_way_until, under_way or row.on_its_way_until)
        until = users[row.user_hash]
        after = row.profile.without(until)
        if after.newest_at is None:
            await session.delete(row)
        elif after != row.profile:
            row.become(after)
            if after.is_empty and row.status is not ProfileStatus.SYNCED:
                _end(row, ProfileStatus.IGNORED, "a deletion of the user is later", now)
    return under_way


async def _of_users(
    database: Database, session: AsyncSession, user_hashes: Collection[str]
) -> Sequence[ProfileRow]:
    found = await session.exec(
        database.locked(select(ProfileRow).where(col(ProfileRow.user_hash).in_(user_hashes)))
    )
    rows: Sequence[ProfileRow] = found.all()
    return rows


# --- carrying ------------------------------------------------------------------------------------


async def claim(
    database: Database, lease: timedelta, *unless: sa.ColumnElement[bool]
) -> Leased | None:
    """The one that has been due longest. Nobody else gets it within `lease`.

    Args:
        unless: conditions under which none may be taken.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        due = _due(await database.now(session), unless)
        if (await session.exec(select(ProfileRow.id).where(*due).limit(1))).first() is None:
            return None
    async with database.write(Lane.LEASES) as session:
        now = await database.now(session)
        oldest = (
            select(ProfileRow)
            .where(*_due(now, unless))
            .order_by(col(ProfileRow.next_attempt_at), col(ProfileRow.id))
            .limit(1)
        )
        row = (await session.exec(database.locked(oldest, skip=True))).first()
        if row is None:
            return None
        row.lease_token, row.lease_until = uuid.uuid4().hex, now + lease
        return Leased(
            id=row.id,
            token=row.lease_token,
            user_id=row.user_id or "",
            user_hash=row.user_hash,
            external_id=row.external_id,
            external_id_at=row.external_id_at,
            profile=row.profile,
            attempts=row.attempts,
        )


def _due(
    now: datetime, unless: Sequence[sa.ColumnElement[bool]]
) -> Sequence[sa.ColumnElement[bool]]:
    due_at, lease_until = col(ProfileRow.next_attempt_at), col(ProfileRow.lease_until)
    return (
        _PENDING,
        sa.or_(due_at <= now, due_at > now + 2 * _LONGEST_WAIT),
        # Or by a clock that was wrong.
        sa.or_(lease_until.is_(None), lease_until < now, lease_until > now + 2 * MAX_LEASE),
        *(~condition for condition in unless),
    )


async def renew(database: Database, leased: Leased, lease: timedelta) -> None:
    """Keep the lease for another while.

    Raises:
        StorageUnavailable
    """
    async with database.write(Lane.LEASES) as session:
        until = await database.now(session) + lease
        await session.exec(
            sa.update(ProfileRow)
            .where(col(ProfileRow.id) == leased.id, col(ProfileRow.lease_token) == leased.token)
            .values(lease_until=until),
            execution_options=IN_THE_TABLE,
        )


async def held(database: Database, session: AsyncSession, leased: Leased) -> ProfileRow | None:
    """The row as it is now, locked; None: the lease has been lost, or a deletion took it along."""
    found = await session.exec(
        database.locked(
            select(ProfileRow).where(
                col(ProfileRow.id) == leased.id, col(ProfileRow.lease_token) == leased.token
            )
        )
    )
    row: ProfileRow | None = found.first()
    return row


def sent(row: ProfileRow, until: datetime) -> None:
    """A request leaves now, and may reach Polar until then: it is not sent again before."""
    row.on_its_way_until = row.next_attempt_at = until


def end(
    row: ProfileRow,
    carried: Profile,
    status: ProfileStatus,
    now: datetime,
    *,
    reason: str | None = None,
    customer_id: str | None = None,
) -> None:
    """What was to be carried has ended so. What the app has said since is carried next.

    Args:
        carried: what it was.
    """
    rest = row.profile.carried(carried)
    _release(row)
    row.on_its_way_until = None
    if not rest.is_empty:
        row.become(rest)
        _be_pending(row, now)
        return
    if status is not ProfileStatus.DEAD:
        row.become(rest)
    _end(row, status, reason, now)
    row.customer_id = customer_id


def _end(row: ProfileRow, status: ProfileStatus, reason: str | None, now: datetime) -> None:
    row.status, row.reason, row.ended_at = status, reason, now
    row.attempts, row.next_attempt_at = 0, None


def wait(row: ProfileRow, until: datetime, *, reason: str | None, failed: bool = True) -> None:
    """Try again then. `failed`: and longer the more often."""
    _release(row)
    row.next_attempt_at = max(until, row.on_its_way_until or until)
    row.reason = reason
    row.attempts += failed


def answered(row: ProfileRow) -> None:
    """What was sent has reached Polar."""
    row.on_its_way_until = None


def _release(row: ProfileRow) -> None:
    row.lease_token = row.lease_until = None


# --- how it stands -------------------------------------------------------------------------------


async def backlog(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many are to be carried, and since when the oldest waits."""
    oldest = func.min(col(ProfileRow.changed_at))
    return (await session.exec(select(func.count(), oldest).where(_PENDING))).one()


async def dead_letters(session: AsyncSession, limit: int) -> tuple[int, Sequence[ProfileRow]]:
    """How many Polar has refused, and the newest of them."""
    total = (await session.exec(select(func.count()).select_from(ProfileRow).where(_DEAD))).one()
    newest = select(ProfileRow).where(_DEAD).order_by(col(ProfileRow.ended_at).desc()).limit(limit)
    return total, (await session.exec(newest)).all()


async def dead_page(session: AsyncSession, before: int | None, limit: int) -> Sequence[ProfileRow]:
    """Dead letters, by their numbers from the highest below `before` down."""
    found = newest_below(select(ProfileRow).where(_DEAD), col(ProfileRow.id), before, limit)
    return (await session.exec(found)).all()


async def search(
    session: AsyncSession,
    *,
    user_hash: str | None,
    status: ProfileStatus | None,
    since: datetime | None,
    limit: int,
) -> Sequence[ProfileRow]:
    """Those of which the app has said something last, of all that fit."""
    changed_at = col(ProfileRow.changed_at)
    found = select(ProfileRow).order_by(changed_at.desc(), col(ProfileRow.id).desc()).limit(limit)
    if user_hash is not None:
        found = found.where(col(ProfileRow.user_hash) == user_hash)
    if status is not None:
        found = found.where(col(ProfileRow.status) == status)
    if since is not None:
        found = found.where(changed_at >= since)
    return (await session.exec(found)).all()


async def one(session: AsyncSession, row_id: int) -> ProfileRow | None:
    """The one with that number."""
    return (await session.exec(select(ProfileRow).where(col(ProfileRow.id) == row_id))).first()


async def replay(
    database: Database, row_ids: Collection[int] | None, person: Person | None = None
) -> set[int]:
    """Have these dead letters, or all, carried again. Returns which.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        now = await database.now(session)
        rows = await _dead(database, session, row_ids)
        for row in rows:
            _be_pending(row, now)
        again = {row.id for row in rows}
        if again:
            actions.note(session, person, Did.PROFILES_REPLAY, now, again)
        return again


async def dismiss(
    database: Database, row_ids: Collection[int], person: Person | None = None
) -> set[int]:
    """A person says that these dead letters need not be carried: what is personal goes. Returns
    which.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        now = await database.now(session)
        rows = await _dead(database, session, row_ids)
        for row in rows:
            row.become(row.profile.carried(row.profile))
            _end(row, ProfileStatus.IGNORED, f"dismissed: {row.reason}", now)
        dismissed = {row.id for row in rows}
        if dismissed:
            actions.note(session, person, Did.PROFILES_DISMISS, now, dismissed)
        database.overwritten()
        return dismissed


async def _dead(
    database: Database, session: AsyncSession, row_ids: Collection[int] | None
) -> Sequence[ProfileRow]:
    which = _DEAD if row_ids is None else sa.and_(_DEAD, col(ProfileRow.id).in_(row_ids))
    rows: Sequence[ProfileRow] = (
        await session.exec(database.locked(select(ProfileRow).where(which)))
    ).all()
    return rows


def remove(database: Database, before: datetime) -> AsyncIterator[int]:
    """Remove those of which the app has said nothing since then. Yields after every batch how many.

    Raises:
        StorageUnavailable
    """
    old = col(ProfileRow.changed_at) < before
    return remove_in_batches(database, ProfileRow, col(ProfileRow.id), old)
