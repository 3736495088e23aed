"""The deletion's state machine, by examples and for any observation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.deletions.deletion import (
    Deletion,
    IllegalTransition,
    Policy,
    bounded,
    next_action,
    subscribed_anew,
)
from sync.deletions.machine import backoff, delete_by, observe, pin_is_fresh
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
    MembershipFound,
    NoCustomerToDelete,
    Observation,
    OrphanFound,
    Retried,
    ScrubBegun,
    SubscribedAnew,
    SubscriptionFact,
    TeamFound,
    Tombstone,
    Unmapped,
)
from sync.deletions.proof import ask_api, survivors, to_revoke
from sync.deletions.states import Action, State
from tests.helpers.small_polar import BLOCKED, POLICY, STATUSES, T0, TRANSIENT, at, sound

# --- any observation in any state ----------------------------------------------------------

ORPHAN = OrphanFound(customer_id="cus")
MOMENTS = st.integers(-100, 8 * 86_400).map(at)
OBSERVATIONS: st.SearchStrategy[Observation] = st.one_of(
    st.sampled_from([Unmapped(), CustomerMissing(), DeleteSent(), DeleteAnswered()]),
    st.builds(DeleteSent, by=st.just(DeleteBy.EXTERNAL_ID), read_at=st.none() | MOMENTS),
    st.sampled_from([AnotherDeleted(customer_id="other"), ScrubBegun(), ORPHAN]),
    st.sampled_from([TeamFound(others=2, subscriptions=["s"]), HandedOver(memberships=1)]),
    st.builds(lambda moment: SubscribedAnew(made_at={"s": moment}), MOMENTS),
    st.sampled_from([CustomerMissing(asked_at=T0), CustomerMissing(asked_at=T0, memberships=1)]),
    st.sampled_from([NoCustomerToDelete(), MembershipEnded(left=0), MembershipEnded(left=1)]),
    st.sampled_from([CustomerMissing(memberships=1), MembershipFound()]),
    st.sampled_from([CustomerGone(), Retried(), Approved(), Canceled(), Brake(sent=3, limit=3)]),
    st.builds(
        CustomerFound,
        customer_id=st.just("cus"),
        created_at=MOMENTS,
        listed_at=MOMENTS,
        follows_earlier=st.booleans(),
        by_external_id=st.booleans(),
        by_customer_id=st.booleans(),
        memberships=st.integers(0, 1),
    ),
    st.builds(
        lambda created, deleted: CustomerMissing(
            Tombstone(customer_id="cus", created_at=created, deleted_at=deleted)
        ),
        MOMENTS,
        MOMENTS,
    ),
    st.builds(
        Failed,
        kind=st.sampled_from(FailureKind),
        reason=st.just("no"),
        retry_after=st.integers(0, 100).map(lambda seconds: timedelta(seconds=seconds)),
        jitter=st.floats(0, 1),
        answered=st.booleans(),
    ),
    st.builds(
        Checked,
        subscriptions=st.lists(
            st.builds(SubscriptionFact, id=st.just("s"), status=STATUSES, ended=st.booleans()),
            max_size=2,
        ),
        grants=st.lists(
            st.builds(GrantFact, id=st.just("g"), is_granted=st.booleans()), max_size=1
        ),
        memberships=st.lists(
            st.builds(
                MembershipFact,
                member_id=st.just("m"),
                customer_id=st.just("team"),
                ended=st.booleans(),
                problem=st.none() | st.just("its only owner"),
            ),
            max_size=1,
        ),
        final_state_open=st.none() | st.integers(0, 1),
        listed_at=st.none() | MOMENTS,
    ),
)


@given(st.lists(st.tuples(OBSERVATIONS, st.integers(0, 90_000)), max_size=12))
def test_no_observation_breaks_a_deletion(history: list[tuple[Observation, int]]) -> None:
    deletion, seconds = received(), 0
    for observation, passed in history:
        seconds += passed
        before = deletion
        try:
            deletion = observe(deletion, observation, POLICY, at(seconds))
        except IllegalTransition:
            assert deletion is before
        sound(deletion)
        if isinstance(observation, Failed) and deletion is not before:
            assert deletion.stage is before.stage
        if before.state is State.ANOTHER_DELETED and not isinstance(observation, Approved):
            assert deletion.state is State.ANOTHER_DELETED
        if before.sent_by_external_id_at is not None:
            assert deletion.sent_by_external_id_at == before.sent_by_external_id_at
        if before.is_unconfirmed and not isinstance(observation, Approved | Canceled):
            # What else becomes known of the user is counted, and no more.
            assert deletion == replace(before, memberships_left=deletion.memberships_left)
        if before.state is State.CANCELED:
            assert deletion is before
        if before.state is State.SUPERSEDED and not isinstance(observation, Canceled):
            assert deletion is before
        if before.state is State.VERIFIED and deletion is not before:
            assert isinstance(observation, Checked | AnotherDeleted | MembershipFound)
            if isinstance(observation, Checked):
                assert observation.listed_at is not None
                assert deletion.state is State.INCOMPLETE
        if before.customer_id is not None and not isinstance(observation, HandedOver):
            assert deletion.customer_id == before.customer_id


# --- examples: the states ------------------------------------------------------------------


def received() -> Deletion:
    return Deletion(state=State.RECEIVED, event_at=T0, next_attempt_at=T0)


def found(created: float = -3_600, **fields: Any) -> CustomerFound:
    return CustomerFound(customer_id="cus", created_at=at(created), listed_at=at(1), **fields)


def subscription(status: str, *, ended: bool = False) -> SubscriptionFact:
    return SubscriptionFact(id=f"sub-{status}", status=status, ended=ended)


def checked(*subscriptions: SubscriptionFact, **fields: Any) -> Checked:
    return Checked(**{"subscriptions": subscriptions, "grants": (), **fields})


def after(
    *observations: Observation, start: Deletion | None = None, policy: Policy = POLICY
) -> Deletion:
    """Each observation a second after the one before."""
    deletion = start or received()
    known = (deletion.listed_at, deletion.delete_sent_at, deletion.deleted_at, deletion.ended_at)
    begin = max((moment for moment in known if moment is not None), default=T0)
    for second, observation in enumerate(observations, 1):
        deletion = observe(deletion, observation, policy, begin + timedelta(seconds=second))
    return deletion


PATHS: dict[State, tuple[Observation, ...]] = {
    State.RECEIVED: (),
    State.RESOLVED: (found(),),
    State.DELETING: (found(), DeleteSent()),
    State.DELETED: (found(), DeleteSent(), DeleteAnswered()),
    State.VERIFIED: (found(), DeleteSent(), DeleteAnswered(), checked(listed_at=at(4))),
    State.NO_CUSTOMER: (CustomerMissing(),),
    State.SUPERSEDED: (found(3_600),),
    State.CANCELED: (Canceled(),),
    State.HELD: (found(), Brake(sent=5, limit=5)),
    State.UNMAPPED: (Unmapped(),),
    State.BLOCKED: (found(), DeleteSent(), BLOCKED),
    State.INCOMPLETE: (
        *(found(), DeleteSent(), DeleteAnswered()),
        checked(subscription("paused"), listed_at=at(4)),
    ),
    State.ANOTHER_DELETED: (
        *(found(by_external_id=True), DeleteSent(by=DeleteBy.EXTERNAL_ID)),
        AnotherDeleted(customer_id="other"),
    ),
}
ACTIONS = {
    State.RECEIVED: Action.RESOLVE,
    State.UNMAPPED: Action.RESOLVE,
    State.NO_CUSTOMER: Action.RESOLVE,
    State.RESOLVED: Action.DELETE,
    State.DELETING: Action.DELETE,
    State.BLOCKED: Action.DELETE,
    State.DELETED: Action.CHECK,
    State.INCOMPLETE: Action.CHECK,
}


@pytest.mark.parametrize("state", State)
def test_every_state_is_reached_and_says_what_comes_next(state: State) -> None:
    deletion = after(*PATHS[state])
    assert deletion.state is state
    assert next_action(deletion) is ACTIONS.get(state)
    sound(deletion)


@pytest.mark.parametrize("state", State)
def test_a_cancel_is_taken_exactly_until_the_delete_leaves(state: State) -> None:
    deletion = after(*PATHS[state])
    in_time = {State.RECEIVED, State.UNMAPPED, State.RESOLVED, State.HELD, State.NO_CUSTOMER}
    if state in in_time:
        assert after(Canceled(), start=deletion).state is State.CANCELED
    elif state is not State.SUPERSEDED:
        with pytest.raises(IllegalTransition):
            after(Canceled(), start=deletion)


def test_a_superseded_one_that_a_person_has_seen_needs_nobody_any_more() -> None:
    superseded = after(found(3_600))
    seen = after(Canceled(), start=superseded)
    assert seen == replace(
        superseded, state=State.CANCELED, resume=State.SUPERSEDED, reason=None, attempts=0
    )
    with pytest.raises(IllegalTransition):
        after(Canceled(), start=seen)


@pytest.mark.parametrize(
    "state", sorted(set(State) - {State.RESOLVED, State.DELETING, State.BLOCKED})
)
def test_a_delete_leaves_from_nowhere_else(state: State) -> None:
    with pytest.raises(IllegalTransition):
        after(DeleteSent(), start=after(*PATHS[state]))


@pytest.mark.parametrize(
    ("state", "observation"),
    [
        (State.RESOLVED, ORPHAN),
        (State.HELD, ORPHAN),
        (State.RESOLVED, Unmapped()),
        (State.RESOLVED, found()),
        (State.RESOLVED, CustomerMissing()),
        (State.RECEIVED, Brake(sent=3, limit=3)),
        (State.RECEIVED, DeleteAnswered()),
        (State.CANCELED, CustomerGone()),
        (State.VERIFIED, TRANSIENT),
        (State.RESOLVED, checked()),
        (State.VERIFIED, Retried()),
        (State.RESOLVED, Approved()),
        (State.DELETING, AnotherDeleted(customer_id="other")),
        (State.ANOTHER_DELETED, Retried()),
    ],
)
def test_what_cannot_be_true_is_refused(state: State, observation: Observation) -> None:
    with pytest.raises(IllegalTransition):
        after(observation, start=after(*PATHS[state]))


def test_what_an_audit_has_found_waits_for_a_word_and_goes_on_like_any_other() -> None:
    held = after(ORPHAN)
    assert (held.state, held.is_unconfirmed, next_action(held)) == (State.HELD, True, None)
    assert "cus" in (held.reason or "")
    assert after(Canceled(), start=held).state is State.CANCELED
    going_on = after(Approved(), start=held)
    # The word is that the user is gone: no brake is released by it, and nothing else that holds.
    assert (going_on.state, going_on.approved) == (State.RECEIVED, False)
    assert going_on.is_unconfirmed is False
    assert after(found(), Brake(sent=5, limit=5), start=going_on).state is State.HELD
    for observation in (found(), CustomerMissing(), Unmapped(), Retried()):
        with pytest.raises(IllegalTransition):
            after(observation, start=held)


def test_illegal_observations_say_what_and_where() -> None:
    with pytest.raises(IllegalTransition, match=r"DeleteAnswered .* that is resolved"):
        after(found(), DeleteAnswered())


# --- examples: whose customer it is --------------------------------------------------------


@pytest.mark.parametrize(
    ("created", "follows_earlier", "state"),
    [
        (0, False, State.RESOLVED),
        (30, False, State.RESOLVED),
        (30.001, False, State.SUPERSEDED),
        (0, True, State.RESOLVED),
        (0.001, True, State.SUPERSEDED),
    ],
)
def test_a_customer_from_after_the_event_is_somebody_who_came_back(
    created: float, follows_earlier: bool, state: State
) -> None:
    deletion = after(found(created, follows_earlier=follows_earlier))
    assert deletion.state is state
    assert (deletion.customer_id is None) == (state is State.SUPERSEDED)


@pytest.mark.parametrize(("created", "state"), [(30, State.DELETED), (31, State.NO_CUSTOMER)])
def test_a_tombstone_is_checked_if_it_is_the_users(created: float, state: State) -> None:
    tombstone = Tombstone(customer_id="old", created_at=at(created), deleted_at=at(60))
    deletion = after(CustomerMissing(tombstone))
    assert deletion.state is state
    assert deletion.customer_id == ("old" if state is State.DELETED else None)


def test_no_customer_looks_once_more_and_no_further() -> None:
    deletion = after(CustomerMissing())
    assert deletion.next_attempt_at == at(1) + POLICY.recheck_after
    woken = observe(deletion, CustomerMissing(), POLICY, at(100))
    assert woken == deletion
    last = observe(deletion, CustomerMissing(), POLICY, at(1) + POLICY.recheck_after)
    assert (last.state, last.next_attempt_at) == (State.NO_CUSTOMER, None)


NOBODY = CustomerMissing(asked_at=at(1))


@pytest.mark.parametrize("between", [(), (TRANSIENT,), (BLOCKED,), (Retried(),), (NOBODY,)])
@pytest.mark.parametrize(
    ("created", "state"),
    [
        (-31, State.RESOLVED),
        (-29, State.SUPERSEDED),
        (0, State.SUPERSEDED),
        (10, State.SUPERSEDED),
    ],
)
def test_who_appears_after_nobody_was_there_is_somebody_new(
    between: tuple[Observation, ...], created: float, state: State
) -> None:
    deletion = after(NOBODY, *between, found(created))
    assert deletion.state is state
    if state is State.SUPERSEDED:
        assert "was not there" in (deletion.reason or "")
    tombstone = Tombstone(customer_id="old", created_at=at(created), deleted_at=at(60))
    missing = after(NOBODY, *between, CustomerMissing(tombstone, asked_at=at(90)))
    there = state is State.RESOLVED
    assert missing.stage is (State.DELETED if there else State.NO_CUSTOMER)


def test_a_customer_of_two_users_is_nobodys_until_a_person_has_looked() -> None:
    unmapped = after(Unmapped(anothers="cus"))
    assert unmapped.state is State.UNMAPPED
    for word in ("customer cus", "another user's", "retry"):
        assert word in (unmapped.reason or "")
    assert after(Retried(), found(), start=unmapped).state is State.RESOLVED


@pytest.mark.parametrize(
    ("state", "policy", "expected"),
    [
        (State.RECEIVED, Policy(delay=timedelta(days=2)), timedelta(days=2)),
        (State.RECEIVED, POLICY, timedelta(0)),
        (State.NO_CUSTOMER, POLICY, POLICY.recheck_after),
        (State.RESOLVED, POLICY, timedelta(0)),
        (State.DELETED, POLICY, timedelta(0)),
        (State.INCOMPLETE, POLICY, timedelta(0)),
    ],
)
def test_what_was_due_years_ahead_is_due_after_its_own_wait(
    state: State, policy: Policy, expected: timedelta
) -> None:
    ahead = after(*PATHS[state], policy=policy)
    ahead = replace(ahead, next_attempt_at=T0 + timedelta(days=3_650))
    now = at(60)
    assert bounded(ahead, policy, now).next_attempt_at == now + expected


def test_what_has_been_is_not_later_than_now() -> None:
    verified = after(*PATHS[State.VERIFIED])
    now = T0 - timedelta(days=3_650)
    past = bounded(verified, POLICY, now)
    assert past.listed_at is None
    assert past.delete_sent_at == past.deleted_at == past.ended_at == now
    assert bounded(verified, POLICY, at(60)) is verified


def test_a_delete_on_its_way_is_waited_for_whatever_the_clock_did() -> None:
    sent = after(*PINNED, BY_EXTERNAL_ID, TRANSIENT)
    now = T0 - timedelta(days=3_650)
    waiting = bounded(sent, POLICY, now)
    assert waiting.on_its_way_until == waiting.next_attempt_at == now + POLICY.on_its_way


def test_polars_own_id_is_never_somebody_elses() -> None:
    assert after(NOBODY, found(10, by_customer_id=True)).state is State.RESOLVED
    assert after(CustomerMissing(), found(10)).state is State.RESOLVED


ANEW = SubscribedAnew(made_at={"s1": at(60), "s2": at(90)})


def test_a_customer_who_subscribed_after_the_event_is_held() -> None:
    held = after(found(), ANEW)
    assert (held.state, held.resume) == (State.HELD, State.RESOLVED)
    for word in ("cus", "active since", "s1 of 2026-10-01T12:01:00", "s2", "approve", "cancel"):
        assert word in (held.reason or "")
    approved = after(Approved(), start=held)
    living = {"s1": at(60), "s2": at(90)}
    assert subscribed_anew(approved, living, POLICY) is None
    later = subscribed_anew(approved, living | {"s3": at(91)}, POLICY)
    assert later == SubscribedAnew(made_at={"s3": at(91)})
    assert after(later, start=approved).state is State.HELD


def test_a_subscription_from_before_the_event_is_no_reason_to_hold() -> None:
    living = {"old": at(-3_600), "within the tolerance": at(30)}
    assert subscribed_anew(after(found()), living, POLICY) is None


def test_a_customer_who_subscribed_while_polar_was_away_is_held_and_can_be_kept() -> None:
    held = after(found(), DeleteSent(), TRANSIENT, ANEW)
    assert held.state is State.HELD
    sound(after(Canceled(), start=held))
    again = after(Approved(), DeleteSent(), start=held)
    assert again.state is State.DELETING


def test_nothing_is_held_while_a_delete_may_still_be_on_its_way() -> None:
    sent = after(*PINNED, BY_EXTERNAL_ID, TRANSIENT)
    for seen in (ANEW, TEAM):
        with pytest.raises(IllegalTransition):
            after(seen, start=sent)
        assert observe(sent, seen, POLICY, at(60)).state is State.HELD


def test_what_holds_a_deletion_is_named_together() -> None:
    held = after(found(), TEAM, ANEW)
    assert held.state is State.HELD
    assert "2 other people" in (held.reason or "")
    assert "active since" in (held.reason or "")


def test_no_customer_whose_entry_was_removed_is_unmapped() -> None:
    deletion = after(CustomerMissing(), Unmapped())
    assert (deletion.state, deletion.ended_at) == (State.UNMAPPED, None)


# --- examples: what the DELETE names -------------------------------------------------------

PINNED = (found(by_external_id=True),)
BY_EXTERNAL_ID = DeleteSent(by=DeleteBy.EXTERNAL_ID)


def test_the_first_delete_is_by_external_id_and_every_other_by_the_customers() -> None:
    pinned = after(*PINNED)
    assert delete_by(pinned, POLICY) is DeleteBy.EXTERNAL_ID
    sent = after(BY_EXTERNAL_ID, start=pinned)
    assert delete_by(sent, POLICY) is DeleteBy.CUSTOMER_ID
    with pytest.raises(IllegalTransition):
        observe(sent, BY_EXTERNAL_ID, POLICY, at(2))


def test_an_id_that_no_path_carries_goes_by_the_customers_from_the_start() -> None:
    assert delete_by(after(found()), POLICY) is DeleteBy.CUSTOMER_ID
    with pytest.raises(IllegalTransition):
        after(found(), BY_EXTERNAL_ID)


def test_members_are_overwritten_once_the_customer_is_to_go() -> None:
    begun = after(*PINNED, ScrubBegun())
    assert (begun.state, begun.delete_sent_at) == (State.DELETING, at(2))
    assert after(BY_EXTERNAL_ID, start=begun).state is State.DELETING
    with pytest.raises(IllegalTransition):
        after(Canceled(), start=begun)
    with pytest.raises(IllegalTransition):
        after(ScrubBegun())


def test_no_delete_is_by_external_id_after_one_by_the_customers() -> None:
    with pytest.raises(IllegalTransition):
        after(*PINNED, DeleteSent(), BY_EXTERNAL_ID)


def test_a_deployment_can_choose_the_customers_id() -> None:
    policy = Policy(delete_by=DeleteBy.CUSTOMER_ID)
    assert delete_by(after(*PINNED), policy) is DeleteBy.CUSTOMER_ID
    with pytest.raises(IllegalTransition):
        after(*PINNED, BY_EXTERNAL_ID, policy=policy)


@pytest.mark.parametrize(("seconds", "fresh"), [(30, True), (30.001, False)])
def test_a_pin_is_fresh_for_half_a_minute_from_when_polar_was_asked(
    seconds: float, fresh: bool
) -> None:
    pinned = after(found(by_external_id=True, read_at=at(0)))
    assert pin_is_fresh(pinned, POLICY, at(seconds)) is fresh
    if not fresh:
        with pytest.raises(IllegalTransition):
            observe(pinned, BY_EXTERNAL_ID, POLICY, at(seconds))
        again = replace(BY_EXTERNAL_ID, read_at=at(seconds))
        assert observe(pinned, again, POLICY, at(seconds + 30)).state is State.DELETING


def test_a_delete_whose_answer_is_lost_is_waited_for_before_another_leaves() -> None:
    lost = after(*PINNED, BY_EXTERNAL_ID, TRANSIENT)
    until = at(2) + POLICY.on_its_way
    assert lost.next_attempt_at == until
    assert observe(lost, Retried(), POLICY, at(4)).next_attempt_at == until
    with pytest.raises(IllegalTransition):
        observe(lost, DeleteSent(), POLICY, until - timedelta(microseconds=1))
    assert observe(lost, DeleteSent(), POLICY, until).next_attempt_at == until


def test_nothing_is_waited_for_where_polar_says_that_it_did_nothing() -> None:
    refused = after(*PINNED, BY_EXTERNAL_ID, replace(TRANSIENT, answered=True))
    assert (refused.next_attempt_at or at(99)) < at(9)
    assert observe(refused, DeleteSent(), POLICY, at(9)).state is State.DELETING


@pytest.mark.parametrize("more", [(), (DeleteAnswered(),), (CustomerGone(),), (TRANSIENT,)])
def test_another_customers_end_is_for_a_person_whatever_else_is_learnt(
    more: tuple[Observation, ...],
) -> None:
    another = after(*more, start=after(*PATHS[State.ANOTHER_DELETED]))
    assert another.state is State.ANOTHER_DELETED
    assert "other" in (another.reason or "")
    proof = checked(listed_at=at(99))
    if another.stage is State.DELETED:
        another = observe(another, proof, POLICY, at(99))
        assert (another.state, another.stage) == (State.ANOTHER_DELETED, State.VERIFIED)
    approved = observe(another, Approved(), POLICY, at(100))
    assert approved.state is another.stage
    sound(approved)


def test_another_customers_end_is_seen_after_the_proof_as_well() -> None:
    verified = after(
        *(*PINNED, BY_EXTERNAL_ID, DeleteAnswered(), checked(listed_at=at(4))),
    )
    another = observe(verified, AnotherDeleted(customer_id="other"), POLICY, at(60))
    assert (another.state, next_action(another)) == (State.ANOTHER_DELETED, None)
    assert observe(another, Approved(), POLICY, at(61)) == verified


# --- examples: teams and memberships ---------------------------------------------------------

TEAM = TeamFound(others=2, subscriptions=["s1", "s2"])
MEMBER = MembershipFact(member_id="m1", customer_id="team", ended=False)


def test_a_team_is_held_and_the_reason_says_who_would_lose_what() -> None:
    held = after(found(), TEAM)
    assert (held.state, held.others) == (State.HELD, 2)
    for word in ("cus", "2 other people", "subscription s1", "subscription s2", "transfer"):
        assert word in (held.reason or "")
    approved = after(Approved(), start=held)
    assert approved.state is State.RESOLVED
    with pytest.raises(IllegalTransition):
        after(TEAM, start=approved)


def test_one_other_person_without_a_subscription_is_enough() -> None:
    reason = after(found(), TeamFound(others=1, subscriptions=())).reason or ""
    assert "1 other person" in reason
    assert "what they have" in reason


def test_a_team_that_was_handed_over_is_left_alone() -> None:
    handed = after(found(), TEAM, HandedOver(memberships=1))
    assert (handed.state, handed.customer_id, handed.others) == (State.RESOLVED, None, None)
    with pytest.raises(IllegalTransition):
        after(HandedOver(memberships=1), start=after(*PATHS[State.HELD]))


def test_memberships_alone_are_ended_and_verified() -> None:
    deletion = after(CustomerMissing(memberships=1))
    assert (deletion.state, next_action(deletion)) == (State.RESOLVED, Action.DELETE)
    begun = after(NoCustomerToDelete(), start=deletion)
    assert (begun.state, next_action(begun)) == (State.DELETED, Action.CHECK)
    assert not ask_api(begun, checked(memberships=[MEMBER]), POLICY, at(9_999))
    waiting = after(checked(memberships=[MEMBER]), start=begun)
    assert waiting.state is State.DELETED
    ended = after(MembershipEnded(left=0), start=waiting)
    assert ended.memberships_left == 0
    proof = checked(memberships=[replace(MEMBER, ended=True)])
    assert after(proof, start=ended).state is State.VERIFIED


def test_memberships_go_although_the_customer_is_newer_than_the_event() -> None:
    deletion = after(found(3_600, memberships=2))
    assert (deletion.state, deletion.customer_id) == (State.RESOLVED, None)


def test_memberships_are_ended_right_after_the_customer() -> None:
    gone = after(found(memberships=1), DeleteSent(), DeleteAnswered())
    assert gone.next_attempt_at == at(3)
    proof = checked(memberships=[MEMBER], listed_at=at(9))
    assert after(proof, start=gone).state is State.DELETED


def test_a_tombstone_and_memberships_are_one_deletion() -> None:
    tombstone = Tombstone(customer_id="old", created_at=at(0), deleted_at=at(60))
    deletion = after(CustomerMissing(tombstone, memberships=1))
    assert (deletion.state, deletion.memberships_left) == (State.DELETED, 1)


def test_a_membership_that_comes_to_light_opens_what_was_verified() -> None:
    again = after(MembershipFound(), start=after(*PATHS[State.VERIFIED]))
    assert (again.state, next_action(again)) == (State.INCOMPLETE, Action.CHECK)
    assert (again.memberships_left, again.next_attempt_at) == (1, at(5))
    more = observe(after(*PATHS[State.DELETED]), MembershipFound(), POLICY, at(4))
    assert (more.state, more.next_attempt_at) == (State.DELETED, at(4))
    early = after(MembershipFound(), start=after(*PATHS[State.DELETING]))
    assert (early.state, early.memberships_left) == (State.DELETING, 1)
    for state in (State.CANCELED, State.SUPERSEDED, State.NO_CUSTOMER):
        for observation in (MembershipFound(), MembershipEnded(left=0)):
            with pytest.raises(IllegalTransition):
                after(observation, start=after(*PATHS[state]))


def test_a_membership_that_polar_keeps_is_for_a_person() -> None:
    gone = after(found(memberships=1), DeleteSent(), DeleteAnswered())
    stuck = replace(MEMBER, problem="its only owner")
    incomplete = after(checked(memberships=[stuck]), start=gone)
    assert incomplete.state is State.INCOMPLETE
    assert "member m1 of customer team (its only owner)" in (incomplete.reason or "")


def test_nobody_was_found_and_the_reason_says_how_old_that_is() -> None:
    assert "never been listed" in (after(CustomerMissing()).reason or "")
    listed = after(CustomerMissing(members_listed_at=at(0)))
    assert "listed at 2026-10-01T12:00:00" in (listed.reason or "")


@pytest.mark.parametrize("observation", [TEAM, NoCustomerToDelete(), HandedOver(memberships=1)])
def test_what_belongs_to_a_pinned_deletion_is_refused_elsewhere(observation: Observation) -> None:
    with pytest.raises(IllegalTransition):
        after(observation)


# --- examples: the brake, and what fails ---------------------------------------------------


def test_the_brake_holds_until_an_operator_approves() -> None:
    held = after(found(), Brake(sent=5, limit=5))
    assert "5 deletions" in (held.reason or "")
    for observation in (DeleteSent(), TRANSIENT, Unmapped(), found()):
        with pytest.raises(IllegalTransition):
            after(observation, start=held)
    approved = after(Approved(), start=held)
    assert (approved.state, approved.approved, approved.reason) == (State.RESOLVED, True, None)


def test_a_held_deletion_sees_that_the_customer_went_without_it() -> None:
    assert after(CustomerGone(), start=after(*PATHS[State.HELD])).state is State.DELETED


def test_backoff_doubles_to_a_cap_and_is_half_random() -> None:
    waits = [backoff(attempts, 1.0, POLICY).total_seconds() for attempts in range(1, 14)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600]
    assert backoff(1, 0.0, POLICY) == timedelta(seconds=1)
    assert backoff(10**9, 1.0, POLICY) == POLICY.backoff_cap


def test_a_transient_failure_keeps_the_state_and_obeys_retry_after() -> None:
    deletion = after(found(), DeleteSent(), replace(TRANSIENT, retry_after=timedelta(minutes=5)))
    assert (deletion.state, deletion.attempts) == (State.DELETING, 1)
    assert deletion.next_attempt_at == at(3 + 300)
    assert observe(deletion, Retried(), POLICY, at(9)).next_attempt_at == at(9)
    assert after(DeleteSent(), DeleteAnswered(), start=deletion).attempts == 0


@pytest.mark.parametrize("state", [state for state in ACTIONS if state is not State.BLOCKED])
def test_blocked_goes_on_from_where_it_was(state: State) -> None:
    blocked = after(BLOCKED, TRANSIENT, BLOCKED, start=after(*PATHS[state]))
    assert (blocked.state, blocked.resume) == (State.BLOCKED, state)
    assert next_action(blocked) is ACTIONS[state]
    assert blocked.next_attempt_at is not None


# --- examples: proof -----------------------------------------------------------------------


def test_webhooks_alone_prove_it_with_polars_last_word() -> None:
    deletion = after(*PATHS[State.DELETED])
    proof = checked(subscription("canceled", ended=True), final_state_open=0)
    assert not ask_api(deletion, proof, POLICY, at(5))
    assert after(proof, start=deletion).state is State.VERIFIED
    for short in (replace(proof, final_state_open=None), replace(proof, final_state_open=1)):
        assert after(short, start=deletion).state is State.DELETED


def test_a_listing_from_long_before_the_delete_is_not_enough() -> None:
    held = after(found(), Brake(sent=5, limit=5))
    proof = checked(subscription("canceled", ended=True), final_state_open=0)
    day = 86_400
    approved = observe(held, Approved(), POLICY, at(day))
    sent = observe(approved, DeleteSent(), POLICY, at(day))
    deletion = observe(sent, DeleteAnswered(), POLICY, at(day + 1))
    assert ask_api(deletion, proof, POLICY, at(day + 2))
    waiting = observe(deletion, proof, POLICY, at(day + 2))
    assert waiting.state is State.DELETED
    asked = replace(proof, listed_at=at(day + 2))
    assert observe(waiting, asked, POLICY, at(day + 3)).state is State.VERIFIED


def test_the_place_in_the_queue_is_kept_while_a_customer_is_found() -> None:
    assert after(found()).next_attempt_at == received().next_attempt_at


def test_a_listing_can_contradict_what_was_verified() -> None:
    verified = after(*PATHS[State.VERIFIED])
    left = checked(subscription("paused"))
    assert after(left, start=verified) is verified
    assert after(checked(listed_at=at(9)), start=verified) is verified
    named = after(replace(left, listed_at=at(9)), start=verified)
    assert (named.state, named.ended_at) == (State.INCOMPLETE, None)
    assert "sub-paused (paused)" in (named.reason or "")


def test_a_pin_by_tombstone_needs_a_listing() -> None:
    tombstone = Tombstone(customer_id="old", created_at=at(-9), deleted_at=at(-1))
    deletion = after(CustomerMissing(tombstone))
    assert after(checked(), start=deletion).state is State.DELETED
    assert after(checked(listed_at=at(2)), start=deletion).state is State.VERIFIED


def test_a_grant_that_comes_late_stands_against_polars_last_word() -> None:
    deletion = after(*PATHS[State.DELETED])
    late = checked(grants=[GrantFact(id="g", is_granted=True)], final_state_open=0)
    waiting = after(late, start=deletion)
    assert (waiting.state, ask_api(waiting, late, POLICY, at(9))) == (State.DELETED, False)
    overdue = at(3) + POLICY.survivor_after
    named = observe(waiting, replace(late, listed_at=overdue), POLICY, overdue)
    assert named.state is State.INCOMPLETE
    assert "benefit grant g" in (named.reason or "")


def test_the_api_is_asked_when_the_webhooks_are_overdue() -> None:
    deletion = after(*PATHS[State.DELETED])
    waiting = checked(subscription("active"))
    due = at(3) + POLICY.verify_after
    assert deletion.next_attempt_at == due
    assert not ask_api(deletion, waiting, POLICY, due - timedelta(seconds=1))
    assert ask_api(deletion, waiting, POLICY, due)
    still = observe(deletion, replace(waiting, listed_at=due), POLICY, due)
    assert (still.state, still.next_attempt_at) == (State.DELETED, due + POLICY.verify_after)


def test_a_paused_survivor_is_asked_about_at_once_and_once() -> None:
    deletion = after(*PATHS[State.DELETED])
    paused = checked(subscription("paused"), subscription("active"))
    assert ask_api(deletion, paused, POLICY, at(4))
    named = after(replace(paused, listed_at=at(4)), start=deletion)
    assert named.state is State.INCOMPLETE
    assert "sub-paused (paused)" in (named.reason or "")
    assert "sub-active" not in (named.reason or "")
    assert not ask_api(named, paused, POLICY, at(5))


@pytest.mark.parametrize(
    "status", ["active", "trialing", "past_due", "paused", "unpaid", "incomplete"]
)
def test_survivors_are_what_polar_leaves_and_what_is_overdue(status: str) -> None:
    deletion, seen = after(*PATHS[State.DELETED]), checked(subscription(status))
    early = survivors(deletion, seen, POLICY, at(4))[0]
    assert bool(early) == (status in {"paused", "unpaid", "incomplete"})
    assert survivors(deletion, seen, POLICY, at(3) + POLICY.survivor_after)[0]
    revoking = replace(POLICY, revoke_survivors=True)
    assert to_revoke(deletion, seen, POLICY, at(4)) == []
    assert bool(to_revoke(deletion, seen, revoking, at(4))) == (status == "paused")


@pytest.mark.parametrize("status", ["paused", "unpaid"])
def test_the_reason_says_what_can_end_a_survivor(status: str) -> None:
    left = after(checked(subscription(status), listed_at=at(4)), start=after(*PATHS[State.DELETED]))
    assert ("ask Polar's support" in (left.reason or "")) == (status == "unpaid")


def test_an_incomplete_deletion_is_verified_once_the_survivor_is_ended() -> None:
    deletion = after(*PATHS[State.INCOMPLETE])
    ended = checked(subscription("paused", ended=True))
    assert after(ended, start=deletion).state is State.VERIFIED


def test_the_customer_gone_ends_the_doubt_about_a_delete() -> None:
    for path in (PATHS[State.DELETING], PATHS[State.RESOLVED], PATHS[State.BLOCKED]):
        assert after(CustomerGone(), start=after(*path)).state is State.DELETED
    deleted = after(*PATHS[State.DELETED])
    assert after(CustomerGone(), start=deleted) is deleted
    by_webhook = after(CustomerGone(), start=after(*PATHS[State.DELETING]))
    assert after(DeleteAnswered(), start=by_webhook) is by_webhook
    with pytest.raises(IllegalTransition):
        after(CustomerGone())


def test_the_checklist_is_evidence_of_ids_and_statuses() -> None:
    grant = GrantFact(id="g", is_granted=False)
    seen = checked(subscription("canceled", ended=True), grants=[grant])
    assert seen.checklist == {
        "by": "webhooks",
        "subscriptions": [{"id": "sub-canceled", "status": "canceled", "ended": True}],
        "benefit_grants": [{"id": "g", "is_granted": False}],
    }
    assert checked(listed_at=at(1)).checklist["by"] == "api"
