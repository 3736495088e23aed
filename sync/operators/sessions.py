"""Which of the console's sessions have ended before their time, whichever process ended them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.store import meta
from sync.store.database import Database

_PREFIX = "ended_session:"


async def end(database: Database, key: str, lasts: timedelta) -> None:
    """End the session.

    Args:
        key: what the session is known by here; not what it is proved by.
        lasts: how long any session lasts: for so long it is remembered.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        now = await database.now(session)
        await meta.remove_earlier(session, _PREFIX, _text(now))
        await meta.put(database, session, _PREFIX + key, _text(now + lasts))


async def has_ended(session: AsyncSession, key: str) -> bool:
    """Whether somebody has ended it."""
    return await meta.get(session, _PREFIX + key) is not None


def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
