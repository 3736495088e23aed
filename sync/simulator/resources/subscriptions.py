"""`/v1/subscriptions/`."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from sync.simulator.calls import Answer, Call, Route, error, mistake, not_found
from sync.simulator.inputs import Metadata, PageOfOwners, Status, Uuid, Uuids
from sync.simulator.lists import Columns
from sync.simulator.world import LISTED_IN_STATE, AlreadyCanceledError, LockedError, Subscription


class SubscriptionsQuery(PageOfOwners):
    LISTS = PageOfOwners.LISTS | {"product_id", "discount_id", "status"}

    product_id: Uuids = None
    discount_id: Uuids = None
    active: bool | None = None
    status: list[Status] | None = None
    cancel_at_period_end: bool | None = None
    canceled_at_after: datetime | None = None
    canceled_at_before: datetime | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    sorting: tuple[
        Literal[
            "customer",
            "-customer",
            "status",
            "-status",
            "started_at",
            "-started_at",
            "current_period_end",
            "-current_period_end",
            "ended_at",
            "-ended_at",
            "ends_at",
            "-ends_at",
            "amount",
            "-amount",
            "product",
            "-product",
            "discount",
            "-discount",
        ],
        ...,
    ] = ("-started_at",)


class SubscriptionCreate(BaseModel):
    product_id: Uuid
    customer_id: Uuid | None = None
    external_customer_id: str | None = None
    metadata: Metadata | None = None


_COLUMNS: Columns[Subscription] = {
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


def _find(call: Call) -> Subscription:
    subscription = call.find(call.sim.world.subscriptions, "Subscription")
    # Polar: one that never started, as an `incomplete` one, is not there for the API.
    if subscription.started_at is None:
        raise not_found("Subscription")
    return subscription


def _within(value: datetime | None, after: datetime | None, before: datetime | None) -> bool:
    if after is None and before is None:
        return True
    if value is None:
        return False
    return (after is None or value >= after) and (before is None or value <= before)


def list_subscriptions(call: Call) -> Answer:
    query = call.read_query(SubscriptionsQuery)
    world = call.sim.world

    def keep(row: Subscription) -> bool:
        return (
            row.started_at is not None
            and (query.product_id is None or world.product_of(row) in query.product_id)
            and query.discount_id is None
            and (query.active is None or query.active == (row.status in LISTED_IN_STATE))
            and (query.status is None or row.status in query.status)
            and query.cancel_at_period_end in (None, row.cancel_at_period_end)
            and _within(row.canceled_at, query.canceled_at_after, query.canceled_at_before)
            and _within(row.started_at, query.started_after, query.started_before)
        )

    filtered = query.model_fields_set.difference(PageOfOwners.model_fields)
    narrowed = call.rows_of(query, world.subscriptions_of)
    return call.page(
        query,
        world.subscriptions_by_start,
        _COLUMNS,
        call.sim.render.subscription,
        narrowed=narrowed,
        keep=keep if filtered or narrowed is not None else None,
    )


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
    return 200, call.sim.render.subscription(_find(call))


def revoke_subscription(call: Call) -> Answer:
    subscription = _find(call)
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


_READ = ("subscriptions:read", "subscriptions:write")
_WRITE = ("subscriptions:write",)

ROUTES = [
    Route("GET", "/v1/subscriptions/", _READ, list_subscriptions),
    Route("POST", "/v1/subscriptions/", _WRITE, create_subscription),
    Route("GET", "/v1/subscriptions/{id}", _READ, get_subscription),
    Route("DELETE", "/v1/subscriptions/{id}", _WRITE, revoke_subscription),
]
