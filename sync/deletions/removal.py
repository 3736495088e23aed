"""How far back deletions have been removed from the ledger.

An event from before that may repeat one whose deletion is not known any more. It must not open
another: the user may have come back since, and the customer found would be the wrong one.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.store import meta
from sync.store.database import Database

_NAME = "deletions_removed_until"


async def removed_until(session: AsyncSession) -> datetime | None:
    """The newest time of an event whose deletion may have been removed; None: none has been."""
    value = await meta.get(session, _NAME)
    return None if value is None else datetime.fromisoformat(value)


async def advance(database: Database, session: AsyncSession, until: datetime) -> None:
    """Deletions up to that time, in UTC, are removed in this transaction. It never moves back, also
    where AUDIT_RETENTION_DAYS is raised later."""
    # Of one length and one zone, so they sort as the times do.
    await meta.advance(database, session, _NAME, until.isoformat(timespec="microseconds"))
