"""The client of Polar's API: typed answers, and errors by what they mean.

Source of every status and field: Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from sync.budget import Budget
from sync.mirror import API, Customer, Grant, M, Subscription, parse
from sync.settings import Settings

T = TypeVar("T")

MAX_IDS = 50
"""Customers asked about in one list request: keeps the URL under 4 KiB, which proxies accept."""

_PAGE = 100
_NO_RETRY_AFTER = timedelta(seconds=5)
_MAX_RETRY_AFTER = timedelta(hours=1)


class PolarError(Exception):
    """A request to Polar did not do what it was for. The message holds no personal data."""


class NotFound(PolarError):
    """`404 {"error": "ResourceNotFound"}`: the object is not there, or not any more.

    Only this 404 means that. A wrong path, base URL or `Polar-Version` gets another, which is
    `Refused`.
    """


class AlreadyCanceled(PolarError):
    """`403 AlreadyCanceledSubscription`: it has ended, or its status cannot be revoked."""


class Unavailable(PolarError):
    """No usable answer: time-out, connection, 408, 409, 425, 429, 5xx. Trying again can help.

    The request may have had its effect all the same.
    """

    def __init__(self, message: str, retry_after: timedelta = timedelta(0)) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(PolarError):
    """Polar will go on answering this until a person changes something: the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerState:
    """A living customer and the benefits it has been granted."""

    customer: Customer
    grants: Sequence[Grant]


class PolarClient:
    """Talks to Polar. Use as an async context manager.

    Every request waits for its share of the rate budget first, and has one time-out over all of it.
    """

    def __init__(self, settings: Settings, budget: Budget) -> None:
        self._budget = budget
        self._timeout = settings.request_timeout
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._http = httpx.AsyncClient(
            base_url=settings.polar_url,
            headers={
                "Authorization": f"Bearer {settings.polar_access_token.get_secret_value()}",
                "Polar-Version": settings.polar_version,
                "User-Agent": f"polar-sync/{version('polar-sync')}",
            },
            timeout=settings.request_timeout,
            # A proxy from the environment is honoured; a redirected DELETE must not be.
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def customer_state(
        self, *, external_id: str | None = None, customer_id: str | None = None
    ) -> CustomerState:
        """`GET /v1/customers/external/{external_id}/state`, or the same by Polar's id.

        Raises:
            NotFound: there is no such customer, or it has been deleted.
            Unavailable, Refused
        """
        if external_id is not None:
            path = f"/v1/customers/external/{_segment(external_id)}/state"
        else:
            path = f"/v1/customers/{_segment(customer_id or '')}/state"
        read_at = datetime.now(UTC)
        answer = await self._json("GET", path)

        def read() -> CustomerState:
            customer = parse(Customer, answer, observed_at=read_at, by=API)
            if external_id is not None and customer.external_id != external_id:
                # A cache or a proxy on the way; whose customer this is must not be guessed.
                raise ValueError("another customer than the one asked for")
            if customer.deleted_at is not None:
                raise NotFound("GET: the customer is deleted")
            granted = [
                {**item, "customer_id": customer.id, "is_granted": True}
                for item in answer["granted_benefits"]
            ]
            grants = [parse(Grant, item, observed_at=read_at, by=API) for item in granted]
            return CustomerState(customer=customer, grants=grants)

        return _understood(read)

    async def delete_customer(
        self, customer_id: str, *, anonymize: bool, before_send: Callable[[], Awaitable[None]]
    ) -> None:
        """`DELETE /v1/customers/{id}`. Returns only on 204.

        `before_send` is awaited when the request's turn has come; nothing is sent if it raises.

        By Polar's id and never by external id: Polar frees the external id at once, so a DELETE by
        it that is late or repeated would hit the customer who has signed up again meanwhile.

        Raises:
            NotFound: the customer is gone already.
            Unavailable: perhaps it was deleted, perhaps not.
            Refused
        """
        response = await self._send(
            "DELETE",
            f"/v1/customers/{_segment(customer_id)}",
            params={"anonymize": "true" if anonymize else "false"},
            before_send=before_send,
        )
        if response.status_code != httpx.codes.NO_CONTENT:
            raise _refused_answer(response)

    async def revoke_subscription(self, subscription_id: str) -> Subscription:
        """`DELETE /v1/subscriptions/{id}`: ends it at once; answers with the ended subscription.

        Raises:
            AlreadyCanceled: it has ended, or is `unpaid` or `incomplete`.
            NotFound, Unavailable, Refused
        """
        read_at = datetime.now(UTC)
        answer = await self._json("DELETE", f"/v1/subscriptions/{_segment(subscription_id)}")
        return _understood(lambda: parse(Subscription, answer, observed_at=read_at, by=API))

    async def subscriptions_of(self, customer_ids: Sequence[str]) -> list[Subscription]:
        """Every subscription of these customers, at most `MAX_IDS` of them, deleted ones included.

        Raises:
            Unavailable: also where the list moved while its pages were read.
            Refused
        """
        return await self._all("/v1/subscriptions/", Subscription, customer_ids)

    async def granted_benefits_of(self, customer_ids: Sequence[str]) -> list[Grant]:
        """The benefit grants of these customers that are still granted; otherwise as above."""
        return await self._all("/v1/benefit-grants/", Grant, customer_ids, is_granted="true")

    async def _all(
        self, path: str, kind: type[M], customer_ids: Sequence[str], **filters: str
    ) -> list[M]:
        found: dict[str, M] = {}
        total: int | None = None
        page, last_page = 1, 1
        while page <= last_page:
            read_at = datetime.now(UTC)
            params: dict[str, Any] = {"customer_id": list(customer_ids), "page": page}
            answer = await self._json("GET", path, params={**params, "limit": _PAGE, **filters})
            items, count, last_page = _understood(partial(_page_of, kind, answer, read_at))
            found.update((item.id, item) for item in items)
            if total is not None and count != total:
                # Pages are offsets: what left an earlier page made one move up unseen.
                raise Unavailable(f"GET {path}: the list moved while it was read")
            total = count
            page += 1
        if len(found) != total:
            raise Unavailable(f"GET {path}: {len(found)} of {total} items were listed")
        return list(found.values())

    async def _json(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        response = await self._send(method, path, params=params)
        if response.status_code != httpx.codes.OK:
            raise _refused_answer(response)
        answer = _body(response)
        if answer is None:
            raise Refused(f"Polar answered {method} with something that is not a JSON object")
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        before_send: Callable[[], Awaitable[None]] | None = None,
    ) -> httpx.Response:
        async with self._slots:
            await self._budget.take()
            if before_send is not None:
                await before_send()
            try:
                async with asyncio.timeout(self._timeout):
                    response = await self._http.request(method, path, params=params)
            except TimeoutError:
                raise Unavailable(f"{method}: no answer within {self._timeout:g} s") from None
            except httpx.HTTPError as error:
                raise Unavailable(f"{method}: {type(error).__name__}") from None
        if response.is_success:
            return response
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            await self._budget.pause(_retry_after(response))
        raise _error(method, response)


def _page_of(
    kind: type[M], answer: Mapping[str, Any], read_at: datetime
) -> tuple[list[M], int, int]:
    items = [parse(kind, item, observed_at=read_at, by=API) for item in answer["items"]]
    return items, int(answer["pagination"]["total_count"]), int(answer["pagination"]["max_page"])


def _segment(text: str) -> str:
    """One path segment. Dots are encoded too: `..` would name another resource."""
    return quote(text, safe="").replace(".", "%2E")


def _body(response: httpx.Response) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        answer = response.json()
        if isinstance(answer, dict):
            return answer
    return None


def _understood(read: Callable[[], T]) -> T:
    try:
        return read()
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"Polar's answer cannot be read ({type(error).__name__}): does POLAR_BASE_URL point at"
            " Polar, and is POLAR_VERSION one that this version of polar-sync knows?"
        ) from None


