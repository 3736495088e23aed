"""Webhooks at Polar: endpoints, deliveries, redelivery.

Needs the scope webhooks:read, and webhooks:write for all that is no list.

Source of every status and field: Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict

from sync.polar.client import PolarClient, segment
from sync.polar.endpoint import RAW, Endpoint
from sync.polar.errors import understood, unexpected
from sync.polar.lists import every_page

_ENDPOINTS = "/v1/webhooks/endpoints"
_DELIVERIES = "/v1/webhooks/deliveries"


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class WebhookEvent(_Read):
    """One event for one endpoint; `id` is the `webhook-id` of every attempt to deliver it."""

    id: str
    created_at: AwareDatetime
    type: str
    succeeded: bool | None = None
    """None: neither delivered nor given up."""
    skipped: bool
    """Not sent, or not any more, since the endpoint was disabled."""
    is_archived: bool
    """Older than 90 days: Polar has no payload any more."""


class Delivery(_Read):
    """One attempt to deliver an event."""

    id: str
    created_at: AwareDatetime
    succeeded: bool
    webhook_event: WebhookEvent


async def endpoints(polar: PolarClient) -> list[Endpoint]:
    """Every endpoint of the organization.

    Raises:
        Unavailable, Refused
    """
    return await every_page(polar, _ENDPOINTS, lambda item, _: Endpoint.model_validate(item))


async def create_endpoint(polar: PolarClient, url: str, events: Sequence[str]) -> Endpoint:
    """`POST /v1/webhooks/endpoints`: a new endpoint, enabled, in the format `RAW`.

    Raises:
        Unavailable: perhaps it was created, perhaps not.
        Refused
    """
    answer = await polar.json(
        "POST",
        _ENDPOINTS,
        content={"url": url, "format": RAW, "events": list(events)},
        expected=httpx.codes.CREATED,
    )
    return understood(lambda: Endpoint.model_validate(answer))


async def update_endpoint(
    polar: PolarClient, endpoint_id: str, changes: Mapping[str, Any]
) -> Endpoint:
    """`PATCH /v1/webhooks/endpoints/{id}`. `changes`: the fields that get another value.

    Raises:
        NotFound, Unavailable, Refused
    """
    path = f"{_ENDPOINTS}/{segment(endpoint_id)}"
    answer = await polar.json("PATCH", path, content=changes)
    return understood(lambda: Endpoint.model_validate(answer))


async def failed_deliveries(
    polar: PolarClient, endpoint_id: str, types: Sequence[str], *, since: datetime, until: datetime
) -> list[Delivery]:
    """The attempts, made within that time, to deliver events of those types that failed.

    Raises:
        Unavailable: also where the list moved while its pages were read.
        Refused
    """
    return await every_page(
        polar,
        _DELIVERIES,
        lambda item, _: Delivery.model_validate(item),
        endpoint_id=endpoint_id,
        event_type=list(types),
        start_timestamp=since.isoformat(),
        end_timestamp=until.isoformat(),
        succeeded="false",
    )


async def redeliver(polar: PolarClient, event_id: str) -> None:
    """`POST /v1/webhooks/events/{id}/redeliver`. Returns on 202: Polar will send it again, in
    its own time; to a disabled endpoint, or of an archived event, nothing.

    Source of the second half: `webhook_event_send` in Polar's server.

    Raises:
        NotFound: there is no such event, or not any more.
        Unavailable: perhaps it will, perhaps not.
        Refused
    """
    path = f"/v1/webhooks/events/{segment(event_id)}/redeliver"
    response = await polar.send("POST", path)
    if response.status_code != httpx.codes.ACCEPTED:
        raise unexpected(response)
