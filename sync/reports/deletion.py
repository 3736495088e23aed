"""Everything known about a user's deletions, and the proof of one.

Holds neither the id of a user who has been forgotten nor anything personal of a customer.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, finding, memberships, queries, receipts
from sync.deletions.chain import unbroken
from sync.deletions.finding import Group, Received
from sync.deletions.queries import Which
from sync.deletions.states import State
from sync.hashing import Hasher
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import BENEFIT_GRANT, CUSTOMER, MEMBER, SUBSCRIPTION, all_hold
from sync.mirror.objects import Member, Subscription
from sync.mirror.stored import Stored
from sync.reports.plain import attributes
from sync.reports.told import (
    DeletionPage,
    DeletionReport,
    DeletionSummary,
    Evidence,
    Membership,
    MirroredCustomer,
    MirroredGrant,
    MirroredSubscription,
    PaidSeat,
    Receipt,
    Told,
    UserReport,
)
from sync.store.database import Database

if TYPE_CHECKING:
    from sync.deletions.tables import DeletionRow
    from sync.receipts.signing import Signer

T = TypeVar("T", bound=Told)

_NOT_IN_THE_ROW = frozenset({"asks", "deleted_at"})


async def of_user(database: Database, hasher: Hasher, which: Which) -> UserReport:
    """Everything known about that user's deletions, oldest first.

    Raises:
        NothingFound, Ambiguous, StorageUnavailable
    """
    async with database.read() as session:
        user_hash = (await queries.find(session, hasher, which, to_look=True))[0].user_hash
        rows = await queries.of_users(session, [user_hash])
        return UserReport(
            user_hash=user_hash, deletions=[await _whole(session, row) for row in rows]
        )


async def whole(database: Database, hasher: Hasher, deletion_id: int) -> DeletionReport:
    """Everything known about one deletion.

    Raises:
        NothingFound, StorageUnavailable
    """
    async with database.read() as session:
        return await _whole(session, await _one(session, hasher, deletion_id))


async def receipt(
    database: Database, hasher: Hasher, signer: Signer | None, deletion_id: int
) -> tuple[DeletionRow, Receipt]:
    """The deletion and its receipt, signed where there is who signs.

    Raises:
        NothingFound, StorageUnavailable
    """
    async with database.read() as session:
        row = await _one(session, hasher, deletion_id)
        content = await receipts.receipt(session, row, hasher)
    return row, Receipt.model_validate(signer.signed(content) if signer else content)


async def team(database: Database, customer_id: str) -> list[Member]:
    """Who is in the customer's team, as the mirror has it.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        known = await mirror_rows.stored_of(session, MEMBER, [customer_id])
    return [it.row for _, it in sorted(known.items()) if MEMBER.is_listed(it.row)]


async def page(
    database: Database,
    *,
    user_hash: str | None,
    state: State | None,
    before: int | None,
    limit: int,
    among: Collection[int] | None = None,
) -> DeletionPage:
    """Deletions, the newest first.

    Args:
        user_hash, state, among: of this user, in this state, with one of these numbers; None: of
            all, in any, with any.
        before: only those with a smaller number.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        # One more says whether there are more.
        rows = await queries.newest(
            session, user_hash=user_hash, state=state, before=before, limit=limit + 1, among=among
        )
    shown = rows[:limit]
    more = len(rows) > limit
    return DeletionPage(
        deletions=[DeletionSummary(**_summary(row)) for row in shown],
        next_cursor=str(shown[-1].id) if more else None,
    )


async def received_page(
    database: Database,
    received: Received,
    *,
    chosen: State | Group | None,
    before: tuple[datetime, int] | None,
    limit: int,
    among: Collection[int] | None = None,
) -> DeletionPage:
    """Deletions whose first event came within that time, the last received first.

    Args:
        chosen, among: in this state or group, with one of these numbers; None: of all, with any.
        before: only those after this one, by when it was received and its number.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        # One more says whether there are more.
        rows = await finding.received_within(
            session, received, chosen=chosen, before=before, limit=limit + 1, among=among
        )
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return DeletionPage(
        deletions=[DeletionSummary(**_summary(row)) for row in shown],
        next_cursor=f"{last.received_at.isoformat()}_{last.id}" if last else None,
    )


async def _one(session: AsyncSession, hasher: Hasher, deletion_id: int) -> DeletionRow:
    return (await queries.find(session, hasher, Which(str(deletion_id), as_user=False)))[0]


def _summary(row: DeletionRow) -> dict[str, Any]:
    return {
        **attributes(row, DeletionSummary.model_fields.keys() - _NOT_IN_THE_ROW),
        "asks": row.state.about.asks,
        # Without a customer, it is only when the memberships' turn came.
        "deleted_at": row.deleted_at if row.customer_id else None,
    }


async def _whole(session: AsyncSession, row: DeletionRow) -> DeletionReport:
    links = await evidence.of(session, row.id)
    customer_ids = [] if row.customer_id is None else [row.customer_id]
    customers = await mirror_rows.stored(session, CUSTOMER, customer_ids)
    subscriptions = await mirror_rows.stored_of(session, SUBSCRIPTION, customer_ids)
    grants = await mirror_rows.stored_of(session, BENEFIT_GRANT, customer_ids)
    return DeletionReport(
        **_summary(row),
        said_by=evidence.said_by(links),
        waits_for=await queries.goes_before(session, row),
        identified_by=receipts.identified_by(links),
        deleted_by=receipts.deleted_by(links),
        evidence=[Evidence.model_validate(link) for link in links],
        chain_unbroken=unbroken(links),
        customer=next((_mirrored(MirroredCustomer, it) for it in customers.values()), None),
        subscriptions=[_subscription(item) for _, item in sorted(subscriptions.items())],
        memberships=[
            Membership.model_validate(item) for item in await memberships.of(session, [row.id])
        ],
        paid_seats=[
            PaidSeat.model_validate(seat)
            for seat in await memberships.paid_seats_of(session, row.id)
        ],
        grants=[_mirrored(MirroredGrant, item) for _, item in sorted(grants.items())],
    )


def _subscription(stored: Stored[Subscription]) -> MirroredSubscription:
    ended = not all_hold(SUBSCRIPTION.open_when, stored.row)
    return _mirrored(MirroredSubscription, stored, ended=ended)


def _mirrored(told: type[T], stored: Stored[Any], **known: Any) -> T:
    """The fields that are told of it, and whence the mirror has it, since when."""
    known["written_at"] = stored.written_at
    return told(**attributes(stored.row, told.model_fields.keys() - known.keys()), **known)