def _refused_answer(response: httpx.Response) -> Refused:
    return Refused(
        f"Polar answered {response.status_code} to {response.request.method}, which it never does:"
        " does POLAR_BASE_URL point at Polar?"
    )


def _error(method: str, response: httpx.Response) -> PolarError:
    status = response.status_code
    body = _body(response) or {}
    name = body.get("error")
    if status == httpx.codes.NOT_FOUND and name == "ResourceNotFound":
        return NotFound(f"{method}: ResourceNotFound")
    if status == httpx.codes.FORBIDDEN and name == "AlreadyCanceledSubscription":
        return AlreadyCanceled(f"{method}: AlreadyCanceledSubscription")
    if status in {408, 409, 425, 429} or status >= 500:
        return Unavailable(f"{method}: {status}", _retry_after(response))
    remedy = {
        401: "the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one",
        403: "the token lacks a scope: it needs customers:read, customers:write,"
        " subscriptions:read and benefits:read (subscriptions:write with ON_SURVIVOR=revoke)",
        404: "not Polar's ResourceNotFound: check POLAR_BASE_URL, POLAR_SERVER and POLAR_VERSION",
        422: f"the request is not valid ({_fields(body)})",
    }.get(status, "check POLAR_BASE_URL and POLAR_SERVER")
    return Refused(f"{method} was answered {status}: {remedy}")


def _retry_after(response: httpx.Response) -> timedelta:
    """Polar gives whole seconds; anything else counts as not given."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return min(timedelta(seconds=int(value[:9])), _MAX_RETRY_AFTER)
    return _NO_RETRY_AFTER if response.status_code == 429 else timedelta(0)


def _fields(body: Mapping[str, Any]) -> str:
    """Where a 422 found fault. `loc` only: `input` repeats what was sent."""
    detail = body.get("detail")
    locations = [
        ".".join(str(part) for part in item["loc"])
        for item in (detail if isinstance(detail, list) else [])
        if isinstance(item, dict) and isinstance(item.get("loc"), list)
    ]
    return ", ".join(locations) or "no field named"
