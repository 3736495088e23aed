"""A small Polar in memory, and what is true of every deletion."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from sync.deletions.deletion import Deletion, Policy, next_action
from sync.deletions.observations import (
    Checked,
    Failed,
    FailureKind,
    GrantFact,
    SubscriptionFact,
)
from sync.deletions.states import ENDED, NEEDS_A_PERSON, State

POLICY = Policy()
T0 = datetime(2026, 10, 1, 12, tzinfo=UTC)
BLOCKED = Failed(kind=FailureKind.BLOCKED, reason="401: the token is not valid")
TRANSIENT = Failed(kind=FailureKind.TRANSIENT, reason="no answer within 10 s")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def sound(deletion: Deletion) -> None:
    """What is true of every deletion, whatever has been observed."""
    state = deletion.state
    asleep = state in ENDED | {State.HELD, State.UNMAPPED, State.ANOTHER_DELETED}
    assert asleep or deletion.next_attempt_at is not None
    assert state not in NEEDS_A_PERSON or deletion.reason
    interrupted = {State.HELD, State.BLOCKED, State.ANOTHER_DELETED}
    seen = state is State.CANCELED and deletion.resume is State.SUPERSEDED
    assert (deletion.resume is not None) == (state in interrupted or seen)
    assert deletion.resume not in interrupted
    assert (deletion.ended_at is not None) == (deletion.stage in ENDED)
    pinned = deletion.customer_id is not None
    assert pinned == (deletion.pinned_at is not None) == (deletion.customer_created_at is not None)
    if deletion.customer_created_at is not None:
        assert deletion.customer_created_at <= deletion.event_at + POLICY.clock_skew
    if deletion.stage is State.DELETING:
        assert pinned
    if deletion.stage is State.DELETING:
        assert deletion.delete_sent_at is not None
    if state is State.DELETING and deletion.on_its_way_until is not None:
        assert deletion.next_attempt_at is not None
        assert deletion.next_attempt_at >= deletion.on_its_way_until
    if deletion.stage in {State.DELETED, State.VERIFIED, State.INCOMPLETE}:
        assert deletion.deleted_at is not None
    if state is State.CANCELED and deletion.active_since is None and deletion.others is None:
        assert deletion.delete_sent_at is None
    if state in {State.CANCELED, State.SUPERSEDED, State.VERIFIED}:
        assert next_action(deletion) is None


# --- a small Polar -------------------------------------------------------------------------


@dataclass
class Subscription:
    id: str
    status: str
    since: datetime
    version: int
    ended: bool = False


@dataclass
class Customer:
    id: str
    external_id: str
    created_at: datetime
    deleted_at: datetime | None = None
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    grants: dict[str, tuple[int, bool]] = field(default_factory=dict)

    @property
    def open(self) -> list[str]:
        left = [item.id for item in self.subscriptions.values() if not item.ended]
        return left + [name for name, (_, granted) in self.grants.items() if granted]

    @property
    def state(self) -> int:
        """What `customer.state_changed` lists."""
        listed = [s for s in self.subscriptions.values() if s.status in {"active", "trialing"}]
        return len(listed) + sum(granted for _, granted in self.grants.values())


@dataclass(frozen=True)
class Webhook:
    """What Polar said at one moment about a customer and one or all of its things."""

    customer: str
    version: int
    deleted_at: datetime | None
    created_at: datetime
    external_id: str
    final_state: int | None = None
    subscription: Subscription | None = None
    grant: tuple[str, bool] | None = None


@dataclass
class Mirror:
    """What the bridge has been told. How rows merge is tested elsewhere."""

    subscriptions: dict[str, tuple[str, Subscription]] = field(default_factory=dict)
    grants: dict[str, tuple[str, int, bool]] = field(default_factory=dict)
    tombstones: dict[str, Webhook] = field(default_factory=dict)
    final: dict[str, tuple[int, int]] = field(default_factory=dict)

    def subscription(self, customer: str, seen: Subscription) -> None:
        known = self.subscriptions.get(seen.id)
        if known is None or known[1].version <= seen.version:
            ended = seen.ended or (known is not None and known[1].ended)
            self.subscriptions[seen.id] = (customer, replace(seen, ended=ended))

    def grant(self, customer: str, name: str, version: int, granted: bool) -> None:
        known = self.grants.get(name)
        if known is None or known[1] <= version:
            self.grants[name] = (customer, version, granted)

    def apply(self, seen: Webhook) -> None:
        if seen.deleted_at is not None:
            self.tombstones[seen.customer] = seen
        if seen.subscription is not None:
            self.subscription(seen.customer, seen.subscription)
        if seen.grant is not None:
            self.grant(seen.customer, seen.grant[0], seen.version, seen.grant[1])
        if seen.final_state is not None:
            state = (seen.version, seen.final_state)
            self.final[seen.customer] = max(self.final.get(seen.customer, state), state)

    def checked(self, customer: str, listed_at: datetime | None = None) -> Checked:
        return Checked(
            subscriptions=[
                SubscriptionFact(id=seen.id, status=seen.status, ended=seen.ended)
                for owner, seen in self.subscriptions.values()
                if owner == customer
            ],
            grants=[
                GrantFact(id=name, is_granted=granted)
                for name, (owner, _, granted) in self.grants.items()
                if owner == customer
            ],
            final_state_open=self.final[customer][1] if customer in self.final else None,
            listed_at=listed_at,
        )


STATUSES = st.sampled_from(["trialing", "active", "past_due", "paused", "unpaid", "incomplete"])
