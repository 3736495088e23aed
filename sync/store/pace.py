"""Whether the times that a database hands out go on as the monotonic clock does."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

_NONE = timedelta(0)


class Pace:
    """How far they get from it. A clock that is set and, a moment later, set back is seen as well:
    whatever was written in between has its time from here."""

    def __init__(self) -> None:
        self._begun: tuple[datetime, float] | None = None
        """A time, and what the monotonic clock showed then."""
        self._furthest = _NONE

    def note(self, now: datetime) -> None:
        """This time is handed out."""
        off = self._off(now)
        if abs(off) > abs(self._furthest):
            self._furthest = off

    def judge(self, now: datetime) -> tuple[timedelta, timedelta]:
        """By how much the clock was set since the last call, and how far a time in between was off
        at most. Both negative: back."""
        found = self._off(now), self._furthest
        self._begun, self._furthest = (now, time.monotonic()), _NONE
        return found

    def _off(self, now: datetime) -> timedelta:
        if self._begun is None:
            self._begun = now, time.monotonic()
        then, at = self._begun
        return now - then - timedelta(seconds=time.monotonic() - at)
