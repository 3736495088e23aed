"""How far a deletion can have come."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """How far a deletion has come. The README's table says what each asks of a person."""

    RECEIVED = "received"
    RESOLVED = "resolved"
    DELETING = "deleting"
    DELETED = "deleted"
    VERIFIED = "verified"
    NO_CUSTOMER = "no_customer"
    SUPERSEDED = "superseded"
    CANCELED = "canceled"
    HELD = "held"
    UNMAPPED = "unmapped"
    BLOCKED = "blocked"
    INCOMPLETE = "incomplete"


ENDED = frozenset({State.VERIFIED, State.NO_CUSTOMER, State.SUPERSEDED, State.CANCELED})
"""Nothing more will be done by itself, but for one last look of a `no_customer`."""

NEEDS_PERSON = frozenset(
    {State.HELD, State.UNMAPPED, State.BLOCKED, State.INCOMPLETE, State.SUPERSEDED}
)
"""States that name what a person must do, or should look at."""

UNPINNED = frozenset({State.RECEIVED, State.UNMAPPED})
"""No customer has been chosen yet, so a newer event about the same user may still be joined."""
