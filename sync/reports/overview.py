"""What has ended lately, and how long it took: for the charts of the console."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sync.deletions import queries
from sync.deletions.brake import HOUR
from sync.deletions.states import State
from sync.inbox import queries as inbox
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import MEMBER
from sync.store.database import Database

DAYS = 30
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
    heard_at: datetime | None
    """When Polar's last webhook came."""
    listed_at: datetime | None
    """When a full reconciliation last read everything at Polar."""


async def overview(database: Database) -> Overview:
    """How it went lately.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        now = await database.now(session)
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        mornings = [today - timedelta(days=back) for back in reversed(range(DAYS))]
        ended = await queries.ended_between(session, mornings)
        took = sorted(await queries.seconds_to_verify(session, _SAMPLE))
        return Overview(
            days=[
                Day(morning.date(), {state: ended.get((n, state), 0) for state in OUTCOMES})
                for n, morning in enumerate(mornings)
            ],
            median=statistics.median(took) if took else None,
            p95=took[int(0.95 * (len(took) - 1))] if took else None,
            sent_an_hour=await queries.sent_between(session, now - HOUR, now),
            heard_at=await inbox.last_from_polar(session),
            listed_at=await mirror_rows.listed_at(session, MEMBER),
        )
