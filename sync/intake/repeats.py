"""An event under a webhook-id that was used before, for another user, type or time.

An app that makes webhook-ids of its users' ids sends a second deletion of a user under the first
one's id. Nobody can tell it from the first one, sent again with a time made anew, and to act on
that would delete who has signed up since. So it is refused where it could be lost: the sender hears
of it, and `status` counts it.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import queries
from sync.deletions.states import OPEN
from sync.inbox import queries as inbox
from sync.inbox.entry import Entry, InboxStatus
from sync.intake.event_types import EventType
from sync.store.database import Database, Lane

if TYPE_CHECKING:
    from sync.inbox.tables import InboxRow

_log = logging.getLogger(__name__)


async def refused_for(database: Database, entry: Entry) -> datetime | None:
    """An entry that differs in its time alone from the first one under its webhook-id: the first
    one's time if the entry must be refused; None if it is a duplicate.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        first = await inbox.first_under(session, entry)
        if first is None or not await _would_change_something(session, entry, first):
            return None
    await _count(database, entry, first)
    return first.event_at


async def refuse(database: Database, entry: Entry) -> None:
    """Count an entry about another user, or of another type, than the first one under its
    webhook-id.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        first = await inbox.first_under(session, entry)
    if first is not None and entry.user_hash is not None:
        await _count(database, entry, first)


async def _would_change_something(session: AsyncSession, entry: Entry, first: InboxRow) -> bool:
    """Whether the entry, if it is another event than the first, must not be dropped."""
    if entry.event_at is None or entry.user_hash is None or first.event_at is None:
        return False
    if first.status in {InboxStatus.PENDING, InboxStatus.DEAD}:
        # What the first one asks for is still to be done.
        return False
    if entry.event_type in {EventType.USER_UPDATED, EventType.USER_CREATED}:
        return entry.event_at > first.event_at
    deletions = await queries.of_users(session, [entry.user_hash])
    if entry.event_type == EventType.USER_RESTORED:
        # It would cancel a deletion which the first one was too early for.
        return any(
            it.state in OPEN and first.event_at < it.event_at <= entry.event_at for it in deletions
        )
    # A deletion that is open goes for both; so does one of an event that is no older.
    return not any(it.state in OPEN or it.event_at >= entry.event_at for it in deletions)


async def _count(database: Database, entry: Entry, first: InboxRow) -> None:
    async with database.write(Lane.INBOX) as session:
        await inbox.count_refused(database, session, entry, first)
    _log.warning(
        "%s at %s was refused: its webhook-id is that of inbox row %s, %s at %s; possibly it is"
        " lost, see polar-sync status",
        entry.event_type,
        entry.event_at,
        first.id,
        first.event_type,
        first.event_at,
    )
