"""The one way in which we try again what the database did not take."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import stamina
from stamina.instrumentation import set_on_retry_hooks

from sync.store.database import StorageUnavailable

_log = logging.getLogger(__name__)

# What is tried again is said below, in our own words.
set_on_retry_hooks([])


def until_stored(what: str) -> AsyncIterator[stamina.Attempt]:
    """Attempts to write something, for as long as the database does not answer: after 0.5 s, then
    every second or so. Any other error is raised at once.

    Args:
        what: names it in the log, without personal data.
    """

    def unanswered(error: Exception) -> bool:
        if not isinstance(error, StorageUnavailable):
            return False
        _log.error("%s cannot be written yet; it is tried again: %s", what, error)
        return True

    return stamina.retry_context(
        on=unanswered,
        attempts=None,
        timeout=None,
        wait_initial=0.5,
        wait_max=1.0,
        wait_jitter=0.1,
    )
