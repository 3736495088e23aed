"""What deletions mean for what else the app says of their user."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.deletions.deletion import Deletion
from sync.deletions.precedence import standing
from sync.deletions.states import State
from tests.helpers.small_polar import at

NOW = at(100)


def deletion(state: State, resume: State | None = None) -> Deletion:
    return Deletion(state=state, resume=resume, event_at=at(0))


FIRST = {
    State.RECEIVED,
    State.UNMAPPED,
    State.RESOLVED,
    State.DELETING,
}


@pytest.mark.parametrize("state", sorted(set(State) - {State.HELD, State.BLOCKED}))
def test_which_go_first(state: State) -> None:
    interrupted = State.DELETED if state is State.ANOTHER_DELETED else None
    one = deletion(state, interrupted)
    stands = standing([one], [], NOW, removed_until=None)
    assert stands.has_to_wait == (state in FIRST)
    assert stands == standing([one], [one], NOW, removed_until=None)
    assert standing([], [one], NOW, removed_until=None).has_to_wait == (state in FIRST)
    # A DELETE on its way may meet whoever is made now.
    late = replace(one, on_its_way_until=at(101))
    assert standing([late], [], NOW, removed_until=None).has_to_wait
    arrived = replace(one, on_its_way_until=at(99))
    assert standing([arrived], [], NOW, removed_until=None) == stands


@pytest.mark.parametrize("state", [State.HELD, State.BLOCKED])
@pytest.mark.parametrize(("resume", "first"), [(State.RESOLVED, True), (State.DELETED, False)])
def test_what_was_interrupted_counts_as_what_it_was(
    state: State, resume: State, first: bool
) -> None:
    assert standing([deletion(state, resume)], [], NOW, removed_until=None).has_to_wait == first


def test_what_an_audit_has_opened_waits_for_a_word() -> None:
    stands = standing([deletion(State.HELD, State.RECEIVED)], [], NOW, removed_until=None)
    assert (stands.left_at, stands.has_to_wait) == (None, True)


def test_what_was_said_before_counts_no_more() -> None:
    left = standing(
        [deletion(State.VERIFIED), replace(deletion(State.CANCELED), event_at=at(50))],
        [replace(deletion(State.VERIFIED), event_at=at(60))],
        NOW,
        removed_until=None,
    )
    assert left.left_at == at(0)
    # That a person has seen it changes nothing about who has left.
    seen = replace(deletion(State.CANCELED, State.SUPERSEDED), event_at=at(50))
    assert standing([seen], [], NOW, removed_until=None).left_at == at(50)
    assert left.is_overtaken(at(0))
    assert not left.is_overtaken(at(1))
    nobody = standing([], [], NOW, removed_until=None)
    assert not nobody.is_overtaken(at(0))
    removed = standing([deletion(State.VERIFIED)], [], NOW, removed_until=at(9))
    assert removed.is_overtaken(at(9))
