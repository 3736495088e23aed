"""A token of another organization must not be believed when it says that nothing is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.errors import Refused
from sync.polar.organization import Organization, organization_in
from sync.store.database import Database
from tests.helpers import bridge
from tests.helpers.bridge import DELETE, GRANTS, SUBSCRIPTIONS, Run
from tests.helpers.desk import CUSTOMERS
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import DatabaseFactory, Store
from tests.helpers.waiting import wait_for

ENDPOINTS = "GET /v1/webhooks/endpoints"
ORGANIZATIONS = "GET /v1/organizations/"
NEEDED = ("customers:read", "subscriptions:read", "benefits:read", "webhooks:read")


def make_sure(sim: SimulatorClient, store: Store, organization_id: str) -> None:
    """Have a new client, of a database of that organization, make sure of it."""
    settings = bridge.bridge_settings(sim, store)

    async def run(database: Database) -> None:
        organization = Organization(database)
        await organization.forget()
        await organization.confirm(organization_id)
        async with PolarClient(settings, Unmetered(), organization) as polar:
            await polar.make_sure_of_organization()

    bridge.beside(settings, run)


@pytest.mark.slow
@BOTH_ENGINES
@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("a customer", [CUSTOMERS]),
        ("a deleted customer's subscription", [CUSTOMERS, SUBSCRIPTIONS]),
        ("a deleted customer's grant", [CUSTOMERS, SUBSCRIPTIONS, GRANTS]),
        ("an endpoint", [CUSTOMERS, SUBSCRIPTIONS, GRANTS, ENDPOINTS]),
    ],
)
def test_whose_the_token_is_can_be_told_without_organizations_read(
    sim: SimulatorClient, store: Store, there: str, asked: list[str]
) -> None:
    organization_id = sim.get("/v1/organizations/")["items"][0]["id"]
    if there == "an endpoint":
        sim.endpoint("https://bridge.example.com/webhooks/polar")
    else:
        customer = sim.customer(
            subscriptions=["active"] if "subscription" in there else [], grants=1
        )
        if there != "a customer":
            sim.api.delete(f"/v1/customers/{customer['customer']['id']}")
            sim.settle()
    sim.settings(scopes=list(NEEDED))
    sim.control("DELETE", "/requests")
    make_sure(sim, store, organization_id)
    assert list(sim.control("GET", "/counts")) == asked
    with pytest.raises(Refused, match="another organization"):
        make_sure(sim, store, "another")


@BOTH_ENGINES
def test_organizations_are_listed_only_where_nothing_else_tells(
    sim: SimulatorClient, store: Store
) -> None:
    organization_id = sim.get("/v1/organizations/")["items"][0]["id"]
    make_sure(sim, store, organization_id)
    sim.settings(scopes=list(NEEDED))
    with pytest.raises(Refused, match="organizations:read"):
        make_sure(sim, store, organization_id)


@pytest.mark.slow
@BOTH_ENGINES
def test_a_verified_webhook_tells_whose_the_database_is(sim: SimulatorClient, run: Run) -> None:
    organization_id = sim.get("/v1/organizations/")["items"][0]["id"]
    with run() as it:
        it.customer("u1")
        known = "SELECT value FROM meta WHERE name = 'organization_id'"
        wait_for(lambda: it.query(known), "the webhook is applied")
        assert it.query(known)[0]["value"] == organization_id


@pytest.mark.parametrize(
    "answer",
    [{}, {"items": []}, {"items": [1]}, {"items": [{"customer": {}}]}, {"organization_id": 1}],
)
def test_an_answer_may_tell_nothing(answer: dict[str, object]) -> None:
    assert organization_in(answer) is None


@pytest.fixture(scope="module")
def two_polars() -> Iterator[tuple[SimulatorClient, SimulatorClient]]:
    with ExitStack() as stack:
        yield (
            stack.enter_context(bridge.simulator()),
            stack.enter_context(bridge.simulator()),
        )


@pytest.fixture
def polars(
    two_polars: tuple[SimulatorClient, SimulatorClient],
) -> tuple[SimulatorClient, SimulatorClient]:
    """Ours, and somebody else's or the sandbox."""
    for polar in two_polars:
        polar.control("POST", "/reset")
    return two_polars


@pytest.mark.slow
@pytest.mark.parametrize("inhabited", [True, False], ids=["with customers", "empty"])
@pytest.mark.parametrize(
    "readable", [True, False], ids=["organizations readable", "organizations hidden"]
)
def test_the_wrong_organization_proves_nothing(
    polars: tuple[SimulatorClient, SimulatorClient],
    new_database: DatabaseFactory,
    inhabited: bool,
    readable: bool,
) -> None:
    ours, other = polars
    database = new_database()
    with bridge.running(ours, database) as it:
        it.customer("first", "active")
        it.tell("first")
        it.wait("first", "verified")
        waiting = it.customer("second", "active")
    if inhabited:
        other.customer("somebody-else", subscriptions=["active"])
    if not readable:
        scopes = set(other.control("GET", "/settings")["scopes"]) - {"organizations:read"}
        other.control("PUT", "/settings", {"scopes": sorted(scopes)})
    with bridge.running(other, database) as it:
        it.tell("second")
        assert "POLAR_ACCESS_TOKEN" in it.wait("second", "blocked")["reason"]
        assert DELETE not in it.sim.control("GET", "/counts")
    with bridge.running(ours, database) as it:
        it.wait("second", "verified")
        assert it.is_gone(waiting)


@pytest.mark.slow
def test_a_delete_answered_by_the_wrong_organization_is_not_done(
    polars: tuple[SimulatorClient, SimulatorClient], new_database: DatabaseFactory
) -> None:
    ours, other = polars
    database = new_database()
    with bridge.running(ours, database) as it:
        customer = it.customer("user", "active")
        # The DELETE never reaches Polar.
        lost = {"kind": "drop", "method": "DELETE", "path": "^/v1/customers/"}
        it.sim.control("PUT", "/faults", {"faults": [lost]})
        it.tell("user")
        it.wait("user", "deleting")
    with bridge.running(other, database) as it:
        # The wrong one says that there is no such customer.
        assert "POLAR_ACCESS_TOKEN" in it.wait("user", "blocked")["reason"]
    ours.control("DELETE", "/faults")
    with bridge.running(ours, database) as it:
        it.wait("user", "verified")
        assert it.is_gone(customer)
