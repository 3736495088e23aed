"""What has ended lately, and how long it took: for the charts of the console."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sync.deletions import queries
from sync.deletions.brake import DAY, HOUR, SHARE_A_DAY, allowed
from sync.deletions.states import State
from sync.inbox import queries as inbox
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import MEMBER
from sync.polar import budget
from sync.reconcile.standing import Standing, standing
from sync.settings import Settings
from sync.store.database import Database

DAYS = 30
MOST_HELD = 1_000
"""Deletions that the brake holds are counted up to so many."""
OUTCOMES = (State.VERIFIED, State.NO_CUSTOMER, State.CANCELED)

_SAMPLE = 1_000
"""The newest verified deletions, of which the times are."""


@dataclass(frozen=True, slots=True)
class Day:
    """What ended on a day, by UTC."""

    day: date
    ended: dict[State, int]

    @property
    def total(self) -> int:
        """In any of the `OUTCOMES`."""
        return sum(self.ended.values())


@dataclass(frozen=True, slots=True)
class Overview:
    """How it went lately."""

    days: Sequence[Day]
    """`DAYS` of them, today last."""
    median: float | None
    """Seconds from the event to `verified`, of the newest; None: there is none."""
    p95: float | None
    """Within which 95 % of them were."""
    sent_an_hour: int
    """DELETEs within the last hour, as the brake counts them."""
    sent_a_day: int
    allowed_an_hour: int | None
    """How many leave by themselves; None: any number."""
    allowed_a_day: str | None
    """How many a day do, in words; None: any number."""
    held_by_brake: int
    """At most `MOST_HELD`: there may be more."""
    held_since: datetime | None
    """Since when it holds the first of them; None: there is none."""
    turn: timedelta
    """How long a request to Polar that is asked for now waits for its turn."""
    polar_pause: timedelta
    """Polar has asked for this long without requests."""
    heard_at: datetime | None
    """When Polar's last webhook came."""
    listed_at: datetime | None
    """When a full reconciliation last read everything at Polar."""
    known: Standing
    """What the last reconciliation has left to know."""


async def overview(database: Database, settings: Settings) -> Overview:
    """How it went lately.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        now = await database.now(session)
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        mornings = [today - timedelta(days=back) for back in reversed(range(DAYS))]
        ended = await queries.ended_between(session, mornings)
        turn, polar_pause = await budget.waits(session, now)
        brake = allowed(settings.max_deletions_per_hour, customers=0)
        took = sorted(await queries.seconds_to_verify(session, _SAMPLE))
        return Overview(
            days=[
                Day(morning.date(), {state: ended.get((n, state), 0) for state in OUTCOMES})
                for n, morning in enumerate(mornings)
            ],
            median=statistics.median(took) if took else None,
            p95=took[int(0.95 * (len(took) - 1))] if took else None,
            sent_an_hour=await queries.sent_between(session, now - HOUR, now),
            sent_a_day=await queries.sent_between(session, now - DAY, now),
            allowed_an_hour=brake.an_hour,
            allowed_a_day=SHARE_A_DAY if settings.max_deletions_per_hour is None else None,
            held_by_brake=await queries.count_held_by_brake(session, MOST_HELD),
            held_since=await queries.brake_holds_since(session, MOST_HELD),
            turn=turn,
            polar_pause=polar_pause,
            known=await standing(session, now),
            heard_at=await inbox.last_from_polar(session),
            listed_at=await mirror_rows.listed_at(session, MEMBER),
        )
