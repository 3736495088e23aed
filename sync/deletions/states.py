"""How far a deletion can have come, and what each state means. Pure: a new state is an entry here.

The docs' table of states is `meaning` and `asks`; `polar-sync status` and `show` print `asks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Action(StrEnum):
    """The one thing to do next."""

    RESOLVE = "resolve"
    """Find the customer and pin it."""
    DELETE = "delete"
    """Send the DELETE for the pinned customer."""
    CHECK = "check"
    """Look at the evidence and, when overdue, ask the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a state means."""

    meaning: str
    asks: str
    """What it asks of an operator."""
    action: Action | None = None
    """What a worker does when the deletion is due; None: nothing by itself."""
    ended: bool = False
    """Nothing more will be done, but for what `action` names."""
    needs_a_person: bool = False
    """A person must do something, or should look at it."""
    goes_first: bool = False
    """The customer may still be there, so that a later deletion of the same user would find it."""


class State(StrEnum):
    """How far a deletion has come. Stored and printed by its value."""

    about: About

    # The default is for `State("held")`, which finds a member by its value alone.
    def __new__(cls, value: str, about: About = About(meaning="", asks="")) -> Self:
        state = str.__new__(cls, value)
        state._value_ = value
        state.about = about
        return state

    RECEIVED = (
        "received",
        About(
            meaning="accepted; Polar has not been asked yet",
            asks="nothing; it waits for its delay or its turn",
            action=Action.RESOLVE,
        ),
    )
    RESOLVED = (
        "resolved",
        About(
            meaning="the customer is pinned, or the user is only a member of others'",
            asks="nothing; the DELETE is next",
            action=Action.DELETE,
            goes_first=True,
        ),
    )
    DELETING = (
        "deleting",
        About(
            meaning="the DELETE was sent, its answer is not known yet",
            asks="nothing; Polar's answer is awaited or found out",
            action=Action.DELETE,
            goes_first=True,
        ),
    )
    DELETED = (
        "deleted",
        About(
            meaning="the customer is gone; evidence for the rest is coming in",
            asks="nothing; the evidence is being gathered",
            action=Action.CHECK,
        ),
    )
    VERIFIED = (
        "verified",
        About(
            meaning="all of it is gone, each part with evidence; should a reconciliation ever find"
            " that something outlived it, it becomes `incomplete`",
            asks="nothing; `receipt` prints the proof",
            ended=True,
        ),
    )
    NO_CUSTOMER = (
        "no_customer",
        About(
            meaning="Polar has no customer and the mirror no member under that id; looked at again"
            " when a webhook names it, and after `RECHECK_AFTER`. Who signs up from then on is"
            " kept. If your mapping is wrong, `polar-sync map set`",
            asks="nothing; Polar has no such customer",
            action=Action.RESOLVE,
            ended=True,
        ),
    )
    SUPERSEDED = (
        "superseded",
        About(
            meaning="the customer there was created after the event: nothing was deleted. If it"
            " must go too, send a new `user.deleted`",
            asks="a look: the customer was kept, since it is newer than the event; then `cancel`",
            ended=True,
            needs_a_person=True,
        ),
    )
    CANCELED = (
        "canceled",
        About(
            meaning="a `user.restored`, or you, came in time; or you have seen that it was"
            " `superseded`",
            asks="nothing; the customer was left alone",
            ended=True,
        ),
    )
    HELD = (
        "held",
        About(
            meaning="the customer is a team with other people in it (`ON_TEAM`), or has subscribed"
            " anew since the event, or no event has come and `reconcile --users --open` has not"
            " found the user, or there are more deletions than `MAX_DELETIONS_PER_HOUR` allows",
            asks="`approve` or `cancel`; for a team also `transfer`",
            needs_a_person=True,
            goes_first=True,
        ),
    )
    UNMAPPED = (
        "unmapped",
        About(
            meaning="no external id is known for the user, or the customer is another user's as"
            " well by the mapping",
            asks="`map set`, or `cancel`: nobody knows who that is at Polar",
            action=Action.RESOLVE,
            needs_a_person=True,
        ),
    )
    BLOCKED = (
        "blocked",
        About(
            meaning="Polar refuses: token, scope, version or URL. After a restart it is tried at"
            " once",
            asks="fix what the reason names; it is tried again by itself",
            needs_a_person=True,
            goes_first=True,
        ),
    )
    INCOMPLETE = (
        "incomplete",
        About(
            meaning="the customer is gone, but what the reason names is not",
            asks="end at Polar what the reason names, then `retry`",
            action=Action.CHECK,
            needs_a_person=True,
        ),
    )
    ANOTHER_DELETED = (
        "another_deleted",
        About(
            meaning="another customer was deleted: somebody who signed up again under the same"
            " external id, and whom our DELETE may have met",
            asks="make it good with the customer that the reason names, then `approve`",
            needs_a_person=True,
        ),
    )


ENDED = frozenset(state for state in State if state.about.ended)
OPEN = frozenset(State) - ENDED
OVER = frozenset(state for state in ENDED if state.about.action is None)
"""Ended, and not looked at again either."""
NEEDS_A_PERSON = frozenset(state for state in State if state.about.needs_a_person)
REMOVABLE = ENDED - NEEDS_A_PERSON
"""Removed after AUDIT_RETENTION_DAYS."""
UNPINNED = frozenset(state for state in OPEN if state.about.action is Action.RESOLVE)
"""No customer has been chosen yet, so a newer event about the same user may still be joined."""
GOES_FIRST = frozenset(state for state in State if state.about.goes_first)
