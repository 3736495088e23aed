"""The rate budget towards Polar, shared by every process that uses the same database.

Polar counts requests per organization or token and answers 429 with `Retry-After` over the limit;
that wait is shared as well, so one process's 429 keeps all of them quiet.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from sync.database import Database
from sync.tables import BudgetRow

_ROW = 1
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Budget:
    """Spaces requests evenly (GCRA), with a burst of one second's worth."""

    def __init__(self, database: Database, rate_per_minute: int) -> None:
        self._database = database
        self._interval = timedelta(minutes=1) / rate_per_minute
        self._burst = timedelta(seconds=1)

    async def take(self) -> None:
        """Return when one request may be sent.

        Raises:
            StorageUnavailable: the shared row cannot be read or written.
        """
        start_at: datetime | None = None
        while True:
            async with self._database.write() as session:
                row = (
                    await session.exec(
                        self._database.locked(select(BudgetRow).where(col(BudgetRow.id) == _ROW))
                    )
                ).first()
                if row is None:
                    row = BudgetRow(id=_ROW, next_at=_LONG_AGO, paused_until=_LONG_AGO)
                now = await self._database.now(session)
                if start_at is None:
                    start_at = max(now, row.next_at - self._burst)
                    row.next_at = max(row.next_at, now) + self._interval
                    session.add(row)
                wait = max(start_at, row.paused_until) - now
            if wait <= timedelta(0):
                return
            # Looked at again afterwards: a 429 may have come in meanwhile.
            await asyncio.sleep(wait.total_seconds())

    async def pause(self, duration: timedelta) -> None:
        """Let nobody send for this long; a longer pause under way stays.

        Raises:
            StorageUnavailable: the shared row cannot be written.
        """
        async with self._database.write() as session:
            row = await session.get(BudgetRow, _ROW)
            if row is None:
                row = BudgetRow(id=_ROW, next_at=_LONG_AGO, paused_until=_LONG_AGO)
            until = await self._database.now(session) + duration
            row.paused_until = max(row.paused_until, until)
            session.add(row)
