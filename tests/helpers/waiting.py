"""Waiting for what others do: other threads, other processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

WAIT = 60.0
"""Seconds. So many that only what never comes is given up, however busy the machine is."""
POLL = 0.01
"""Seconds between two looks."""


def wait_for(look: Callable[[], T], what: str, seconds: float = WAIT) -> T:
    """Look until there is something to see."""
    end = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(POLL)
