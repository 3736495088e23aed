"""One try to deliver a message: signed, within bounds, and not to where it must not go."""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from sync.network import environment
from sync.network.route import Route
from sync.outbox.message import Message
from sync.signatures import sign_with_all
from sync.traces import current

_PATIENCE = 15.0
"""Seconds for one try, from the name's look-up to the end of the answer."""
_MAX_ANSWER = 65_536
"""Bytes of an answer that are read; nothing looks at them."""
_CONNECTED = "connection.connect_tcp.complete"
"""What httpx's `trace` extension calls it. Source: https://www.python-httpx.org/advanced/extensions"""


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """It was not acknowledged. `why`: one line, without anything of the message or the answer."""

    why: str
    retry_after: timedelta | None = None


class _Elsewhere(Exception):
    """The address is not one to send to."""


class Delivery:
    """Sends to one URL.

    Args:
        secrets: each signs; none: nothing is signed.
        setting: of the URL, for messages.
        allow_private: whether it may be in a private network.
    """

    def __init__(
        self, url: SecretStr, secrets: Sequence[SecretStr], *, setting: str, allow_private: bool
    ) -> None:
        self._url = url.get_secret_value()
        self._secrets = secrets
        self._setting = setting
        parts = urlsplit(self._url)
        self._host = parts.hostname or ""
        self._is_plain = parts.scheme == "http"
        self._allow_private = allow_private or environment.is_loopback(self._host)
        self._route = Route.to(self._url)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._client = await self._stack.enter_async_context(
            httpx.AsyncClient(timeout=_PATIENCE, follow_redirects=False, **self._route.for_client)
        )
        if current.tracing:
            current.tracing.requests_by(self._client)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    async def send(self, message: Message) -> None:
        """Return once the recipient has acknowledged it with a 2xx.

        Raises:
            Refused
        """
        if problem := next(environment.problems(self._url, os.environ), None):
            raise Refused(problem)
        body = message.body
        now = datetime.now(UTC)
        headers = sign_with_all(self._secrets, message.webhook_id, now, body)
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                self._client.stream(
                    "POST",
                    self._url,
                    content=body,
                    headers={**headers, "content-type": "application/json"},
                    extensions={"trace": self._check_address},
                ) as answer,
            ):
                await _read(answer)
        except TimeoutError:
            raise Refused(f"{self._host} did not answer within {_PATIENCE:g} s") from None
        except _Elsewhere as problem:
            raise Refused(str(problem)) from None
        except httpx.HTTPError as error:
            raise Refused(self._route.failure(error).text) from None
        if answer.is_redirect:
            raise Refused(
                f"{self._host} redirects, and a redirect is not followed: have {self._setting} name"
                " where it leads to"
            )
        if not answer.is_success:
            raise Refused(f"{self._host} answered {answer.status_code}", _asked(answer.headers))

    async def _check_address(self, event: str, info: Mapping[str, Any]) -> None:
        """Once there is a connection, and before anything is sent on it: a name can lead anywhere,
        and elsewhere from one look-up to the next."""
        # With a proxy on the way, it is the proxy that looks the name up.
        if event != _CONNECTED or self._route.proxy is not None:
            return
        stream = info["return_value"]
        address = stream.get_extra_info("server_addr")[0]
        problem = self.problem_with(address)
        if problem is not None:
            await stream.aclose()
            raise _Elsewhere(problem)

    def problem_with(self, address: str) -> str | None:
        """Why nothing may be sent to that IP address; None: it may."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
        is_private = not (mapped or ip).is_global
        if is_private and not self._allow_private:
            where = "" if self._host == address else f"{address}, "
            return (
                f"{self._host} is {where}in a private network: if it is the right neighbour,"
                " set OUTCOME_ALLOW_PRIVATE=true"
            )
        if self._is_plain and not is_private:
            return f"{self._host} is not in a private network: have {self._setting} begin with https://"
        return None


async def _read(answer: httpx.Response) -> None:
    """Read a little of it, so that the connection can be used again."""
    size = 0
    async for chunk in answer.aiter_raw():
        size += len(chunk)
        if size > _MAX_ANSWER:
            return


def _asked(headers: Mapping[str, str]) -> timedelta | None:
    value = headers.get("retry-after", "")
    return timedelta(seconds=int(value)) if value.isdecimal() and len(value) < 9 else None
