"""Polar's public API, as far as it concerns customers, subscriptions, grants and webhooks."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.simulator.engine import RequestRecord, Simulator, utc_now
from sync.simulator.faults import ApiFault
from sync.simulator.inputs import (
    CustomerCreate,
    CustomersQuery,
    CustomerUpdate,
    CustomerUpdateExternal,
    DeleteQuery,
    DeliveriesQuery,
    EndpointCreate,
    EndpointUpdate,
    GrantsQuery,
    OrganizationsQuery,
    Page,
    Query,
    SubscriptionCreate,
    SubscriptionsQuery,
)
from sync.simulator.lists import Columns, cut
from sync.simulator.state import (
    CANCELED_BY_DELETION,
    LISTED_IN_STATE,
    AlreadyCanceledError,
    Customer,
    Grant,
    Json,
    LockedError,
    Subscription,
    TakenError,
    new_id,
)
from sync.simulator.webhooks import (
    Delivery,
    Endpoint,
    Event,
    new_secret,
    render_delivery,
    render_endpoint,
)

M = TypeVar("M", bound=BaseModel)
Q = TypeVar("Q", bound=Query)
T = TypeVar("T")

ABORT = "polar_simulator.abort"
"""The ASGI extension by which the server lets an application close its connection."""
_MAX_BODY = 1_000_000


class ApiError(Exception):
    """Ends a request with an error answer."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


def error(status: int, name: str, detail: Any) -> ApiError:
    return ApiError(status, {"error": name, "detail": detail})


def not_found(what: str) -> ApiError:
    return error(404, "ResourceNotFound", f"{what} not found.")


def invalid(problem: ValidationError, where: str) -> ApiError:
    """Polar: 422 `RequestValidationError` with one entry in `detail` per mistake."""
    return error(
        422,
        "RequestValidationError",
        [
            {
                "loc": [where, *entry["loc"]],
                "msg": entry["msg"],
                "type": entry["type"],
                "input": entry["input"],
            }
            for entry in json.loads(problem.json(include_url=False, include_context=False))
        ],
    )


def mistake(where: str, name: str, message: str, value: Any) -> ApiError:
    entry = {"loc": [where, name], "msg": message, "type": "value_error", "input": value}
    return error(422, "RequestValidationError", [entry])


@dataclass(slots=True)
class Call:
    """One request to a route."""

    sim: Simulator
    params: list[str]
    query: list[tuple[str, str]]
    body: bytes

    def read_query(self, model: type[Q]) -> Q:
        try:
            return model.parse(self.query)
        except ValidationError as problem:
            raise invalid(problem, "query") from problem

    def read_body(self, model: type[M]) -> M:
        try:
            return model.model_validate_json(self.body)
        except ValidationError as problem:
            raise invalid(problem, "body") from problem

    def uuid(self) -> str:
        try:
            return str(UUID(self.params[0]))
        except ValueError as problem:
            raise mistake("path", "id", "Input should be a valid UUID", self.params[0]) from problem

    # -- what the path names ---------------------------------------------------------------

    def customer(self) -> Customer:
        customer = self.sim.world.find_live(self.uuid())
        if customer is None:
            raise not_found("Customer")
        return customer

    def external_customer(self) -> Customer:
        customer = self.sim.world.by_external_id.get(self.params[0])
        if customer is None:
            raise not_found("Customer")
        return customer

    def subscription(self) -> Subscription:
        subscription = self.sim.world.subscriptions.get(self.uuid())
        if subscription is None:
            raise not_found("Subscription")
        return subscription

    def endpoint(self) -> Endpoint:
        endpoint = self.sim.webhooks.endpoints.get(self.uuid())
        if endpoint is None:
            raise not_found("Webhook endpoint")
        return endpoint


