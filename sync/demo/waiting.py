"""Waiting for what the processes do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 60.0
"""Seconds. So many that only what never comes is given up, however busy the machine is."""
_POLL = 0.1


async def until(look: Callable[[], Awaitable[bool]]) -> bool:
    """Look until it is so. False: it did not come."""
    deadline = time.monotonic() + PATIENCE
    while not await look():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL)
    return True
