"""The control API under `/_sim/`: documented in docs/simulator.md."""

import base64
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.simulator.config import SimulatorConfig
from sync.simulator.faults import ApiFault, WebhookFault
from sync.simulator.inputs import Address, EventType, Format, Metadata, Status
from sync.simulator.rendering import time
from sync.simulator.simulator import RequestRecord, Simulator, utc_now
from sync.simulator.webhooks import Endpoint, new_secret, render_endpoint, render_event
from sync.simulator.world import Customer, Grant, Json, Subscription, TakenError, new_id

_ALL_EVENTS: tuple[str, ...] = get_args(EventType)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubscriptionFields(_Model):
    """Only what is given is set; a status also sets the times that belong to it."""

    status: Status | None = None
    amount: int | None = None
    cancel_at_period_end: bool | None = None
    pending_update: bool | None = None
    locked: bool | None = None
    metadata: Metadata | None = None
    current_period_start: AwareDatetime | None = None
    current_period_end: AwareDatetime | None = None
    trial_start: AwareDatetime | None = None
    trial_end: AwareDatetime | None = None
    started_at: AwareDatetime | None = None
    canceled_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    past_due_at: AwareDatetime | None = None
    paused_at: AwareDatetime | None = None


class SubscriptionPatch(SubscriptionFields):
    webhooks: bool = True


class NewSubscription(SubscriptionFields):
    customer_id: str
    webhooks: bool = True


class GrantPatch(_Model):
    is_granted: bool | None = None
    stuck: bool | None = None
    webhooks: bool = True


class _Holdings(_Model):
    subscriptions: list[SubscriptionFields] = []
    grants: Annotated[int, Field(ge=0)] = 0
    created_at: AwareDatetime | None = None
    metadata: Metadata = {}

    @field_validator("subscriptions", mode="before")
    @classmethod
    def _accept_statuses(cls, value: Any) -> Any:
        if isinstance(value, list):
            return [{"status": each} if isinstance(each, str) else each for each in value]
        return value


class NewCustomer(_Holdings):
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    type: Literal["individual", "team"] = "individual"
    billing_address: Address | None = None
    tax_id: tuple[str, str] | None = None
    webhooks: bool = True


class BulkCustomers(_Holdings):
    count: Annotated[int, Field(gt=0)]
    prefix: str = "user-"
    start: int = 0
    return_ids: bool = False


class NewEndpoint(_Model):
    url: str
    secret: Annotated[str, Field(min_length=1)] | None = None
    events: list[EventType] | None = None
    format: Format = "raw"
    enabled: bool = True
    name: str | None = None
    standard_signature: bool = False

    @model_validator(mode="after")
    def _check_secret(self) -> Self:
        if self.standard_signature and self.secret is not None:
            base64.b64decode(self.secret.removeprefix("whsec_") + "==", validate=True)
        return self


class ApiFaults(_Model):
    faults: list[ApiFault]
    seed: int = 0


class WebhookFaults(_Model):
    faults: list[WebhookFault] = []
    null_external_id: bool = False
    seed: int = 0


class Release(_Model):
    order: Literal["fifo", "reverse", "shuffle"] = "fifo"
    type: EventType | None = None


class Settle(_Model):
    timeout: Annotated[float, Field(ge=0)] = 10.0


M = TypeVar("M", bound=BaseModel)


async def _read(request: Request, model: type[M]) -> M:
    try:
        return model.model_validate_json(await request.body() or b"{}")
    except ValidationError as problem:
        detail = problem.json(include_url=False, include_context=False, include_input=False)
        raise HTTPException(422, detail) from problem


def _fields(given: SubscriptionFields) -> Json:
    return given.model_dump(
        include=set(SubscriptionFields.model_fields), exclude_unset=True, exclude_none=True
    )


def _found(rows: dict[str, Any], request: Request, what: str) -> Any:
    row = rows.get(request.path_params["id"])
    if row is None:
        raise HTTPException(404, f"no such {what}")
    return row