Answer = tuple[int, Any]
Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    scopes: tuple[str, ...]
    """Any of these is enough."""
    handler: Handler
    segments: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.path.split("/")))

    def match(self, raw: Sequence[str]) -> list[str] | None:
        """The parameters, percent-decoded; None: another path.

        Split before decoding: `%2F` in an external id is no separator.
        """
        if len(raw) != len(self.segments):
            return None
        params: list[str] = []
        for expected, actual in zip(self.segments, raw, strict=True):
            if expected.startswith("{"):
                if not actual:
                    return None
                params.append(unquote(actual))
            elif expected != actual:
                return None
        return params


# -- lists ---------------------------------------------------------------------------------


def listing(items: Sequence[T], total: int, page: Page, render: Callable[[T], Json]) -> Answer:
    return 200, {
        "items": [render(item) for item in items],
        "pagination": {"total_count": total, "max_page": -(-total // page.limit)},
    }


def ours(call: Call, page: Page) -> bool:
    """Whether the organization asked for, if any, is the one there is."""
    wanted = page.organization_id
    return wanted is None or call.sim.world.organization_id in wanted


_CUSTOMER_COLUMNS: Columns[Customer] = {
    "created_at": lambda row: row.created_at,
    "email": lambda row: row.email,
    "name": lambda row: row.name,
}
_SUBSCRIPTION_COLUMNS: Columns[Subscription] = {
    "started_at": lambda row: row.started_at,
    "customer": lambda row: row.customer.name or row.customer.email,
    "status": lambda row: row.status,
    "current_period_end": lambda row: row.current_period_end,
    "ended_at": lambda row: row.ended_at,
    "ends_at": lambda row: row.ends_at,
    "amount": lambda row: row.amount,
    "product": lambda _: "",
    "discount": lambda _: None,
}
_GRANT_COLUMNS: Columns[Grant] = {
    "created_at": lambda row: row.created_at,
    "granted_at": lambda row: row.granted_at,
    "revoked_at": lambda row: row.revoked_at,
}


def owners(call: Call, query: SubscriptionsQuery | GrantsQuery) -> list[str] | None:
    """Whose rows are asked for, each once; None: anybody's."""
    if not ours(call, query):
        return []
    if query.customer_id is None and query.external_customer_id is None:
        return None
    found = query.customer_id
    if query.external_customer_id is not None:
        by_external_id = call.sim.world.by_external_id
        live = (by_external_id.get(each) for each in query.external_customer_id)
        ids = [customer.id for customer in live if customer is not None]
        found = ids if found is None else [each for each in found if each in ids]
    return list(dict.fromkeys(found or ()))


# -- customers -----------------------------------------------------------------------------


def list_customers(call: Call) -> Answer:
    query = call.read_query(CustomersQuery)
    world = call.sim.world
    narrowed: list[Customer] | None = None
    if not ours(call, query):
        narrowed = []
    elif query.email is not None:
        row = world.by_email.get(query.email.lower())
        narrowed = [row] if row is not None else []

    def keep(row: Customer) -> bool:
        if query.query is not None and not any(
            query.query.lower() in (text or "").lower()
            for text in (row.name, row.email, row.external_id)
        ):
            return False
        return query.active is None or query.active == any(
            subscription.status in CANCELED_BY_DELETION
            for subscription in world.subscriptions_of.get(row.id, ())
        )

    filtered = query.query is not None or query.active is not None
    rows, total = call.sim.lists.page(
        world.version,
        query,
        world.live_customers,
        narrowed,
        keep if filtered else None,
        query.sorting,
        _CUSTOMER_COLUMNS,
    )
    return listing(rows, total, query, call.sim.render.customer)


def customer_fields(given: BaseModel) -> Json:
    """The fields that a request gave, as rows have them."""
    fields = given.model_dump(exclude_unset=True)
    if fields.get("metadata", {}) is None:
        del fields["metadata"]
    if fields.get("tax_id") is not None:
        value = fields["tax_id"]
        fields["tax_id"] = [value, "eu_vat" if value[:2].isalpha() else "us_ein"]
    return fields


def taken(problem: TakenError, value: Any) -> ApiError:
    return mistake("body", problem.field, str(problem), value)


def create_customer(call: Call) -> Answer:
    given = call.read_body(CustomerCreate)
    try:
        customer = call.sim.create_customer(customer_fields(given))
    except TakenError as problem:
        raise taken(problem, getattr(given, problem.field)) from problem
    return 201, call.sim.render.customer(customer)


def get_customer(call: Call) -> Answer:
    return 200, call.sim.render.customer(call.customer())


def get_external_customer(call: Call) -> Answer:
    return 200, call.sim.render.customer(call.external_customer())


def get_state(call: Call) -> Answer:
    return 200, call.sim.render.state(call.customer())


def get_external_state(call: Call) -> Answer:
    return 200, call.sim.render.state(call.external_customer())


def _update(call: Call, customer: Customer, given: CustomerUpdateExternal) -> Answer:
    fields = customer_fields(given)
    external_id = fields.get("external_id")
    if "external_id" in fields and customer.external_id not in (None, external_id):
        raise mistake("body", "external_id", "Once set, it can't be updated.", external_id)
    try:
        call.sim.update_customer(customer, fields)
    except TakenError as problem:
        raise taken(problem, fields[problem.field]) from problem
    return 200, call.sim.render.customer(customer)


def update_customer(call: Call) -> Answer:
    return _update(call, call.customer(), call.read_body(CustomerUpdate))


def update_external_customer(call: Call) -> Answer:
    return _update(call, call.external_customer(), call.read_body(CustomerUpdateExternal))


def delete_customer(call: Call) -> Answer:
    anonymize = call.read_query(DeleteQuery).anonymize
    call.sim.delete_customer(call.customer(), anonymize=anonymize)
    return 204, None


def delete_external_customer(call: Call) -> Answer:
    anonymize = call.read_query(DeleteQuery).anonymize
    call.sim.delete_customer(call.external_customer(), anonymize=anonymize)
    return 204, None


# -- subscriptions -------------------------------------------------------------------------


def list_subscriptions(call: Call) -> Answer:
    query = call.read_query(SubscriptionsQuery)
    world = call.sim.world
    owner_ids = owners(call, query)
    narrowed = (
        None
        if owner_ids is None
        else [row for owner in owner_ids for row in world.subscriptions_of.get(owner, ())]
    )

    def within(value: datetime | None, after: datetime | None, before: datetime | None) -> bool:
        if after is None and before is None:
            return True
        if value is None:
            return False
        return (after is None or value >= after) and (before is None or value <= before)

    def keep(row: Subscription) -> bool:
        return (
            (query.product_id is None or world.product_id in query.product_id)
            and query.discount_id is None
            and (query.active is None or query.active == (row.status in LISTED_IN_STATE))
            and (query.status is None or row.status in query.status)
            and query.cancel_at_period_end in (None, row.cancel_at_period_end)
            and within(row.canceled_at, query.canceled_at_after, query.canceled_at_before)
            and within(row.started_at, query.started_after, query.started_before)
        )

    filtered = query.model_fields_set - {
        "page",
        "limit",
        "sorting",
        "organization_id",
        "customer_id",
        "external_customer_id",
    }
    rows, total = call.sim.lists.page(
        world.version,
        query,
        world.subscriptions_by_start,
        narrowed,
        keep if filtered else None,
        query.sorting,
        _SUBSCRIPTION_COLUMNS,
    )
    return listing(rows, total, query, call.sim.render.subscription)


def create_subscription(call: Call) -> Answer:
    given = call.read_body(SubscriptionCreate)
    world = call.sim.world
    if given.product_id != world.product_id:
        raise mistake("body", "product_id", "Product does not exist.", given.product_id)
    customer = (
        world.find_live(str(given.customer_id))
        if given.customer_id is not None
        else world.by_external_id.get(given.external_customer_id or "")
    )
    if customer is None:
        raise mistake("body", "customer_id", "Customer does not exist.", given.customer_id)
    subscription = call.sim.create_subscription(customer, {"metadata": given.metadata or {}})
    return 201, call.sim.render.subscription(subscription)


def get_subscription(call: Call) -> Answer:
    return 200, call.sim.render.subscription(call.subscription())


def revoke_subscription(call: Call) -> Answer:
    subscription = call.subscription()
    try:
        call.sim.revoke_subscription(subscription)
    except AlreadyCanceledError as problem:
        raise error(
            403,
            "AlreadyCanceledSubscription",
            "This subscription is already canceled or will be at the end of the period.",
        ) from problem
    except LockedError as problem:
        raise error(
            409, "SubscriptionLocked", "This subscription is pending an update."
        ) from problem
    return 200, call.sim.render.subscription(subscription)


# -- grants --------------------------------------------------------------------------------


def list_grants(call: Call) -> Answer:
    query = call.read_query(GrantsQuery)
    world = call.sim.world
    owner_ids = owners(call, query)
    narrowed = (
        None
        if owner_ids is None
        else [row for owner in owner_ids for row in world.grants_of.get(owner, ())]
    )

    def keep(row: Grant) -> bool:
        return (row.revoked_at is None) == query.is_granted

    rows, total = call.sim.lists.page(
        world.version,
        query,
        world.grants_by_creation,
        narrowed,
        keep if query.is_granted is not None else None,
        query.sorting,
        _GRANT_COLUMNS,
    )
    return listing(rows, total, query, call.sim.render.grant)


# -- webhooks ------------------------------------------------------------------------------


def render(call: Call, endpoint: Endpoint) -> Json:
    return render_endpoint(endpoint, call.sim.world.organization_id)


def list_endpoints(call: Call) -> Answer:
    query = call.read_query(Page)
    rows = list(reversed(call.sim.webhooks.endpoints.values())) if ours(call, query) else []
    return listing(cut(rows, query), len(rows), query, lambda row: render(call, row))


def create_endpoint(call: Call) -> Answer:
    given = call.read_body(EndpointCreate)
    endpoint = Endpoint(
        id=new_id(),
        created_at=utc_now(),
        url=given.url,
        name=given.name,
        format=given.format,
        events=list(given.events),
        secret=new_secret(),
    )
    call.sim.webhooks.add_endpoint(endpoint)
    return 201, render(call, endpoint)


def get_endpoint(call: Call) -> Answer:
    return 200, render(call, call.endpoint())


def update_endpoint(call: Call) -> Answer:
    endpoint = call.endpoint()
    fields = call.read_body(EndpointUpdate).model_dump(exclude_unset=True)
    call.sim.webhooks.update_endpoint(
        endpoint, {k: v for k, v in fields.items() if v is not None or k == "name"}
    )
    return 200, render(call, endpoint)


def reset_secret(call: Call) -> Answer:
    endpoint = call.endpoint()
    call.sim.webhooks.update_endpoint(endpoint, {"secret": new_secret()})
    return 200, render(call, endpoint)


def delete_endpoint(call: Call) -> Answer:
    call.sim.webhooks.delete_endpoint(call.endpoint())
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
    event: Event | None = call.sim.webhooks.events.get(call.uuid())
    if event is None or event.payload is None:
        raise not_found("Webhook event")
    call.sim.webhooks.redeliver(event)
    return 202, None


# -- organizations -------------------------------------------------------------------------


def list_organizations(call: Call) -> Answer:
    query = call.read_query(OrganizationsQuery)
    organization = call.sim.render.organization()
    rows = [organization] if query.slug in (None, organization["slug"]) else []
    return listing(cut(rows, query), len(rows), query, lambda row: row)


def get_organization(call: Call) -> Answer:
    if call.uuid() != call.sim.world.organization_id:
        raise not_found("Organization")
    return 200, call.sim.render.organization()


# -- dispatch ------------------------------------------------------------------------------

_READ_CUSTOMERS = ("customers:read", "customers:write")
_WRITE_CUSTOMERS = ("customers:write",)
_READ_SUBSCRIPTIONS = ("subscriptions:read", "subscriptions:write")
_WRITE_SUBSCRIPTIONS = ("subscriptions:write",)
_READ_WEBHOOKS = ("webhooks:read", "webhooks:write")
_WRITE_WEBHOOKS = ("webhooks:write",)
_READ_ORGANIZATIONS = ("organizations:read", "organizations:write")

ROUTES = [
    Route("GET", "/v1/customers/", _READ_CUSTOMERS, list_customers),
    Route("POST", "/v1/customers/", _WRITE_CUSTOMERS, create_customer),
    Route("GET", "/v1/customers/{id}", _READ_CUSTOMERS, get_customer),
    Route("PATCH", "/v1/customers/{id}", _WRITE_CUSTOMERS, update_customer),
    Route("DELETE", "/v1/customers/{id}", _WRITE_CUSTOMERS, delete_customer),
    Route("GET", "/v1/customers/external/{external_id}", _READ_CUSTOMERS, get_external_customer),
    Route(
        "PATCH", "/v1/customers/external/{external_id}", _WRITE_CUSTOMERS, update_external_customer
    ),
    Route(
        "DELETE", "/v1/customers/external/{external_id}", _WRITE_CUSTOMERS, delete_external_customer
    ),
    Route("GET", "/v1/customers/{id}/state", _READ_CUSTOMERS, get_state),
    Route("GET", "/v1/customers/external/{external_id}/state", _READ_CUSTOMERS, get_external_state),
    Route("GET", "/v1/subscriptions/", _READ_SUBSCRIPTIONS, list_subscriptions),
    Route("POST", "/v1/subscriptions/", _WRITE_SUBSCRIPTIONS, create_subscription),
    Route("GET", "/v1/subscriptions/{id}", _READ_SUBSCRIPTIONS, get_subscription),
    Route("DELETE", "/v1/subscriptions/{id}", _WRITE_SUBSCRIPTIONS, revoke_subscription),
    Route("GET", "/v1/benefit-grants/", ("benefits:read", "benefits:write"), list_grants),
    Route("GET", "/v1/webhooks/endpoints", _READ_WEBHOOKS, list_endpoints),
    Route("POST", "/v1/webhooks/endpoints", _WRITE_WEBHOOKS, create_endpoint),
    Route("GET", "/v1/webhooks/endpoints/{id}", _READ_WEBHOOKS, get_endpoint),
    Route("PATCH", "/v1/webhooks/endpoints/{id}", _WRITE_WEBHOOKS, update_endpoint),
    Route("DELETE", "/v1/webhooks/endpoints/{id}", _WRITE_WEBHOOKS, delete_endpoint),
    Route("PATCH", "/v1/webhooks/endpoints/{id}/secret", _WRITE_WEBHOOKS, reset_secret),
    Route("GET", "/v1/webhooks/deliveries", _READ_WEBHOOKS, list_deliveries),
    Route("POST", "/v1/webhooks/events/{id}/redeliver", _WRITE_WEBHOOKS, redeliver),
    Route("GET", "/v1/organizations/", _READ_ORGANIZATIONS, list_organizations),
    Route("GET", "/v1/organizations/{id}", _READ_ORGANIZATIONS, get_organization),
]


def find_route(method: str, raw_path: str) -> tuple[Route, list[str]]:
    """Raises `ApiError`: 404 for a path that no route has, 405 for a method it does not have."""
    raw = raw_path.split("/")
    known = False
    for route in ROUTES:
        params = route.match(raw)
        if params is not None:
            if route.method == method:
                return route, params
            known = True
    if known:
        raise ApiError(405, {"detail": "Method Not Allowed"})
    # Polar: no `error` here, which tells a wrong path from a customer that is gone.
    raise ApiError(404, {"detail": "Not Found"})


class PolarApi:
    """The ASGI application for everything that is not the control API."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        raw_path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "replace")
        query = scope["query_string"].decode("ascii", "replace")
        record = RequestRecord(method, raw_path, query, "-", utc_now())
        self.sim.requests.append(record)
        body = await read_body(receive)

        terminal = await self._delay_and_choose(method, raw_path, record)
        carried_out = terminal is None or terminal.kind == "timeout" or terminal.after_effect
        response = None
        if carried_out:
            response = self._handle(scope, record, body)
        else:
            self._note_route(record)
        if terminal is not None:
            response = await self._strike(terminal, response)
        if response is None:
            await abort(scope, receive)
            return
        record.status = response.status_code
        response.headers["date"] = format_datetime(
            utc_now() + timedelta(seconds=self.sim.config.clock_ahead), usegmt=True
        )
        await response(scope, receive, send)

    async def _delay_and_choose(
        self, method: str, path: str, record: RequestRecord
    ) -> ApiFault | None:
        """Wait for the delays that match; the first other fault that strikes ends the request."""
        faults = self.sim.faults
        for rule in list(faults.rules):
            if rule.matches(method, path) and rule.strikes(faults.rng):
                record.fault = rule.kind
                if rule.kind != "delay" or not await self.sim.hold(rule.seconds):
                    return rule
        return None

    async def _strike(self, rule: ApiFault, response: Response | None) -> Response | None:
        """The answer that the fault leaves; None: none at all."""
        match rule.kind:
            case "error":
                name = HTTPStatus(rule.status).phrase if rule.status in _PHRASES else "Error"
                return answer(rule.status, {"error": name.replace(" ", ""), "detail": name})
            case "rate_limit":
                return too_many_requests(rule.retry_after)
            case "timeout":
                held = await self.sim.hold(rule.seconds)
                return response if held and not rule.close else None
            case _:
                return None

    def _note_route(self, record: RequestRecord) -> None:
        with suppress(ApiError):
            record.route = find_route(record.method, record.path)[0].path
        self.sim.counts[record.method, record.route] += 1

    def _handle(self, scope: Scope, record: RequestRecord, body: bytes) -> Response:
        sim = self.sim
        self._note_route(record)
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            if not sim.config.available:
                raise error(503, "ServiceUnavailable", "Service Unavailable")
            if headers.get("polar-version") not in (None, *sim.config.versions):
                # Polar: an unsupported version is answered as a wrong path is.
                raise ApiError(404, {"detail": "Not Found"})
            route, params = find_route(record.method, record.path)
            wait = sim.seconds_over_limit()
            if wait:
                return too_many_requests(wait)
            if headers.get("authorization") != f"Bearer {sim.config.token}":
                raise error(401, "Unauthorized", "Invalid or missing access token.")
            if sim.config.scopes.isdisjoint(route.scopes):
                needed = " or ".join(route.scopes)
                raise error(403, "NotPermitted", f"The access token lacks the scope {needed}.")
            query = parse_qsl(record.query, keep_blank_values=True)
            status, content = route.handler(Call(sim, params, query, body))
        except ApiError as problem:
            return answer(problem.status, problem.body)
        record.effect = route.method != "GET"
        return answer(status, content)


_PHRASES = frozenset(int(status) for status in HTTPStatus)


def answer(status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
    if status == 204:
        return Response(status_code=204, headers=headers)
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status, headers, media_type="application/json")


def too_many_requests(seconds: int) -> Response:
    body = {"error": "TooManyRequests", "detail": "Rate limit exceeded."}
    return answer(429, body, {"Retry-After": str(seconds)})


async def read_body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more and len(body) <= _MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def abort(scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer.

    Raises:
        RuntimeError: the server offers no way to; `sync.simulator.server` does.
    """
    close = scope.get("extensions", {}).get(ABORT)
    if close is None:
        raise RuntimeError("this server cannot drop a connection: use sync.simulator.server")
    close()
    while (await receive())["type"] != "http.disconnect":
        pass
