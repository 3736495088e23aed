"""What an operator can do to a deletion as it is now, of all that there is."""

from __future__ import annotations

from enum import StrEnum

from sync.deletions import identity, operator, queries, revoking, transfer
from sync.deletions.ledger import Ledger
from sync.deletions.operator import Verb
from sync.deletions.queries import Which


class Repair(StrEnum):
    """What is done to a deletion with more than a word."""

    MAP = "map"
    """Say who the user is at Polar: `identity.map_user_of`."""
    TRANSFER = "transfer"
    """Hand over the team that it is held for: `transfer.transfer`."""
    REVOKE = "revoke"
    """End the subscriptions that have outlived the customer: `revoking.revoke`."""


async def possible(ledger: Ledger, number: int) -> list[Verb | Repair]:
    """What can be done to the deletion.

    Raises:
        NothingFound, StorageUnavailable
    """
    async with ledger.database.read() as session:
        which = Which(str(number), as_user=False)
        [row] = await queries.find(session, ledger.hasher, which)
        now = await ledger.database.now(session)
        found: list[Verb | Repair] = []
        if identity.why_not(row) is None:
            found.append(Repair.MAP)
        if transfer.is_for(row):
            found.append(Repair.TRANSFER)
        if await revoking.revocable_of(ledger, session, row, now):
            found.append(Repair.REVOKE)
        return found + [it for it in Verb if operator.refusal(ledger, row, it, now) is None]
