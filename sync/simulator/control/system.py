"""The control API for what is no row: requests, faults, webhooks, and the whole."""

import base64
import json
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, Field, HttpUrl, model_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.simulator.config import SimulatorConfig
from sync.simulator.control.reading import read
from sync.simulator.faults import ApiFault, WebhookFault
from sync.simulator.inputs import EventType, Format
from sync.simulator.simulator import RequestRecord, Simulator, utc_now
from sync.simulator.times import time
from sync.simulator.webhooks import Endpoint, new_secret, render_endpoint, render_event
from sync.simulator.world import Json, new_id

_ALL_EVENTS: tuple[str, ...] = get_args(EventType)


class NewEndpoint(BaseModel, extra="forbid"):
    url: HttpUrl
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


def add_endpoint(sim: Simulator, given: NewEndpoint) -> Endpoint:
    """Have webhooks sent there from now on."""
    endpoint = Endpoint(
        id=new_id(),
        created_at=utc_now(),
        url=str(given.url),
        name=given.name,
        format=given.format,
        events=list(_ALL_EVENTS if given.events is None else given.events),
        secret=given.secret or new_secret(standard=given.standard_signature),
        enabled=given.enabled,
        standard_signature=given.standard_signature,
    )
    sim.webhooks.add_endpoint(endpoint)
    return endpoint


class ApiFaults(BaseModel, extra="forbid"):
    faults: list[ApiFault]
    seed: int = 0


class WebhookFaults(BaseModel, extra="forbid"):
    faults: list[WebhookFault] = []
    null_external_id: bool = False
    seed: int = 0


class Release(BaseModel, extra="forbid"):
    order: Literal["fifo", "reverse", "shuffle"] = "fifo"
    type: EventType | None = None


class Settle(BaseModel, extra="forbid"):
    timeout: Annotated[float, Field(ge=0)] = 10.0


class System:
    """Handlers for one simulator."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def routes(self) -> list[Route]:
        return [
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
        given = await read(request, ApiFaults)
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
        given = await read(request, WebhookFaults)
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
        endpoint = add_endpoint(self.sim, await read(request, NewEndpoint))
        return JSONResponse(render_endpoint(endpoint, self.sim.world.organization_id), 201)

    async def release(self, request: Request) -> Response:
        given = await read(request, Release)
        return JSONResponse({"released": self.sim.webhooks.release(given.order, given.type)})

    # -- the whole -------------------------------------------------------------------------

    async def reset(self, _: Request) -> Response:
        await self.sim.reset()
        return Response(status_code=204)

    async def settle(self, request: Request) -> Response:
        given = await read(request, Settle)
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
