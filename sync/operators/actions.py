"""Notes of what operators did, and the newest of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.operators.tables import OperatorActionRow
from sync.store.database import Database
from sync.store.paging import newest_below
from sync.store.removing import remove_in_batches

_NAMED = 100
"""So many are named, where it was done to more at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who does it, and why. Both stay: neither may name the user."""

    name: str
    why: str | None = None

    @property
    def detail(self) -> dict[str, str]:
        """As the evidence has it."""
        return {"by": self.name, **({"why": self.why} if self.why else {})}


class Did(StrEnum):
    """What can be done. Stored by its value."""

    APPROVE = "approve"
    CANCEL = "cancel"
    RETRY = "retry"
    MAP = "map"
    TRANSFER = "transfer"
    REVOKE = "revoke"
    PAUSE = "pause"
    RESUME = "resume"
    INBOX_REPLAY = "inbox replay"
    INBOX_DISMISS = "inbox dismiss"
    LOST_DISMISS = "lost dismiss"
    OUTBOX_REPLAY = "outbox replay"
    OUTBOX_DISMISS = "outbox dismiss"
    PROFILES_REPLAY = "profiles replay"
    PROFILES_DISMISS = "profiles dismiss"


ON_DELETIONS = frozenset({Did.APPROVE, Did.CANCEL, Did.RETRY, Did.MAP, Did.TRANSFER, Did.REVOKE})
"""Of these the numbers are those of deletions, which have it in their evidence as well."""


def note(
    session: AsyncSession,
    person: Person | None,
    did: Did,
    now: datetime,
    numbers: Collection[int] = (),
    *,
    why: str | None = None,
) -> None:
    """It is done in the session's transaction.

    Args:
        person: who has logged in to do it; None: whoever may run commands.
        numbers: of the rows that it is done to.
        why: where nobody has logged in.
    """
    session.add(
        OperatorActionRow(
            at=now,
            did=did,
            numbers=sorted(numbers)[:_NAMED],
            total=len(numbers),
            name=None if person is None else person.name,
            why=why if person is None else person.why,
        )
    )


async def newest(
    session: AsyncSession, before: int | None, limit: int
) -> Sequence[OperatorActionRow]:
    """A page of what was done, the newest first. `before`: only those with a smaller number."""
    found = newest_below(select(OperatorActionRow), col(OperatorActionRow.id), before, limit)
    return (await session.exec(found)).all()


def remove(database: Database, before: datetime) -> AsyncIterator[int]:
    """Remove what was done before then. Yields after every batch how many.

    Raises:
        StorageUnavailable
    """
    row_id, at = col(OperatorActionRow.id), col(OperatorActionRow.at)
    return remove_in_batches(database, OperatorActionRow, row_id, at < before)
