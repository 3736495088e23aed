"""The client of Polar's API: sends a request when its turn comes, and tells what the answer means.

What can be asked for is in the modules named after Polar's resources, and in `lists`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any, Self
from urllib.parse import quote

import httpx

from sync.metrics import current
from sync.network.route import Route
from sync.polar.budget import Meter
from sync.polar.errors import (
    NotFound,
    Refused,
    Unavailable,
    error_of,
    json_object,
    retry_after,
    unexpected,
)
from sync.polar.organization import Organization, WrongOrganization, organization_in
from sync.settings import PolarSettings
from sync.traces import current as traces

_SHOWS_ORGANIZATION = (
    "/v1/customers/",
    # These have a customer in them, also one who has been deleted.
    "/v1/subscriptions/",
    "/v1/benefit-grants/",
    "/v1/webhooks/endpoints",
    # This needs a scope that nothing else needs.
    "/v1/organizations/",
)
"""Lists of which any item tells whose the token is, the likeliest first."""


class PolarClient:
    """Talks to Polar. Use as an async context manager.

    Every request waits for its share of the rate budget first, and has one time-out over all of it.

    Args:
        organization: the one that the token must be of. Until an answer has shown it, nothing that
            Polar says is not there is believed.
    """

    def __init__(
        self, settings: PolarSettings, budget: Meter, organization: Organization | None = None
    ) -> None:
        self.clock_ahead: timedelta | None = None
        """How far Polar's clock was ahead of ours at its last answer, give or take a second or two;
        None before the first."""
        self.requests = 0
        """Requests sent so far."""
        self._organization = organization
        self._is_confirmed = organization is None
        self._budget = budget
        self._timeout = settings.request_timeout
        self._route = Route.to(settings.polar_url)
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._http = httpx.AsyncClient(
            base_url=settings.polar_url,
            headers={
                "Authorization": f"Bearer {settings.polar_access_token.get_secret_value()}",
                "Polar-Version": settings.polar_version,
                "User-Agent": f"polar-sync/{version('polar-sync')}",
            },
            # Not to be connected in half of the time is an answer too: nobody is there.
            timeout=httpx.Timeout(self._timeout, connect=self._timeout / 2),
            # With fewer kept than are under way at once, the pool can close a connection that it
            # has just given to a request (encode/httpcore#1110).
            limits=httpx.Limits(
                max_connections=settings.concurrency, max_keepalive_connections=settings.concurrency
            ),
            follow_redirects=False,  # a redirected DELETE must not be followed
            **self._route.for_client,
        )
        if traces.tracing:
            from sync.metrics.catalogue import route_of

            traces.tracing.requests_by(self._http, route_of)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: Mapping[str, Any] | None = None,
        expected: int = httpx.codes.OK,
        before_send: Callable[[], Awaitable[None]] | None = None,
    ) -> dict[str, Any]:
        """Send a request; returns the JSON object it is answered with.

        Args:
            before_send: as `send` has it.

        Raises:
            NotFound, AlreadyCanceled, Unavailable, Refused
        """
        response = await self.send(
            method, path, params=params, content=content, before_send=before_send
        )
        if response.status_code != expected:
            raise unexpected(response)
        answer = json_object(response)
        if answer is None:
            raise Refused(f"Polar answered {method} with something that is not a JSON object")
        if not self._is_confirmed:
            await self._confirm_organization(answer)
        return answer

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: Mapping[str, Any] | None = None,
        before_send: Callable[[], Awaitable[None]] | None = None,
    ) -> httpx.Response:
        """Send a request; returns the answer, if it is a success.

        Args:
            before_send: awaited when the request's turn has come; nothing is sent if it raises.

        Raises:
            NotFound, AlreadyCanceled, Unavailable, Refused
        """
        async with self._slots:
            await self._budget.take()
            if before_send is not None:
                await before_send()
            self.requests += 1
            response = None
            begun = time.monotonic() if current.recorder else 0.0
            try:
                async with asyncio.timeout(self._timeout):
                    response = await self._http.request(method, path, params=params, json=content)
            except TimeoutError:
                raise Unavailable(f"{method}: no answer within {self._timeout:g} s") from None
            except httpx.HTTPError as error:
                failure = self._route.failure(error)
                if failure.needs_a_person:
                    raise Refused(f"{method}: {failure}") from None
                raise Unavailable(f"{method}: {failure}") from None
            finally:
                if current.recorder:
                    status = None if response is None else response.status_code
                    seconds = time.monotonic() - begun
                    current.recorder.polar_answered(method, path, status, seconds)
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                # Before the next request can take this one's slot.
                await self._budget.pause(retry_after(response))
        self.clock_ahead = _clock_ahead(response)
        if response.is_success:
            return response
        problem = error_of(method, response)
        if isinstance(problem, NotFound):
            await self.make_sure_of_organization()
        raise problem

    async def make_sure_of_organization(self) -> None:
        """Believe that something is not there only of the right organization.

        Raises:
            Unavailable, Refused: it is another, or cannot be told.
        """
        if (
            self._is_confirmed
            or self._organization is None
            or await self._organization.known() is None
        ):
            return
        for path in _SHOWS_ORGANIZATION:
            if await self._is_confirmed_by(path):
                return
        raise Refused(
            "Polar lists nothing, so it cannot be told if POLAR_ACCESS_TOKEN is of this database's"
            " organization; check it and POLAR_SERVER, or grant webhooks:read or organizations:read"
        )

    async def _is_confirmed_by(self, path: str) -> bool:
        try:
            await self.json("GET", path, params={"limit": 1})
        except Refused as refusal:
            # It needs a scope that the token may lack.
            if refusal.status != httpx.codes.FORBIDDEN:
                raise
        return self._is_confirmed

    async def _confirm_organization(self, answer: Mapping[str, Any]) -> None:
        organization_id = organization_in(answer)
        if organization_id is None or self._organization is None:
            return
        try:
            await self._organization.confirm(organization_id)
        except WrongOrganization:
            raise Refused(
                "POLAR_ACCESS_TOKEN is of another organization than this database's customers, or"
                " POLAR_SERVER is wrong; if the new one is right: polar-sync organization --forget"
            ) from None
        self._is_confirmed = True


def segment(text: str) -> str:
    """One path segment. Dots are encoded too: `..` would name another resource."""
    return quote(text, safe="").replace(".", "%2E")


def _clock_ahead(response: httpx.Response) -> timedelta | None:
    """By the `Date` header, which is in whole seconds and as old as the answer took to come."""
    with contextlib.suppress(ValueError, TypeError):
        return parsedate_to_datetime(response.headers.get("Date", "")) - datetime.now(UTC)
    return None
