"""A deletion as the decisions see it, and what a deployment chose. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.deletions.observations import DeleteBy, Observation, SubscribedAnew
from sync.deletions.states import Action, State
from sync.errors import NotPossible

CANCELED_BY_DELETION = frozenset({"trialing", "active", "past_due"})
"""Statuses that Polar's own clean-up after a customer's deletion ends. It leaves the others."""

REVOCABLE = CANCELED_BY_DELETION | {"paused"}
"""Statuses that `DELETE /v1/subscriptions/{id}` ends. To `unpaid` Polar answers with
403 AlreadyCanceledSubscription: no request ends one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a deployment chose, as far as decisions depend on it."""

    clock_skew: timedelta = timedelta(seconds=30)
    verify_after: timedelta = timedelta(minutes=10)
    survivor_after: timedelta = timedelta(hours=1)
    listing_fresh: timedelta = timedelta(minutes=1)
    """How old a listing may be when the DELETE leaves, for webhooks alone to prove the rest."""
    recheck_after: timedelta = timedelta(days=7)
    backoff_base: timedelta = timedelta(seconds=2)
    backoff_cap: timedelta = timedelta(hours=1)
    revoke_survivors: bool = False
    delete_by: DeleteBy = DeleteBy.EXTERNAL_ID
    pin_fresh: timedelta = timedelta(seconds=30)
    """How long after the pinned customer was seen under its external id a DELETE by that id is
    sure to meet it, and nobody else."""
    on_its_way: timedelta = timedelta(seconds=40)
    """How long a DELETE whose answer is not known may still be on its way to Polar."""
    delay: timedelta = timedelta(0)
    """How long an event waits for a restoration."""

    @property
    def longest_waits(self) -> Mapping[State | None, timedelta]:
        """How far away a deletion's next attempt can be, by its state; None: in any other."""
        under_way = max(self.backoff_cap, self.verify_after, self.survivor_after, self.on_its_way)
        return {
            State.RECEIVED: max(self.delay, under_way),
            State.NO_CUSTOMER: self.recheck_after,
            None: under_way,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A deletion as the decisions see it."""

    state: State
    event_at: datetime
    resume: State | None = None
    """What `blocked`, `held` or `another_deleted` interrupted."""
    reason: str | None = None
    approved: bool = False
    nobody_at: datetime | None = None
    """When Polar was asked under the external id that is looked for, after the event had come, and
    had nobody."""
    customer_id: str | None = None
    customer_created_at: datetime | None = None
    pinned_at: datetime | None = None
    """When Polar was asked who the customer is, and said this one."""
    by_external_id: bool = False
    """It was found under an external id that a DELETE can name."""
    listed_at: datetime | None = None
    """When the customer's subscriptions were last listed by the API."""
    delete_sent_at: datetime | None = None
    sent_by_external_id_at: datetime | None = None
    """When the one DELETE by external id left; None: none has."""
    on_its_way_until: datetime | None = None
    """Until when that DELETE may still reach Polar; None: it has been answered, or none was
    sent."""
    deleted_at: datetime | None = None
    ended_at: datetime | None = None
    others: int | None = None
    """Members of the pinned team who are not the user; None: they have not been counted."""
    active_since: datetime | None = None
    """When the newest subscription was made that came after the event and that a person has been
    shown."""
    memberships_left: int = 0
    """Of the user, under other customers, not yet ended."""
    attempts: int = 0
    next_attempt_at: datetime | None = None

    @property
    def stage(self) -> State:
        """The state, or what `blocked`, `held` or `another_deleted` interrupted."""
        return self.resume or self.state

    @property
    def is_unconfirmed(self) -> bool:
        """Whether an audit has opened it, and neither the app nor a person has said a word yet.
        `queries.held_by_audit` says the same in SQL."""
        return self.state is State.HELD and self.resume is State.RECEIVED


class IllegalTransition(NotPossible):
    """The observation cannot be true of, or allowed in, the deletion's state."""

    def __init__(self, deletion: Deletion, observation: Observation) -> None:
        what = type(observation).__name__
        super().__init__(f"{what} is not possible for a deletion that is {deletion.state}")


def next_action(deletion: Deletion) -> Action | None:
    """What a due deletion needs done. None: nothing, until somebody acts."""
    waits_for_a_person = deletion.state in {State.HELD, State.ANOTHER_DELETED}
    return None if waits_for_a_person else deletion.stage.about.action


def may_be_there(deletion: Deletion) -> bool:
    """Whether the pinned customer is not known to be gone yet."""
    return deletion.stage.about.action is Action.DELETE


def there_until(deletion: Deletion, policy: Policy) -> datetime:
    """Whoever was created later was not there when the user was deleted.

    The clocks of the app and of Polar may differ by `clock_skew`, in favour of the event. Once
    Polar has answered "nobody" after the event came, who appears is somebody new: then the clocks
    count against it, and that for good.
    """
    skew = policy.clock_skew
    return deletion.event_at + (skew if deletion.nobody_at is None else -skew)


def subscribed_anew(
    deletion: Deletion, living: Mapping[str, datetime], policy: Policy
) -> SubscribedAnew | None:
    """Those of the customer's living subscriptions that were made after the event, and that no
    person has been shown; None where there is none.

    Args:
        living: when each was made, by its id.
    """
    seen_until = deletion.active_since or deletion.event_at + policy.clock_skew
    new = {item: made_at for item, made_at in living.items() if made_at > seen_until}
    return SubscribedAnew(made_at=new) if new else None


def bounded(deletion: Deletion, policy: Policy, now: datetime) -> Deletion:
    """The deletion as the clock allows it to be. A clock that was wrong has left times that cannot
    be: taken at their word, nothing would move until they come, or a listing from before the DELETE
    would pass for one from after it.

    What has been is not later than now; when the API was asked is not known then. What is to come
    is no further away than its own longest wait. (A pin from the future is not fresh.)
    """
    listed_at = deletion.listed_at
    until, due = deletion.on_its_way_until, deletion.next_attempt_at
    if until is not None:
        until = min(until, now + policy.on_its_way)
    longest = policy.longest_waits
    if due is not None and due > now + longest.get(deletion.state, longest[None]):
        due = max(now, until or now)
        if deletion.state is State.RECEIVED:
            due = now + policy.delay
        elif deletion.state is State.NO_CUSTOMER:
            due = now + policy.recheck_after
    possible = replace(
        deletion,
        listed_at=None if listed_at is not None and listed_at > now else listed_at,
        delete_sent_at=_not_after(now, deletion.delete_sent_at),
        sent_by_external_id_at=_not_after(now, deletion.sent_by_external_id_at),
        deleted_at=_not_after(now, deletion.deleted_at),
        ended_at=_not_after(now, deletion.ended_at),
        on_its_way_until=until,
        next_attempt_at=due,
    )
    return deletion if possible == deletion else possible


def _not_after(now: datetime, moment: datetime | None) -> datetime | None:
    return None if moment is None else min(moment, now)


def due_at(deletion: Deletion, moment: datetime) -> datetime:
    """When it is due, if it was to be at that moment: not before a DELETE that may still be on its
    way has arrived. To free the external id meanwhile would put whoever signs up next in its way.
    """
    until = deletion.on_its_way_until if may_be_there(deletion) else None
    return moment if until is None else max(moment, until)


def going_on(deletion: Deletion, state: State) -> Deletion:
    """A step forward: whatever had gone wrong before is over."""
    return replace(deletion, state=state, resume=None, reason=None, attempts=0)
