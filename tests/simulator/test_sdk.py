"""The official SDK understands every answer, and every error as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
from polar import PolarClientError, PolarNetworkError, PolarServerError, deserialize
from polar.base import PolarRateLimitError
from polar.v2026_10 import Polar, errors
from polar.v2026_10.outputs import CustomerIndividual, CustomerStateIndividual, CustomerTeam, Member

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.simulator import Receiver, SimulatorClient, with_sdk_status
from tests.simulator.people import BOB, team


@pytest.fixture
def polar(sim: SimulatorClient) -> Iterator[Polar]:
    with Polar(DEFAULT_TOKEN, base_url=sim.url) as client:
        yield client


def test_customers(polar: Polar, sim: SimulatorClient) -> None:
    created = polar.customers.create(
        email="a@example.com",
        external_id="a b",
        name="Ada",
        metadata={"plan": "pro", "seats": 3},
        billing_address={"country": "FR"},
        tax_id="FR61954506077",
    )
    assert isinstance(created, CustomerIndividual)
    team = polar.customers.create(
        type="team", name="Team", owner={"email": "lead@example.com", "external_id": "lead"}
    )
    assert isinstance(team, CustomerTeam)
    assert created.tax_id == ["FR61954506077", "eu_vat"]
    listed = polar.customers.list(limit=100, sorting=["-created_at"])
    assert [row.id for row in listed.items] == [team.id, created.id]
    assert listed.pagination.total_count == 2
    assert len(list(polar.customers.iter_list(limit=1))) == 2
    encoded = quote("a b", safe="")
    assert polar.customers.get(created.id) == created
    assert polar.customers.get_external(encoded) == created
    assert polar.customers.update(created.id, name="B").name == "B"
    assert polar.customers.update_external(encoded, name="C").name == "C"
    assert polar.customers.get_state(team.id).type == "team"
    # Without an active subscription: see `with_sdk_status`.
    sim.control("POST", "/subscriptions", {"customer_id": created.id, "status": "past_due"})
    state = polar.customers.get_state_external(encoded)
    assert isinstance(state, CustomerStateIndividual)
    assert (state.id, state.active_subscriptions) == (created.id, [])
    polar.customers.delete_external(encoded, anonymize=True)
    polar.customers.delete(team.id)
    assert polar.customers.list().items == []


def test_subscriptions(polar: Polar, sim: SimulatorClient) -> None:
    statuses = ["active", "trialing", "past_due", "paused", "canceled", "unpaid"]
    sim.customer(subscriptions=[*statuses, {"status": "active", "pending_update": True}])
    found = polar.subscriptions.list(external_customer_id="user-1", limit=100)
    assert {row.status for row in found.items} == set(statuses)
    assert sum(row.pending_update is not None for row in found.items) == 1
    product_id = found.items[0].product_id
    created = polar.subscriptions.create(
        product_id=product_id, external_customer_id="user-1", metadata={"a": 1}
    )
    assert polar.subscriptions.get(created.id) == created
    assert polar.subscriptions.revoke(created.id).status == "canceled"
    with pytest.raises(errors.AlreadyCanceledSubscription):
        polar.subscriptions.revoke(created.id)
    locked = next(row for row in found.items if row.pending_update)
    with pytest.raises(errors.SubscriptionLocked):
        polar.subscriptions.revoke(locked.id)
    with pytest.raises(errors.ResourceNotFound):
        polar.subscriptions.revoke(str(uuid4()))
    with pytest.raises(errors.HTTPValidationError):
        polar.subscriptions.create(product_id=str(uuid4()), customer_id=str(uuid4()))
    with pytest.raises(errors.HTTPValidationError):
        polar.subscriptions.create(product_id=product_id, customer_id=str(uuid4()))


def test_a_state_with_subscriptions_and_grants(sim: SimulatorClient) -> None:
    sim.customer(subscriptions=["active", "trialing"], grants=2)
    state = sim.get("/v1/customers/external/user-1/state")
    parsed = deserialize(with_sdk_status(state), CustomerStateIndividual)
    assert len(parsed.active_subscriptions) == 2
    assert [row.benefit_type for row in parsed.granted_benefits] == ["custom", "custom"]


def test_benefit_grants(polar: Polar, sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["active"], grants=2)
    customer_id = created["customer"]["id"]
    found = polar.benefit_grants.list(customer_id=[customer_id], is_granted=True)
    assert {row.id for row in found.items} == set(created["grant_ids"])
    assert found.items[0].benefit.type == "custom"


def test_members(polar: Polar, sim: SimulatorClient) -> None:
    created = team(sim, BOB)
    customer_id = created["customer"]["id"]
    bob = polar.customers.members.get(customer_id, created["members"][1]["id"])
    assert polar.customers.members.get_external("lead", "bob") == bob
    # The SDK 1.0.2 has no call for the list.
    assert deserialize(sim.items("/v1/members/", role="member")[0], Member) == bob
    cleo = polar.customers.members.create(
        customer_id, email="cleo@acme.example", external_id="cleo", role="billing_manager"
    )
    dora = polar.customers.members.create_external("lead", email="dora@acme.example")
    assert (cleo.external_id, dora.role) == ("cleo", "member")
    assert polar.customers.members.update(customer_id, dora.id, name="Dora").name == "Dora"
    assert polar.customers.members.update_external("lead", "cleo", role="owner").role == "owner"
    polar.customers.members.delete(customer_id, dora.id)
    polar.customers.members.delete_external("lead", "bob")
    with pytest.raises(errors.ResourceNotFound):
        polar.customers.members.get_external("lead", "bob")
    with pytest.raises(errors.HTTPValidationError):
        polar.customers.members.delete_external("lead", "cleo")
    sim.customer("user-1")
    with pytest.raises(errors.NotPermitted):
        polar.customers.members.create_external("user-1", email="dora@acme.example")


def test_customer_seats(polar: Polar, sim: SimulatorClient) -> None:
    created = team(sim, BOB, subscriptions=[{"seats": 2}])
    (subscription_id,) = created["subscription_ids"]
    seat = {"subscription_id": subscription_id, "member_id": created["members"][1]["id"]}
    sim.control("POST", "/seats", seat)
    found = polar.customer_seats.list_seats(subscription_id=subscription_id)
    assert (found.total_seats, found.available_seats) == (2, 1)
    (bobs,) = found.seats
    assert (bobs.status, bobs.email) == ("claimed", "bob@acme.example")
    assert polar.customer_seats.revoke_seat(bobs.id).status == "revoked"


def test_webhooks(polar: Polar, sim: SimulatorClient, receiver: Receiver) -> None:
    endpoint = polar.webhooks.create_webhook_endpoint(
        url=receiver.url, format="raw", events=["customer.created"]
    )
    assert polar.webhooks.get_webhook_endpoint(endpoint.id) == endpoint
    assert polar.webhooks.list_webhook_endpoints().items == [endpoint]
    changed = polar.webhooks.update_webhook_endpoint(endpoint.id, name="mine")
    assert changed.name == "mine"
    reset = polar.webhooks.reset_webhook_endpoint_secret(endpoint.id)
    assert reset.secret != endpoint.secret
    sim.customer()
    sim.settle()
    (delivery,) = polar.webhooks.list_webhook_deliveries(endpoint_id=endpoint.id).items
    assert (delivery.succeeded, delivery.http_code, delivery.response) == (True, 200, "ok")
    assert delivery.webhook_event.type == "customer.created"
    polar.webhooks.redeliver_webhook_event(delivery.webhook_event.id)
    receiver.wait_for(lambda got: len(got) == 2)
    polar.webhooks.delete_webhook_endpoint(endpoint.id)
    for missing in (
        lambda: polar.webhooks.get_webhook_endpoint(endpoint.id),
        lambda: polar.webhooks.redeliver_webhook_event(str(uuid4())),
    ):
        with pytest.raises(errors.ResourceNotFound):
            missing()
    with pytest.raises(errors.HTTPValidationError):
        polar.webhooks.create_webhook_endpoint(url="ftp://x", format="raw", events=[])


def test_organizations(polar: Polar) -> None:
    (organization,) = polar.organizations.list().items
    assert polar.organizations.get(organization.id) == organization
    assert polar.organizations.list(slug="another").items == []
    with pytest.raises(errors.ResourceNotFound):
        polar.organizations.get(str(uuid4()))


def test_errors(polar: Polar, sim: SimulatorClient) -> None:
    with pytest.raises(errors.ResourceNotFound):
        polar.customers.get_external("nobody")
    with pytest.raises(errors.HTTPValidationError) as invalid:
        polar.customers.list(limit=0)
    detail = invalid.value.error.detail
    assert detail is not None
    assert detail[0].loc == ["query", "limit"]
    with pytest.raises(PolarClientError) as unauthorized:
        polar.customers.list(request_access_token="nope")
    assert unauthorized.value.status_code == 401
    sim.settings(scopes=["webhooks:read"])
    with pytest.raises(PolarClientError) as forbidden:
        polar.customers.list()
    assert forbidden.value.status_code == 403
    sim.settings(rate_limit=1)
    polar.webhooks.list_webhook_endpoints()
    with pytest.raises(PolarRateLimitError) as limited:
        polar.webhooks.list_webhook_endpoints()
    assert limited.value.retry_after
    sim.settings(available=False)
    with pytest.raises(PolarServerError):
        polar.customers.list()
    sim.faults({"kind": "drop"})
    with pytest.raises(PolarNetworkError):
        polar.customers.list()
