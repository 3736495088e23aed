"""Every object that the simulator renders has the fields of Polar's OpenAPI document, no others."""

from __future__ import annotations

import json
from typing import get_args
from uuid import uuid4

import pytest

from sync.simulator.inputs import EventType, Status
from tests.helpers.simulator import Json, Receiver, SimulatorClient
from tests.simulator.people import BOB, CLEO, team
from tests.simulator.schemas import SCHEMAS, assert_is, assert_is_payload

STATUSES = get_args(Status)
FATES = ["alive", "deleted", "anonymized"]


def populate(sim: SimulatorClient) -> tuple[Json, Json]:
    """An individual and a team, with one of everything."""
    everything: list[Json] = [{"status": status} for status in STATUSES]
    individual = sim.customer(
        "user-1",
        name="Ada",
        metadata={"plan": "pro", "n": 1, "x": 0.5, "b": True},
        billing_address={"country": "FR", "line1": "1 rue"},
        subscriptions=[*everything, {"status": "active", "pending_update": True}],
        grants=2,
    )
    company = team(
        sim,
        BOB,
        CLEO,
        tax_id=["FR61954506077", "eu_vat"],
        subscriptions=[{"seats": 3}, {"status": "paused", "seats": 1, "pending_update": True}],
        grants=1,
    )
    for member, status in zip(company["members"], ("pending", "claimed", "claimed"), strict=True):
        seat = {"subscription_id": company["subscription_ids"][0], "member_id": member["id"]}
        made = sim.control("POST", "/seats", {**seat, "status": status})
    sim.control("POST", f"/seats/{made['id']}", {"status": "revoked"})
    return individual, company


def end(sim: SimulatorClient, fate: str) -> None:
    for external_id in ("user-1", "lead"):
        if fate != "alive":
            assert sim.delete(external_id, anonymize=fate == "anonymized").status_code == 204
    sim.settle()


@pytest.mark.parametrize("fate", FATES)
def test_every_answer_is_as_polar_documents_it(sim: SimulatorClient, fate: str) -> None:
    both = populate(sim)
    end(sim, fate)
    for name, path in (
        ("ListResource_Customer_", "/v1/customers/"),
        ("ListResource_Subscription_", "/v1/subscriptions/"),
        ("ListResource_BenefitGrant_", "/v1/benefit-grants/"),
        ("ListResource_Member_", "/v1/members/"),
        ("ListResource_Organization_", "/v1/organizations/"),
    ):
        listed = sim.get(path, limit=100)
        assert_is(name, listed)
        gone = fate != "alive" and name in ("ListResource_Customer_", "ListResource_Member_")
        assert bool(listed["items"]) != gone
    for created in both:
        truth = sim.truth(created)
        assert_is("Customer", truth["customer"])
        for row in truth["subscriptions"]:
            assert_is("Subscription", row)
        for row in truth["members"]:
            assert_is("Member", {k: v for k, v in row.items() if k != "deleted_at"})
    for subscription_id in both[1]["subscription_ids"]:
        assert_is("SeatsList", sim.get("/v1/customer-seats", subscription_id=subscription_id))


def test_every_single_object_is_as_polar_documents_it(sim: SimulatorClient) -> None:
    for created in populate(sim):
        path = f"/v1/customers/{created['customer']['id']}"
        external = f"/v1/customers/external/{created['customer']['external_id']}"
        member_id = created["members"][0]["id"]
        for each in (path, external):
            assert_is("Customer", sim.get(each))
            assert_is("CustomerState", sim.get(f"{each}/state"))
            assert_is("Customer", sim.api.patch(each, json={"name": "N"}).json())
        member_path = f"{path}/members/{member_id}"
        assert_is("Member", sim.get(member_path))
        assert_is("Member", sim.api.patch(member_path, json={"name": "N"}).json())
        active = [row for row in created["subscriptions"] if row["status"] == "active"]
        subscription_id = active[0]["id"]
        assert_is("Subscription", sim.get(f"/v1/subscriptions/{subscription_id}"))
        assert_is("Subscription", sim.api.delete(f"/v1/subscriptions/{subscription_id}").json())
        for seat in sim.truth(created)["seats"]:
            assert_is("CustomerSeat", sim.api.delete(f"/v1/customer-seats/{seat['id']}").json())
    made = sim.api.post("/v1/customers/", json={"email": "new@example.com"})
    assert_is("Customer", made.json())
    made = sim.api.post("/v1/customers/external/lead/members", json={"email": "d@acme.example"})
    assert_is("Member", made.json())
    (organization,) = sim.items("/v1/organizations/")
    assert_is("Organization", sim.get(f"/v1/organizations/{organization['id']}"))


