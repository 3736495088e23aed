"""The requests that a reconciliation makes: counted, limited, and repeated where that can help."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sync.errors import NotPossible
from sync.polar.client import PolarClient
from sync.polar.errors import Unavailable
from sync.store.errors import StorageUnavailable
from sync.store.retry import a_few_times

T = TypeVar("T")


# The budget, in which a request waits for its turn, is in the database.
_PATIENTLY = a_few_times((Unavailable, StorageUnavailable))


class CallsUsedUp(NotPossible):
    """The calls allowed are used up; the next run goes on."""


class Calls:
    """Sends requests by the client, at most `limit` of them."""

    def __init__(self, polar: PolarClient, limit: int | None) -> None:
        self.polar = polar
        self.limit = limit
        self._sent_before = polar.requests

    @property
    def sent(self) -> int:
        """So far."""
        return self.polar.requests - self._sent_before

    async def ask(self, request: Callable[[PolarClient], Awaitable[T]]) -> T:
        """Send a request, and again where that can help: one time-out must not end a
        reconciliation of ten thousand. A 429's wait is the budget's.

        Raises:
            CallsUsedUp
            PolarError, StorageUnavailable: still, after the last attempt.
        """
        return await _PATIENTLY(self._send, request)

    async def _send(self, request: Callable[[PolarClient], Awaitable[T]]) -> T:
        if self.limit is not None and self.sent >= self.limit:
            raise CallsUsedUp(f"the {self.limit} calls allowed are used up; run it again")
        return await request(self.polar)
