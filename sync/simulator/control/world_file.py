"""A simulated world as a file: to begin with, and to keep.

It says what `PUT /_sim/settings`, `POST /_sim/webhooks/endpoints`, `PUT /_sim/faults`,
`PUT /_sim/webhook-faults` and `POST /_sim/customers` take.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from sync.simulator.config import SimulatorConfig
from sync.simulator.control.rows import NewCustomer, SubscriptionFields, add_customer
from sync.simulator.control.system import ApiFaults, NewEndpoint, WebhookFaults, add_endpoint
from sync.simulator.seats import SeatError
from sync.simulator.simulator import Simulator
from sync.simulator.world import Customer, Json, Subscription, TakenError


class _Customer(NewCustomer):
    webhooks: Literal[False] = False
    """It was there before anybody listened."""


class WorldFile(BaseModel, extra="forbid"):
    """All that a world begins with."""

    settings: dict[str, Any] = {}
    """Fields of `SimulatorConfig`."""
    endpoints: list[NewEndpoint] = []
    faults: ApiFaults | None = None
    webhook_faults: WebhookFaults | None = None
    customers: list[_Customer] = []


class UnusableWorld(Exception):
    """The file cannot be loaded; one line for each thing that is wrong."""


def load(sim: Simulator, text: str | bytes) -> None:
    """Add what the file says to the world.

    Raises:
        UnusableWorld: it names the field.
    """
    try:
        world = WorldFile.model_validate_json(text)
        config = SimulatorConfig.model_validate(sim.config.model_dump() | world.settings)
    except ValidationError as problem:
        raise UnusableWorld(_lines(problem)) from problem
    sim.configure(config)
    for endpoint in world.endpoints:
        add_endpoint(sim, endpoint)
    if world.faults is not None:
        sim.faults.replace(world.faults.faults, world.faults.seed)
    if world.webhook_faults is not None:
        sim.webhooks.faults.replace(world.webhook_faults.faults, world.webhook_faults.seed)
        sim.webhook_render.hide_freed_id = world.webhook_faults.null_external_id
    for number, customer in enumerate(world.customers):
        try:
            add_customer(sim, customer)
        except (TakenError, SeatError) as problem:
            raise UnusableWorld(f"customers.{number}: {problem}") from problem


def load_file(sim: Simulator, path: Path) -> None:
    """Add what the file says to the world.

    Raises:
        UnusableWorld: it names the file, and the field.
    """
    try:
        load(sim, path.read_bytes())
    except OSError as problem:
        raise UnusableWorld(f"{path}: {problem.strerror}") from problem
    except UnusableWorld as problem:
        raise UnusableWorld(f"{path}: {problem}".replace("\n", f"\n{path}: ")) from problem


def snapshot(sim: Simulator) -> str:
    """The world as a file: customers who are not deleted, and all that is set. A benefit that was
    revoked, and a seat that was, are left out."""
    settings = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in sim.config.model_dump(exclude_defaults=True).items()
    } | {"organization_id": sim.world.organization_id}
    world: Json = {
        "settings": settings,
        "endpoints": [
            {
                "url": it.url,
                "secret": it.secret,
                "events": it.events,
                "format": it.format,
                "enabled": it.enabled,
                "name": it.name,
                "standard_signature": it.standard_signature,
            }
            for it in sim.webhooks.endpoints.values()
        ],
        "faults": {"faults": [it.model_dump() for it in sim.faults.rules]},
        "webhook_faults": {
            "faults": [it.model_dump() for it in sim.webhooks.faults.rules],
            "null_external_id": sim.webhook_render.hide_freed_id,
        },
        "customers": [_customer(sim, it) for it in sim.world.live_customers],
    }
    return WorldFile.model_validate(world).model_dump_json(
        indent=2, exclude_defaults=True, exclude={"customers": {"__all__": {"webhooks"}}}
    )


def _customer(sim: Simulator, row: Customer) -> Json:
    members = sim.members.of(row)
    subscriptions = sim.world.subscriptions_of.get(row.id, [])
    granted = [it for it in sim.world.grants_of.get(row.id, []) if it.revoked_at is None]
    by_seat = {
        (seat.subscription.id, seat.member.id)
        for own in subscriptions
        for seat in sim.seats.taken(own)
        if seat.member is not None
    }
    of_customer = [it for it in granted if (it.subscription_id, it.member_id) not in by_seat]
    return {
        **{
            name: getattr(row, name)
            for name in ("id", "created_at", "external_id", "email", "name", "type", "metadata")
        },
        "billing_address": row.billing_address,
        "tax_id": row.tax_id,
        "members": [
            {name: getattr(it, name) for name in ("id", "email", "name", "external_id", "role")}
            for it in members
        ],
        "subscriptions": [_subscription(sim, it) for it in subscriptions],
        "grants": len(of_customer),
    }


def _subscription(sim: Simulator, row: Subscription) -> Json:
    granted = [
        it.member_id
        for it in sim.world.grants_of.get(row.customer.id, [])
        if it.revoked_at is None and it.subscription_id == row.id
    ]
    return {
        "id": row.id,
        **{name: getattr(row, name) for name in SubscriptionFields.model_fields},
        "taken_seats": [
            {
                "member": seat.member.external_id or seat.member.email,
                "status": seat.status,
                "grants": granted.count(seat.member.id),
            }
            for seat in sim.seats.taken(row)
            if seat.member is not None
        ],
    }


def _lines(problem: ValidationError) -> str:
    return "\n".join(
        f"{'.'.join(map(str, it['loc'])) or 'the file'}: {it['msg']}" for it in problem.errors()
    )
