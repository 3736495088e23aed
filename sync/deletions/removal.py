"""How far back deletions have been removed from the ledger.

An event from before that may repeat one whose deletion is not known any more. It must not open
another: the user may have come back since, and the customer found would be the wrong one.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.store.database import Database
from sync.store.meta import MetaRow

_NAME = "deletions_removed_until"


async def removed_until(session: AsyncSession) -> datetime | None:
    """The newest time of an event whose deletion may have been removed; None: none has been."""
    value = (await session.exec(select(MetaRow.value).where(col(MetaRow.name) == _NAME))).first()
    return None if value is None else datetime.fromisoformat(value)


async def advance(database: Database, session: AsyncSession, until: datetime) -> None:
    """Deletions up to that time, in UTC, are removed in this transaction. It never moves back, also
    where AUDIT_RETENTION_DAYS is raised later."""
    insert = database.insert(MetaRow).values(
        name=_NAME, value=until.isoformat(timespec="microseconds")
    )
    connection = await session.connection()
    await connection.execute(
        insert.on_conflict_do_update(
            index_elements=["name"],
            set_={"value": insert.excluded.value},
            # Of one length and one zone, so they sort as the times do.
            where=col(MetaRow.value) < insert.excluded.value,
        )
    )
