"""The deletion's state machine. Pure: every hard case is decided here, and nothing here does I/O.

`next_action` says what a deletion needs done; `observe` says what it becomes once something about
it is known. A worker goes back and forth between the two; it decides nothing by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from sync.deletions.observations import (
    AnotherDeleted,
    Approved,
    Brake,
    Canceled,
    Checked,
    CustomerFound,
    CustomerGone,
    CustomerMissing,
    DeleteAnswered,
    DeleteBy,
    DeleteSent,
    Failed,
    FailureKind,
    GrantFact,
    HandedOver,
    MembershipEnded,
    MembershipFact,
    NoCustomerToDelete,
    Observation,
    Retried,
    SubscriptionFact,
    TeamFound,
    Unmapped,
)
from sync.deletions.states import ENDED, Action, State
from sync.errors import NotPossible

CANCELED_BY_DELETION = frozenset({"trialing", "active", "past_due"})
"""Statuses that Polar's own clean-up after a customer's deletion ends. It leaves the others."""

REVOCABLE = CANCELED_BY_DELETION | {"paused"}
"""Statuses that `DELETE /v1/subscriptions/{id}` ends; to others Polar answers with
403 AlreadyCanceledSubscription."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A deletion as the decisions see it."""

    state: State
    event_at: datetime
    resume: State | None = None
    """What `blocked`, `held` or `another_deleted` interrupted."""
    reason: str | None = None
    approved: bool = False
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
    memberships_left: int = 0
    """Of the user, under other customers, not yet ended."""
    attempts: int = 0
    next_attempt_at: datetime | None = None

    @property
    def stage(self) -> State:
        """The state, or what `blocked`, `held` or `another_deleted` interrupted."""
        return self.resume or self.state


class IllegalTransition(NotPossible):
    """The observation cannot be true of, or allowed in, the deletion's state."""

    def __init__(self, deletion: Deletion, observation: Observation) -> None:
        what = type(observation).__name__
        super().__init__(f"{what} is not possible for a deletion that is {deletion.state}")


# --- decisions -----------------------------------------------------------------------------


def next_action(deletion: Deletion) -> Action | None:
    """What a due deletion needs done. None: nothing, until somebody acts."""
    waits_for_a_person = deletion.state in {State.HELD, State.ANOTHER_DELETED}
    return None if waits_for_a_person else deletion.stage.about.action


def may_be_there(deletion: Deletion) -> bool:
    """Whether the pinned customer is not known to be gone yet."""
    return deletion.stage.about.action is Action.DELETE


def delete_by(deletion: Deletion, policy: Policy) -> DeleteBy:
    """How the next DELETE names the pinned customer.

    By external id once. Polar frees the id with the deletion, so a DELETE by it that comes twice,
    or late, would meet whoever has signed up again; by the customer's own id it meets nobody else.
    """
    once = deletion.by_external_id and deletion.delete_sent_at is None
    if once and policy.delete_by is DeleteBy.EXTERNAL_ID:
        return DeleteBy.EXTERNAL_ID
    return DeleteBy.CUSTOMER_ID


def pin_is_fresh(deletion: Deletion, policy: Policy, now: datetime) -> bool:
    """Whether nobody else can be under the external id yet. While the pinned customer lives nobody
    can: Polar's external ids are unique and never change."""
    pinned_at = deletion.pinned_at
    return pinned_at is not None and now <= pinned_at + policy.pin_fresh


def due_at(deletion: Deletion, moment: datetime) -> datetime:
    """When it is due, if it was to be at that moment: not before a DELETE that may still be on its
    way has arrived. To free the external id meanwhile would put whoever signs up next in its way.
    """
    until = deletion.on_its_way_until if may_be_there(deletion) else None
    return moment if until is None else max(moment, until)


def ask_api(deletion: Deletion, checked: Checked, policy: Policy, now: datetime) -> bool:
    """Whether the API must be asked for what the webhooks have not proved.

    Whenever it is due: `verify_after` has passed since the deletion, or since it was asked last, or
    an operator says that something was fixed, and the webhook about it may have been lost.

    And once before that where no webhook will prove it: the mirror shows a subscription that Polar
    leaves as it is, or all that is known has ended but may not be all there is.
    """
    if deletion.customer_id is None or _complete(deletion, checked, policy):
        return False
    if deletion.next_attempt_at is not None and now >= deletion.next_attempt_at:
        return True
    if deletion.stage is State.INCOMPLETE or _listed_after(deletion):
        return False
    if checked.open_subscriptions or checked.open_grants:
        statuses = {item.status for item in checked.open_subscriptions}
        return not statuses <= CANCELED_BY_DELETION
    return checked.final_state_open == 0


