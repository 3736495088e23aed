"""The states as data: what is derived from them."""

from __future__ import annotations

import json

import pytest

from sync.deletions.deletion import Deletion, next_action
from sync.deletions.states import (
    ENDED,
    GOES_FIRST,
    NEEDS_A_PERSON,
    OPEN,
    OVER,
    REMOVABLE,
    UNPINNED,
    Action,
    State,
)
from sync.deletions.tables import REMOVABLE_DELETIONS
from tests.helpers.small_polar import T0


def test_the_named_sets() -> None:
    assert {State.VERIFIED, State.NO_CUSTOMER, State.SUPERSEDED, State.CANCELED} == ENDED
    assert set(State) - ENDED == OPEN
    assert ENDED - {State.NO_CUSTOMER} == OVER
    assert {State.RECEIVED, State.UNMAPPED} == UNPINNED
    assert {
        State.HELD,
        State.UNMAPPED,
        State.BLOCKED,
        State.INCOMPLETE,
        State.SUPERSEDED,
        State.ANOTHER_DELETED,
    } == NEEDS_A_PERSON
    assert {State.RESOLVED, State.DELETING, State.HELD, State.BLOCKED} == GOES_FIRST


def test_what_the_partial_index_covers_is_what_is_removable() -> None:
    listed = str(REMOVABLE_DELETIONS).partition("(")[2].rstrip(")").replace("'", "").split(", ")
    assert {State(value) for value in listed} == REMOVABLE


@pytest.mark.parametrize("state", State)
def test_a_state_is_its_value(state: State) -> None:
    assert State(state.value) is state
    assert f"{state}" == state.value
    assert json.dumps(state) == f'"{state.value}"'


@pytest.mark.parametrize("interrupted", [State.RECEIVED, State.RESOLVED, State.DELETED])
def test_what_is_blocked_goes_on_where_it_was_and_what_is_held_does_not(interrupted: State) -> None:
    blocked = Deletion(state=State.BLOCKED, resume=interrupted, event_at=T0)
    assert next_action(blocked) is interrupted.about.action
    held = Deletion(state=State.HELD, resume=State.RESOLVED, event_at=T0)
    assert next_action(held) is None
    assert State.RESOLVED.about.action is Action.DELETE
