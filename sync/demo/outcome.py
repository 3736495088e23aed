"""How a deletion ended: what should be, and what was seen, in one shape. Pure.

The bridge's word is its receipt; Polar's is what the simulator has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sync.deletions.observations import DeleteBy, DeleteSent
from sync.deletions.states import State

Json = Mapping[str, Any]

_OVER = frozenset({"canceled", "incomplete_expired"})
"""Statuses of a subscription that has ended."""
_WAYS: Mapping[str | None, DeleteBy] = {
    "/v1/customers/external/{external_id}": DeleteBy.EXTERNAL_ID,
    "/v1/customers/{id}": DeleteBy.CUSTOMER_ID,
}
_GONE: Mapping[DeleteBy | None, str] = {
    DeleteBy.EXTERNAL_ID: "gone, by external id",
    DeleteBy.CUSTOMER_ID: "gone, by Polar's id",
    None: "gone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one deletion ended. The first three are the bridge's word, the others Polar's."""

    state: State | None
    """None: the bridge knows of no deletion."""
    memberships_ended: int = 0
    """Of the user, under customers of others."""
    paid_seats: int = 0
    """Seats that nobody sits on any more and that somebody goes on paying for."""

    is_there: bool | None = None
    """Whether the customer whom it is about still is; None: it is about none."""
    deleted_by: DeleteBy | None = None
    """What the DELETE named that customer by; None: there was none."""
    still: tuple[str, ...] = ()
    """The statuses of that customer's subscriptions that have not ended."""
    is_member: bool = False
    """Whether the user is still among that customer's members."""
    others: int = 0
    """How many others are."""
    is_taken: bool = False
    """Whether another customer has the user's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the bridge and Polar have of one user."""

    user_id: str
    receipt: Json | None
    """The bridge's; None: it knows of no deletion."""
    customer: Json | None
    """Polar's, with all its rows (`/_sim/customers/{id}`); None: the case is about none."""
    deletes: Sequence[Json]
    """The requests of the method DELETE that Polar has carried out (`/_sim/requests`)."""
    holder: str | None
    """Polar's id of the customer who has the user's id now."""


def outcome(facts: Facts) -> Outcome:
    """How the deletion ended."""
    receipt, customer = facts.receipt, facts.customer
    said = Outcome(
        state=None if receipt is None else State(receipt["state"]),
        memberships_ended=len(_ended(receipt)),
        paid_seats=len(_paid(receipt)),
        is_taken=facts.holder is not None,
    )
    if customer is None:
        return said
    own = customer["customer"]
    members = [it["external_id"] for it in customer["members"] if it["deleted_at"] is None]
    return replace(
        said,
        is_there=own["deleted_at"] is None,
        deleted_by=_way(facts.deletes, own["id"]),
        still=tuple(it["status"] for it in _open(customer)),
        is_member=facts.user_id in members,
        others=sum(it != facts.user_id for it in members),
        is_taken=facts.holder not in (None, own["id"]),
    )


def differences(expected: Outcome, seen: Outcome) -> list[str]:
    """Where it is not as it should be."""
    pairs = [(it.name, getattr(seen, it.name), getattr(expected, it.name)) for it in fields(seen)]
    return [f"{name}: {was}, not {should}" for name, was, should in pairs if was != should]


def contradictions(facts: Facts) -> Iterator[str]:
    """Where the receipt says what is not so at Polar."""
    receipt, customer = facts.receipt, facts.customer
    if receipt is None:
        return
    if not receipt["chain_unbroken"]:
        yield "the receipt's chain is broken"
    if customer is None:
        return
    way = _way(facts.deletes, customer["customer"]["id"])
    sent = {it["detail"]["by"] for it in receipt["evidence"] if it["kind"] == DeleteSent.evidence}
    if way not in (sent or {None}):
        yield f"the receipt has DELETEs by {sorted(sent)}, and Polar one by {way}"
    gone = {it["id"] for it in customer["members"] if it["deleted_at"] is not None}
    if any(it["member_id"] not in gone for it in _ended(receipt)):
        yield "the receipt has a membership as ended that Polar has not"
    paid = {it["id"]: it["seats"] for it in _open(customer)}
    for seat in _paid(receipt):
        on = [it for it in customer["seats"] if it["subscription_id"] == seat["subscription_id"]]
        taken = sum(it["member_id"] is not None for it in on)
        if (paid.get(seat["subscription_id"]) or 0) - taken != seat["seats"]:
            yield "the receipt has a seat as paid for and free that Polar has not"


def at_polar(seen: Outcome) -> list[str]:
    """What became of it at Polar, in words."""
    words = []
    if seen.is_there is False:
        words.append(_GONE[seen.deleted_by])
    elif seen.is_there:
        words += [] if seen.is_member else ["membership gone"]
        words.append(f"there, with {seen.others} others" if seen.others else "there")
    # There is nothing to end of an incomplete one.
    words += ["never started" if it == "incomplete" else f"still {it}" for it in seen.still]
    if seen.is_taken:
        words.append("somebody new there")
    return words or ["nobody"]


def _ended(receipt: Json | None) -> list[Json]:
    memberships = receipt["memberships"] if receipt else []
    return [it for it in memberships if it["ended_at"] is not None and not it["kept"]]


def _paid(receipt: Json | None) -> list[Json]:
    return receipt["paid_seats"] if receipt else []


def _open(customer: Json) -> list[Json]:
    return [it for it in customer["subscriptions"] if it["status"] not in _OVER]


def _way(deletes: Sequence[Json], customer_id: str) -> DeleteBy | None:
    ways = [_WAYS.get(it["route"]) for it in deletes if it["customer_id"] == customer_id]
    return next((way for way in ways if way is not None), None)
