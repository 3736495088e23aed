"""The client of Polar's API: typed answers, and errors by what they mean.

Source of every status and field: Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from importlib.metadata import version
from operator import itemgetter
from typing import Any, Generic, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx
import orjson

from sync.errors import PolarError
from sync.mirror.kinds import NEVER
from sync.mirror.objects import API, POLARS, Customer, Grant, M, Subscription, parse
from sync.polar.budget import Meter
from sync.polar.organization import Tenant, WrongOrganization
from sync.reconcile.cursor import PAGE
from sync.settings import PolarSettings

T = TypeVar("T")


class Listed(Protocol):
    """What Polar lists has an id."""

    @property
    def id(self) -> str: ...


L = TypeVar("L", bound=Listed)

MAX_IDS = 50
"""Customers asked about in one list request: keeps the URL under 4 KiB, which proxies accept."""

_NO_RETRY_AFTER = timedelta(seconds=5)
_MAX_RETRY_AFTER = timedelta(hours=1)

_SCOPES = (
    "customers:read, customers:write, subscriptions:read and benefits:read"
    " (subscriptions:write with ON_SURVIVOR=revoke)"
)
_WEBHOOK_SCOPES = "webhooks:read, and webhooks:write to change or redeliver anything"


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

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status, where that alone is what was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerState:
    """A living customer and the benefits it has been granted."""

    customer: Customer
    grants: Sequence[Grant]


@dataclass(slots=True)  # not frozen, which takes longer to make
class Item(Generic[M]):
    """An item of a whole list as it was sent. Most are what the mirror has already, and are never
    made into an object."""

    kind: type[M]
    id: str
    key: datetime
    """What the list is sorted by; `NEVER` where it is not set."""
    content: Mapping[str, Any]
    read_at: datetime

    def parsed(self) -> M:
        """The item as an object.

        Raises:
            Refused: it cannot be read.
        """
        return understood(lambda: _observed(self.kind, self.content, self.read_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[M]):
    """A page of a whole list."""

    items: Sequence[Item[M]]
    total: int
    """Items in the whole list, as of this page."""
    pages: int
    read_at: datetime
    """When it was asked for, by our clock."""


_LISTS: Mapping[type, tuple[str, str, Mapping[str, str]]] = {
    Customer: ("/v1/customers/", "created_at", {}),
    Subscription: ("/v1/subscriptions/", "started_at", {}),
    Grant: ("/v1/benefit-grants/", "created_at", {"is_granted": "true"}),
}


_NAMES = {kind: (*names, "modified_at") for kind, names in POLARS.items()}
_VALUES = {kind: itemgetter(*names) for kind, names in _NAMES.items()}


class PolarClient:
    """Talks to Polar. Use as an async context manager.

    Every request waits for its share of the rate budget first, and has one time-out over all of it.

    `tenant`: the organization that the token must be of. Until an answer has shown it, nothing that
    Polar says is not there is believed.
    """

    def __init__(
        self, settings: PolarSettings, budget: Meter, tenant: Tenant | None = None
    ) -> None:
        self.clock_ahead: timedelta | None = None
        """How far Polar's clock was ahead of ours at its last answer, give or take a second or two;
        None before the first."""
        self.requests = 0
        """Requests sent so far."""
        self._tenant = tenant
        self._is_tenants = tenant is None
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
            path = f"/v1/customers/external/{segment(external_id)}/state"
        else:
            path = f"/v1/customers/{segment(customer_id or '')}/state"
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

        return understood(read)

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
            f"/v1/customers/{segment(customer_id)}",
            params={"anonymize": "true" if anonymize else "false"},
            before_send=before_send,
        )
        if response.status_code != httpx.codes.NO_CONTENT:
            raise refused_answer(response)

    async def revoke_subscription(self, subscription_id: str) -> Subscription:
        """`DELETE /v1/subscriptions/{id}`: ends it at once; answers with the ended subscription.

        Raises:
            AlreadyCanceled: it has ended, or is `unpaid` or `incomplete`.
            NotFound, Unavailable, Refused
        """
        read_at = datetime.now(UTC)
        answer = await self._json("DELETE", f"/v1/subscriptions/{segment(subscription_id)}")
        return understood(lambda: parse(Subscription, answer, observed_at=read_at, by=API))

    async def subscriptions_of(self, customer_ids: Sequence[str]) -> list[Subscription]:
        """Every subscription of these customers, at most `MAX_IDS` of them, deleted ones included.

        Raises:
            Unavailable: also where the list moved while its pages were read.
            Refused
        """
        return await self._all(
            "/v1/subscriptions/", partial(_observed, Subscription), customer_id=list(customer_ids)
        )

    async def granted_benefits_of(self, customer_ids: Sequence[str]) -> list[Grant]:
        """The benefit grants of these customers that are still granted; otherwise as above."""
        return await self._all(
            "/v1/benefit-grants/",
            partial(_observed, Grant),
            customer_id=list(customer_ids),
            is_granted="true",
        )

    async def page(self, kind: type[M], number: int, *, descending: bool) -> Page[M]:
        """One page, of 100, of every living customer, every subscription or every granted benefit,
        in order of creation (subscriptions: of their start, which Polar can sort by).

        Raises:
            Unavailable, Refused
        """
        path, key, filters = _LISTS[kind]
        read_at = datetime.now(UTC)
        params = {
            **filters,
            "page": number,
            "limit": PAGE,
            "sorting": f"-{key}" if descending else key,
        }
        answer = await self._json("GET", path, params=params)

        def read(content: Mapping[str, Any], read_at: datetime) -> Item[M]:
            at = _moment(content[key]) if content[key] is not None else NEVER
            name = content["id"].lower()
            return Item(kind, name, at, _without_the_rest(kind, content), read_at)

        items, total, pages = understood(partial(_page_of, read, answer, read_at))
        if not items:
            await self._make_sure_of_tenant()
        return Page(items=items, total=total, pages=pages, read_at=read_at)

    async def _all(
        self, path: str, read: Callable[[Mapping[str, Any], datetime], L], **filters: Any
    ) -> list[L]:
        """Every page of a list. `read`: makes an item, given when it was asked for."""
        found: dict[str, L] = {}
        total: int | None = None
        page, last_page = 1, 1
        while page <= last_page:
            read_at = datetime.now(UTC)
            params = {**filters, "page": page, "limit": PAGE}
            answer = await self._json("GET", path, params=params)
            items, count, last_page = understood(partial(_page_of, read, answer, read_at))
            found.update((item.id, item) for item in items)
            if total is not None and count != total:
                # Pages are offsets: what left an earlier page made one move up unseen.
                raise Unavailable(f"GET {path}: the list moved while it was read")
            total = count
            page += 1
        if len(found) != total:
            raise Unavailable(f"GET {path}: {len(found)} of {total} items were listed")
        if not found:
            await self._make_sure_of_tenant()
        return list(found.values())

    async def _json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: Mapping[str, Any] | None = None,
        expected: int = httpx.codes.OK,
    ) -> dict[str, Any]:
        response = await self._send(method, path, params=params, content=content)
        if response.status_code != expected:
            raise refused_answer(response)
        answer = _body(response)
        if answer is None:
            raise Refused(f"Polar answered {method} with something that is not a JSON object")
        if not self._is_tenants:
            await self._learn_tenant(answer)
        return answer

    async def _learn_tenant(self, answer: Mapping[str, Any]) -> None:
        organization_id = _organization_in(answer)
        if organization_id is None or self._tenant is None:
            return
        try:
            await self._tenant.confirm(organization_id)
        except WrongOrganization:
            raise Refused(
                "POLAR_ACCESS_TOKEN is of another organization than this database's customers, or"
                " POLAR_SERVER is wrong; if the new one is right: polar-sync organization --forget"
            ) from None
        self._is_tenants = True

    async def _make_sure_of_tenant(self) -> None:
        """Believe that something is not there only of the right organization.

        Raises:
            Unavailable, Refused: it is another, or cannot be told.
        """
        if self._is_tenants or self._tenant is None or await self._tenant.known() is None:
            return
        await self._json("GET", "/v1/customers/", params={"limit": 1})
        if not self._is_tenants:
            try:
                # For want of a customer; this needs a scope that is not asked for otherwise.
                await self._json("GET", "/v1/organizations/", params={"limit": 1})
            except Refused as refusal:
                if refusal.status != httpx.codes.FORBIDDEN:
                    raise
        if not self._is_tenants:
            raise Refused(
                "Polar lists no customer, so it cannot be told if POLAR_ACCESS_TOKEN is of this"
                " database's organization; check it and POLAR_SERVER, or grant organizations:read"
            )

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: Mapping[str, Any] | None = None,
        before_send: Callable[[], Awaitable[None]] | None = None,
    ) -> httpx.Response:
        async with self._slots:
            await self._budget.take()
            if before_send is not None:
                await before_send()
            self.requests += 1
            try:
                async with asyncio.timeout(self._timeout):
                    response = await self._http.request(method, path, params=params, json=content)
            except TimeoutError:
                raise Unavailable(f"{method}: no answer within {self._timeout:g} s") from None
            except httpx.HTTPError as error:
                raise Unavailable(f"{method}: {type(error).__name__}") from None
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                # Before the next request can take this one's slot.
                await self._budget.pause(_retry_after(response))
        self.clock_ahead = _clock_ahead(response)
        if response.is_success:
            return response
        problem = _error(method, response)
        if isinstance(problem, NotFound):
            await self._make_sure_of_tenant()
        raise problem


def _observed(kind: type[M], item: Mapping[str, Any], read_at: datetime) -> M:
    return parse(kind, item, observed_at=read_at, by=API)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at


def _without_the_rest(kind: type, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is mirrored of it: the rest is a multiple, and need not be kept until it is judged."""
    try:
        return dict(zip(_NAMES[kind], _VALUES[kind](content), strict=True))
    except KeyError:
        return content


