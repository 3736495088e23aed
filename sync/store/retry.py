"""How our own attempts are repeated: for as long as it takes, or a few times."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NoReturn

import stamina
from stamina.instrumentation import set_on_retry_hooks

from sync.logs import place_of
from sync.store.errors import StorageUnavailable

_log = logging.getLogger(__name__)

_IDLE = 0.5
_AFTER_ERROR = 5.0

# What is repeated is said below, in our own words.
set_on_retry_hooks([])


def until_answered(what: str) -> AsyncIterator[stamina.Attempt]:
    """Attempts for as long as the database does not answer: after 0.5 s, then about every second.
    Any other error is raised at once.

    Args:
        what: names it in the log, without personal data.
    """

    def unanswered(error: Exception) -> bool:
        if not isinstance(error, StorageUnavailable):
            return False
        _log.error("%s: the database does not answer; it is tried again: %s", what, error)
        return True

    return stamina.retry_context(
        on=unanswered,
        attempts=None,
        timeout=None,
        wait_initial=0.5,
        wait_max=1.0,
        wait_jitter=0.1,
    )


def a_few_times(*errors: type[Exception]) -> stamina.BoundAsyncRetryingCaller:
    """Calls what it is given up to four times, 1 s, 2 s and 4 s apart, where it raises one of these
    errors. The last one is raised."""
    calls = stamina.AsyncRetryingCaller(attempts=4, timeout=None, wait_initial=1.0, wait_max=4.0)
    return calls.on(errors)


async def keep_taking(take: Callable[[], Awaitable[bool]], what: str, *, at_once: int) -> NoReturn:
    """Call it again and again, as one of `at_once` that look into the same table. Whatever it
    raises is logged, and costs a pause.

    Args:
        take: does what has been due longest; returns whether there was anything.
        what: names it in the log, without personal data.
    """
    while True:
        try:
            taken = await take()
        except StorageUnavailable as error:
            _log.error("%s: the database does not answer: %s", what, error)
            await asyncio.sleep(_AFTER_ERROR)
        except Exception as error:  # noqa: BLE001 - what else is due must be done all the same
            _log.error("%s failed unexpectedly: %s", what, place_of(error))
            await asyncio.sleep(_AFTER_ERROR)
        else:
            if not taken:
                # Not all at the same moment.
                await asyncio.sleep(_IDLE * at_once * random.uniform(0.5, 1.5))  # noqa: S311