def test_webhook_endpoints_and_deliveries_are_as_polar_documents_them(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.endpoint(receiver.url)
    sim.endpoint("http://127.0.0.1:1/nobody", events=["customer.created"], name="N")
    sim.settings(max_attempts=1)
    sim.customer()
    sim.settle()
    endpoints = sim.get("/v1/webhooks/endpoints")
    assert len(endpoints["items"]) == 2
    assert_is("ListResource_WebhookEndpoint_", endpoints)
    assert_is("WebhookEndpoint", sim.get(f"/v1/webhooks/endpoints/{endpoints['items'][0]['id']}"))
    deliveries = sim.get("/v1/webhooks/deliveries")
    assert {row["succeeded"] for row in deliveries["items"]} == {True, False}
    assert_is("ListResource_WebhookDelivery_", deliveries)


def test_every_error_is_as_polar_documents_it(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["canceled", {"status": "active", "locked": True}])
    ended, locked = created["subscription_ids"]
    for name, status, method, path in (
        ("ResourceNotFound", 404, "GET", f"/v1/customers/{uuid4()}"),
        ("ResourceNotFound", 404, "GET", f"/v1/customer-seats?subscription_id={uuid4()}"),
        ("AlreadyCanceledSubscription", 403, "DELETE", f"/v1/subscriptions/{ended}"),
        ("SubscriptionLocked", 409, "DELETE", f"/v1/subscriptions/{locked}"),
        ("HTTPValidationError", 422, "GET", "/v1/customers/nope"),
        ("HTTPValidationError", 422, "DELETE", "/v1/customers/external/user-1/members/user-1"),
    ):
        answer = sim.api.request(method, path)
        assert answer.status_code == status
        assert_is(name, answer.json())
    refused = sim.api.post("/v1/customers/external/user-1/members", json=BOB)
    assert refused.status_code == 403
    assert_is("NotPermitted", refused.json())


@pytest.mark.parametrize("fate", FATES)
def test_every_webhook_is_as_polar_documents_it(
    sim: SimulatorClient, receiver: Receiver, fate: str
) -> None:
    sim.endpoint(receiver.url)
    individual, _ = populate(sim)
    sim.api.patch("/v1/customers/external/user-1", json={"name": "N"})
    sim.api.patch("/v1/customers/external/lead/members/bob", json={"name": "N"})
    sim.api.delete("/v1/customers/external/lead/members/cleo")
    first = individual["subscription_ids"][0]
    for status in ("active", "past_due", "paused", "active", "canceled"):
        sim.control("POST", f"/subscriptions/{first}", {"status": status})
    for granted in (False, True):
        path = f"/grants/{individual['grant_ids'][0]}"
        sim.control("POST", path, {"is_granted": granted})
    sim.settle()
    end(sim, fate)
    bodies = [json.loads(one.body) for one in receiver.received]
    for body in bodies:
        assert_is_payload(body)
    sent = {body["type"] for body in bodies}
    never = {"subscription.uncanceled", "subscription.cycled", "benefit_grant.cycled"}
    if fate == "alive":
        never |= {"customer.deleted"}
    assert sent == SCHEMAS["webhooks"].keys() - never


def test_the_types_of_webhooks_are_those_that_polar_documents() -> None:
    assert set(get_args(EventType)) == set(SCHEMAS["$defs"]["WebhookEventType"]["enum"])
    assert set(STATUSES) == set(SCHEMAS["$defs"]["SubscriptionStatus"]["enum"])


def test_a_field_too_few_or_too_many_is_found() -> None:
    member = dict.fromkeys(SCHEMAS["$defs"]["Member"]["properties"])
    member |= {"id": str(uuid4()), "customer_id": str(uuid4()), "role": "member", "email": "a@b.c"}
    member["created_at"] = "2026-08-01T00:00:00Z"
    assert_is("Member", member)
    for wrong in (
        {k: v for k, v in member.items() if k != "name"},
        member | {"deleted_at": None},
        member | {"role": "boss"},
        member | {"id": "nope"},
        member | {"created_at": "2026-08-01T00:00:00"},
    ):
        with pytest.raises(AssertionError):
            assert_is("Member", wrong)
