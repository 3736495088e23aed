"""`/v1/customers/`: each by its id and by its external id."""

from typing import Literal, Self

from pydantic import BaseModel, model_validator

from sync.simulator.calls import Answer, ApiError, Call, Route, mistake, mistakes
from sync.simulator.inputs import Address, CustomerName, Email, Metadata, Query, SortedPage
from sync.simulator.lists import Columns
from sync.simulator.world import CANCELED_BY_DELETION, Customer, Json, TakenError, WriteOnceError


class CustomersQuery(SortedPage):
    email: str | None = None
    query: str | None = None
    active: bool | None = None
    sorting: tuple[
        Literal["created_at", "-created_at", "email", "-email", "name", "-name"], ...
    ] = ("-created_at",)


class DeleteQuery(Query):
    anonymize: bool = False


class CustomerUpdateExternal(BaseModel):
    """Only the fields that are given are changed."""

    metadata: Metadata | None = None
    email: Email | None = None
    name: CustomerName | None = None
    billing_address: Address | None = None
    tax_id: str | None = None
    locale: str | None = None


class CustomerUpdate(CustomerUpdateExternal):
    external_id: str | None = None
    type: Literal["individual", "team"] | None = None


class OwnerCreate(BaseModel):
    email: Email
    name: str | None = None
    external_id: str | None = None


class CustomerCreate(CustomerUpdateExternal):
    """Only a team may lack an email, if its owner has one."""

    external_id: str | None = None
    type: Literal["individual", "team"] = "individual"
    owner: OwnerCreate | None = None

    @model_validator(mode="after")
    def _check_email(self) -> Self:
        if self.email is None and (self.type == "individual" or self.owner is None):
            raise ValueError("An email is required to create an owner member.")
        return self


_COLUMNS: Columns[Customer] = {
    "created_at": lambda row: row.created_at,
    "email": lambda row: row.email,
    "name": lambda row: row.name,
}


def list_customers(call: Call) -> Answer:
    query = call.read_query(CustomersQuery)
    world = call.sim.world
    narrowed: list[Customer] | None = None
    if not call.is_ours(query):
        narrowed = []
    elif query.email is not None:
        row = world.by_email.get(query.email.lower())
        narrowed = [row] if row is not None else []

    def keep(row: Customer) -> bool:
        # Polar: the beginning of any of these, and lower case is as good as upper.
        if query.query is not None and not any(
            (text or "").lower().startswith(query.query.lower())
            for text in (row.name, row.email, row.external_id)
        ):
            return False
        return query.active is None or query.active == any(
            subscription.status in CANCELED_BY_DELETION
            for subscription in world.subscriptions_of.get(row.id, ())
        )

    filtered = query.query is not None or query.active is not None
    return call.page(
        query,
        world.live_customers,
        _COLUMNS,
        call.sim.render.customer,
        narrowed=narrowed,
        keep=keep if filtered else None,
    )


def _fields(given: BaseModel) -> Json:
    """The fields that a request gave, as rows have them."""
    fields = given.model_dump(exclude_unset=True)
    if fields.get("metadata", {}) is None:
        del fields["metadata"]
    if fields.get("tax_id") is not None:
        value = fields["tax_id"]
        fields["tax_id"] = [value, "eu_vat" if value[:2].isalpha() else "us_ein"]
    return fields


def _taken(call: Call, fields: Json, customer: Customer | None) -> ApiError:
    """Polar: names each field that is taken."""
    world = call.sim.world
    taken = world.taken(customer, fields.get("email"), fields.get("external_id"))
    return mistakes("body", {name: (str(TakenError(name)), fields[name]) for name in taken})


def create_customer(call: Call) -> Answer:
    given = call.read_body(CustomerCreate)
    fields = _fields(given)
    fields.pop("owner", None)
    owner = [] if given.owner is None else [{**given.owner.model_dump(), "role": "owner"}]
    try:
        customer = call.sim.create_customer(fields, owner)
    except TakenError as problem:
        raise _taken(call, fields, None) from problem
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
    fields = _fields(given)
    if customer.type == "team" and fields.get("type") == "individual":
        raise mistake("body", "type", "A team can't be downgraded to an individual.", "individual")
    try:
        call.sim.update_customer(customer, fields)
    except WriteOnceError as problem:
        message = "Once set, it can't be updated."
        raise mistake("body", "external_id", message, fields["external_id"]) from problem
    except TakenError as problem:
        raise _taken(call, fields, customer) from problem
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


_READ = ("customers:read", "customers:write")
_WRITE = ("customers:write",)

ROUTES = [
    Route("GET", "/v1/customers/", _READ, list_customers),
    Route("POST", "/v1/customers/", _WRITE, create_customer),
    Route("GET", "/v1/customers/{id}", _READ, get_customer),
    Route("PATCH", "/v1/customers/{id}", _WRITE, update_customer),
    Route("DELETE", "/v1/customers/{id}", _WRITE, delete_customer),
    Route("GET", "/v1/customers/external/{external_id}", _READ, get_external_customer),
    Route("PATCH", "/v1/customers/external/{external_id}", _WRITE, update_external_customer),
    Route("DELETE", "/v1/customers/external/{external_id}", _WRITE, delete_external_customer),
    Route("GET", "/v1/customers/{id}/state", _READ, get_state),
    Route("GET", "/v1/customers/external/{external_id}/state", _READ, get_external_state),
]
