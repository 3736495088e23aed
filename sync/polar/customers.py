"""Customers at Polar: the state of one, its making, changing and deletion.

Source of every status and field: Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import AwareDatetime, TypeAdapter

from sync import keeping
from sync.mirror.kinds import BENEFIT_GRANT, CUSTOMER
from sync.mirror.objects import API, Customer, Grant
from sync.mirror.reading import parse
from sync.polar.client import PolarClient, segment
from sync.polar.errors import NotFound, understood, unexpected
from sync.polar.lists import Unreadable, walk

_TIME = TypeAdapter[datetime](AwareDatetime)

_USER_CREATED_AT = "polar_sync_user_created_at"
"""In the metadata of a customer that the bridge made: when its user was created, by the app."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerState:
    """A living customer and the benefits it has been granted."""

    customer: Customer
    grants: Sequence[Grant]
    subscribed_at: Mapping[str, datetime]
    """When each of its active and trialing subscriptions was made, by its id."""
    is_team: bool
    """It can have other people in it."""


def addressable(external_id: str) -> bool:
    """Whether a path can name it. Pure.

    Polar's server decodes the path before it routes: `a%2Fb` is answered like a wrong path, and
    `x%2Fstate` with the state of customer `x`. A dot segment, encoded or not, is resolved by what
    is on the way. All else comes out of the decoding as it went in.
    """
    return "/" not in external_id and external_id not in {"", ".", ".."}


async def state_of(
    polar: PolarClient, *, external_id: str | None = None, customer_id: str | None = None
) -> CustomerState:
    """`GET /v1/customers/external/{external_id}/state`, or the same by Polar's id. The customer
    under an external id that no path can name is searched for first.

    Raises:
        NotFound: there is no such customer, or it has been deleted.
        Unavailable, Refused
    """
    path_id = external_id
    if external_id is not None and not addressable(external_id):
        path_id, customer_id = None, await _search(polar, external_id)
    path = f"{_path(path_id, customer_id)}/state"
    read_at = datetime.now(UTC)
    answer = await polar.json("GET", path)

    def read() -> CustomerState:
        customer = parse(CUSTOMER, answer, observed_at=read_at, by=API)
        if external_id is not None and customer.external_id != external_id:
            # A cache or a proxy on the way; whose customer this is must not be guessed.
            raise ValueError("another customer than the one asked for")
        if customer.deleted_at is not None:
            raise NotFound("GET: the customer is deleted")
        granted = [
            {**item, "customer_id": customer.id, "is_granted": True}
            for item in answer["granted_benefits"]
        ]
        grants = [parse(BENEFIT_GRANT, item, observed_at=read_at, by=API) for item in granted]
        return CustomerState(
            customer=customer,
            grants=grants,
            subscribed_at=dict(_subscribed_at(answer["active_subscriptions"])),
            is_team=answer.get("type") == "team",
        )

    return understood(read)


def _subscribed_at(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, datetime]]:
    for item in items:
        # One without a time that can be read says nothing of when it was made.
        with suppress(KeyError, ValueError):
            yield item["id"], keeping.nearest(_TIME.validate_python(item["created_at"]))


def made_for(customer: Customer) -> datetime | None:
    """When the user was created for whom the bridge made the customer; None: somebody else made
    it. Pure."""
    said = (customer.metadata or {}).get(_USER_CREATED_AT)
    with suppress(ValueError):
        return keeping.nearest(_TIME.validate_python(said)) if isinstance(said, str) else None
    return None


def there_since(customer: Customer) -> datetime:
    """Since when it is its user's. One that the bridge made late has been the user's since the user
    was created: a deletion that the app sent meanwhile means it, too. Pure."""
    return min(customer.created_at, made_for(customer) or customer.created_at)


