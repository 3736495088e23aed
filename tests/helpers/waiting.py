"""Waiting for what others do: other threads, other processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

WAIT = 60.0
"""Seconds. So many that only what never comes is given up, however busy the machine is."""
POLL = 0.01
"""Seconds between two looks, at first."""
_SHARE = 0.1
"""Of the time waited so far, that passes until the next look: who waits for long keeps no processor
from what is waited for."""
_LONGEST = 0.1
"""Seconds between two looks, at most."""


def wait_for(look: Callable[[], T], what: str, seconds: float = WAIT) -> T:
    """Look until there is something to see."""
    begun = time.monotonic()
    while True:
        if found := look():
            return found
        waited = time.monotonic() - begun
        assert waited < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(min(max(POLL, waited * _SHARE), _LONGEST))