class Control:
    """Handlers of the control API for one simulator."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def routes(self) -> list[Route]:
        return [
            Route("/customers", self.create_customer, methods=["POST"]),
            Route("/customers/bulk", self.create_customers, methods=["POST"]),
            Route("/customers/{id}", self.get_customer, methods=["GET"]),
            Route("/subscriptions", self.create_subscription, methods=["POST"]),
            Route("/subscriptions/{id}", self.update_subscription, methods=["POST"]),
            Route("/grants/{id}", self.update_grant, methods=["POST"]),
            Route("/requests", self.list_requests, methods=["GET"]),
            Route("/requests", self.forget_requests, methods=["DELETE"]),
            Route("/counts", self.count_requests, methods=["GET"]),
            Route("/faults", self.list_faults, methods=["GET"]),
            Route("/faults", self.set_faults, methods=["PUT"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/webhook-faults", self.list_webhook_faults, methods=["GET"]),
            Route("/webhook-faults", self.set_webhook_faults, methods=["PUT"]),
            Route("/webhook-faults", self.clear_webhook_faults, methods=["DELETE"]),
            Route("/webhooks", self.list_webhooks, methods=["GET"]),
            Route("/webhooks/endpoints", self.create_endpoint, methods=["POST"]),
            Route("/webhooks/release", self.release, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/settle", self.settle, methods=["POST"]),
            Route("/settings", self.get_settings, methods=["GET"]),
            Route("/settings", self.set_settings, methods=["PUT"]),
        ]

    # -- rows ------------------------------------------------------------------------------

    def _customer(self, customer: Customer) -> Json:
        sim, world = self.sim, self.sim.world
        subscriptions = world.subscriptions_of.get(customer.id, [])
        grants = world.grants_of.get(customer.id, [])
        return {
            "customer": sim.render.customer(customer),
            "subscription_ids": [row.id for row in subscriptions],
            "grant_ids": [row.id for row in grants],
            "subscriptions": [sim.render.subscription(row) for row in subscriptions],
            "grants": [sim.render.grant(row) for row in grants],
            "members": [
                sim.render.member(row) | {"deleted_at": time(row.deleted_at)}
                for row in world.members_of[customer.id]
            ],
        }

    async def create_customer(self, request: Request) -> Response:
        given = await _read(request, NewCustomer)
        number = len(self.sim.world.customers)
        fields = given.model_dump(
            include={
                "external_id",
                "email",
                "name",
                "type",
                "billing_address",
                "tax_id",
                "metadata",
            }
        )
        if fields["email"] is None and given.type == "individual":
            fields["email"] = f"customer-{number}@example.com"
        at = given.created_at or utc_now()
        how: dict[str, Any] = {"at": at, "webhooks": given.webhooks}
        try:
            customer = self.sim.create_customer(fields, **how)
        except TakenError as problem:
            raise HTTPException(409, str(problem)) from problem
        subscriptions = [
            self.sim.create_subscription(customer, _fields(each), **how)
            for each in given.subscriptions
        ]
        if given.grants:
            self.sim.create_grants(customer, given.grants, subscriptions, **how)
        return JSONResponse(self._customer(customer), 201)

    async def create_customers(self, request: Request) -> Response:
        given = await _read(request, BulkCustomers)
        world = self.sim.world
        subscriptions = [_fields(each) for each in given.subscriptions]
        names = [f"{given.prefix}{given.start + i}" for i in range(given.count)]
        many: Sequence[tuple[Json, list[Json], int]] = [
            (
                {
                    "external_id": name,
                    "email": f"{name}@example.com",
                    "name": f"Customer {name}",
                    "metadata": dict(given.metadata),
                },
                subscriptions,
                given.grants,
            )
            for name in names
        ]
        try:
            world.add_customers(given.created_at or utc_now(), many)
        except TakenError as problem:
            raise HTTPException(409, str(problem)) from problem
        content: Json = {"count": given.count}
        if given.return_ids:
            content["ids"] = [world.by_external_id[name].id for name in names]
        return JSONResponse(content, 201)

    async def get_customer(self, request: Request) -> Response:
        return JSONResponse(self._customer(_found(self.sim.world.customers, request, "customer")))

    async def create_subscription(self, request: Request) -> Response:
        given = await _read(request, NewSubscription)
        customer = self.sim.world.customers.get(given.customer_id)
        if customer is None:
            raise HTTPException(404, "no such customer")
        row = self.sim.create_subscription(customer, _fields(given), webhooks=given.webhooks)
        return JSONResponse(self.sim.render.subscription(row), 201)

    async def update_subscription(self, request: Request) -> Response:
        row: Subscription = _found(self.sim.world.subscriptions, request, "subscription")
        given = await _read(request, SubscriptionPatch)
        # A null clears a field here, so what is given counts even where it is None.
        fields = given.model_dump(exclude_unset=True, exclude={"webhooks"})
        self.sim.update_subscription(row, fields, webhooks=given.webhooks)
        return JSONResponse(self.sim.render.subscription(row))

    async def update_grant(self, request: Request) -> Response:
        row: Grant = _found(self.sim.world.grants, request, "grant")
        given = await _read(request, GrantPatch)
        if given.stuck is not None:
            self.sim.set_stuck(row, stuck=given.stuck)
        if given.is_granted is not None:
            self.sim.set_granted(row, granted=given.is_granted, webhooks=given.webhooks)
        return JSONResponse(self.sim.render.grant(row))

    # -- requests --------------------------------------------------------------------------

    async def list_requests(self, request: Request) -> Response:
        wanted = request.query_params

        def keep(row: RequestRecord) -> bool:
            return (
                wanted.get("method", row.method) == row.method
                and wanted.get("route", row.route) == row.route
                and wanted.get("path", "") in row.path
                and wanted.get("status", str(row.status)) == str(row.status)
                and wanted.get("handled", str(row.handled)) == str(row.handled)
                and wanted.get("effect", str(row.effect).lower()) == str(row.effect).lower()
            )

        return JSONResponse(
            {
                "requests": [
                    {
                        "method": row.method,
                        "path": row.path,
                        "query": row.query,
                        "route": row.route,
                        "customer_id": row.customer_id,
                        "started_at": time(row.started_at),
                        "status": row.status,
                        "handled": row.handled,
                        "effect": row.effect,
                        "fault": row.fault,
                    }
                    for row in self.sim.requests
                    if keep(row)
                ]
            }
        )

    async def forget_requests(self, _: Request) -> Response:
        self.sim.requests.clear()
        self.sim.counts.clear()
        return Response(status_code=204)

    async def count_requests(self, _: Request) -> Response:
        counts = self.sim.counts
        return JSONResponse({f"{method} {route}": n for (method, route), n in counts.items()})

    # -- faults ----------------------------------------------------------------------------

    async def list_faults(self, _: Request) -> Response:
        return JSONResponse(
            {
                "faults": [
                    rule.model_dump() | {"struck": rule.struck} for rule in self.sim.faults.rules
                ]
            }
        )

    async def set_faults(self, request: Request) -> Response:
        given = await _read(request, ApiFaults)
        self.sim.faults.replace(given.faults, given.seed)
        return await self.list_faults(request)

    async def clear_faults(self, _: Request) -> Response:
        self.sim.faults.replace([])
        return Response(status_code=204)

    async def list_webhook_faults(self, _: Request) -> Response:
        return JSONResponse(
            {
                "faults": [
                    rule.model_dump() | {"struck": rule.struck}
                    for rule in self.sim.webhooks.faults.rules
                ],
                "null_external_id": self.sim.webhook_render.hide_freed_id,
            }
        )

    async def set_webhook_faults(self, request: Request) -> Response:
        given = await _read(request, WebhookFaults)
        self.sim.webhooks.faults.replace(given.faults, given.seed)
        self.sim.webhook_render.hide_freed_id = given.null_external_id
        return await self.list_webhook_faults(request)

    async def clear_webhook_faults(self, _: Request) -> Response:
        self.sim.webhooks.faults.replace([])
        self.sim.webhook_render.hide_freed_id = False
        return Response(status_code=204)

    # -- webhooks --------------------------------------------------------------------------

    async def list_webhooks(self, request: Request) -> Response:
        """With `?events=false` only the counts: there may be very many events."""
        webhooks = self.sim.webhooks
        content: Json = {
            "counts": {
                state: webhooks.counts()[state]
                for state in ("pending", "held", "delivered", "failed", "skipped", "dropped")
            },
            "endpoints": [
                render_endpoint(row, self.sim.world.organization_id)
                | {"failures_in_row": row.failures_in_row}
                for row in webhooks.endpoints.values()
            ],
        }
        if request.query_params.get("events") != "false":
            content["events"] = [
                render_event(row)
                | {"endpoint_id": row.endpoint.id, "state": row.state, "attempts": row.attempts}
                for row in webhooks.events.values()
            ]
        return JSONResponse(content)

    async def create_endpoint(self, request: Request) -> Response:
        given = await _read(request, NewEndpoint)
        endpoint = Endpoint(
            id=new_id(),
            created_at=utc_now(),
            url=given.url,
            name=given.name,
            format=given.format,
            events=list(_ALL_EVENTS if given.events is None else given.events),
            secret=given.secret or new_secret(standard=given.standard_signature),
            enabled=given.enabled,
            standard_signature=given.standard_signature,
        )
        self.sim.webhooks.add_endpoint(endpoint)
        return JSONResponse(render_endpoint(endpoint, self.sim.world.organization_id), 201)

    async def release(self, request: Request) -> Response:
        given = await _read(request, Release)
        return JSONResponse({"released": self.sim.webhooks.release(given.order, given.type)})

    # -- the whole -------------------------------------------------------------------------

    async def reset(self, _: Request) -> Response:
        await self.sim.reset()
        return Response(status_code=204)

    async def settle(self, request: Request) -> Response:
        given = await _read(request, Settle)
        settled = await self.sim.settle(given.timeout)
        return JSONResponse(
            {"settled": settled, "webhooks": self.sim.webhooks.counts()},
            200 if settled else 504,
        )

    async def get_settings(self, _: Request) -> Response:
        return JSONResponse(self.sim.config.model_dump(mode="json"))

    async def set_settings(self, request: Request) -> Response:
        try:
            patch = json.loads(await request.body())
            config = SimulatorConfig.model_validate(self.sim.config.model_dump() | patch)
        except (ValueError, TypeError) as problem:
            raise HTTPException(422, str(problem)) from problem
        self.sim.configure(config)
        return await self.get_settings(request)
