"""Everything known about a user's deletions, and the proof of one.

Holds neither the id of a user who has been forgotten nor anything personal of a customer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, memberships, queries, receipts
from sync.deletions.chain import unbroken
from sync.deletions.queries import Which
from sync.hashing import Hasher
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import BENEFIT_GRANT, CUSTOMER, SUBSCRIPTION, all_hold
from sync.mirror.objects import Customer, Grant, Subscription
from sync.mirror.stored import Stored
from sync.reports.plain import PAID_SEAT_FIELDS, fields_of, plain
from sync.store.database import Database

if TYPE_CHECKING:
    from sync.deletions.tables import DeletionRow

_DELETION_FIELDS = (
    "id",
    "state",
    "reason",
    "user_id",
    "user_hash",
    "external_id",
    "event_at",
    "received_at",
    "approved",
    "others",
    "active_since",
    "nobody_at",
    "customer_id",
    "customer_created_at",
    "pinned_at",
    "delete_sent_at",
    "deleted_at",
    "ended_at",
    "forgotten_at",
    "attempts",
    "next_attempt_at",
    "lease_until",
)
_MEMBERSHIP_FIELDS = ("member_id", "customer_id", "found_at", "ended_at", "kept", "problem")
_EVIDENCE_FIELDS = ("seq", "at", "kind", "source", "state", "detail", "hash")


async def of_user(database: Database, hasher: Hasher, which: Which) -> dict[str, Any]:
    """Everything known about that user's deletions, oldest first.

    Raises:
        NothingFound, Ambiguous, StorageUnavailable
    """
    async with database.read() as session:
        user_hash = (await queries.find(session, hasher, which))[0].user_hash
        rows = await queries.of_users(session, [user_hash])
        return {
            "user_hash": user_hash,
            "deletions": [await _deletion(session, row) for row in rows],
        }


async def receipt(
    database: Database, hasher: Hasher, deletion_id: int
) -> tuple[DeletionRow, dict[str, Any]]:
    """The deletion and its receipt.

    Raises:
        NothingFound, StorageUnavailable
    """
    async with database.read() as session:
        which = Which(str(deletion_id), as_user=False)
        row = (await queries.find(session, hasher, which))[0]
        return row, await receipts.receipt(session, row, hasher)


async def _deletion(session: AsyncSession, row: DeletionRow) -> dict[str, Any]:
    links = await evidence.of(session, row.id)
    customer_ids = [] if row.customer_id is None else [row.customer_id]
    customers = await mirror_rows.stored(session, CUSTOMER, customer_ids)
    subscriptions = await mirror_rows.stored_of(session, SUBSCRIPTION, customer_ids)
    grants = await mirror_rows.stored_of(session, BENEFIT_GRANT, customer_ids)
    return {
        **fields_of(row, _DELETION_FIELDS),
        # Without a customer, it is only when the memberships' turn came.
        "deleted_at": plain(row.deleted_at) if row.customer_id else None,
        "asks": row.state.about.asks,
        "waits_for": await queries.goes_before(session, row),
        "identified_by": receipts.identified_by(links),
        "deleted_by": receipts.deleted_by(links),
        "evidence": [fields_of(link, _EVIDENCE_FIELDS) for link in links],
        "chain_unbroken": unbroken(links),
        "customer": next(map(_customer, customers.values()), None),
        "subscriptions": [_subscription(item) for _, item in sorted(subscriptions.items())],
        "memberships": [
            fields_of(item, _MEMBERSHIP_FIELDS) for item in await memberships.of(session, [row.id])
        ],
        "paid_seats": [
            fields_of(seat, PAID_SEAT_FIELDS)
            for seat in await memberships.paid_seats_of(session, row.id)
        ],
        "grants": [_grant(item) for _, item in sorted(grants.items())],
    }


def _customer(stored: Stored[Customer]) -> dict[str, Any]:
    return fields_of(stored.row, ("id", "created_at", "deleted_at")) | _provenance(stored)


def _subscription(stored: Stored[Subscription]) -> dict[str, Any]:
    row = stored.row
    return {
        "id": row.id,
        "status": row.status,
        "ended": not all_hold(SUBSCRIPTION.open_when, row),
        "ended_at": plain(row.ended_at),
        "product_id": row.product_id,
        **_provenance(stored),
    }


def _grant(stored: Stored[Grant]) -> dict[str, Any]:
    names = ("id", "benefit_id", "is_granted", "revoked_at")
    return fields_of(stored.row, names) | _provenance(stored)


def _provenance(stored: Stored[Any]) -> dict[str, Any]:
    """Whence the mirror has it, and since when."""
    return {
        **fields_of(stored.row, ("observed_at", "written_by")),
        "written_at": plain(stored.written_at),
    }
