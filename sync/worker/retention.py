"""What is kept for how long: payloads, inbox rows, and whole deletions where that is set.

All of it goes in batches, each a short transaction with a pause after it, so that events are
accepted in between. Every worker does it; one that comes second finds nothing left to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from sync.deletions import removal
from sync.inbox import retention as inbox
from sync.intake.app_events import MAY_COME_FIRST
from sync.logs import place_of
from sync.operators import actions
from sync.outbox import queries as outbox
from sync.profiles import queries as profiles
from sync.settings import Settings
from sync.store.database import Database
from sync.store.errors import StorageUnavailable
from sync.worker.clock import Watch

_log = logging.getLogger(__name__)

_INTERVAL = 3_600.0
"""Seconds from one sweep to the next."""
_PAUSE = 0.1
"""Seconds between two batches, for whoever else wants to write."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How much has gone."""

    payloads: int
    inbox_rows: int
    deletions: int


@dataclass(frozen=True, slots=True)
class Retention:
    """Removes what has been kept long enough."""

    database: Database
    payloads: timedelta
    inbox: timedelta
    audit: timedelta | None
    """None: deletions and their evidence are kept for ever."""

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Retention:
        """As the deployment chose."""
        audit = settings.audit_retention_days
        return cls(
            database=database,
            payloads=timedelta(days=settings.payload_retention_days),
            inbox=timedelta(days=settings.inbox_retention_days),
            audit=timedelta(days=audit) if audit else None,
        )

    async def run(self, watch: Watch) -> None:
        """Sweep now and then, until cancelled; not by a clock that has just jumped forward."""
        await watch.begun.wait()
        while True:
            try:
                swept = Swept(0, 0, 0) if watch.is_doubtful else await self.sweep()
            except StorageUnavailable as error:
                _log.error("retention: the database does not answer: %s", error)
            except Exception as error:  # noqa: BLE001 - the next time must come all the same
                _log.error("retention failed unexpectedly: %s", place_of(error))
            else:
                if swept != Swept(0, 0, 0):
                    _log.info(
                        "retention: %d payloads, %d inbox rows and %d deletions removed",
                        swept.payloads,
                        swept.inbox_rows,
                        swept.deletions,
                    )
            await asyncio.sleep(_INTERVAL)

    async def sweep(self) -> Swept:
        """Remove all that has been kept long enough.

        Raises:
            StorageUnavailable: the batches before this one are gone.
        """
        async with self.database.read() as session:
            now = await self.database.now(session)
        payloads = await _count(inbox.drop_payloads(self.database, now - self.payloads))
        deletions = 0
        if self.audit is not None:
            deletions = await _count(removal.remove(self.database, now - self.audit))
            await inbox.remove_refused(self.database, now - self.audit)
            await _count(actions.remove(self.database, now - self.audit))
        # After the deletions: an event from before those opens none, so what waits for it can go.
        async with self.database.read() as session:
            removed_until = await removal.removed_until(session, now)
        inbox_rows = await _count(
            inbox.remove_rows(
                self.database, now - self.inbox, kept=MAY_COME_FIRST, kept_after=removed_until
            )
        )
        await _count(outbox.remove(self.database, now - self.payloads, now - self.inbox))
        await _count(profiles.remove(self.database, now - self.inbox))
        return Swept(payloads, inbox_rows, deletions)


async def _count(batches: AsyncIterator[int]) -> int:
    """Drive the batches, with a pause after each; returns their sum."""
    total = 0
    async for count in batches:
        total += count
        await asyncio.sleep(_PAUSE)
    return total
