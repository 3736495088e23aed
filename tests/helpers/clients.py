"""HTTP clients that threads and tasks may share."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import httpx

from tests.helpers.waiting import WAIT

AT_ONCE = 100
"""Requests that a client sends at once; more wait."""
KEEP_ALIVE = 75
"""Seconds for which a server of the tests keeps an idle connection, so that it closes none that a
client is about to use."""

# A pool that keeps fewer connections than it opens, or that lets them expire, can close one that it
# has just given to another thread (encode/httpcore#1110).
LIMITS = httpx.Limits(
    max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=None
)

_TLS = ssl.create_default_context()
"""Not used on loopback; without it, each client reads all certificates."""


def new_client(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    timeout: float = WAIT,
    one_connection_each: bool = False,
) -> httpx.Client:
    """A client for the server at the URL.

    Args:
        one_connection_each: A connection for each request, where one to a server that has died
            would be of no use.
    """
    closing = {"Connection": "close"} if one_connection_each else {}
    return httpx.Client(
        base_url=url,
        headers={**(headers or {}), **closing},
        timeout=timeout,
        limits=LIMITS,
        verify=_TLS,
    )
