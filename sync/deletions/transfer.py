"""Hands a held team over to somebody else in it, and has the user leave it."""

from __future__ import annotations

from sync.deletions import memberships, queries
from sync.deletions.ledger import Ledger
from sync.deletions.observations import HandedOver
from sync.deletions.operator import Effect
from sync.deletions.queries import Which
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.deletions.waking import wake
from sync.errors import NotPossible
from sync.mirror.kinds import MEMBER
from sync.mirror.objects import Member
from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.polar import lists, members
from sync.polar.client import PolarClient

_SOURCE = "operator"


class CannotTransfer(NotPossible):
    """The team cannot be handed over; the message says why, and what to do."""


def why_not(row: DeletionRow) -> str | None:
    """Why there is no team of the deletion's to hand over; None: there is."""
    if row.state is not State.HELD:
        return f"it is not held but {row.state}"
    return None if row.others else "it is held, but not for a team"


async def transfer(
    ledger: Ledger, polar: PolarClient, which: Which, to: str, person: Person | None = None
) -> Effect:
    """Make another member the owner of the team that the deletion is held for. The customer stays,
    and the user's own membership in it is ended. Two requests.

    Args:
        to: the member, by Polar's id or by external id.
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        CannotTransfer: nothing was done.
        NothingFound, Ambiguous
        NotFound, Unavailable, Refused: perhaps the ownership has been transferred, perhaps not;
            to repeat it is harmless.
        StorageUnavailable: likewise.
    """
    async with ledger.database.read() as session:
        row = _held((await queries.find(session, ledger.hasher, which))[-1])
    customer_id, own_ids = row.customer_id or "", {row.external_id, row.user_id} - {None}
    there = await lists.of_customers(polar, MEMBER, [customer_id])
    own = [it for it in there if it.external_id in own_ids]
    if not own:
        raise CannotTransfer(
            f"nobody in customer {customer_id} has the user's external id: see in Polar's dashboard"
            " who the user is there; then cancel, or approve"
        )
    owner = await members.make_owner(polar, customer_id, _chosen(there, own, to).id)
    async with ledger.database.write() as session:
        rows = await queries.find(session, ledger.hasher, which, lock=ledger.database)
        row = _held(rows[-1])
        now = await ledger.database.now(session)
        for member in own:
            await memberships.add(session, row, member.id, customer_id, now)
        seen = HandedOver(memberships=len(own))
        detail = {"customer_id": customer_id, "member_id": owner.id}
        detail |= {} if person is None else person.detail
        await ledger.record(session, row, seen, now, source=_SOURCE, **detail)
        actions.note(session, person, Did.TRANSFER, now, [row.id])
        wake(row, now)
        return Effect(row.id, row.state)


def _held(row: DeletionRow) -> DeletionRow:
    if (refusal := why_not(row)) is not None:
        raise CannotTransfer(f"deletion {row.id} cannot be handed over: {refusal}")
    return row


def _chosen(there: list[Member], own: list[Member], to: str) -> Member:
    if len(there) == len(own):
        raise CannotTransfer("nobody else is left in the team: polar-sync approve, or cancel")
    found = [it for it in there if to in {it.id, it.external_id}]
    if len(found) != 1:
        known = ", ".join(f"{it.id} ({it.external_id or it.role})" for it in there if it not in own)
        raise CannotTransfer(f"{to} is no member of the team; its other members: {known}")
    if found[0] in own:
        raise CannotTransfer("that is the user who is to be deleted: choose another member")
    return found[0]
