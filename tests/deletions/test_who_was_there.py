"""Who is taken for the deleted user, over all histories of an event and the sign-ups around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import event, example, given
from hypothesis import strategies as st

from sync.deletions.deletion import Deletion, IllegalTransition, next_action
from sync.deletions.machine import observe
from sync.deletions.observations import (
    Canceled,
    CustomerFound,
    CustomerMissing,
    Observation,
    Retried,
    Tombstone,
)
from sync.deletions.states import Action, State
from tests.helpers.small_polar import BLOCKED, POLICY, T0, TRANSIENT, sound

SKEW = POLICY.clock_skew.total_seconds()
OFF = st.floats(-SKEW, SKEW)
STEPS = st.sampled_from(
    [*["look"] * 4, *["sign up"] * 3, "leave", "retry", "fail", "block", "restore"]
)


@dataclass
class History:
    """One user's event, and what happens at Polar under their external id meanwhile."""

    ahead: timedelta
    """How far Polar's clock is ahead of the bridge's."""
    deletion: Deletion
    now: datetime = T0
    customers: list[Customer] = field(default_factory=list)
    answered_nobody: bool = False
    restored: bool = False

    @property
    def living(self) -> Customer | None:
        return next((it for it in self.customers if it.deleted_at is None), None)

    def take(self, step: str) -> None:
        match step:
            case "sign up" if self.living is None:
                came_back = self.answered_nobody
                made_at = self.now + self.ahead
                self.customers.append(Customer(f"c{len(self.customers)}", made_at, came_back))
            case "leave" if self.living is not None:
                self.living.deleted_at = self.now + self.ahead
            case "look" if next_action(self.deletion) is Action.RESOLVE:
                self.look()
            case "retry":
                self.record(Retried())
            case "fail":
                self.record(TRANSIENT)
            case "block":
                self.record(BLOCKED)
            case "restore":
                self.record(Canceled())
                self.restored |= self.deletion.state is State.CANCELED

    def look(self) -> None:
        living = self.living
        if living is not None:
            at = living.created_at
            self.record(CustomerFound(customer_id=living.id, created_at=at, listed_at=self.now))
            return
        tombstones = [
            Tombstone(customer_id=it.id, created_at=it.created_at, deleted_at=it.deleted_at)
            for it in self.customers
            if it.deleted_at is not None
        ]
        self.record(CustomerMissing(next(reversed(tombstones), None), asked_at=self.now))
        self.answered_nobody |= self.deletion.state is State.NO_CUSTOMER

    def record(self, observation: Observation) -> None:
        try:
            self.deletion = observe(self.deletion, observation, POLICY, self.now)
        except IllegalTransition:
            return
        sound(self.deletion)


@dataclass
class Customer:
    id: str
    created_at: datetime
    """By Polar's clock."""
    came_back: bool
    """Polar had answered before that it has nobody."""
    deleted_at: datetime | None = None


@given(
    polar_ahead=OFF,
    app_behind=st.floats(0, SKEW),
    steps=st.lists(st.tuples(STEPS, st.floats(0, 20)), max_size=14),
)
@example(0, 0, [("look", 1), ("sign up", 1), ("look", 1)])
@example(-SKEW, 0, [("look", 1), ("sign up", 1), ("retry", 1), ("look", 1)])
@example(0, 0, [("look", 1), ("sign up", 1), ("leave", 1), ("look", 1)])
def test_who_signed_up_after_nobody_was_there_is_never_taken(
    polar_ahead: float, app_behind: float, steps: list[tuple[str, float]]
) -> None:
    # The event came at T0 by the bridge's clock, and no event is taken to be from after it came.
    event_at = T0 - timedelta(seconds=app_behind)
    received = Deletion(state=State.RECEIVED, event_at=event_at, next_attempt_at=T0)
    history = History(ahead=timedelta(seconds=polar_ahead), deletion=received)
    for step, passed in steps:
        history.now += timedelta(seconds=passed)
        before = history.deletion
        history.take(step)
        taken = {it.id: it for it in history.customers}.get(history.deletion.customer_id or "")
        assert taken is None or not taken.came_back
        assert not history.restored or history.deletion.state is State.CANCELED
        if before.nobody_at is not None:
            assert history.deletion.nobody_at == before.nobody_at
    event(f"{history.deletion.state}, nobody answered: {history.answered_nobody}")


@given(behind=st.floats(0, SKEW / 2), ahead=st.floats(0, SKEW / 2))
def test_who_was_there_is_taken_although_the_clocks_differ(behind: float, ahead: float) -> None:
    event_at = T0 - timedelta(seconds=behind)
    received = Deletion(state=State.RECEIVED, event_at=event_at, next_attempt_at=T0)
    created_at = T0 + timedelta(seconds=ahead)
    found = CustomerFound(customer_id="c", created_at=created_at, listed_at=T0)
    assert observe(received, found, POLICY, T0).state is State.RESOLVED
