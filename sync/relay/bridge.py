"""The bridge as the relay sees it: one try to hand over one event."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Self

import httpx
from pydantic import SecretStr

from sync.errors import BridgeError
from sync.network.route import Route
from sync.relay.outbox import Event
from sync.signatures import sign_with_all

PATIENCE = 8.0
"""Seconds for one try, and so for the last when the relay is told to stop."""
_MAX_WAIT = timedelta(minutes=5)
"""Longest that a Retry-After is obeyed."""
_OF_THE_EVENT = frozenset({400, 409, 413, 415, 422, 431})
"""What the bridge answers to this event, whoever sends it: sent again, it would be the same."""
_REMEDIES = {
    401: "check EVENT_SECRETS on both sides, and the clocks",
    404: "RELAY_URL must be where the bridge is, without /events",
}


class Refused(BridgeError):
    """The bridge will never take this event."""


class NotTaken(BridgeError):
    """The bridge did not take it now, and would not take another either."""

    def __init__(self, why: str, retry_after: timedelta | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class BridgeClient:
    """Posts to one bridge.

    Args:
        url: of the bridge, without a slash at the end.
        secrets: each signs.
    """

    def __init__(self, url: str, secrets: Sequence[SecretStr]) -> None:
        self._url = f"{url}/events"
        self._secrets = secrets
        self._route = Route.to(self._url)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._client = await self._stack.enter_async_context(
            httpx.AsyncClient(timeout=PATIENCE, **self._route.for_client)
        )
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    async def post(self, event: Event) -> None:
        """Return once the bridge has it on disk.

        Raises:
            Refused, NotTaken
        """
        body = event.body.encode()
        headers = sign_with_all(self._secrets, event.webhook_id, datetime.now(UTC), body)
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.post(
                    self._url,
                    content=body,
                    headers={**headers, "content-type": "application/json"},
                )
        except TimeoutError:
            raise NotTaken(f"the bridge did not answer within {PATIENCE:g} s") from None
        except httpx.HTTPError as error:
            raise NotTaken(self._route.failure(error).text) from None
        if answer.is_success:
            return
        why = f"the bridge answered {answer.status_code}"
        if answer.status_code in _OF_THE_EVENT:
            raise Refused(why)
        if answer.is_redirect:
            why += ", a redirect, which is not followed: have RELAY_URL name where it leads to"
        if remedy := _REMEDIES.get(answer.status_code):
            why += f": {remedy}"
        raise NotTaken(why, _asked(answer.headers))


def _asked(headers: httpx.Headers) -> timedelta | None:
    """What Retry-After says, in seconds."""
    value = headers.get("retry-after", "")
    # No more digits than can be counted with: a number without end is no reason to fail.
    return min(timedelta(seconds=int(value[:9])), _MAX_WAIT) if value.isdecimal() else None
