"""An idle worker hears at once of what a web process has taken in.

On PostgreSQL it is told: NOTIFY goes out with the commit that holds the event. SQLite has nothing
of the kind, so a worker in a process of its own looks at short intervals.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sync.store.database import Database
from sync.store.errors import StorageUnavailable

_log = logging.getLogger(__name__)

CHANNEL = "polar_sync_inbox"
"""Told of each commit that holds events."""
_AFTER_ERROR = 1.0
"""Seconds until a lost connection is made again; meanwhile the worker looks by itself."""


async def listen(database: Database, wake: Callable[[], None]) -> None:
    """Call `wake` for each announcement, and whenever one may have been missed. Until cancelled."""
    while True:
        try:
            async with database.listening(CHANNEL) as announcements:
                wake()
                async for _ in announcements:
                    wake()
        except StorageUnavailable as error:
            _log.warning("not listening: %s", error)
            await asyncio.sleep(_AFTER_ERROR)
