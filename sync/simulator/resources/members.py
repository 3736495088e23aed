"""`/v1/members/`, and the members of one customer: each by its id and by its external id."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from sync.simulator.calls import Answer, ApiError, Call, Route, error, mistake, not_found
from sync.simulator.inputs import Email, Page, SortedPage
from sync.simulator.lists import Columns
from sync.simulator.members import Member, OnlyOwnerError, Role
from sync.simulator.world import Customer, TakenError

_Name = Annotated[str, StringConstraints(max_length=256)]


class MembersQuery(SortedPage):
    LISTS = Page.LISTS - {"customer_id"}

    customer_id: str | None = None
    external_customer_id: str | None = None
    role: Role | None = None
    sorting: tuple[Literal["created_at", "-created_at"], ...] = ("-created_at",)


class MemberCreate(BaseModel):
    email: Email
    name: _Name | None = None
    external_id: str | None = None
    role: Literal["member", "billing_manager"] = "member"


class MemberUpdate(BaseModel):
    """Only the fields that are given and not null are changed."""

    name: _Name | None = None
    email: Email | None = None
    role: Role | None = None


_COLUMNS: Columns[Member] = {"created_at": lambda row: row.created_at}


def _by_id(call: Call) -> Member:
    member = call.sim.members.find_live(call.customer(), call.uuid(1))
    if member is None:
        raise not_found("Member")
    return member


def _by_external_id(call: Call) -> Member:
    for member in call.sim.members.of(call.external_customer()):
        if member.external_id == call.params[1]:
            return member
    raise not_found("Member")


def list_members(call: Call) -> Answer:
    query = call.read_query(MembersQuery)
    sim = call.sim
    narrowed: list[Member] | None = None
    if query.customer_id is not None:
        narrowed = _members_of(call, sim.world.find_live(_customer_id(query.customer_id)))
    if query.external_customer_id is not None:
        theirs = _members_of(call, sim.world.by_external_id.get(query.external_customer_id))
        narrowed = theirs if narrowed is None else [row for row in narrowed if row in theirs]
    return call.page(
        query,
        sim.members.live,
        _COLUMNS,
        sim.render.member,
        narrowed=narrowed,
        keep=(lambda row: row.role == query.role) if query.role is not None else None,
    )


def _customer_id(text: str) -> str:
    """Polar: here alone, an id that is no UUID is not found instead of invalid."""
    try:
        return str(UUID(text))
    except ValueError as problem:
        raise error(404, "ResourceNotFound", "Invalid customer ID format") from problem


def _members_of(call: Call, customer: Customer | None) -> list[Member]:
    return [] if customer is None else call.sim.members.of(customer)


def _create(call: Call, customer: Customer) -> Answer:
    given = call.read_body(MemberCreate)
    if customer.type != "team":
        raise error(
            403, "NotPermitted", "Individual customers can only have one member (the owner)."
        )
    for member in call.sim.members.of(customer):
        if member.email.lower() == given.email.lower():
            # Polar: who is a member already is answered as if they had just become one.
            return 201, call.sim.render.member(member)
    try:
        member = call.sim.create_member(customer, given.model_dump())
    except TakenError as problem:
        raise mistake("body", problem.field, str(problem), given.external_id) from problem
    return 201, call.sim.render.member(member)


def create_member(call: Call) -> Answer:
    return _create(call, call.customer())


def create_member_of_external(call: Call) -> Answer:
    return _create(call, call.external_customer())


def get_member(call: Call) -> Answer:
    return 200, call.sim.render.member(_by_id(call))


def get_external_member(call: Call) -> Answer:
    return 200, call.sim.render.member(_by_external_id(call))


def _update(call: Call, member: Member) -> Answer:
    given = call.read_body(MemberUpdate)
    fields = given.model_dump(exclude_none=True)
    try:
        if fields:
            call.sim.update_member(member, fields)
    except TakenError as problem:
        raise mistake("body", problem.field, str(problem), given.email) from problem
    except OnlyOwnerError as problem:
        message = "Cannot change role. Customer must have exactly one owner."
        raise mistake("body", "role", message, given.role) from problem
    return 200, call.sim.render.member(member)


def update_member(call: Call) -> Answer:
    return _update(call, _by_id(call))


def update_external_member(call: Call) -> Answer:
    return _update(call, _by_external_id(call))


def _delete(call: Call, member: Member) -> Answer:
    try:
        call.sim.delete_member(member)
    except OnlyOwnerError as problem:
        raise _only_owner(str(problem), member) from problem
    return 204, None


def _only_owner(message: str, member: Member) -> ApiError:
    """Polar: it names no field, as the request has no body."""
    entry = {"loc": ["body"], "msg": message, "type": "value_error", "input": member.id}
    return error(422, "PolarRequestValidationError", [entry])


def delete_member(call: Call) -> Answer:
    return _delete(call, _by_id(call))


def delete_external_member(call: Call) -> Answer:
    return _delete(call, _by_external_id(call))


_READ = ("members:read", "members:write")
_WRITE = ("members:write",)
_MEMBERS = "/v1/customers/{id}/members"
_EXTERNAL_MEMBERS = "/v1/customers/external/{external_id}/members"
_MEMBER = f"{_MEMBERS}/{{member_id}}"
_EXTERNAL_MEMBER = f"{_EXTERNAL_MEMBERS}/{{member_external_id}}"

ROUTES = [
    Route("GET", "/v1/members/", _READ, list_members),
    Route("POST", _MEMBERS, _WRITE, create_member),
    Route("POST", _EXTERNAL_MEMBERS, _WRITE, create_member_of_external),
    Route("GET", _MEMBER, _READ, get_member),
    Route("PATCH", _MEMBER, _WRITE, update_member),
    Route("DELETE", _MEMBER, _WRITE, delete_member),
    Route("GET", _EXTERNAL_MEMBER, _READ, get_external_member),
    Route("PATCH", _EXTERNAL_MEMBER, _WRITE, update_external_member),
    Route("DELETE", _EXTERNAL_MEMBER, _WRITE, delete_external_member),
]
