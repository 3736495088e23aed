"""How things stand: the deletions by state, what waits, what needs a person."""

from __future__ import annotations

from typing import Any

from sync.deletions import memberships, queries
from sync.deletions.states import NEEDS_A_PERSON
from sync.inbox import queries as inbox
from sync.reports.plain import PAID_SEAT_FIELDS, fields_of, plain
from sync.store.database import Database

DEAD_LETTERS = 5
"""The newest dead letters, and events possibly lost, that are named."""

_LISTED_FIELDS = ("id", "state", "reason", "user_id", "user_hash", "event_at", "received_at")
_LOST_FIELDS = ("event_type", "user_hash", "first_at", "event_at", "received_at", "times")
_DEAD_FIELDS = ("id", "source", "event_type", "received_at", "error")


async def status(database: Database, limit: int) -> dict[str, Any]:
    """How things stand. `limit`: how many of the deletions that need a person are listed.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        counts = await queries.counts(session)
        oldest = await queries.oldest_open(session)
        need_person = await queries.needing_a_person(session, limit)
        pending, pending_since = await inbox.backlog(session)
        paid = await memberships.paid_seats(session, limit)
        lost, newest_lost = await inbox.possibly_lost(session, DEAD_LETTERS)
        dead, newest_dead = await inbox.dead_letters(session, DEAD_LETTERS)
    return {
        "states": {state.value: count for state, count in counts.items()},
        "oldest_waiting": fields_of(oldest, _LISTED_FIELDS) if oldest else None,
        "need_person": {
            "total": sum(counts[state] for state in NEEDS_A_PERSON),
            "deletions": [fields_of(row, _LISTED_FIELDS) for row in need_person],
        },
        "paid_seats": [fields_of(seat, PAID_SEAT_FIELDS) for seat in paid],
        "inbox": {"pending": pending, "oldest_pending_at": plain(pending_since)},
        "possibly_lost": {
            "total": lost,
            "newest": [fields_of(row, _LOST_FIELDS) for row in newest_lost],
        },
        "dead_letters": {
            "total": dead,
            "newest": [fields_of(row, _DEAD_FIELDS) for row in newest_dead],
        },
    }