def _page_of(
    read: Callable[[Mapping[str, Any], datetime], L], answer: Mapping[str, Any], read_at: datetime
) -> tuple[list[L], int, int]:
    items = [read(item, read_at) for item in answer["items"]]
    return items, int(answer["pagination"]["total_count"]), int(answer["pagination"]["max_page"])


def _organization_in(answer: Mapping[str, Any]) -> str | None:
    """The organization that a customer, or the first item of a list, belongs to."""
    items = answer.get("items")
    first = items[0] if isinstance(items, list) and items else answer
    if not isinstance(first, Mapping):
        return None
    customer = first.get("customer")
    owner = customer if isinstance(customer, Mapping) else first
    # An organization is listed with its own id.
    found = owner.get("organization_id") or (first.get("id") if "slug" in first else None)
    return found if isinstance(found, str) else None


def _clock_ahead(response: httpx.Response) -> timedelta | None:
    """By the `Date` header, which is in whole seconds and as old as the answer took to come."""
    with contextlib.suppress(ValueError, TypeError):
        return parsedate_to_datetime(response.headers.get("Date", "")) - datetime.now(UTC)
    return None


def batches(items: Sequence[T], size: int = MAX_IDS) -> Iterator[Sequence[T]]:
    """So many at a time: unless told otherwise, as many as one list request can ask about."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def segment(text: str) -> str:
    """One path segment. Dots are encoded too: `..` would name another resource."""
    return quote(text, safe="").replace(".", "%2E")


def _body(response: httpx.Response) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        try:
            answer = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            # It takes no lone surrogate, and somebody's name may hold one.
            answer = response.json()
        if isinstance(answer, dict):
            return answer
    return None


def understood(read: Callable[[], T]) -> T:
    try:
        return read()
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"Polar's answer cannot be read ({type(error).__name__}): does POLAR_BASE_URL point at"
            " Polar, and is POLAR_VERSION one that this version of polar-sync knows?"
        ) from None


def refused_answer(response: httpx.Response) -> Refused:
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
        403: f"the token lacks a scope: it needs {_scopes(response)}",
        404: "not Polar's ResourceNotFound: check POLAR_BASE_URL, POLAR_SERVER and POLAR_VERSION",
        422: f"the request is not valid ({_fields(body)})",
    }.get(status, "check POLAR_BASE_URL and POLAR_SERVER")
    return Refused(f"{method} was answered {status}: {remedy}", status)


def _scopes(response: httpx.Response) -> str:
    return _WEBHOOK_SCOPES if "/v1/webhooks/" in response.request.url.path else _SCOPES


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
