"""The control API for members."""

from typing import Literal

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.simulator.control.reading import found, read
from sync.simulator.members import Member, OnlyOwnerError, Role
from sync.simulator.simulator import Simulator
from sync.simulator.world import TakenError


class NewPerson(BaseModel, extra="forbid"):
    email: str
    name: str | None = None
    external_id: str | None = None
    role: Role = "member"


class NewMember(NewPerson):
    customer_id: str
    role: Literal["billing_manager", "member"] = "member"
    webhooks: bool = True


class MemberPatch(BaseModel, extra="forbid"):
    """Only what is given is set."""

    email: str | None = None
    name: str | None = None
    external_id: str | None = None
    role: Role | None = None
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
        ]

    def _find(self, request: Request) -> Member:
        row = found(self.sim.members.by_id, request.path_params["id"], "member")
        if row.deleted_at is not None:
            raise HTTPException(404, "that member is deleted")
        return row

    async def create_member(self, request: Request) -> Response:
        given = await read(request, NewMember)
        customer = self.sim.world.find_live(given.customer_id)
        if customer is None:
            raise HTTPException(404, "no such customer")
        fields = given.model_dump(include=set(NewPerson.model_fields))
        try:
            row = self.sim.create_member(customer, fields, webhooks=given.webhooks)
        except TakenError as problem:
            raise HTTPException(409, str(problem)) from problem
        return JSONResponse(self.sim.render.member(row), 201)

    async def update_member(self, request: Request) -> Response:
        row = self._find(request)
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
            self.sim.delete_member(self._find(request), webhooks=webhooks)
        except OnlyOwnerError as problem:
            raise HTTPException(409, str(problem)) from problem
        return Response(status_code=204)
