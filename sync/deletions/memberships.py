"""The memberships' table: where else a deletion's user is a member, and what has become of it.

With the ledger, this is where a deletion's checklist is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.observations import MembershipFact
from sync.deletions.states import ENDED
from sync.deletions.tables import DeletionRow, MembershipRow
from sync.mirror import customers as mirror_customers
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import CUSTOMER_SEAT, SUBSCRIPTION, all_hold
from sync.mirror.objects import Member
from sync.store.database import Database

ONLY_OWNER = (
    "its only owner, whom Polar does not let go: make somebody else the owner at Polar, or delete"
    " that customer"
)


@dataclass(frozen=True, slots=True)
class PaidSeat:
    """Seats that are paid for and on which nobody sits, since a member of a deletion left."""

    deletion: int
    customer_id: str
    subscription_id: str
    seats: int
    """How many, in that subscription."""


async def note(
    session: AsyncSession,
    row: DeletionRow,
    found: Iterable[Member],
    pinned: str | None,
    now: datetime,
) -> int:
    """Take note of memberships that the mirror has, but for those of the pinned customer, whose
    members go with it. Returns how many have not ended."""
    elsewhere = [member for member in found if member.customer_id != pinned]
    if not elsewhere and not row.memberships_left:
        return 0
    known = {item.member_id: item for item in await of(session, [row.id])}
    for member in elsewhere:
        if member.id not in known:
            known[member.id] = MembershipRow(
                deletion_id=row.id,
                member_id=member.id,
                customer_id=member.customer_id,
                found_at=now,
                seats=await _seats(session, member.id),
            )
            session.add(known[member.id])
    await session.flush()
    return sum(item.ended_at is None for item in known.values())


async def add(
    session: AsyncSession, row: DeletionRow, member_id: str, customer_id: str, now: datetime
) -> None:
    """Take note of one that the mirror need not have."""
    session.add(
        MembershipRow(
            deletion_id=row.id,
            member_id=member_id,
            customer_id=customer_id,
            found_at=now,
            seats=await _seats(session, member_id),
        )
    )
    await session.flush()


async def of(session: AsyncSession, deletion_ids: Collection[int]) -> Sequence[MembershipRow]:
    """The memberships of these deletions."""
    rows: Sequence[MembershipRow] = (
        await session.exec(
            select(MembershipRow)
            .where(col(MembershipRow.deletion_id).in_(deletion_ids))
            .order_by(col(MembershipRow.deletion_id), col(MembershipRow.member_id))
        )
    ).all()
    return rows


async def numbers_of(session: AsyncSession, member_id: str, limit: int) -> Sequence[int]:
    """Numbers of the deletions whose user is or was this member, the newest."""
    deletion_id = col(MembershipRow.deletion_id)
    found = select(deletion_id).where(col(MembershipRow.member_id) == member_id)
    return (await session.exec(found.order_by(deletion_id.desc()).limit(limit))).all()


async def current(session: AsyncSession, membership: MembershipRow) -> MembershipRow:
    """The row as it is now. Its deletion must be locked."""
    key = (membership.deletion_id, membership.member_id)
    return await session.get_one(MembershipRow, key)


async def waiting(
    database: Database, session: AsyncSession, member_ids: Collection[str]
) -> Sequence[tuple[MembershipRow, DeletionRow]]:
    """The memberships of these members that have not ended, each with its deletion, locked."""
    found = await session.exec(
        database.locked(
            select(MembershipRow, DeletionRow)
            .join(DeletionRow, col(DeletionRow.id) == col(MembershipRow.deletion_id))
            .where(
                col(MembershipRow.member_id).in_(member_ids),
                col(MembershipRow.ended_at).is_(None),
                col(DeletionRow.state).not_in(ENDED),
            )
        )
    )
    return [(membership, row) for membership, row in found.all()]


async def facts(session: AsyncSession, deletion_id: int) -> list[MembershipFact]:
    """As the decisions see them."""
    return [
        MembershipFact(
            member_id=item.member_id,
            customer_id=item.customer_id,
            ended=item.ended_at is not None,
            problem=item.problem,
        )
        for item in await of(session, [deletion_id])
    ]


async def paid_seats(session: AsyncSession, limit: int, among: int | None = None) -> list[PaidSeat]:
    """Empty seats of members who are gone, in subscriptions that go on; newest first.

    Args:
        among: only so many memberships are looked at, those that have ended last.
    """
    ended = (
        await session.exec(
            select(MembershipRow)
            .where(col(MembershipRow.ended_at).is_not(None), ~col(MembershipRow.kept))
            .order_by(col(MembershipRow.ended_at).desc())
            .limit(among)
        )
    ).all()
    return (await _still_paid(session, ended))[:limit]


async def paid_seats_of(session: AsyncSession, deletion_id: int) -> list[PaidSeat]:
    """Those of one deletion."""
    return await _still_paid(session, await of(session, [deletion_id]))


async def _still_paid(
    session: AsyncSession, memberships: Sequence[MembershipRow]
) -> list[PaidSeat]:
    with_seats = [item for item in memberships if item.seats and not item.kept]
    ids = {seat["subscription_id"] for item in with_seats for seat in item.seats}
    subscriptions = await mirror_rows.stored(session, SUBSCRIPTION, ids) if ids else {}
    taken = await mirror_customers.seats_taken(session, subscriptions) if subscriptions else {}
    paid = []
    for item in with_seats:
        for polar_id in sorted({seat["subscription_id"] for seat in item.seats}):
            known = subscriptions.get(polar_id)
            if known is None or not all_hold(SUBSCRIPTION.open_when, known.row):
                continue
            empty = (known.row.seats or 0) - taken.get(polar_id, 0)
            if empty > 0:
                paid.append(PaidSeat(item.deletion_id, item.customer_id, polar_id, empty))
    return paid


async def _seats(session: AsyncSession, member_id: str) -> list[dict[str, Any]]:
    return [
        {"seat_id": seat.id, "subscription_id": seat.subscription_id}
        for seat in await mirror_customers.seats_of_members(session, [member_id])
        if seat.subscription_id is not None and CUSTOMER_SEAT.is_listed(seat)
    ]