def survivors(
    deletion: Deletion, checked: Checked, policy: Policy, now: datetime
) -> tuple[list[SubscriptionFact], list[GrantFact]]:
    """What will not end by itself: what Polar's clean-up leaves, and what it had time enough for.

    Source: Polar cancels `trialing`, `active` and `past_due` in the background and leaves `paused`,
    `unpaid` and `incomplete`; each grant's revocation may be retried for a while.
    """
    overdue = deletion.deleted_at is not None and (
        now >= deletion.deleted_at + policy.survivor_after
    )
    return (
        [
            item
            for item in checked.open_subscriptions
            if overdue or item.status not in CANCELED_BY_DELETION
        ],
        checked.open_grants if overdue else [],
    )


def to_revoke(
    deletion: Deletion, checked: Checked, policy: Policy, now: datetime
) -> list[SubscriptionFact]:
    """The survivors that the deployment wants revoked and that Polar lets one revoke."""
    if not policy.revoke_survivors:
        return []
    left, _ = survivors(deletion, checked, policy, now)
    return [item for item in left if item.status in REVOCABLE]


def observe(
    deletion: Deletion, observation: Observation, policy: Policy, now: datetime
) -> Deletion:
    """The deletion after the observation.

    Raises:
        IllegalTransition: the observation is impossible in this state; nothing is to be written.
    """
    if deletion.state is State.ANOTHER_DELETED and not isinstance(
        observation, Approved | AnotherDeleted | Retried
    ):
        # What is learnt meanwhile is kept, but nothing ends until a person has looked.
        under = replace(deletion, state=deletion.stage, resume=None)
        return _until_approved(observe(under, observation, policy, now), deletion.reason)
    match observation:
        case Unmapped():
            return _unmapped(deletion, observation)
        case CustomerFound():
            return _found(deletion, observation, policy, now)
        case CustomerMissing():
            return _missing(deletion, observation, policy, now)
        case TeamFound():
            return _team_found(deletion, observation)
        case HandedOver():
            return _handed_over(deletion, observation, now)
        case NoCustomerToDelete():
            return _no_customer_to_delete(deletion, observation, now)
        case MembershipEnded():
            return _membership_ended(deletion, observation)
        case Brake():
            return _braked(deletion, observation)
        case DeleteSent():
            return _sent(deletion, observation, policy, now)
        case DeleteAnswered():
            return _answered(deletion, observation, policy, now)
        case CustomerGone():
            return _gone(deletion, observation, policy, now)
        case Failed():
            return _failed(deletion, observation, policy, now)
        case Checked():
            return _checked(deletion, observation, policy, now)
        case AnotherDeleted():
            return _another_deleted(deletion, observation)
        case Retried():
            return _retried(deletion, observation, now)
        case Approved():
            return _approved(deletion, observation, now)
        case Canceled():
            return _canceled(deletion, observation, now)
        case _:
            assert_never(observation)


def backoff(attempts: int, jitter: float, policy: Policy) -> timedelta:
    """How long to wait after the failure number `attempts` (from 1): exponential, with half of it
    random so that many deletions that failed together do not come back together."""
    doubled = policy.backoff_base * (1 << min(attempts - 1, 30))
    return min(doubled, policy.backoff_cap) * (0.5 + 0.5 * jitter)


def _going_on(deletion: Deletion, state: State) -> Deletion:
    """A step forward: whatever had gone wrong before is over."""
    return replace(deletion, state=state, resume=None, reason=None, attempts=0)


def _unmapped(deletion: Deletion, observation: Unmapped) -> Deletion:
    if deletion.stage.about.action is not Action.RESOLVE:
        raise IllegalTransition(deletion, observation)
    return replace(
        _going_on(deletion, State.UNMAPPED),
        ended_at=None,
        reason="no external id is known for this user: `polar-sync map set`, or cancel",
        next_attempt_at=None,
    )


