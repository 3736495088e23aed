"""What the command line shows: the tables read into plain dicts.

The dicts are what `--json` prints. Their keys are stable and times are ISO 8601 in UTC. The id of a
user who has been forgotten is in none of them, nor anything of a customer's personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import operator as operations
from sync.deletions import receipts
from sync.deletions.operator import Wanted
from sync.deletions.states import ENDED, NEEDS_PERSON, State
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.hashing import Hasher
from sync.inbox.tables import OPEN_INBOX, InboxRow, InboxStatus
from sync.mirror.tables import CustomerRow, GrantRow, SubscriptionRow
from sync.store.database import Database

DEAD_LETTERS = 5
"""The newest dead letters that a status names."""

ASKS: Mapping[State, str] = {
    State.RECEIVED: "nothing; it waits for its delay or its turn",
    State.RESOLVED: "nothing; the DELETE is next",
    State.DELETING: "nothing; Polar's answer is awaited or found out",
    State.DELETED: "nothing; the evidence is being gathered",
    State.VERIFIED: "nothing; `receipt` prints the proof",
    State.NO_CUSTOMER: "nothing; Polar has no such customer",
    State.SUPERSEDED: "a look: the customer was kept, since it is newer than the event",
    State.CANCELED: "nothing; the customer was left alone",
    State.HELD: "`approve` or `cancel`: the brake tripped",
    State.UNMAPPED: "`map set`, or `cancel`: nobody knows who that is at Polar",
    State.BLOCKED: "mend what the reason names; it is tried again by itself",
    State.INCOMPLETE: "end at Polar what the reason names, then `retry`",
}
"""What each state asks of a person."""

_OPEN = frozenset(State) - ENDED

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
_LISTED_FIELDS = ("id", "state", "reason", "user_id", "user_hash", "event_at", "received_at")
_DEAD_FIELDS = ("id", "source", "event_type", "received_at", "error")
_EVIDENCE_FIELDS = ("seq", "at", "kind", "source", "state", "detail", "hash")
_MIRROR_FIELDS = ("observed_at", "written_by", "written_at")
_CUSTOMER_FIELDS = ("id", "created_at", "deleted_at", *_MIRROR_FIELDS)
_SUBSCRIPTION_FIELDS = ("id", "status", "ended", "ended_at", "product_id", *_MIRROR_FIELDS)
_GRANT_FIELDS = ("id", "benefit_id", "is_granted", "revoked_at", *_MIRROR_FIELDS)


# --- reading --------------------------------------------------------------------------------


async def status(database: Database, limit: int) -> dict[str, Any]:
    """How things stand. `limit`: how many of the deletions that need a person are listed.

    Raises:
        StorageUnavailable
    """
    state, oldest_first = col(DeletionRow.state), col(DeletionRow.id)
    pending = col(InboxRow.status) == InboxStatus.PENDING
    dead = col(InboxRow.status) == InboxStatus.DEAD
    async with database.read() as session:
        counts = dict((await session.exec(select(state, func.count()).group_by(state))).all())
        waiting = await session.exec(
            # Not by the id alone: to find it PostgreSQL would walk through all that have ended.
            select(DeletionRow)
            .where(state.in_(_OPEN))
            .order_by(col(DeletionRow.received_at), oldest_first)
            .limit(1)
        )
        # Superseded ones stay for ever: the newest of them, after all that is still open.
        superseded = state == State.SUPERSEDED
        need_person = await session.exec(
            select(DeletionRow)
            .where(state.in_(NEEDS_PERSON))
            .order_by(superseded, sa.case((superseded, -oldest_first), else_=oldest_first))
            .limit(limit)
        )
        backlog = await session.exec(
            select(func.count(), func.min(col(InboxRow.received_at))).where(OPEN_INBOX, pending)
        )
        dead_count = await session.exec(
            select(func.count()).select_from(InboxRow).where(OPEN_INBOX, dead)
        )
        newest_dead = await session.exec(
            select(InboxRow)
            .where(OPEN_INBOX, dead)
            .order_by(col(InboxRow.id).desc())
            .limit(DEAD_LETTERS)
        )
        oldest = waiting.first()
        pending_count, pending_since = backlog.one()
        return {
            "states": {item.value: counts.get(item, 0) for item in State},
            "oldest_waiting": _fields(oldest, _LISTED_FIELDS) if oldest else None,
            "need_person": {
                "total": sum(counts.get(item, 0) for item in NEEDS_PERSON),
                "deletions": [_fields(row, _LISTED_FIELDS) for row in need_person],
            },
            "inbox": {"pending": pending_count, "oldest_pending_at": _plain(pending_since)},
            "dead_letters": {
                "total": dead_count.one(),
                "newest": [_fields(row, _DEAD_FIELDS) for row in newest_dead],
            },
        }


async def user(database: Database, hasher: Hasher, wanted: Wanted) -> dict[str, Any]:
    """Everything known about the wanted user's deletions, oldest first.

    Raises:
        NothingFound, Ambiguous, StorageUnavailable
    """
    async with database.read() as session:
        user_hash = (await operations.find(database, session, hasher, wanted))[0].user_hash
        rows = await session.exec(
            select(DeletionRow)
            .where(col(DeletionRow.user_hash) == user_hash)
            .order_by(col(DeletionRow.id))
        )
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
        wanted = Wanted(str(deletion_id), as_user=False)
        row = (await operations.find(database, session, hasher, wanted))[0]
        return row, receipts.receipt(row, await receipts.chain(session, deletion_id), hasher)


async def _deletion(session: AsyncSession, row: DeletionRow) -> dict[str, Any]:
    assert row.id is not None  # noqa: S101 - it came from the table
    evidence: Sequence[EvidenceRow] = await receipts.chain(session, row.id)
    customer = await session.get(CustomerRow, row.customer_id) if row.customer_id else None
    subscriptions = await session.exec(
        select(SubscriptionRow)
        .where(col(SubscriptionRow.customer_id) == row.customer_id)
        .order_by(col(SubscriptionRow.id))
    )
    grants = await session.exec(
        select(GrantRow)
        .where(col(GrantRow.customer_id) == row.customer_id)
        .order_by(col(GrantRow.id))
    )
    return {
        **_fields(row, _DELETION_FIELDS),
        "asks": ASKS[row.state],
        "evidence": [_fields(item, _EVIDENCE_FIELDS) for item in evidence],
        "chain_unbroken": receipts.unbroken(evidence),
        "customer": _fields(customer, _CUSTOMER_FIELDS) if customer else None,
        "subscriptions": [_fields(item, _SUBSCRIPTION_FIELDS) for item in subscriptions],
        "grants": [_fields(item, _GRANT_FIELDS) for item in grants],
    }


def _fields(row: SQLModel, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
