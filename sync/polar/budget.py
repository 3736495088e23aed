"""The rate budget towards Polar, shared by every process that uses the same database.

Polar counts requests per organization or token and answers 429 with `Retry-After` over the limit;
that wait is shared as well, so one process's 429 keeps all of them quiet.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.polar.errors import Unavailable
from sync.polar.tables import BudgetRow
from sync.store.clock import bounded
from sync.store.database import Database, Lane

WINDOW = timedelta(minutes=1)
"""What Polar counts requests in. A benchmark has it shorter, and everything else with it."""
_BURST = 1 / 240
"""Of the window: what may be sent at once after a pause is this long's worth."""
_SLACK = 1 / 60
"""Of the window: the burst, the time that a lot may be used in, and what a request's way to Polar
may differ by. So much is left unused that no window holds more than the rate, as Polar sees it."""
_LOTS = 300
"""About this many a window, or twice as many, so that a rate beyond Polar's does not cost a write
for each request. Within Polar's limits a lot is one request."""
_LONGEST_QUEUE = 1_000
"""Lots that may be taken ahead: all processes together have fewer requests waiting."""
_LONGEST_PAUSE = timedelta(hours=1)
_ROW = 1
_NOW = timedelta(0)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Meter(Protocol):
    """Says when a request may be sent."""

    async def take(self) -> None:
        """Return when one request may be sent."""

    async def pause(self, duration: timedelta) -> None:
        """Polar has asked for this long without requests."""


class Unmetered:
    """For a person's command of a dozen requests: it may have no database to share a budget in, and
    must not be kept waiting by whatever the budget is paused for."""

    async def take(self) -> None:
        """At once."""

    async def pause(self, duration: timedelta) -> None:
        """The 429 that asks for it ends the command."""


class Budget:
    """Spaces requests evenly (GCRA), and has at most `rate` of them in any `WINDOW`.

    Lots are taken at least `interval` apart, but for the burst: within a span of `t`, fewer than
    `(t + burst) / interval + 1` of them. What Polar sees within a window was taken within the
    window and the rest of the slack. With `interval = (window + slack) / lots`, that is at most
    `lots` of them.

    Args:
        background: takes only what nobody else is waiting for.
        patience: how long somebody waits for it; None: for as long as it takes.
    """

    def __init__(
        self,
        database: Database,
        rate: int,
        *,
        background: bool = False,
        patience: timedelta | None = None,
    ) -> None:
        self._background = background
        self._patience = patience
        self._database = database
        self._lot = max(1, rate // _LOTS)
        self._interval = WINDOW * (1 + _SLACK) / (rate // self._lot)
        self._burst = WINDOW * _BURST
        self._left = 0
        self._left_until = 0.0
        """By the monotonic clock: when the time is over that the lot was for. A process that kept
        it could send it beside what others take then."""

    async def take(self) -> None:
        """Return when one request may be sent.

        Raises:
            Unavailable: its turn comes later than there is patience for.
            StorageUnavailable: the shared row cannot be read or written.
        """
        if self._left > 0 and time.monotonic() < self._left_until:
            self._left -= 1
            return
        start_at, paused_until, now = await self._reserve()
        # Waited for by the monotonic clock: the other may be set meanwhile.
        wait = max(start_at, paused_until) - now
        while wait > _NOW:
            self._check_patience(wait)
            await asyncio.sleep(wait.total_seconds())
            # A 429 may have come in meanwhile.
            async with self._database.read() as session:
                now = await self._database.now(session)
                paused = select(BudgetRow.paused_until).where(col(BudgetRow.id) == _ROW)
                paused_until = (await session.exec(paused)).one()
            wait = bounded(paused_until, now, _LONGEST_PAUSE) - now
        if time.monotonic() >= self._left_until:
            self._left = 0
        self._left += self._lot - 1
        self._left_until = time.monotonic() + self._interval.total_seconds()

    async def _reserve(self) -> tuple[datetime, datetime, datetime]:
        """Take a lot. Returns from when on it may be used, until when all are paused, and the time
        now."""
        while True:
            async with self._database.write(Lane.BUDGET) as session:
                row = await shared_row(self._database, session, _ROW)
                now = await self._database.now(session)
                row.next_at = bounded(row.next_at, now, self._interval * _LONGEST_QUEUE)
                row.paused_until = bounded(row.paused_until, now, _LONGEST_PAUSE)
                start_at = max(now, row.next_at - self._burst)
                wait = max(start_at, row.paused_until) - now
                self._check_patience(wait)
                if wait <= _NOW or not self._background:
                    row.next_at = max(row.next_at, now) + self._interval
                    return start_at, row.paused_until, now
            await asyncio.sleep(wait.total_seconds())

    async def pause(self, duration: timedelta) -> None:
        """Let nobody send for this long; a longer pause under way stays.

        Raises:
            StorageUnavailable: the shared row cannot be written.
        """
        async with self._database.write(Lane.BUDGET) as session:
            row = await shared_row(self._database, session, _ROW)
            now = await self._database.now(session)
            until = now + min(duration, _LONGEST_PAUSE)
            row.paused_until = max(bounded(row.paused_until, now, _LONGEST_PAUSE), until)
        # Only now: whoever took a lot before this could not know of the pause.
        self._left = 0

    def _check_patience(self, wait: timedelta) -> None:
        if self._patience is not None and wait > self._patience:
            raise Unavailable(
                "Polar has asked for fewer requests, or other requests go first", retry_after=wait
            )


async def waits(session: AsyncSession, now: datetime) -> tuple[timedelta, timedelta]:
    """How long a request asked for now would wait for its turn, and how long all wait since Polar
    has asked for it."""
    row = (await session.exec(select(BudgetRow).where(col(BudgetRow.id) == _ROW))).first()
    if row is None:
        return _NOW, _NOW
    paused_until = bounded(row.paused_until, now, _LONGEST_PAUSE)
    # The next request leaves this long before it would without a burst.
    turn = row.next_at - WINDOW * _BURST
    return max(turn, paused_until, now) - now, max(paused_until, now) - now


async def shared_row(database: Database, session: AsyncSession, number: int) -> BudgetRow:
    """That row, which all processes share, locked; made if this is the first request ever."""
    wanted = database.locked(select(BudgetRow).where(col(BudgetRow.id) == number))
    row: BudgetRow | None = (await session.exec(wanted)).first()
    if row is None:
        new = {"id": number, "next_at": _LONG_AGO, "paused_until": _LONG_AGO}
        connection = await session.connection()
        await connection.execute(database.insert(BudgetRow).values(new).on_conflict_do_nothing())
        row = (await session.exec(wanted)).one()
    return row
