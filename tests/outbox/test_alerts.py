"""What operators are told, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync.outbox.alerts import QUIET, REMINDER, Concern, Told, after, from_text, is_due, to_text

NOW = datetime(2026, 11, 27, tzinfo=UTC)
A_WHILE = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("number", "mark", "ago", "due"),
    [
        (3, "a", A_WHILE, False),
        # More of them, but not yet again.
        (4, "b", A_WHILE, False),
        (4, "b", QUIET, True),
        # As many, and others.
        (3, "b", QUIET, True),
        # Fewer: somebody is at it.
        (2, "b", QUIET, False),
        (3, "a", QUIET, False),
        (3, "a", REMINDER, True),
        (1, "b", REMINDER, True),
        # By a clock that was wrong.
        (3, "a", -A_WHILE, True),
    ],
)
def test_when_it_is_told_again(number: int, mark: str, ago: timedelta, due: bool) -> None:
    assert is_due(Concern(number, mark, ""), Told(NOW - ago, 3, "a"), NOW) is due


def test_what_nobody_waits_for_is_told_once() -> None:
    told = Told(NOW - REMINDER, 3, "a")
    assert not is_due(Concern(3, "a", "", is_repeated=False), told, NOW)
    assert is_due(Concern(4, "b", "", is_repeated=False), told, NOW)


def test_what_is_new_is_told_at_once_and_what_is_over_is_forgotten() -> None:
    held, dead = Concern(1, "7", "1 is held"), Concern(2, "9", "2 are dead")
    told = {"held": Told(NOW - A_WHILE, 1, "7"), "blocked": Told(NOW - A_WHILE, 5, "x")}
    due, then = after({"held": held, "dead": dead}, told, NOW)
    assert due == [dead]
    assert then == {"held": told["held"], "dead": Told(NOW, 2, "9")}
    again, _ = after({"blocked": Concern(5, "x", "")}, then, NOW + A_WHILE)
    assert len(again) == 1


def test_it_is_stored() -> None:
    told = {"held": Told(NOW, 1, "7")}
    assert from_text(to_text(told)) == told
    assert from_text(None) == {}
