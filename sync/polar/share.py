"""A share of the rate budget, for what asks often and must not keep deletions waiting."""

from __future__ import annotations

from datetime import timedelta

from sync.errors import NotPossible
from sync.polar.budget import WINDOW, shared_row
from sync.store.clock import bounded
from sync.store.database import Database, Lane

SHARE = 0.1
"""Of the budget."""
_ROW = 2
_LONGEST_DEBT = 60 * WINDOW


class ShareSpent(NotPossible):
    """The share is used up for now."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("the share of the rate budget is used up for now")
        self.retry_after = retry_after


class Share:
    """Of all processes together, like the budget itself: requests are counted against both.

    At once it gives what it has for a minute, in the long run no more than `SHARE` of the rate.
    Whoever has begun may go beyond; the next one waits until that is made up for.
    """

    def __init__(self, database: Database, rate: int) -> None:
        self._database = database
        self._interval = WINDOW / (rate * SHARE)

    async def begin(self, requests: int) -> None:
        """Count so many requests, before the first of them.

        Raises:
            ShareSpent: they may not be sent now; none was counted.
            StorageUnavailable
        """
        await self._count(requests, begins=True)

    async def go_on(self, requests: int) -> None:
        """Count more of what has begun.

        Raises:
            StorageUnavailable
        """
        await self._count(requests, begins=False)

    async def _count(self, requests: int, *, begins: bool) -> None:
        async with self._database.write(Lane.BUDGET) as session:
            row = await shared_row(self._database, session, _ROW)
            now = await self._database.now(session)
            used_until = max(bounded(row.next_at, now, _LONGEST_DEBT), now)
            ahead = used_until - now
            # At a rate of a few a minute one request takes longer than the window to make up for.
            wait = min(ahead, ahead + self._interval - WINDOW)
            if begins and wait > timedelta(0):
                raise ShareSpent(wait)
            row.next_at = used_until + requests * self._interval
