"""What goes by itself, and what is held for a person."""

from __future__ import annotations

import pytest

from sync.deletions.brake import Allowed, allowed, by_default


@pytest.mark.parametrize(
    ("setting", "customers", "expected"),
    [
        (None, 0, Allowed(100, None)),
        (None, 199, Allowed(100, None)),
        (None, 200, Allowed(100, 10)),
        (None, 1_000_000, Allowed(100, 50_000)),
        (0, 1_000_000, Allowed(None, None)),
        (7, 1_000_000, Allowed(7, None)),
    ],
)
def test_what_is_allowed(setting: int | None, customers: int, expected: Allowed) -> None:
    assert allowed(setting, customers) == expected


def test_the_default_says_what_it_is_and_how_to_set_it() -> None:
    few, many = by_default(20), by_default(1_000)
    assert "100 deletions an hour are sent" in few
    assert "50 a day (5 % of 1000 customers)" in many
    assert "MAX_DELETIONS_PER_HOUR" in few
