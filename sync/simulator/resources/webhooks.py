"""`/v1/webhooks/`: endpoints, deliveries, and the redelivery of events."""

from datetime import datetime
from ipaddress import ip_address
from typing import Literal

from pydantic import BaseModel, HttpUrl

from sync.simulator.calls import Answer, Call, Route, listing, mistake, not_found
from sync.simulator.inputs import EventType, Format, Page, Uuid, Uuids
from sync.simulator.lists import cut
from sync.simulator.simulator import utc_now
from sync.simulator.webhooks import (
    Delivery,
    Endpoint,
    new_secret,
    render_delivery,
    render_endpoint,
)
from sync.simulator.world import Json, new_id


class DeliveriesQuery(Page):
    LISTS = Page.LISTS | {"endpoint_id", "event_type"}

    endpoint_id: Uuids = None
    start_timestamp: datetime | None = None
    end_timestamp: datetime | None = None
    succeeded: bool | None = None
    query: str | None = None
    http_code_class: Literal["2xx", "3xx", "4xx", "5xx"] | None = None
    event_type: list[EventType] | None = None


class EndpointCreate(BaseModel):
    url: HttpUrl
    name: str | None = None
    format: Format
    events: list[EventType]
    organization_id: Uuid | None = None


class EndpointUpdate(BaseModel):
    url: HttpUrl | None = None
    name: str | None = None
    format: Format | None = None
    events: list[EventType] | None = None
    enabled: bool | None = None


def _accepted(call: Call, url: HttpUrl) -> str:
    """The URL as Polar stores it: normalized, so with a slash after a host that stands alone.

    Polar: an endpoint is https and public. Raises `ApiError`: it is not.
    """
    host = (url.host or "").strip("[]")
    try:
        address = ip_address(host)
    except ValueError:
        is_loopback = host == "localhost"
        is_public = "." in host and not host.endswith((".localhost", ".local", ".internal"))
    else:
        is_loopback, is_public = address.is_loopback, address.is_global
    may_be_loopback = call.sim.config.loopback_endpoints
    if not (url.scheme == "https" and is_public) and not (may_be_loopback and is_loopback):
        raise mistake("body", "url", "The URL must be https and public.", str(url))
    return str(url)


def _render(call: Call, endpoint: Endpoint) -> Json:
    return render_endpoint(endpoint, call.sim.world.organization_id)


def _find(call: Call) -> Endpoint:
    return call.find(call.sim.webhooks.endpoints, "Webhook endpoint")


def list_endpoints(call: Call) -> Answer:
    query = call.read_query(Page)
    rows = list(reversed(call.sim.webhooks.endpoints.values())) if call.is_ours(query) else []
    return listing(cut(rows, query), len(rows), query, lambda row: _render(call, row))


def create_endpoint(call: Call) -> Answer:
    given = call.read_body(EndpointCreate)
    endpoint = Endpoint(
        id=new_id(),
        created_at=utc_now(),
        url=_accepted(call, given.url),
        name=given.name,
        format=given.format,
        events=list(given.events),
        secret=new_secret(),
    )
    call.sim.webhooks.add_endpoint(endpoint)
    return 201, _render(call, endpoint)


def get_endpoint(call: Call) -> Answer:
    return 200, _render(call, _find(call))


def update_endpoint(call: Call) -> Answer:
    endpoint = _find(call)
    given = call.read_body(EndpointUpdate)
    fields = given.model_dump(exclude_unset=True)
    if given.url is not None:
        fields["url"] = _accepted(call, given.url)
    call.sim.webhooks.update_endpoint(
        endpoint, {k: v for k, v in fields.items() if v is not None or k == "name"}
    )
    return 200, _render(call, endpoint)


def reset_secret(call: Call) -> Answer:
    endpoint = _find(call)
    call.sim.webhooks.update_endpoint(endpoint, {"secret": new_secret()})
    return 200, _render(call, endpoint)


def delete_endpoint(call: Call) -> Answer:
    call.sim.webhooks.delete_endpoint(_find(call))
    return 204, None


def list_deliveries(call: Call) -> Answer:
    query = call.read_query(DeliveriesQuery)

    def keep(row: Delivery) -> bool:
        event = row.event
        return (
            (query.endpoint_id is None or event.endpoint.id in query.endpoint_id)
            and (query.start_timestamp is None or row.created_at >= query.start_timestamp)
            and (query.end_timestamp is None or row.created_at <= query.end_timestamp)
            and query.succeeded in (None, row.succeeded)
            and (query.event_type is None or event.type in query.event_type)
            and (
                query.http_code_class is None
                or (
                    row.http_code is not None
                    and row.http_code // 100 == int(query.http_code_class[0])
                )
            )
            and (query.query is None or query.query in (event.payload or ""))
        )

    rows = [row for row in reversed(call.sim.webhooks.deliveries) if keep(row)]
    return listing(cut(rows, query), len(rows), query, render_delivery)


def redeliver(call: Call) -> Answer:
    event = call.find(call.sim.webhooks.events, "Webhook event")
    if event.payload is None:
        raise not_found("Webhook event")
    call.sim.webhooks.redeliver(event)
    return 202, None


_READ = ("webhooks:read", "webhooks:write")
_WRITE = ("webhooks:write",)

ROUTES = [
    Route("GET", "/v1/webhooks/endpoints", _READ, list_endpoints),
    Route("POST", "/v1/webhooks/endpoints", _WRITE, create_endpoint),
    Route("GET", "/v1/webhooks/endpoints/{id}", _READ, get_endpoint),
    Route("PATCH", "/v1/webhooks/endpoints/{id}", _WRITE, update_endpoint),
    Route("DELETE", "/v1/webhooks/endpoints/{id}", _WRITE, delete_endpoint),
    Route("PATCH", "/v1/webhooks/endpoints/{id}/secret", _WRITE, reset_secret),
    Route("GET", "/v1/webhooks/deliveries", _READ, list_deliveries),
    Route("POST", "/v1/webhooks/events/{id}/redeliver", _WRITE, redeliver),
]
