"""Cancelling background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

_PATIENCE = 0.5


async def cancel_and_wait(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks, and return once they have ended, whatever they raised.

    A cancellation can get lost where a library waits by `asyncio.wait_for`: before Python 3.12 that
    drops one that comes at the moment of the result. So it is repeated.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        done, running = await asyncio.wait(running, timeout=_PATIENCE)
        await asyncio.gather(*done, return_exceptions=True)
