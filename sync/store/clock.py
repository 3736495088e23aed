"""What the database knows of its clock: when it was last looked at, and whether it was set; and how
to read a time that was stored by a clock that may have been wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.store import meta
from sync.store.database import Database

_SEEN = "clock_seen"
_JUMP = "clock_jump"


@dataclass(frozen=True, slots=True)
class Jump:
    """The clock was set."""

    at: datetime
    """When, by the clock as it was afterwards."""
    by_seconds: int
    """Forward, or back where it is negative."""


def bounded(moment: datetime, now: datetime, longest: timedelta) -> datetime:
    """The moment; now, where it is so far away that the clock must have been wrong."""
    return moment if moment <= now + longest else now


async def seen(session: AsyncSession) -> datetime | None:
    """When a worker last noted the time; None: never."""
    value = await meta.get(session, _SEEN)
    return None if value is None else datetime.fromisoformat(value)


async def note_seen(database: Database, session: AsyncSession, now: datetime) -> None:
    """Note the time, for whoever starts next."""
    await meta.put(database, session, _SEEN, now.isoformat())


async def last_jump(session: AsyncSession) -> Jump | None:
    """The last time that the clock was set, while a worker looked or between two of them."""
    value = await meta.get(session, _JUMP)
    if value is None:
        return None
    content = json.loads(value)
    return Jump(datetime.fromisoformat(content["at"]), content["by_seconds"])


async def note_jump(database: Database, session: AsyncSession, at: datetime, by: timedelta) -> None:
    """Note that the clock was set."""
    content = {"at": at.isoformat(), "by_seconds": round(by.total_seconds())}
    await meta.put(database, session, _JUMP, json.dumps(content))
