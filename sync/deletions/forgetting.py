"""Forgetting users whose deletion has ended: their personal data leaves every table of ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync import keeping
from sync.deletions import evidence, mapping, memberships, queries
from sync.deletions.deletion import Policy, there_until
from sync.deletions.states import ENDED, State
from sync.deletions.tables import DeletionRow
from sync.hashing import Hasher
from sync.inbox import queries as inbox
from sync.mirror import customers as mirror_customers
from sync.mirror import rows as mirror_rows
from sync.mirror.objects import Customer
from sync.profiles import queries as profiles
from sync.store.database import Database


async def any_forgotten(session: AsyncSession, ids: Collection[str], hasher: Hasher) -> bool:
    """Whether one of these is the id of a user who has been forgotten and has not come back: is
    under no living customer, and has no deletion that goes on."""
    # What cannot be kept is nobody's id.
    by_hash = {
        hashed: it
        for it in ids
        if keeping.is_text(it)
        for hashed in (hasher.user(it), hasher.external(it))
    }
    known = await queries.forgotten_among(session, by_hash)
    for hashed in known:
        if not await mirror_customers.living_as(session, by_hash[hashed]):
            return True
    return False


async def forget(
    database: Database,
    session: AsyncSession,
    rows: Sequence[DeletionRow],
    policy: Policy,
    now: datetime,
) -> None:
    """Scrub the users' personal data from every table, in the session's transaction."""
    ids = [row.id for row in rows]
    hashes = {row.user_hash for row in rows}
    customer_ids = {row.customer_id for row in rows if row.customer_id is not None}
    customer_ids |= await _gone_otherwise(session, rows, policy)
    if customer_ids:
        await mirror_rows.forget(session, customer_ids, now)
    members = [it.member_id for it in await memberships.of(session, ids) if not it.kept]
    if members:
        await mirror_rows.forget_members(session, members, now)
    theirs = (it for row in rows for it in (row.user_id, row.external_id, row.override_external_id))
    await inbox.forget(
        session,
        customer_ids=customer_ids,
        member_ids=members,
        user_hashes=hashes,
        other_ids={it for it in theirs if it},
    )
    users = {row.user_hash: row.event_at for row in rows}
    await profiles.left(database, session, users, now)
    others = (col(DeletionRow.user_hash).in_(hashes), col(DeletionRow.id).not_in(ids))
    needed = set(
        await session.exec(
            select(DeletionRow.user_hash).where(*others, col(DeletionRow.state).not_in(ENDED))
        )
    )
    user_ids = {
        row.user_id for row in rows if row.user_id is not None and row.user_hash not in needed
    }
    if user_ids:
        await mapping.remove(session, user_ids)
    # What ended before, for the same users, needs the id no more than these do.
    await session.exec(
        sa.update(DeletionRow)
        .where(
            *others,
            col(DeletionRow.state).in_(ENDED),
            # One that looked again after it was forgotten has the external id alone.
            sa.or_(
                col(DeletionRow.user_id).is_not(None), col(DeletionRow.external_id).is_not(None)
            ),
        )
        .values(
            user_id=None,
            external_id=None,
            override_external_id=None,
            next_attempt_at=None,
            forgotten_at=now,
            traceparent=None,
        )
    )
    for row in rows:
        row.user_id = row.external_id = row.override_external_id = row.traceparent = None
        row.forgotten_at = now
        await evidence.append(session, row, "forgotten", source="worker", at=now)
    database.overwritten()


async def _gone_otherwise(
    session: AsyncSession, rows: Sequence[DeletionRow], policy: Policy
) -> set[str]:
    """The users' customers whom somebody else has deleted before the event."""
    by_id = {row.external_id: row for row in rows if row.external_id is not None}
    gone = await mirror_customers.gone_as(session, by_id) if by_id else []
    theirs = {it.id for it in gone if _was_there(it, by_id[it.external_id or ""], policy)}
    if not theirs:
        return theirs
    return theirs - await queries.pinned_elsewhere(session, theirs, [row.id for row in rows])


def _was_there(customer: Customer, row: DeletionRow, policy: Policy) -> bool:
    """Whether the customer was the user's when they were deleted. Who came back is looked for
    by their external id, should they be deleted as well."""
    deletion = row.snapshot()
    came_back = deletion.stage is State.SUPERSEDED
    until = row.event_at + policy.clock_skew
    return customer.created_at <= (there_until(deletion, policy) if came_back else until)


async def forget_late(
    database: Database,
    session: AsyncSession,
    customers: Mapping[str, Sequence[Customer]],
    rows: Sequence[DeletionRow],
    policy: Policy,
    now: datetime,
) -> None:
    """Customers are known gone; forget those whose user has been forgotten before.

    Args:
        customers: by the hash of their external id.
        rows: all deletions that have looked under these.
    """
    goes_on = {row.external_hash for row in rows if row.forgotten_at is None}
    late = {
        customer.id
        for row in rows
        if row.external_hash is not None and row.external_hash not in goes_on
        for customer in customers[row.external_hash]
        if _was_there(customer, row, policy)
    }
    if late:
        await mirror_rows.forget(session, late, now)
        await inbox.forget(session, customer_ids=late)
        database.overwritten()
