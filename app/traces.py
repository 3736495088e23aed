"""A span for each request, where TRACES is on."""

from __future__ import annotations

from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sync.traces import current

_UNTRACED = frozenset({"/livez", "/readyz", "/metrics"})
"""What is asked every few seconds, and says nothing by it."""


class Traced:
    """The application, with a span for each request while there is something to make spans with.

    Args:
        routes: the application's, by which a request's span is called: the path could name a user.
    """

    def __init__(self, app: ASGIApp, routes: list[BaseRoute]) -> None:
        self._app = app
        self._routes = routes
        self._traced: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The lifespan, which comes first, begins and ends the tracing.
        untraced = scope["type"] != "http" or scope["path"] in _UNTRACED
        if untraced or current.tracing is None:
            await self._app(scope, receive, send)
            return
        if self._traced is None:
            self._traced = current.tracing.requests_to(self._app, self._route_of)
        await self._traced(scope, receive, send)

    def _route_of(self, scope: Scope) -> str:
        matches = (it for it in self._routes if it.matches(scope)[0] is not Match.NONE)
        found = next(matches, None)
        return found.path if isinstance(found, Route) else ""
