"""What an operator can do to a deletion as it is now, of all that there is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import identity, operator, pause, queries, revoking, transfer
from sync.deletions.ledger import Ledger
from sync.deletions.operator import Verb
from sync.deletions.pause import Paused
from sync.deletions.queries import Which
from sync.deletions.tables import DeletionRow


class Repair(StrEnum):
    """What is done to a deletion with more than a word."""

    MAP = "map"
    """Say who the user is at Polar: `identity.map_user_of`."""
    TRANSFER = "transfer"
    """Hand over the team that it is held for: `transfer.transfer`."""
    REVOKE = "revoke"
    """End the subscriptions that have outlived the customer: `revoking.revoke`."""


Deed = Verb | Repair

_ALL: tuple[Deed, ...] = (*Repair, *Verb)


async def possible(ledger: Ledger, number: int) -> list[Deed]:
    """What can be done to the deletion, or can be once DELETEs go on.

    Raises:
        NothingFound, StorageUnavailable
    """
    async with ledger.database.read() as session:
        row = await _row(ledger, session, number)
        now = await ledger.database.now(session)
        why = {it: await _why_not(ledger, session, row, it, now) for it in _ALL}
        return [it for it, refusal in why.items() if refusal is None]


async def refusal(ledger: Ledger, number: int, deed: Deed) -> str | None:
    """Why that cannot be done to the deletion now; None: it can.

    Raises:
        NothingFound, StorageUnavailable
    """
    async with ledger.database.read() as session:
        row = await _row(ledger, session, number)
        if deed is Repair.REVOKE and await pause.current(session) is not None:
            return str(Paused())
        now = await ledger.database.now(session)
        return await _why_not(ledger, session, row, deed, now)


async def _row(ledger: Ledger, session: AsyncSession, number: int) -> DeletionRow:
    [row] = await queries.find(session, ledger.hasher, Which(str(number), as_user=False))
    return row


async def _why_not(
    ledger: Ledger, session: AsyncSession, row: DeletionRow, deed: Deed, now: datetime
) -> str | None:
    match deed:
        case Repair.MAP:
            return identity.why_not(row)
        case Repair.TRANSFER:
            return transfer.why_not(row)
        case Repair.REVOKE:
            return await revoking.why_not(ledger, session, row, now)
        case _:
            return operator.refusal(ledger, row, deed, now)
