"""A route that is called for every event."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from app.state import AppRequest


@functools.cache
def taken(status: str) -> Response:
    """202, and what was done with the event."""
    return JSONResponse({"status": status}, 202)


class Endpoint:
    """Has `accept` answer each request, without what Starlette wraps around a function.

    That wrapping handles exceptions, which `Errors` does for the whole application.
    """

    def __init__(self, accept: Callable[[AppRequest], Awaitable[Response]]) -> None:
        self._accept = accept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._accept(Request(scope, receive))
        await response(scope, receive, send)
