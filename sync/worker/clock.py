"""Watches the database's clock, and mends what a clock that was wrong has left behind.

A machine can start with its clock years off, and have it set later. What decides when something is
due is bounded wherever it is read; this names the jump, and mends at once what would otherwise wait
for its longest wait.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from datetime import datetime, timedelta

from sync.deletions import removal
from sync.deletions.ledger import Ledger
from sync.mirror import rows
from sync.store import clock
from sync.store.errors import StorageUnavailable
from sync.store.retry import until_answered

_log = logging.getLogger(__name__)

_INTERVAL = 5.0
"""Seconds between two looks."""
_NOTED = 600.0
"""Seconds after which the time is noted anew for whoever starts next."""
_JUMPS = timedelta(minutes=1)
"""By so much the clock is set, not merely adjusted."""
_LONG_AWAY = timedelta(days=30)
"""Away for longer, the machine may as well have started with a wrong clock."""
_BATCH = 100


class Watch:
    """One worker's eye on the clock."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._database = ledger.database
        self._doubted_until = 0.0
        """By the monotonic clock."""
        self.begun = asyncio.Event()
        """Set once the clock has been compared with the time that was noted last."""

    @property
    def is_doubtful(self) -> bool:
        """Whether it has jumped forward within a day: nothing is removed for its age meanwhile."""
        return time.monotonic() < self._doubted_until

    async def begin(self) -> None:
        """Compare the clock with the time that was noted last.

        Raises:
            StorageUnavailable
        """
        async with self._database.read() as session:
            now = await self._database.now(session)
            seen = await clock.seen(session)
        since = timedelta(0) if seen is None else now - seen
        _, furthest = self._database.pace.judge(now)
        by = since if since < -_JUMPS or since > _LONG_AWAY else timedelta(0)
        await self._jumped(now, by, furthest)
        # The process before may have ended before it saw a jump.
        await self._note()
        self.begun.set()

    async def run(self) -> None:
        """Look at it now and then, until cancelled."""
        async for attempt in until_answered("watching the clock"):
            with attempt:
                await self.begin()
        noted_at = time.monotonic()
        while True:
            try:
                async with self._database.read() as session:
                    now = await self._database.now(session)
                by, furthest = self._database.pace.judge(now)
                if await self._jumped(now, by, furthest):
                    noted_at = -math.inf
                if time.monotonic() - noted_at > _NOTED:
                    await self._note()
                    noted_at = time.monotonic()
            except StorageUnavailable as error:
                _log.error("watching the clock: the database does not answer: %s", error)
            await asyncio.sleep(_INTERVAL)

    async def _note(self) -> None:
        """Note the time, and have no deletion wait for longer than it can."""
        found = _BATCH
        while found == _BATCH:
            async with self._database.write() as session:
                now = await self._database.now(session)
                await clock.note_seen(self._database, session, now)
                found = await self._ledger.set_right(session, now, _BATCH)

    async def _jumped(self, now: datetime, by: timedelta, furthest: timedelta) -> bool:
        """Name a jump, and mend what is not deletions' waits; returns whether there was one.

        Args:
            by: how far off the clock is from what was expected.
            furthest: how far off it was meanwhile.
        """
        if abs(by) > _JUMPS:
            said, jump = "the clock has jumped %s by %s, to %s: is it right now?", by
        elif abs(furthest) > _JUMPS:
            said, jump = "the clock had jumped %s by %s, and is %s: what sets it?", furthest
        else:
            return False
        _log.warning(
            said,
            "back" if jump < timedelta(0) else "forward",
            timedelta(seconds=round(abs(jump.total_seconds()))),
            now.isoformat(timespec="seconds"),
        )
        if by > _JUMPS:
            self._doubted_until = time.monotonic() + timedelta(days=1).total_seconds()
        async for attempt in until_answered("setting right what a jump of the clock has left"):
            with attempt:
                async with self._database.write() as session:
                    await clock.note_jump(self._database, session, now, jump)
                    await removal.set_right(self._database, session, now)
                    await rows.set_right(session, now)
                    await self._ledger.count_as_sent(session, now)
        return True
