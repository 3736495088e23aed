"""What a scrape of `/metrics` is told: read from the database once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sync.deletions import pause
from sync.deletions import queries as deletions
from sync.inbox import queries as inbox
from sync.metrics import catalogue, queries
from sync.metrics.catalogue import Metric, Sample
from sync.metrics.recorder import Key
from sync.outbox import queries as outbox
from sync.polar import budget
from sync.settings import Settings
from sync.store.database import Database


@dataclass(frozen=True, slots=True)
class Measured:
    """How things stand, and what all processes have counted."""

    gauges: list[Sample]
    counted: Mapping[Key, float]


async def measured(database: Database, settings: Settings) -> Measured:
    """All of `sync.metrics.catalogue`.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        now = await database.now(session)
        states = await deletions.counts(session)
        oldest = await deletions.oldest_open(session)
        pending, pending_since = await inbox.backlog(session)
        dead, _ = await inbox.dead_letters(session, 0)
        to_send, to_send_since = await outbox.backlog(session)
        undelivered, _ = await outbox.dead_letters(session, 0)
        paused = await pause.current(session)
        queue, polar_pause = await budget.waits(session, now)
        counted = await queries.read(session)

    def gauges() -> Iterator[tuple[Metric, float]]:
        yield catalogue.OLDEST_OPEN, _age(oldest.received_at if oldest else None, now)
        yield catalogue.INBOX_PENDING, pending
        yield catalogue.INBOX_AGE, _age(pending_since, now)
        yield catalogue.INBOX_DEAD, dead
        yield catalogue.OUTBOX_PENDING, to_send
        yield catalogue.OUTBOX_AGE, _age(to_send_since, now)
        yield catalogue.OUTBOX_DEAD, undelivered
        yield catalogue.PAUSED, paused is not None
        yield catalogue.RATE_LIMIT, settings.rate_per_minute
        yield catalogue.QUEUE_SECONDS, queue.total_seconds()
        yield catalogue.POLAR_PAUSED_SECONDS, polar_pause.total_seconds()

    by_state = [Sample(catalogue.DELETIONS, (it.value,), n) for it, n in states.items()]
    return Measured(by_state + [Sample(it, (), value) for it, value in gauges()], counted)


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
