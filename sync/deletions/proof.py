"""Whether all that a deletion must see end has ended, and what is known of the rest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sync.deletions.deletion import (
    CANCELED_BY_DELETION,
    REVOCABLE,
    Deletion,
    IllegalTransition,
    Policy,
    bounded,
    going_on,
)
from sync.deletions.observations import Checked, GrantFact, MembershipFact, SubscriptionFact
from sync.deletions.states import State


def ask_api(deletion: Deletion, checked: Checked, policy: Policy, now: datetime) -> bool:
    """Whether the API must be asked for what the webhooks have not proved.

    Whenever it is due: `verify_after` has passed since the deletion, or since it was asked last, or
    an operator says that something was fixed, and the webhook about it may have been lost.

    And once before that where no webhook will prove it: the mirror shows a subscription that Polar
    leaves as it is, or all that is known has ended but may not be all there is.
    """
    deletion = bounded(deletion, policy, now)
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
    deletion = bounded(deletion, policy, now)
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
    return revocable(deletion, checked, policy, now) if policy.revoke_survivors else []


def revocable(
    deletion: Deletion, checked: Checked, policy: Policy, now: datetime
) -> list[SubscriptionFact]:
    """The survivors that Polar lets one revoke."""
    left, _ = survivors(deletion, checked, policy, now)
    return [item for item in left if item.status in REVOCABLE]


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


def after_check(deletion: Deletion, checked: Checked, policy: Policy, now: datetime) -> Deletion:
    may_be = deletion.stage in {State.DELETED, State.INCOMPLETE, State.VERIFIED}
    if not may_be or deletion.deleted_at is None:
        raise IllegalTransition(deletion, checked)
    if deletion.state is State.VERIFIED:
        return _contradicted(deletion, checked, policy, now)
    listed_at = checked.listed_at or deletion.listed_at
    if _complete(deletion, checked, policy):
        return replace(
            going_on(deletion, State.VERIFIED),
            listed_at=listed_at,
            ended_at=now,
            next_attempt_at=None,
        )
    left_subscriptions, left_grants = survivors(deletion, checked, policy, now)
    by_api = listed_at is not None and listed_at >= deletion.deleted_at
    if not by_api:
        left_subscriptions, left_grants = [], []
    stuck = [item for item in checked.open_memberships if item.problem is not None]
    if left_subscriptions or left_grants or stuck:
        return _incomplete(deletion, left_subscriptions, left_grants, stuck, listed_at, policy, now)
    return replace(
        going_on(deletion, State.DELETED),
        listed_at=listed_at,
        next_attempt_at=_next_look(deletion.deleted_at, policy, now),
    )


def _incomplete(
    deletion: Deletion,
    subscriptions: Sequence[SubscriptionFact],
    grants: Sequence[GrantFact],
    memberships: Sequence[MembershipFact],
    listed_at: datetime | None,
    policy: Policy,
    now: datetime,
) -> Deletion:
    names = [f"subscription {item.id} ({item.status})" for item in subscriptions]
    names += [f"benefit grant {item.id}" for item in grants]
    names += [
        f"member {item.member_id} of customer {item.customer_id} ({item.problem})"
        for item in memberships
    ]
    gone = deletion.customer_id is not None
    what = "the customer is gone, but these are not" if gone else "these have not ended"
    how = "end them at Polar, then `polar-sync retry`"
    if any(item.status == "unpaid" for item in subscriptions):
        how += "; no request ends an unpaid one: use Polar's dashboard, or ask Polar's support"
    return replace(
        going_on(deletion, State.INCOMPLETE),
        listed_at=listed_at,
        ended_at=None,
        reason=f"{what}: {', '.join(names)}; {how}",
        next_attempt_at=now + policy.survivor_after,
    )


def _contradicted(deletion: Deletion, checked: Checked, policy: Policy, now: datetime) -> Deletion:
    """A listing can show that something outlived the proof; a webhook alone cannot."""
    left = checked.open_subscriptions, checked.open_grants
    if checked.listed_at is None or not any(left):
        return deletion
    return _incomplete(deletion, *left, (), checked.listed_at, policy, now)


def _listed_after(deletion: Deletion) -> bool:
    """Whether the API has been asked since the customer is gone."""
    listed_at, deleted_at = deletion.listed_at, deletion.deleted_at
    return listed_at is not None and deleted_at is not None and listed_at >= deleted_at


def _next_look(deleted_at: datetime, policy: Policy, now: datetime) -> datetime:
    """When to ask the API: once `verify_after` has passed, and again as long after each time."""
    first = deleted_at + policy.verify_after
    return first if now < first else now + policy.verify_after
