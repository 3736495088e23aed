"""Watches the database's clock, and mends what a clock that was wrong has left behind.

A machine can start with its clock years off, and have it set later. What decides when something is
due is bounded wherever it is read; this names the jump, and mends at once what would otherwise wait
for its longest wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

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
        self._seen: datetime | None = None
        self._at = 0.0
        """By the monotonic clock, when the database's showed `_seen`."""

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
            now = await self._look(session)
            seen = await clock.seen(session)
        since = timedelta(0) if seen is None else now - seen
        if since < -_JUMPS or since > _LONG_AWAY:
            await self._jumped(now, since)
        await self._note(now)
        self.begun.set()

    async def run(self) -> None:
        """Look at it now and then, until cancelled."""
        async for attempt in until_answered("watching the clock"):
            with attempt:
                await self.begin()
        noted_at = time.monotonic()
        while True:
            try:
                seen, at = self._seen, self._at
                async with self._database.read() as session:
                    now = await self._look(session)
                elapsed = timedelta(seconds=self._at - at)
                by = timedelta(0) if seen is None else now - seen - elapsed
                if abs(by) > _JUMPS:
                    await self._jumped(now, by)
                if abs(by) > _JUMPS or self._at - noted_at > _NOTED:
                    noted_at = self._at
                    await self._note(now)
            except StorageUnavailable as error:
                _log.error("watching the clock: the database does not answer: %s", error)
            await asyncio.sleep(_INTERVAL)

    async def _look(self, session: AsyncSession) -> datetime:
        self._seen, self._at = await self._database.now(session), time.monotonic()
        return self._seen

    async def _note(self, now: datetime) -> None:
        async with self._database.write() as session:
            await clock.note_seen(self._database, session, now)

    async def _jumped(self, now: datetime, by: timedelta) -> None:
        _log.warning(
            "the clock has jumped %s by %s, to %s: is it right now?",
            "back" if by < timedelta(0) else "forward",
            timedelta(seconds=round(abs(by.total_seconds()))),
            now.isoformat(timespec="seconds"),
        )
        if by > timedelta(0):
            self._doubted_until = time.monotonic() + timedelta(days=1).total_seconds()
        async with self._database.write() as session:
            await clock.note_jump(self._database, session, now, by)
            await removal.set_right(self._database, session, now)
            await rows.set_right(session, now)
            await self._ledger.count_as_sent(session, now)
        while await self._set_right():
            pass

    async def _set_right(self) -> bool:
        async with self._database.write() as session:
            now = await self._database.now(session)
            return await self._ledger.set_right(session, now, _BATCH) > 0
