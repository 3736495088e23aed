"""What hangs in the inbox, the outbox and the profiles until a person sees to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.errors import NothingFound
from sync.inbox import queries as inbox
from sync.inbox.entry import Source
from sync.outbox import queries as outbox
from sync.outbox.message import Recipient
from sync.profiles import queries as profiles
from sync.store.database import Database

_TOO_LARGE = 2**63 - 1
"""For a number that a table can have after it."""


class Kind(StrEnum):
    """Where it hangs."""

    EVENTS = "events"
    """In the inbox: it could not be applied."""
    MESSAGES = "messages"
    """In the outbox: it could not be delivered."""
    PROFILES = "profiles"
    """Polar has refused it."""
    LOST = "lost"
    """The app's events that were refused, since their webhook-id was another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One of them, without its content."""

    number: int
    what: str | None
    """The type of the event or message; None: it cannot be read."""
    party: str
    """From whom it came, or to whom it goes."""
    at: datetime
    """When it came, was made, or was changed last."""
    why: str
    """Why it hangs."""
    user_id: str | None = None
    user_hash: str | None = None
    customer_id: str | None = None
    deletion: int | None = None
    """Which it tells of."""
    is_kept: bool = True
    """Its content is still there, so that it can be tried again."""


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A page of them, and how many there are of each kind."""

    letters: Sequence[DeadLetter]
    totals: Mapping[Kind, int]
    next_before: int | None
    """Give it as `before` for those that come after; None: there are none."""


async def dead_letters(
    database: Database, kind: Kind, before: int | None, limit: int
) -> DeadLetters:
    """A page of those of the kind, by their numbers from the highest below `before` down.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        # One more says whether there are more.
        found = await _PAGES[kind](session, before, limit + 1)
        totals = await _totals(session)
    more = len(found) > limit
    return DeadLetters(found[:limit], totals, found[limit - 1].number if more else None)


async def dead_letter(database: Database, kind: Kind, number: int) -> DeadLetter:
    """The one with that number.

    Raises:
        NothingFound: there is none, or it is none any more.
        StorageUnavailable
    """
    if number < _TOO_LARGE:
        async with database.read() as session:
            for found in await _PAGES[kind](session, number + 1, 1):
                if found.number == number:
                    return found
    raise NothingFound(f"nothing with the number {number} hangs there")


async def totals(database: Database) -> Mapping[Kind, int]:
    """How many there are of each kind.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        return await _totals(session)


async def _totals(session: AsyncSession) -> Mapping[Kind, int]:
    return {
        Kind.EVENTS: (await inbox.dead_letters(session, 0))[0],
        Kind.MESSAGES: (await outbox.dead_letters(session, 0))[0],
        Kind.PROFILES: (await profiles.dead_letters(session, 0))[0],
        Kind.LOST: (await inbox.possibly_lost(session, 0))[0],
    }


async def _events(session: AsyncSession, before: int | None, limit: int) -> list[DeadLetter]:
    return [
        DeadLetter(
            number=row.id,
            what=row.event_type,
            party="from Polar" if row.source is Source.POLAR else "from the app",
            at=row.received_at,
            why=row.error or "",
            user_hash=row.user_hash,
            customer_id=row.customer_id,
            is_kept=is_kept,
        )
        for row, is_kept in await inbox.dead_page(session, before, limit)
    ]


async def _messages(session: AsyncSession, before: int | None, limit: int) -> list[DeadLetter]:
    return [
        DeadLetter(
            number=row.id,
            what=row.type,
            party="to the app" if row.recipient is Recipient.APP else "to operators",
            at=row.made_at,
            why=row.error or "",
            user_id=row.user_id,
            deletion=row.deletion_id,
        )
        for row in await outbox.dead_page(session, before, limit)
    ]


async def _profiles(session: AsyncSession, before: int | None, limit: int) -> list[DeadLetter]:
    return [
        DeadLetter(
            number=row.id,
            what="profile",
            party="to Polar",
            at=row.changed_at,
            why=row.reason or "",
            user_id=row.user_id,
            user_hash=row.user_hash,
            customer_id=row.customer_id,
        )
        for row in await profiles.dead_page(session, before, limit)
    ]


async def _lost(session: AsyncSession, before: int | None, limit: int) -> list[DeadLetter]:
    return [
        DeadLetter(
            number=row.id,
            what=row.event_type,
            party="from the app",
            at=row.received_at,
            why="it came under the webhook-id of another event, and was refused",
            user_hash=row.user_hash,
            is_kept=False,
        )
        for row in await inbox.lost_page(session, before, limit)
    ]


_PAGES: Mapping[Kind, Callable[[AsyncSession, int | None, int], Awaitable[list[DeadLetter]]]] = {
    Kind.EVENTS: _events,
    Kind.MESSAGES: _messages,
    Kind.PROFILES: _profiles,
    Kind.LOST: _lost,
}
