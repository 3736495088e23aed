"""The deletion's state machine. Pure: every hard case is decided here, and nothing here does I/O.

`next_action` says what a deletion needs done; `observe` says what it becomes once something about
it is known. A worker goes back and forth between the two; it decides nothing by itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from sync.deletions.deletion import (
    Deletion,
    IllegalTransition,
    Policy,
    bounded,
    due_at,
    going_on,
    may_be_there,
    next_action,
    there_until,
)
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
    HandedOver,
    MembershipEnded,
    MembershipFound,
    NoCustomerToDelete,
    Observation,
    OrphanFound,
    Retried,
    ScrubBegun,
    SubscribedAnew,
    TeamFound,
    Unmapped,
)
from sync.deletions.proof import after_check
from sync.deletions.states import ENDED, Action, State


def delete_by(deletion: Deletion, policy: Policy) -> DeleteBy:
    """How the next DELETE names the pinned customer.

    By external id once. Polar frees the id with the deletion, so a DELETE by it that comes twice,
    or late, would meet whoever has signed up again; by the customer's own id it meets nobody else.
    """
    once = deletion.by_external_id and deletion.sent_by_external_id_at is None
    if once and policy.delete_by is DeleteBy.EXTERNAL_ID:
        return DeleteBy.EXTERNAL_ID
    return DeleteBy.CUSTOMER_ID


def pin_is_fresh(deletion: Deletion, policy: Policy, now: datetime) -> bool:
    """Whether nobody else can be under the external id yet. While the pinned customer lives nobody
    can: Polar's external ids are unique and never change."""
    pinned_at = deletion.pinned_at
    # One from the future is from a clock that was wrong: nobody knows how old it is.
    return pinned_at is not None and pinned_at <= now <= pinned_at + policy.pin_fresh


def observe(
    deletion: Deletion, observation: Observation, policy: Policy, now: datetime
) -> Deletion:
    """The deletion after the observation.

    Raises:
        IllegalTransition: the observation is impossible in this state; nothing is to be written.
    """
    return _observe(bounded(deletion, policy, now), observation, policy, now)


def _observe(
    deletion: Deletion, observation: Observation, policy: Policy, now: datetime
) -> Deletion:
    if deletion.state is State.ANOTHER_DELETED and not isinstance(
        observation, Approved | AnotherDeleted | Retried
    ):
        # What is learnt meanwhile is kept, but nothing ends until a person has looked.
        under = replace(deletion, state=deletion.stage, resume=None)
        return _until_approved(_observe(under, observation, policy, now), deletion.reason)
    match observation:
        case OrphanFound():
            return _orphan_found(deletion, observation)
        case Unmapped():
            return _unmapped(deletion, observation)
        case CustomerFound():
            return _found(deletion, observation, policy, now)
        case CustomerMissing():
            return _missing(deletion, observation, policy, now)
        case TeamFound():
            return _team_found(deletion, observation, now)
        case SubscribedAnew():
            return _subscribed_anew(deletion, observation, now)
        case HandedOver():
            return _handed_over(deletion, observation, now)
        case NoCustomerToDelete():
            return _no_customer_to_delete(deletion, observation, now)
        case MembershipFound():
            return _membership_found(deletion, observation, now)
        case MembershipEnded():
            return _membership_ended(deletion, observation)
        case Brake():
            return _braked(deletion, observation)
        case ScrubBegun():
            return _scrub_begun(deletion, observation, now)
        case DeleteSent():
            return _sent(deletion, observation, policy, now)
        case DeleteAnswered():
            return _answered(deletion, observation, policy, now)
        case CustomerGone():
            return _gone(deletion, observation, policy, now)
        case Failed():
            return _failed(deletion, observation, policy, now)
        case Checked():
            return after_check(deletion, observation, policy, now)
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


def _orphan_found(deletion: Deletion, observation: OrphanFound) -> Deletion:
    if deletion.state is not State.RECEIVED:
        raise IllegalTransition(deletion, observation)
    return replace(
        deletion,
        state=State.HELD,
        resume=State.RECEIVED,
        reason=(
            f"customer {observation.customer_id} is there, and its user is not among those whom the"
            " app has; no event has come: `polar-sync approve`, or `cancel`"
        ),
        next_attempt_at=None,
    )


