"""How work is ended: a process that is told to stop, background tasks that are canceled."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from typing import Any

_PATIENCE = 0.5


def told_to_stop() -> asyncio.Event:
    """Set by SIGTERM and SIGINT from now on, in place of the end of the process."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


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
