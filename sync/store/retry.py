"""How we try again when the database does not answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import stamina
from stamina.instrumentation import set_on_retry_hooks

from sync.store.errors import StorageUnavailable

_log = logging.getLogger(__name__)

# What is tried again is said below, in our own words.
set_on_retry_hooks([])

a_few_times = stamina.AsyncRetryingCaller(
    attempts=4, timeout=None, wait_initial=1.0, wait_max=4.0
).on
"""Calls a function up to four times, within about seven seconds, on the errors that it is given."""


def until_it_answers(what: str) -> AsyncIterator[stamina.Attempt]:
    """Attempts for as long as the database does not answer: after 0.5 s, then every second or so.
    Any other error is raised at once.

    Args:
        what: is waiting, for the log; holds no personal data.
    """

    def unanswered(error: Exception) -> bool:
        if not isinstance(error, StorageUnavailable):
            return False
        _log.error("the database does not answer; tried again: %s: %s", what, error)
        return True

    return stamina.retry_context(
        on=unanswered,
        attempts=None,
        timeout=None,
        wait_initial=0.5,
        wait_max=1.0,
        wait_jitter=0.1,
    )
