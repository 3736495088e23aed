"""Which of what the app says counts: in whatever order it comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.profiles.profile import Change, Profile

T0 = datetime(2026, 10, 1, 12, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return T0 + timedelta(seconds=seconds)


def after(*changes: Change) -> Profile:
    profile = Profile()
    for change in changes:
        profile = profile.after(change)
    return profile


TEXTS = st.sampled_from(["a", "b", "c"]) | st.none()
CHANGES = st.lists(
    st.builds(Change, at=st.integers(0, 20).map(at), email=TEXTS, name=TEXTS, is_new=st.booleans()),
    max_size=6,
    # Of two of one moment it is the order that decides.
    unique_by=lambda change: change.at,
)


@given(changes=CHANGES, data=st.data())
def test_any_order_leaves_the_same(changes: list[Change], data: st.DataObject) -> None:
    order = data.draw(st.permutations(changes))
    again = data.draw(st.lists(st.sampled_from(changes), max_size=3)) if changes else []
    assert after(*order, *again) == after(*changes)
    for field in ("email", "name"):
        said = [it for it in changes if getattr(it, field) is not None]
        newest = max(said, key=lambda it: it.at, default=None)
        expected = None if newest is None else getattr(newest, field)
        assert getattr(after(*order), field) == expected


@given(changes=CHANGES, left=st.integers(0, 20).map(at), place=st.integers(0, 6))
def test_a_deletion_leaves_what_was_said_later_whenever_it_opens(
    changes: list[Change], left: datetime, place: int
) -> None:
    """What comes late and is older is not taken at all: the deletion is known by then."""
    before, later = changes[:place], [it for it in changes[place:] if it.at > left]
    profile = after(*before).without(left)
    for change in later:
        profile = profile.after(change)
    assert profile == after(*(it for it in changes if it.at > left))


@given(changes=CHANGES, more=CHANGES)
def test_what_is_said_while_it_is_carried_is_left_to_carry(
    changes: list[Change], more: list[Change]
) -> None:
    sent = after(*changes)
    now = sent
    for change in more:
        now = now.after(change)
    rest = now.carried(sent)
    assert rest.newest_at == now.newest_at
    assert (rest.email is None) == ((now.email, now.email_at) == (sent.email, sent.email_at)) or (
        now.email is None
    )
    assert sent.carried(sent).is_empty
    assert now == sent or not rest.is_empty or now.carried(now) == rest


def test_of_two_of_one_moment_the_later_one_counts() -> None:
    assert after(Change(at=T0, email="a"), Change(at=T0, email="b")).email == "b"


def test_a_customer_who_is_there_gets_what_was_said_after_the_user_was_created() -> None:
    created = Change(at=at(5), email="a", name="Ann", is_new=True)
    assert after(created).updates == {}
    assert after(created, Change(at=at(6), email="b")).updates == {"email": "b"}
    assert after(Change(at=at(4), name="Old"), created).updates == {}
    assert after(Change(at=at(4), name="Ann")).updates == {"name": "Ann"}


def test_only_what_differs_is_changed() -> None:
    profile = after(Change(at=T0, email="Ann@Example.com", name="Ann"))
    assert profile.differing("ann@example.com", "Ann") == {}
    assert profile.differing(None, None) == {"email": "Ann@Example.com", "name": "Ann"}
    assert profile.differing("ann@example.com", "ann") == {"name": "Ann"}
    assert after(Change(at=T0, name="Ann")).differing("x@example.com", "Bob") == {"name": "Ann"}


def test_nothing_is_known_of_somebody_of_whom_nothing_was_said() -> None:
    assert (Profile().newest_at, Profile().is_empty) == (None, True)
