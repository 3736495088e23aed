"""Members of Polar's customers: one of them, its deletion, and handing over a team.

Source of every status and field: Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx

from sync.mirror.kinds import MEMBER
from sync.mirror.objects import API, Member
from sync.mirror.reading import parse
from sync.polar.client import PolarClient, segment
from sync.polar.errors import OnlyOwner, Refused, understood, unexpected


async def get(polar: PolarClient, customer_id: str, member_id: str) -> Member:
    """`GET /v1/customers/{id}/members/{member_id}`.

    Raises:
        NotFound: there is no such member, or it or its customer has been deleted.
        Unavailable, Refused
    """
    read_at = datetime.now(UTC)
    answer = await polar.json("GET", _path(customer_id, member_id))
    return understood(lambda: parse(MEMBER, answer, observed_at=read_at, by=API))


async def delete(
    polar: PolarClient,
    customer_id: str,
    member_id: str,
    *,
    before_send: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """`DELETE /v1/customers/{id}/members/{member_id}`. Returns only on 204.

    Args:
        before_send: awaited when the request's turn has come; nothing is sent if it raises.

    Raises:
        OnlyOwner: it is the customer's only owner.
        NotFound: it is gone already.
        Unavailable: perhaps it was deleted, perhaps not.
        Refused
    """
    path = _path(customer_id, member_id)
    try:
        response = await polar.send("DELETE", path, before_send=before_send)
    except Refused as refusal:
        if refusal.status == httpx.codes.UNPROCESSABLE_ENTITY:
            raise OnlyOwner("DELETE: the customer's only owner") from None
        raise
    if response.status_code != httpx.codes.NO_CONTENT:
        raise unexpected(response)


async def scrub(polar: PolarClient, customer_id: str, member_id: str) -> None:
    """`PATCH /v1/customers/{id}/members/{member_id}`: a name and an e-mail that say nothing, of the
    form that Polar gives to anonymized customers.

    Raises:
        NotFound, Unavailable, Refused
    """
    content = {"name": "anonymized", "email": f"{member_id}@anonymized.polar.sh"}
    await polar.json("PATCH", _path(customer_id, member_id), content=content)


async def make_owner(polar: PolarClient, customer_id: str, member_id: str) -> Member:
    """`PATCH /v1/customers/{id}/members/{member_id}` with the role `owner`: transfers the
    ownership.

    Raises:
        NotFound, Unavailable, Refused
    """
    read_at = datetime.now(UTC)
    path, content = _path(customer_id, member_id), {"role": "owner"}
    answer = await polar.json("PATCH", path, content=content)
    return understood(lambda: parse(MEMBER, answer, observed_at=read_at, by=API))


def _path(customer_id: str, member_id: str) -> str:
    return f"/v1/customers/{segment(customer_id)}/members/{segment(member_id)}"