def _found(
    deletion: Deletion, observation: CustomerFound, policy: Policy, now: datetime
) -> Deletion:
    if deletion.stage.about.action is not Action.RESOLVE:
        raise IllegalTransition(deletion, observation)
    tolerance = timedelta(0) if observation.follows_earlier else policy.clock_skew
    if observation.created_at > deletion.event_at + tolerance:
        if observation.memberships:
            return _memberships_only(deletion, observation.memberships, now)
        return replace(
            _going_on(deletion, State.SUPERSEDED),
            reason=(
                f"customer {observation.customer_id} was created after the event, so it is somebody"
                " who signed up again; if it must go as well, send a new user.deleted"
            ),
            ended_at=now,
            next_attempt_at=None,
        )
    return replace(
        _going_on(deletion, State.RESOLVED),
        customer_id=observation.customer_id,
        customer_created_at=observation.created_at,
        pinned_at=observation.read_at or now,
        by_external_id=observation.by_external_id,
        listed_at=observation.listed_at,
        memberships_left=observation.memberships,
        ended_at=None,
        # Its place in the queue is kept: the DELETE goes before others are resolved.
        next_attempt_at=min(now, deletion.next_attempt_at or now),
    )


def _missing(
    deletion: Deletion, observation: CustomerMissing, policy: Policy, now: datetime
) -> Deletion:
    if deletion.stage.about.action is not Action.RESOLVE:
        raise IllegalTransition(deletion, observation)
    tombstone = observation.tombstone
    if tombstone is not None and tombstone.created_at <= deletion.event_at + policy.clock_skew:
        return replace(
            _going_on(deletion, State.DELETED),
            customer_id=tombstone.customer_id,
            customer_created_at=tombstone.created_at,
            pinned_at=now,
            memberships_left=observation.memberships,
            deleted_at=tombstone.deleted_at,
            ended_at=None,
            next_attempt_at=now,
        )
    if observation.memberships:
        return _memberships_only(deletion, observation.memberships, now)
    ended_at = deletion.ended_at or now
    look_again = ended_at + policy.recheck_after
    return replace(
        _going_on(deletion, State.NO_CUSTOMER),
        reason=_nobody(observation.members_listed_at),
        ended_at=ended_at,
        next_attempt_at=look_again if now < look_again else None,
    )


def _nobody(members_listed_at: datetime | None) -> str:
    listed = (
        "members have never been listed: `polar-sync reconcile`"
        if members_listed_at is None
        else f"members were last listed at {members_listed_at.isoformat(timespec='seconds')}"
    )
    return (
        "Polar has no customer under this user's external id, and the mirror no customer and no"
        f" member ({listed})"
    )


def _memberships_only(deletion: Deletion, memberships: int, now: datetime) -> Deletion:
    return replace(
        _going_on(deletion, State.RESOLVED),
        memberships_left=memberships,
        ended_at=None,
        next_attempt_at=min(now, deletion.next_attempt_at or now),
    )


def _team_found(deletion: Deletion, observation: TeamFound) -> Deletion:
    if deletion.stage is not State.RESOLVED or deletion.approved or deletion.customer_id is None:
        raise IllegalTransition(deletion, observation)
    people = "1 other person" if observation.others == 1 else f"{observation.others} other people"
    what = ", ".join(f"subscription {item}" for item in observation.subscriptions)
    return replace(
        deletion,
        state=State.HELD,
        resume=State.RESOLVED,
        others=observation.others,
        reason=(
            f"customer {deletion.customer_id} is a team with {people}; they would lose"
            f" {what or 'what they have'}: `polar-sync approve`, `cancel`, or `transfer`"
        ),
        next_attempt_at=None,
    )


def _handed_over(deletion: Deletion, observation: HandedOver, now: datetime) -> Deletion:
    if deletion.state is not State.HELD or not deletion.others:
        raise IllegalTransition(deletion, observation)
    return replace(
        _going_on(deletion, State.RESOLVED),
        customer_id=None,
        customer_created_at=None,
        pinned_at=None,
        by_external_id=False,
        others=None,
        next_attempt_at=now,
    )


def _no_customer_to_delete(
    deletion: Deletion, observation: NoCustomerToDelete, now: datetime
) -> Deletion:
    if deletion.stage is not State.RESOLVED or deletion.customer_id is not None:
        raise IllegalTransition(deletion, observation)
    return replace(
        _going_on(deletion, State.DELETED),
        delete_sent_at=deletion.delete_sent_at or now,
        deleted_at=now,
        next_attempt_at=now,
    )


def _membership_ended(deletion: Deletion, observation: MembershipEnded) -> Deletion:
    return replace(deletion, memberships_left=observation.left)