async def create(
    polar: PolarClient,
    *,
    external_id: str,
    email: str,
    name: str | None,
    user_created_at: datetime,
    before_send: Callable[[], Awaitable[None]],
) -> Customer:
    """`POST /v1/customers/`: an individual. Its metadata says when the user was created.

    Raises:
        Invalid: another has the e-mail or the external id, or Polar does not take a value.
        Unavailable: perhaps it was made, perhaps not.
        Refused
    """
    content = {
        "type": "individual",
        "external_id": external_id,
        "email": email,
        **({} if name is None else {"name": name}),
        "metadata": {_USER_CREATED_AT: user_created_at.isoformat()},
    }
    return await _write(polar, "POST", "/v1/customers/", content, before_send, httpx.codes.CREATED)


async def update(
    polar: PolarClient,
    customer_id: str,
    fields: Mapping[str, str],
    *,
    before_send: Callable[[], Awaitable[None]],
) -> Customer:
    """`PATCH /v1/customers/{id}`: only the fields that are given.

    Raises:
        NotFound: there is no such customer, or it has been deleted.
        Invalid: another has the e-mail, or Polar does not take a value.
        Unavailable: perhaps it was changed, perhaps not.
        Refused
    """
    path = _path(None, customer_id)
    return await _write(polar, "PATCH", path, fields, before_send, httpx.codes.OK)


async def _write(
    polar: PolarClient,
    method: str,
    path: str,
    content: Mapping[str, Any],
    before_send: Callable[[], Awaitable[None]],
    expected: int,
) -> Customer:
    read_at = datetime.now(UTC)
    answer = await polar.json(
        method, path, content=content, expected=expected, before_send=before_send
    )
    return understood(lambda: parse(CUSTOMER, answer, observed_at=read_at, by=API))


async def with_email(polar: PolarClient, email: str) -> Customer | None:
    """The living customer that has the e-mail: `GET /v1/customers/?email=`.

    Raises:
        Unavailable, Refused
    """
    read_at = datetime.now(UTC)
    answer = await polar.json("GET", CUSTOMER.path, params={"email": email, "limit": 1})

    def read() -> Customer | None:
        found = [parse(CUSTOMER, it, observed_at=read_at, by=API) for it in answer["items"]]
        return found[0] if found else None

    return understood(read)


async def _search(polar: PolarClient, external_id: str) -> str:
    """Polar's id of the customer with exactly that external id. `query` also finds what only begins
    with it, and matches names and addresses.

    Raises:
        NotFound: none of them has it.
        Unavailable, Refused
    """

    def read(item: Mapping[str, Any], read_at: datetime) -> Customer:
        return parse(CUSTOMER, item, observed_at=read_at, by=API)

    order = CUSTOMER.order(descending=False)
    unreadable: Unreadable | None = None
    async with aclosing(
        walk(polar, CUSTOMER.path, read, query=external_id, sorting=order)
    ) as listed:
        async for customer in listed:
            if isinstance(customer, Unreadable):
                unreadable = customer
            elif customer.external_id == external_id:
                return customer.id
    if unreadable is not None:
        # It may be the one.
        raise unreadable.refusal
    raise NotFound("GET: no customer is listed under that external id")


async def delete(
    polar: PolarClient,
    *,
    external_id: str | None = None,
    customer_id: str | None = None,
    anonymize: bool,
    before_send: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """`DELETE /v1/customers/external/{external_id}`, or the same by Polar's id. Returns only on
    204.

    Polar frees the external id at once, so a DELETE by it that is late or repeated meets the
    customer who has signed up again meanwhile. `sync.deletions.machine.delete_by` says when it may
    be used.

    Args:
        before_send: awaited when the request's turn has come; nothing is sent if it raises.

    Raises:
        NotFound: the customer is gone already.
        Unavailable: perhaps it was deleted, perhaps not.
        Refused
    """
    response = await polar.send(
        "DELETE",
        _path(external_id, customer_id),
        params={"anonymize": "true" if anonymize else "false"},
        before_send=before_send,
    )
    if response.status_code != httpx.codes.NO_CONTENT:
        raise unexpected(response)


def _path(external_id: str | None, customer_id: str | None) -> str:
    if external_id is not None:
        return f"/v1/customers/external/{segment(external_id)}"
    return f"/v1/customers/{segment(customer_id or '')}"
