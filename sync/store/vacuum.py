"""Leaving nothing behind in a SQLite file.

`secure_delete` overwrites a row where it stands. But when SQLite makes room in a page it moves
rows, and the bytes of one that has moved may stay where they were, between other rows, where
nothing overwrites them any more. Only VACUUM, which writes the whole file anew, is sure to leave
them out.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync.store import meta
from sync.store.clock import bounded
from sync.store.database import Database
from sync.store.errors import StorageUnavailable

_NAME = "rewrite_after"
_EVERY_SECOND = 0.8e6
"""Bytes of a file that may be written anew every second; one of twice as many every four."""
_AT_MOST = timedelta(days=1)
_AFTER_ERROR = timedelta(minutes=1)


class Vacuum:
    """Writes the file of a SQLite database anew when something was overwritten in it.

    Nothing can be written meanwhile, for 18 ms a megabyte. So the larger the file, the more seldom
    it is done where there is something to leave out: 1 MB every 2 s, 4 MB every 25 s, 40 MB (0.7 s)
    every 40 minutes, 240 MB (4 s) or more once a day.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._not_before = datetime.min.replace(tzinfo=UTC)

    async def run(self) -> None:
        """Write the file anew if that is due.

        Raises:
            StorageUnavailable: the file is in use, or the disk has no room for another like it.
        """
        now = datetime.now(UTC)
        if not self._database.vacuum_due or self._waits(now):
            return
        async with self._database.read() as session:
            not_before = await meta.get(session, _NAME)
        if not_before is not None:
            self._not_before = datetime.fromisoformat(not_before)
            if self._waits(now):
                # Another process, or the one before this, has done it not long ago.
                return
        try:
            size = await self._database.vacuum()
        except StorageUnavailable:
            self._not_before = now + _AFTER_ERROR
            raise
        self._not_before = now + min(timedelta(seconds=(size / _EVERY_SECOND) ** 2), _AT_MOST)
        async with self._database.write() as session:
            await meta.put(self._database, session, _NAME, self._not_before.isoformat())

    def _waits(self, now: datetime) -> bool:
        return now < bounded(self._not_before, now, _AT_MOST)