def _braked(deletion: Deletion, observation: Brake) -> Deletion:
    if deletion.stage is not State.RESOLVED or deletion.approved:
        raise IllegalTransition(deletion, observation)
    return replace(
        deletion,
        state=State.HELD,
        resume=State.RESOLVED,
        reason=(
            f"the brake tripped: {observation.sent} deletions within an hour, {observation.limit}"
            " allowed; `polar-sync approve` or `polar-sync cancel`"
        ),
        next_attempt_at=None,
    )


def _sent(deletion: Deletion, observation: DeleteSent, policy: Policy, now: datetime) -> Deletion:
    if next_action(deletion) is not Action.DELETE or deletion.customer_id is None:
        raise IllegalTransition(deletion, observation)
    seen = replace(deletion, pinned_at=observation.read_at or deletion.pinned_at)
    sent_at, until = deletion.sent_by_external_id_at, None
    match observation.by:
        case DeleteBy.EXTERNAL_ID:
            allowed = delete_by(seen, policy) is observation.by and pin_is_fresh(seen, policy, now)
            sent_at, until = now, now + policy.on_its_way
        case DeleteBy.CUSTOMER_ID:
            allowed = due_at(seen, now) == now
        case _:
            assert_never(observation.by)
    if not allowed:
        raise IllegalTransition(deletion, observation)
    return replace(
        seen,
        state=State.DELETING,
        resume=None,
        reason=None,
        delete_sent_at=deletion.delete_sent_at or now,
        sent_by_external_id_at=sent_at,
        on_its_way_until=until,
        next_attempt_at=until or now,
    )


def _deleted(deletion: Deletion, policy: Policy, now: datetime) -> Deletion:
    return replace(
        _going_on(deletion, State.DELETED),
        on_its_way_until=None,
        deleted_at=now,
        next_attempt_at=now if deletion.memberships_left else now + policy.verify_after,
    )


def _answered(
    deletion: Deletion, observation: DeleteAnswered, policy: Policy, now: datetime
) -> Deletion:
    if deletion.state is State.DELETING:
        return _deleted(deletion, policy, now)
    if deletion.delete_sent_at is None or deletion.deleted_at is None:
        raise IllegalTransition(deletion, observation)
    # Its webhooks were faster than the answer.
    return deletion


def _gone(deletion: Deletion, observation: CustomerGone, policy: Policy, now: datetime) -> Deletion:
    if deletion.customer_id is None or deletion.state is State.CANCELED:
        raise IllegalTransition(deletion, observation)
    return _deleted(deletion, policy, now) if may_be_there(deletion) else deletion


def _failed(deletion: Deletion, failed: Failed, policy: Policy, now: datetime) -> Deletion:
    if next_action(deletion) is None:
        raise IllegalTransition(deletion, failed)
    attempts = deletion.attempts + 1
    asked = min(failed.retry_after, policy.backoff_cap)
    wait = max(backoff(attempts, failed.jitter, policy), asked)
    blocks = failed.kind is FailureKind.BLOCKED
    if failed.answered:
        deletion = replace(deletion, on_its_way_until=None)
    return replace(
        deletion,
        state=State.BLOCKED if blocks else deletion.state,
        resume=deletion.stage if blocks else deletion.resume,
        reason=failed.reason,
        attempts=attempts,
        next_attempt_at=due_at(deletion, now + wait),
    )


def _complete(deletion: Deletion, checked: Checked, policy: Policy) -> bool:
    """Whether the checklist is complete: the customer gone, every subscription ended, no benefit
    granted, and nothing there that has not been looked at."""
    left = checked.open_subscriptions or checked.open_grants or checked.open_memberships
    if left or deletion.deleted_at is None:
        return False
    if deletion.customer_id is None:
        return True
    listed_at = checked.listed_at or deletion.listed_at
    if listed_at is None:
        return False
    if listed_at >= deletion.deleted_at:
        return True
    # A listing from before the DELETE may miss what a checkout created in between. Polar's own last
    # word on the deleted customer covers what is active or trialing; for the rest the listing must
    # be from right before, so that no webhook about it can have been lost meanwhile.
    left_at = deletion.delete_sent_at or deletion.deleted_at
    return checked.final_state_open == 0 and listed_at >= left_at - policy.listing_fresh


