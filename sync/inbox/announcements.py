"""An idle worker hears at once of what another process has taken in.

On PostgreSQL it is told: NOTIFY goes out with the commit that holds the event. SQLite has nothing
of the kind, so a worker in a process of its own looks at short intervals.
"""

from __future__ import annotations

from collections.abc import Callable

from sync.store.database import Database
from sync.store.retry import until_answered

CHANNEL = "polar_sync_inbox"
"""Told of each commit that holds events."""


async def listen(database: Database, wake: Callable[[], None]) -> None:
    """Call `wake` for each announcement, and whenever one may have been missed. Until cancelled."""
    async for attempt in until_answered("listening for events"):
        with attempt:
            # Meanwhile the worker looks by itself.
            async with database.listening(CHANNEL) as announcements:
                wake()
                async for _ in announcements:
                    wake()