def _unmapped(deletion: Deletion, observation: Unmapped) -> Deletion:
    if next_action(deletion) is not Action.RESOLVE:
        raise IllegalTransition(deletion, observation)
    reason = "no external id is known for this user: `polar-sync map set`, or cancel"
    if observation.anothers is not None:
        reason = (
            f"customer {observation.anothers} is another user's too, by an entry of the mapping:"
            " correct the mapping and `polar-sync retry`, or cancel"
        )
    return replace(
        going_on(deletion, State.UNMAPPED),
        ended_at=None,
        reason=reason,
        next_attempt_at=None,
    )


def _found(
    deletion: Deletion, observation: CustomerFound, policy: Policy, now: datetime
) -> Deletion:
    if next_action(deletion) is not Action.RESOLVE:
        raise IllegalTransition(deletion, observation)
    if observation.created_at > _created_by(deletion, observation, policy):
        if observation.memberships:
            return _memberships_only(deletion, observation.memberships, now)
        return replace(
            going_on(deletion, State.SUPERSEDED),
            reason=(
                f"customer {observation.customer_id} {_came_later(deletion)}, so it is somebody"
                " who signed up again; if it must go as well, send a new user.deleted"
            ),
            ended_at=now,
            next_attempt_at=None,
        )
    return replace(
        going_on(deletion, State.RESOLVED),
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


def _came_later(deletion: Deletion) -> str:
    if deletion.nobody_at is None:
        return "was created after the event"
    at = deletion.nobody_at.isoformat(timespec="seconds")
    return f"was not there when Polar was asked after the event, at {at}"


def _created_by(deletion: Deletion, observation: CustomerFound, policy: Policy) -> datetime:
    if observation.by_customer_id:
        deletion = replace(deletion, nobody_at=None)
    until = there_until(deletion, policy)
    return min(until, deletion.event_at) if observation.follows_earlier else until


def _missing(
    deletion: Deletion, observation: CustomerMissing, policy: Policy, now: datetime
) -> Deletion:
    if next_action(deletion) is not Action.RESOLVE:
        raise IllegalTransition(deletion, observation)
    tombstone = observation.tombstone
    if tombstone is not None and tombstone.created_at <= there_until(deletion, policy):
        return replace(
            going_on(deletion, State.DELETED),
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
        going_on(deletion, State.NO_CUSTOMER),
        reason=_nobody(observation.members_listed_at),
        nobody_at=deletion.nobody_at or observation.asked_at,
        ended_at=ended_at,
        next_attempt_at=look_again if now < look_again else None,
    )


def _nobody(members_listed_at: datetime | None) -> str:
    listed = (
        "members have never been listed: `polar-sync reconcile`, then `retry`"
        if members_listed_at is None
        else f"members were last listed at {members_listed_at.isoformat(timespec='seconds')}"
    )
    return (
        "Polar has no customer under this user's external id, and the mirror no customer and no"
        f" member ({listed})"
    )


def _memberships_only(deletion: Deletion, memberships: int, now: datetime) -> Deletion:
    return replace(
        going_on(deletion, State.RESOLVED),
        memberships_left=memberships,
        ended_at=None,
        next_attempt_at=min(now, deletion.next_attempt_at or now),
    )


def _awaits_delete(deletion: Deletion, now: datetime) -> bool:
    """Whether the pinned customer is about to be deleted, and nothing is on its way to it."""
    pinned = may_be_there(deletion) and deletion.customer_id is not None
    return pinned and due_at(deletion, now) <= now


def _team_found(deletion: Deletion, observation: TeamFound, now: datetime) -> Deletion:
    if not _awaits_delete(deletion, now) or deletion.others is not None:
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


def _subscribed_anew(deletion: Deletion, observation: SubscribedAnew, now: datetime) -> Deletion:
    if not _awaits_delete(deletion, now):
        raise IllegalTransition(deletion, observation)
    what = ", ".join(
        f"subscription {item} of {made_at.isoformat(timespec='seconds')}"
        for item, made_at in observation.made_at.items()
    )
    reason = (
        f"customer {deletion.customer_id} has been active since the event: {what}; if the user has"
        " come back, `polar-sync cancel`, otherwise `polar-sync approve`"
    )
    if deletion.state is State.HELD:
        reason = f"{deletion.reason}; also, {reason}"
    return replace(
        deletion,
        state=State.HELD,
        resume=State.RESOLVED,
        active_since=max(observation.made_at.values()),
        reason=reason,
        next_attempt_at=None,
    )


def _handed_over(deletion: Deletion, observation: HandedOver, now: datetime) -> Deletion:
    if deletion.state is not State.HELD or not deletion.others:
        raise IllegalTransition(deletion, observation)
    return replace(
        going_on(deletion, State.RESOLVED),
        customer_id=None,
        customer_created_at=None,
        pinned_at=None,
        by_external_id=False,
        others=None,
        active_since=None,
        memberships_left=deletion.memberships_left + observation.memberships,
        next_attempt_at=now,
    )


def _no_customer_to_delete(
    deletion: Deletion, observation: NoCustomerToDelete, now: datetime
) -> Deletion:
    if deletion.stage is not State.RESOLVED or deletion.customer_id is not None:
        raise IllegalTransition(deletion, observation)
    return replace(
        going_on(deletion, State.DELETED),
        delete_sent_at=deletion.delete_sent_at or now,
        deleted_at=now,
        next_attempt_at=now,
    )


def _membership_found(deletion: Deletion, observation: MembershipFound, now: datetime) -> Deletion:
    found = replace(deletion, memberships_left=deletion.memberships_left + 1)
    if deletion.state is State.VERIFIED:
        return replace(
            going_on(found, State.INCOMPLETE),
            reason="a membership of the user has come to light; it is ended now",
            ended_at=None,
            next_attempt_at=now,
        )
    if deletion.state in ENDED:
        raise IllegalTransition(deletion, observation)
    is_checked = next_action(deletion) is Action.CHECK
    return replace(found, next_attempt_at=now) if is_checked else found


def _membership_ended(deletion: Deletion, observation: MembershipEnded) -> Deletion:
    if deletion.state in ENDED:
        raise IllegalTransition(deletion, observation)
    return replace(deletion, memberships_left=observation.left)


def _braked(deletion: Deletion, observation: Brake) -> Deletion:
    if deletion.stage is not State.RESOLVED or deletion.approved:
        raise IllegalTransition(deletion, observation)
    sent = "1 deletion" if observation.sent == 1 else f"{observation.sent} deletions"
    return replace(
        deletion,
        state=State.HELD,
        resume=State.RESOLVED,
        reason=(
            f"the brake tripped: {sent} within"
            f" {'an hour' if observation.within <= timedelta(hours=1) else 'a day'},"
            f" {observation.limit} allowed (MAX_DELETIONS_PER_HOUR); `polar-sync approve` or"
            " `polar-sync cancel`"
        ),
        next_attempt_at=None,
    )


def _scrub_begun(deletion: Deletion, observation: ScrubBegun, now: datetime) -> Deletion:
    if next_action(deletion) is not Action.DELETE or deletion.customer_id is None:
        raise IllegalTransition(deletion, observation)
    return replace(
        deletion,
        state=State.DELETING,
        resume=None,
        reason=None,
        delete_sent_at=deletion.delete_sent_at or now,
        next_attempt_at=due_at(deletion, now),
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
            # Polar may free the external id any moment now.
            seen = replace(seen, by_external_id=False)
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
        going_on(deletion, State.DELETED),
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
            going_on(deletion, deletion.stage),
            next_attempt_at=None if ended else due_at(deletion, now),
        )
    if deletion.state is not State.HELD:
        raise IllegalTransition(deletion, observation)
    if deletion.is_unconfirmed:
        # What it says is that the user is gone: whatever holds any deletion may hold this one too,
        # the brake included.
        return replace(going_on(deletion, State.RECEIVED), next_attempt_at=now)
    return replace(going_on(deletion, State.RESOLVED), approved=True, next_attempt_at=now)


def _canceled(deletion: Deletion, observation: Canceled, now: datetime) -> Deletion:
    if deletion.state is State.SUPERSEDED:
        # A person has looked at it. What it has found stays so: the user had left.
        return replace(going_on(deletion, State.CANCELED), resume=State.SUPERSEDED)
    # A `no_customer` looks again, and must not find the customer of a user who was restored.
    looks_up = deletion.stage.about.action is Action.RESOLVE
    early = looks_up or deletion.stage is State.RESOLVED
    # One that is held has just been seen alive, whatever was sent before.
    sent = deletion.delete_sent_at is not None and deletion.state is not State.HELD
    if not early or sent:
        raise IllegalTransition(deletion, observation)
    return replace(going_on(deletion, State.CANCELED), ended_at=now, next_attempt_at=None)