def _checked(deletion: Deletion, checked: Checked, policy: Policy, now: datetime) -> Deletion:
    may_be = deletion.stage in {State.DELETED, State.INCOMPLETE, State.VERIFIED}
    if not may_be or deletion.deleted_at is None:
        raise IllegalTransition(deletion, checked)
    if deletion.state is State.VERIFIED:
        return _contradicted(deletion, checked, policy, now)
    listed_at = checked.listed_at or deletion.listed_at
    if _complete(deletion, checked, policy):
        return replace(
            _going_on(deletion, State.VERIFIED),
            listed_at=listed_at,
            ended_at=now,
            next_attempt_at=None,
        )
    left_subscriptions, left_grants = survivors(deletion, checked, policy, now)
    by_api = listed_at is not None and listed_at >= deletion.deleted_at
    if by_api and (left_subscriptions or left_grants):
        return _incomplete(deletion, left_subscriptions, left_grants, listed_at, policy, now)
    return replace(
        _going_on(deletion, State.DELETED),
        listed_at=listed_at,
        next_attempt_at=_next_look(deletion.deleted_at, policy, now),
    )


def _incomplete(
    deletion: Deletion,
    subscriptions: Sequence[SubscriptionFact],
    grants: Sequence[GrantFact],
    listed_at: datetime | None,
    policy: Policy,
    now: datetime,
) -> Deletion:
    names = [f"subscription {item.id} ({item.status})" for item in subscriptions]
    names += [f"benefit grant {item.id}" for item in grants]
    return replace(
        _going_on(deletion, State.INCOMPLETE),
        listed_at=listed_at,
        ended_at=None,
        reason=f"the customer is gone, but these are not: {', '.join(names)};"
        " end them at Polar, then `polar-sync retry`",
        next_attempt_at=now + policy.survivor_after,
    )


def _contradicted(deletion: Deletion, checked: Checked, policy: Policy, now: datetime) -> Deletion:
    """A listing can show that something outlived the proof; a webhook alone cannot."""
    left = checked.open_subscriptions, checked.open_grants
    if checked.listed_at is None or not any(left):
        return deletion
    return _incomplete(deletion, *left, checked.listed_at, policy, now)


def _listed_after(deletion: Deletion) -> bool:
    """Whether the API has been asked since the customer is gone."""
    listed_at, deleted_at = deletion.listed_at, deletion.deleted_at
    return listed_at is not None and deleted_at is not None and listed_at >= deleted_at


def _next_look(deleted_at: datetime, policy: Policy, now: datetime) -> datetime:
    """When to ask the API: once `verify_after` has passed, and again as long after each time."""
    first = deleted_at + policy.verify_after
    return first if now < first else now + policy.verify_after


def _retried(deletion: Deletion, observation: Retried, now: datetime) -> Deletion:
    if next_action(deletion) is None:
        raise IllegalTransition(deletion, observation)
    return replace(deletion, attempts=0, next_attempt_at=due_at(deletion, now))


def _another_deleted(deletion: Deletion, observation: AnotherDeleted) -> Deletion:
    if deletion.sent_by_external_id_at is None:
        raise IllegalTransition(deletion, observation)
    return _until_approved(
        deletion,
        f"another customer was deleted: {observation.customer_id}, who had signed up again under"
        " the same external id; make it good with them, then `polar-sync approve`",
    )


def _until_approved(deletion: Deletion, reason: str | None) -> Deletion:
    """Where the deletion stands, for when a person has looked."""
    return replace(
        deletion,
        state=State.ANOTHER_DELETED,
        resume=deletion.stage,
        reason=reason,
        next_attempt_at=None,
    )


def _approved(deletion: Deletion, observation: Approved, now: datetime) -> Deletion:
    if deletion.state is State.ANOTHER_DELETED:
        ended = deletion.stage in ENDED
        return replace(
            _going_on(deletion, deletion.stage),
            next_attempt_at=None if ended else due_at(deletion, now),
        )
    if deletion.state is not State.HELD:
        raise IllegalTransition(deletion, observation)
    return replace(_going_on(deletion, State.RESOLVED), approved=True, next_attempt_at=now)


def _canceled(deletion: Deletion, observation: Canceled, now: datetime) -> Deletion:
    # A `no_customer` looks again, and must not find the customer of a user who was restored.
    looks_up = deletion.stage.about.action is Action.RESOLVE
    early = looks_up or deletion.stage is State.RESOLVED
    if not early or deletion.delete_sent_at is not None:
        raise IllegalTransition(deletion, observation)
    return replace(_going_on(deletion, State.CANCELED), ended_at=now, next_attempt_at=None)
