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
from sync.simulator.members import Member
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


class TakenSeat(BaseModel, extra="forbid"):
    """A seat that a member of the customer is on."""

    member: str
    """The member's external id, or e-mail."""
    status: Literal["pending", "claimed"] = "claimed"
    grants: Annotated[int, Field(ge=0)] = 0

    def is_of(self, member: Member | NewPerson) -> bool:
        return self.member in {member.external_id, member.email}


class OwnSubscription(SubscriptionFields):
    """One that a customer begins with."""

    id: Uuid | None = None
    taken_seats: list[TakenSeat] = []


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
    subscriptions: list[OwnSubscription] = []
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
    id: Uuid | None = None
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
        seats = [seat for own in self.subscriptions for seat in own.taken_seats]
        for seat in seats:
            if not any(map(seat.is_of, self.members)):
                raise ValueError(f"a seat is taken by {seat.member}, who is not in members")
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
        include={"id", *SubscriptionFields.model_fields}, exclude_unset=True, exclude_none=True
    )


def add_customer(sim: Simulator, given: NewCustomer) -> Customer:
    """Have it, with what is its own.

    Raises:
        TakenError: another customer, or member of it, has an email or external id.
    """
    names = {"id", "external_id", "email", "name", "billing_address", "tax_id", "metadata"}
    fields = given.model_dump(include=names)
    if given.id is None:
        del fields["id"]
    fields["type"] = given.type or ("team" if given.others else "individual")
    if fields["email"] is None and fields["type"] == "individual":
        fields["email"] = f"customer-{len(sim.world.customers)}@example.com"
    people = [each.model_dump(exclude_none=True) for each in given.members]
    ids = {given.id, *(it.id for it in given.subscriptions), *(it.id for it in given.members)}
    known = (sim.world.customers, sim.world.subscriptions, sim.members.by_id)
    if any(it in rows for it in ids for rows in known):
        raise TakenError("id")
    how: dict[str, Any] = {"at": given.created_at or utc_now(), "webhooks": given.webhooks}
    customer = sim.create_customer(fields, people, **how)
    subscriptions = [
        sim.create_subscription(customer, _fields(each), **how) for each in given.subscriptions
    ]
    if given.grants:
        sim.create_grants(customer, given.grants, subscriptions, **how)
    for subscription, its in zip(subscriptions, given.subscriptions, strict=True):
        for seat in its.taken_seats:
            member = next(it for it in sim.members.of(customer) if seat.is_of(it))
            assigned = sim.assign_seat(subscription, member, webhooks=given.webhooks)
            if seat.status == "claimed":
                sim.claim_seat(assigned, seat.grants, webhooks=given.webhooks)
    return customer


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
        try:
            customer = add_customer(self.sim, given)
        except TakenError as problem:
            raise HTTPException(409, str(problem)) from problem
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
