"""Reconciling everything at the times that RECONCILE_CRON names."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from cronsim import CronSim

from sync.deletions.ledger import Ledger
from sync.logs import place_of
from sync.reconcile.progress import AlreadyRunning, finished_since
from sync.reconcile.run import reconciliation
from sync.settings import Settings
from sync.store.errors import StorageUnavailable

_log = logging.getLogger(__name__)

_NAP = 30.0
"""Seconds slept at most at once: by then a clock that was set, or a suspension, is noticed."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Of several workers one reconciles; the others find it done, or being done."""

    ledger: Ledger
    settings: Settings
    cron: str

    async def run(self) -> None:
        """Reconcile whenever it is time, until cancelled."""
        while True:
            due = self._next()
            while (wait := (due - datetime.now(UTC)).total_seconds()) > 0:
                await asyncio.sleep(min(wait, _NAP))
                # Nearer, where the clock was ahead.
                due = min(due, self._next())
            await self._reconcile(due)

    def _next(self) -> datetime:
        return next(CronSim(self.cron, datetime.now(UTC)))

    async def _reconcile(self, due: datetime) -> None:
        try:
            if await finished_since(self.ledger.database, due):
                return
            async with reconciliation(self.ledger, self.settings) as it:
                report = await it.everything()
        except AlreadyRunning:
            return
        except StorageUnavailable as error:
            _log.error("reconciliation: the database does not answer: %s", error)
            return
        except Exception as error:  # noqa: BLE001 - the next time must come all the same
            _log.error("reconciliation failed unexpectedly: %s", place_of(error))
            return
        is_well = report.finished and not report.left and not report.incomplete
        _log.log(
            logging.INFO if is_well else logging.WARNING,
            "reconciliation: %d differences, %d left for a person, %d calls%s%s",
            report.total,
            report.left,
            report.calls,
            f"; not finished: {report.stopped}" if report.stopped else "",
            f"; incomplete: {dict(report.incomplete)}" if report.incomplete else "",
        )
