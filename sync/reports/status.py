"""How things stand: the deletions by state, what waits, what needs a person."""

from __future__ import annotations

from typing import Any

from sync.deletions import memberships, pause, queries
from sync.deletions.states import NEEDS_A_PERSON
from sync.inbox import queries as inbox
from sync.intake.app_events import near_misses
from sync.mirror import not_kept
from sync.outbox import queries as outbox
from sync.profiles import queries as profiles
from sync.reports.plain import PAID_SEAT_FIELDS, fields_of, plain
from sync.settings import Settings
from sync.store import clock
from sync.store.database import Database

DEAD_LETTERS = 5
"""The newest dead letters, and events possibly lost, that are named."""

_LISTED_FIELDS = ("id", "state", "reason", "user_id", "user_hash", "event_at", "received_at")
_NEAR_FIELDS = ("event_type", "count", "newest_at", "did_you_mean")
_NOT_KEPT_FIELDS = ("kind", "id", "fields")
_LOST_FIELDS = ("id", "event_type", "user_hash", "first_at", "event_at", "received_at", "times")
_UNDELIVERED_FIELDS = ("id", "recipient", "type", "deletion_id", "made_at", "error")
_REFUSED_FIELDS = ("id", "user_hash", "status", "customer_id", "changed_at", "reason")
_DEAD_FIELDS = ("id", "source", "event_type", "received_at", "error")


async def status(
    database: Database,
    settings: Settings,
    limit: int,
    *,
    but_for_brake: bool = False,
    memberships_among: int | None = None,
) -> dict[str, Any]:
    """How things stand.

    Args:
        limit: how many of the deletions that need a person are listed.
        but_for_brake: what the brake holds is not among those.
        memberships_among: seats that stay paid for are looked for among so many memberships that
            have ended, the newest; None: among all, which takes a second where there are many.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        paused = await pause.current(session)
        jump = await clock.last_jump(session)
        counts = await queries.counts(session)
        oldest = await queries.oldest_open(session)
        need_person = await queries.needing_a_person(session, limit, but_for_brake=but_for_brake)
        pending, pending_since = await inbox.backlog(session)
        paid = await memberships.paid_seats(session, limit, memberships_among)
        near = await near_misses(session, settings)
        lost, newest_lost = await inbox.possibly_lost(session, DEAD_LETTERS)
        dead, newest_dead = await inbox.dead_letters(session, DEAD_LETTERS)
        to_send, to_send_since = await outbox.backlog(session)
        undelivered, newest_undelivered = await outbox.dead_letters(session, DEAD_LETTERS)
        to_carry, to_carry_since = await profiles.backlog(session)
        refused, newest_refused = await profiles.dead_letters(session, DEAD_LETTERS)
        total_not_kept, first_not_kept = await not_kept.find(session, limit)
    return {
        "paused": fields_of(paused, ("since", "why")) if paused else None,
        "clock_jump": fields_of(jump, ("at", "by_seconds")) if jump else None,
        "states": {state.value: count for state, count in counts.items()},
        "oldest_waiting": fields_of(oldest, _LISTED_FIELDS) if oldest else None,
        "need_person": {
            "total": sum(counts[state] for state in NEEDS_A_PERSON),
            "deletions": [fields_of(row, _LISTED_FIELDS) for row in need_person],
        },
        "paid_seats": [fields_of(seat, PAID_SEAT_FIELDS) for seat in paid],
        "inbox": {"pending": pending, "oldest_pending_at": plain(pending_since)},
        "near_misses": [fields_of(it, _NEAR_FIELDS) for it in near],
        "possibly_lost": {
            "total": lost,
            "newest": [fields_of(row, _LOST_FIELDS) for row in newest_lost],
        },
        "dead_letters": {
            "total": dead,
            "newest": [fields_of(row, _DEAD_FIELDS) for row in newest_dead],
        },
        "outbox": {
            "pending": to_send,
            "oldest_pending_at": plain(to_send_since),
            "dead": undelivered,
            "newest_dead": [fields_of(row, _UNDELIVERED_FIELDS) for row in newest_undelivered],
        },
        "profiles": {
            "pending": to_carry,
            "oldest_pending_at": plain(to_carry_since),
            "dead": refused,
            "newest_dead": [fields_of(row, _REFUSED_FIELDS) for row in newest_refused],
        },
        "not_kept": {
            "total": total_not_kept,
            "objects": [fields_of(it, _NOT_KEPT_FIELDS) for it in first_not_kept],
        },
    }
