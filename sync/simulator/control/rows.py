"""The control API for customers, their subscriptions and their grants."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, field_validator, model_validator
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.simulator.control.people import NewPerson
from sync.simulator.control.reading import found, read
from sync.simulator.inputs import Address, Metadata, Status, Uuid
from sync.simulator.simulator import Simulator, utc_now
from sync.simulator.times import time
from sync.simulator.world import Customer, Json, TakenError


class SubscriptionFields(BaseModel, extra="forbid"):
    """Only what is given is set; a status also sets the times that belong to it."""

    status: Status | None = None
    amount: int | None = None
    seats: Annotated[int, Field(gt=0)] | None = None
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


class GrantPatch(BaseModel, extra="forbid"):
    is_granted: bool | None = None
    stuck: bool | None = None
    webhooks: bool = True


class _Holdings(BaseModel, extra="forbid"):
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


class KnownSubscription(SubscriptionFields):
    id: Uuid | None = None


class NewCustomer(_Holdings):
    """With ids of its own it stands for one that a bridge knows already."""

    id: Uuid | None = None
    subscriptions: list[KnownSubscription] = []  # type: ignore[assignment]
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    type: Literal["individual", "team"] | None = None
    """None: a team where there are members beside the owner."""
    members: list[NewPerson] = []
    billing_address: Address | None = None
    tax_id: tuple[str, str] | None = None
    webhooks: bool = True

    @model_validator(mode="after")
    def _check_members(self) -> Self:
        if sum(each.role == "owner" for each in self.members) > 1:
            raise ValueError("a customer has one owner")
        if self.type == "individual" and self.others:
            raise ValueError("only a team has members beside its owner")
        return self

    @property
    def others(self) -> bool:
        return any(each.role != "owner" for each in self.members)


class BulkCustomers(_Holdings):
    count: Annotated[int, Field(gt=0)]
    prefix: str = "user-"
    start: int = 0
    return_ids: bool = False


def _fields(given: SubscriptionFields) -> Json:
    return given.model_dump(
        include=set(KnownSubscription.model_fields), exclude_unset=True, exclude_none=True
    )


class Rows:
    """Handlers for one simulator."""

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
        ]

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
                for row in sim.members.by_customer[customer.id]
            ],
            "seats": [sim.render.seat(seat) for row in subscriptions for seat in sim.seats.of(row)],
        }

    async def create_customer(self, request: Request) -> Response:
        given = await read(request, NewCustomer)
        number = len(self.sim.world.customers)
        fields = given.model_dump(
            include={
                "external_id",
                "email",
                "name",
                "billing_address",
                "tax_id",
                "metadata",
            }
        )
        fields["type"] = given.type or ("team" if given.others else "individual")
        if given.id is not None:
            fields["id"] = given.id
        if fields["email"] is None and fields["type"] == "individual":
            fields["email"] = f"customer-{number}@example.com"
        world = self.sim.world
        if given.id in world.customers or any(
            each.id in world.subscriptions for each in given.subscriptions
        ):
            raise HTTPException(409, "that id is taken")
        people = [each.model_dump() for each in given.members]
        at = given.created_at or utc_now()
        how: dict[str, Any] = {"at": at, "webhooks": given.webhooks}
        try:
            customer = self.sim.create_customer(fields, people, **how)
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
        given = await read(request, BulkCustomers)
        world = self.sim.world
        subscriptions = [_fields(each) for each in given.subscriptions]
        customer_type = "team" if any("seats" in each for each in subscriptions) else "individual"
        names = [f"{given.prefix}{given.start + i}" for i in range(given.count)]
        many: Sequence[tuple[Json, list[Json], int]] = [
            (
                {
                    "external_id": name,
                    "email": f"{name}@example.com",
                    "name": f"Customer {name}",
                    "metadata": dict(given.metadata),
                    "type": customer_type,
                },
                subscriptions,
                given.grants,
            )
            for name in names
        ]
        try:
            self.sim.create_customers(many, at=given.created_at)
        except TakenError as problem:
            raise HTTPException(409, str(problem)) from problem
        content: Json = {"count": given.count}
        if given.return_ids:
            content["ids"] = [world.by_external_id[name].id for name in names]
        return JSONResponse(content, 201)

    async def get_customer(self, request: Request) -> Response:
        return JSONResponse(
            self._customer(found(self.sim.world.customers, request.path_params["id"], "customer"))
        )

    async def create_subscription(self, request: Request) -> Response:
        given = await read(request, NewSubscription)
        customer = found(self.sim.world.customers, given.customer_id, "customer")
        row = self.sim.create_subscription(customer, _fields(given), webhooks=given.webhooks)
        return JSONResponse(self.sim.render.subscription(row), 201)

    async def update_subscription(self, request: Request) -> Response:
        row = found(self.sim.world.subscriptions, request.path_params["id"], "subscription")
        given = await read(request, SubscriptionPatch)
        # A null clears a field here, so what is given counts even where it is None.
        fields = given.model_dump(exclude_unset=True, exclude={"webhooks"})
        self.sim.update_subscription(row, fields, webhooks=given.webhooks)
        return JSONResponse(self.sim.render.subscription(row))

    async def update_grant(self, request: Request) -> Response:
        row = found(self.sim.world.grants, request.path_params["id"], "grant")
        given = await read(request, GrantPatch)
        if given.stuck is not None:
            self.sim.set_stuck(row, stuck=given.stuck)
        if given.is_granted is not None:
            self.sim.set_granted(row, granted=given.is_granted, webhooks=given.webhooks)
        return JSONResponse(self.sim.render.grant(row))
