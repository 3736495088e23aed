"""What is done at Polar for what the app says of a user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.mirror.objects import API, Customer
from sync.polar.faults import Fault
from sync.profiles.profile import Change, Profile, ProfileStatus
from sync.provisioning.decision import (
    Create,
    End,
    Found,
    Known,
    Look,
    Mirrored,
    Nobody,
    Update,
    next_step,
    refused,
    taken,
    without_personal,
)

T0 = datetime(2026, 10, 1, 12, tzinfo=UTC)
ID = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"
OTHER = "7a3d2e1f-4054-4a6f-8b66-1e7e2a7d3c22"


def at(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


def customer(email: str | None = "a@example.com", name: str | None = "A") -> Customer:
    return Customer(
        id=ID,
        created_at=T0,
        version_at=T0,
        observed_at=T0,
        digest="",
        written_by=API,
        email=email,
        name=name,
    )


def profile(*changes: Change) -> Profile:
    known = Profile()
    for change in changes:
        known = known.after(change)
    return known


def step(known_of_user: Profile, known: Known, *, by_external_id: bool = True) -> object:
    return next_step(known_of_user, known, by_external_id=by_external_id)


CREATED = Change(at=at(1), email="b@example.com", name="B", is_new=True)
UPDATED = Change(at=at(2), email="c@example.com")


def test_a_new_user_gets_a_customer_where_there_is_none() -> None:
    for known in (Nobody(is_sure=True), Nobody(is_sure=False)):
        assert step(profile(CREATED), known) == Create("b@example.com", "B")
        assert step(profile(CREATED, UPDATED), known) == Create("c@example.com", "B")
    without = profile(Change(at=at(1), name="B", is_new=True))
    ended = step(without, Nobody(is_sure=True))
    assert isinstance(ended, End)
    assert (ended.status, "e-mail" in str(ended.reason)) == (ProfileStatus.IGNORED, True)


def test_one_who_is_known_by_polars_id_alone_gets_none() -> None:
    assert step(profile(CREATED), Nobody(is_sure=False), by_external_id=False) == Look()
    ended = step(profile(CREATED), Nobody(is_sure=True), by_external_id=False)
    assert isinstance(ended, End)
    assert ended.status is ProfileStatus.IGNORED


def test_who_is_there_is_left_as_it_is_once_polar_has_said_so() -> None:
    assert step(profile(CREATED), Mirrored(customer(), is_ours=False)) == Look()
    ended = step(profile(CREATED), Found(customer(), is_ours=False, is_team=False))
    assert isinstance(ended, End)
    assert (ended.status, ended.customer_id) == (ProfileStatus.IGNORED, ID)
    # What was said after that is a change like any other.
    assert step(profile(CREATED, UPDATED), Found(customer(), is_ours=False, is_team=False)) == (
        Update(ID, {"email": "c@example.com"})
    )


def test_one_that_the_bridge_has_made_is_done_with() -> None:
    for known in (
        Mirrored(customer(), is_ours=True),
        Found(customer(), is_ours=True, is_team=False),
    ):
        assert step(profile(CREATED), known) == End(ProfileStatus.SYNCED, None, ID)


def test_only_what_differs_is_changed_and_of_a_team_nothing() -> None:
    changed = profile(Change(at=at(1), email="A@example.com", name="New"))
    assert step(changed, Mirrored(customer(), is_ours=False)) == Look()
    assert step(changed, Found(customer(), is_ours=False, is_team=False)) == (
        Update(ID, {"name": "New"})
    )
    same = profile(Change(at=at(1), email="A@example.com", name="A"))
    assert step(same, Mirrored(customer(), is_ours=False)) == End(ProfileStatus.SYNCED, None, ID)
    team = step(changed, Found(customer(), is_ours=False, is_team=True))
    assert isinstance(team, End)
    assert (team.status, "is a team" in str(team.reason)) == (ProfileStatus.IGNORED, True)


def test_a_customer_who_is_another_users_too_is_left_alone() -> None:
    changed = profile(Change(at=at(1), name="New"))
    ended = step(changed, Found(customer(), is_ours=False, is_team=False, is_anothers=True))
    assert isinstance(ended, End)
    assert (ended.status, "another user's" in str(ended.reason)) == (ProfileStatus.IGNORED, True)


def test_nobody_is_made_for_an_update() -> None:
    assert step(profile(UPDATED), Nobody(is_sure=False)) == Look()
    ended = step(profile(UPDATED), Nobody(is_sure=True))
    assert isinstance(ended, End)
    assert ended.status is ProfileStatus.IGNORED


TEXTS = st.sampled_from(["a@example.com", "A@example.com", "b@example.com"])
CHANGES = st.lists(
    st.builds(
        Change,
        at=st.integers(0, 9).map(at),
        email=TEXTS | st.none(),
        name=st.sampled_from(["A", "B"]) | st.none(),
        is_new=st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(
    changes=CHANGES,
    there=st.builds(customer, email=TEXTS | st.none(), name=st.sampled_from(["A", "B", None]))
    | st.none(),
    mirrored=st.booleans(),
    is_sure=st.booleans(),
    is_team=st.booleans(),
    by_external_id=st.booleans(),
)
def test_it_always_ends_and_with_one_write_at_most(
    changes: list[Change],
    there: Customer | None,
    mirrored: bool,
    is_sure: bool,
    is_team: bool,
    by_external_id: bool,
) -> None:
    known_of_user = profile(*changes)
    asks_for_one = any(change.is_new for change in changes)
    found = Nobody(is_sure=True) if there is None else Found(there, False, is_team)
    known: Known = Nobody(is_sure and there is None)
    if there is not None and mirrored:
        known = Mirrored(there, is_ours=False)
    first = step(known_of_user, known, by_external_id=by_external_id)
    last = step(known_of_user, found, by_external_id=by_external_id) if first == Look() else first
    assert not isinstance(last, Look)
    if isinstance(last, Create):
        assert asks_for_one
        assert by_external_id
        # If somebody is there all the same, Polar says so.
        assert there is None or not mirrored
    if isinstance(last, Update):
        assert there is not None
        assert not is_team
        after = Found(
            customer(last.fields.get("email", there.email), last.fields.get("name", there.name)),
            False,
            is_team,
        )
        assert isinstance(step(known_of_user, after, by_external_id=by_external_id), End)


# --- what Polar refuses --------------------------------------------------------------------------

ANN = profile(Change(at=T0, email="ann.lake@Example.com", name="Ann (Lake)"))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("ANN.LAKE@example.com is not valid", "… is not valid"),
        ("The domain name example.com does not exist", "The domain name … does not exist"),
        ("no mailbox ann.lake there", "no mailbox … there"),
        ("no name like Ann (Lake)", "no name like …"),
        ("planned at example.community", "planned at example.community"),
    ],
)
def test_polars_words_repeat_nothing_personal(words: str, shown: str) -> None:
    assert without_personal(words, ANN) == shown
    assert without_personal(words, Profile()) == words


def test_a_short_local_part_is_a_word_like_any_other() -> None:
    short = profile(Change(at=T0, email="is@example.com"))
    assert without_personal("is@example.com is not valid", short) == "… is not valid"


def test_a_dead_letter_says_what_is_wrong_and_who_is_in_the_way() -> None:
    faults = [Fault("email", "ann.lake@example.com is bad", False), Fault("name", "too long", True)]
    assert taken(faults) == {"name"}
    ended = refused(faults, ANN, None)
    assert ended.status is ProfileStatus.DEAD
    assert ended.reason == "Polar refuses it: email: … is bad; name: too long"
    assert refused([], ANN, None).reason == "Polar refuses it: it names no field"
    other = refused(faults, ANN, OTHER)
    assert other.customer_id == OTHER
    assert f"customer {OTHER} has the e-mail already" in str(other.reason)
    assert len(str(refused([Fault("name", "x" * 9_999, False)], ANN, OTHER).reason)) <= 500
