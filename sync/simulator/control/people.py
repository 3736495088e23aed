"""The control API for members and seats."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.simulator.control.reading import found, read
from sync.simulator.inputs import Uuid
from sync.simulator.members import Member, OnlyOwnerError, Role
from sync.simulator.seats import SeatError
from sync.simulator.simulator import Simulator
from sync.simulator.world import TakenError


class NewPerson(BaseModel, extra="forbid"):
    id: Uuid | None = None
    email: str
    name: str | None = None
    external_id: str | None = None
    role: Role = "member"


class NewMember(NewPerson):
    customer_id: str
    role: Literal["billing_manager", "member"] = "member"
    created_at: AwareDatetime | None = None
    webhooks: bool = True


class MemberPatch(BaseModel, extra="forbid"):
    """Only what is given is set."""

    email: str | None = None
    name: str | None = None
    external_id: str | None = None
    role: Role | None = None
    webhooks: bool = True


class NewSeat(BaseModel, extra="forbid"):
    subscription_id: str
    member_id: str
    status: Literal["pending", "claimed"] = "claimed"
    grants: Annotated[int, Field(ge=0)] = 0
    webhooks: bool = True


class SeatPatch(BaseModel, extra="forbid"):
    status: Literal["claimed", "revoked"]
    grants: Annotated[int, Field(ge=0)] = 0
    webhooks: bool = True


class People:
    """Handlers for one simulator."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def routes(self) -> list[Route]:
        return [
            Route("/members", self.create_member, methods=["POST"]),
            Route("/members/{id}", self.update_member, methods=["POST"]),
            Route("/members/{id}", self.delete_member, methods=["DELETE"]),
            Route("/seats", self.assign_seat, methods=["POST"]),
            Route("/seats/{id}", self.update_seat, methods=["POST"]),
        ]

    def _find(self, member_id: str) -> Member:
        row = found(self.sim.members.by_id, member_id, "member")
        if row.deleted_at is not None:
            raise HTTPException(404, "that member is deleted")
        return row

    async def create_member(self, request: Request) -> Response:
        given = await read(request, NewMember)
        customer = self.sim.world.find_live(given.customer_id)
        if customer is None:
            raise HTTPException(404, "no such customer")
        fields = given.model_dump(include=set(NewPerson.model_fields), exclude_none=True)
        try:
            if given.id in self.sim.members.by_id:
                raise TakenError("id")
            row = self.sim.create_member(
                customer, fields, at=given.created_at, webhooks=given.webhooks
            )
        except TakenError as problem:
            raise HTTPException(409, str(problem)) from problem
        return JSONResponse(self.sim.render.member(row), 201)

    async def update_member(self, request: Request) -> Response:
        row = self._find(request.path_params["id"])
        given = await read(request, MemberPatch)
        fields = given.model_dump(exclude_unset=True, exclude={"webhooks"})
        try:
            self.sim.update_member(row, fields, webhooks=given.webhooks)
        except (TakenError, OnlyOwnerError) as problem:
            raise HTTPException(409, str(problem)) from problem
        return JSONResponse(self.sim.render.member(row))

    async def delete_member(self, request: Request) -> Response:
        """`?webhooks=false` sends none."""
        webhooks = request.query_params.get("webhooks") != "false"
        try:
            self.sim.delete_member(self._find(request.path_params["id"]), webhooks=webhooks)
        except OnlyOwnerError as problem:
            raise HTTPException(409, str(problem)) from problem
        return Response(status_code=204)

    async def assign_seat(self, request: Request) -> Response:
        """`grants` is how many benefits a claimed seat grants its member."""
        given = await read(request, NewSeat)
        subscription = found(self.sim.world.subscriptions, given.subscription_id, "subscription")
        member = self._find(given.member_id)
        if member.customer is not subscription.customer:
            raise HTTPException(409, "that member is of another customer")
        try:
            seat = self.sim.assign_seat(subscription, member, webhooks=given.webhooks)
        except SeatError as problem:
            raise HTTPException(409, str(problem)) from problem
        if given.status == "claimed":
            self.sim.claim_seat(seat, given.grants, webhooks=given.webhooks)
        return JSONResponse(self.sim.render.seat(seat), 201)

    async def update_seat(self, request: Request) -> Response:
        seat = found(self.sim.seats.by_id, request.path_params["id"], "seat")
        given = await read(request, SeatPatch)
        try:
            if given.status == "claimed":
                self.sim.claim_seat(seat, given.grants, webhooks=given.webhooks)
            else:
                self.sim.revoke_seat(seat, webhooks=given.webhooks)
        except SeatError as problem:
            raise HTTPException(409, str(problem)) from problem
        return JSONResponse(self.sim.render.seat(seat))
