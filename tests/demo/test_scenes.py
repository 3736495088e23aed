"""What the scenes show."""

from __future__ import annotations

from typing import get_args

from sync.demo.scenes import STATUSES
from sync.simulator.inputs import Status


def test_every_status_of_a_subscription_is_shown() -> None:
    assert set(STATUSES) == set(get_args(Status))
