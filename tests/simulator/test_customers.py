"""Customers made and changed: whose e-mail and external id they are, and what a change shows."""

from __future__ import annotations

import uuid

import pytest

from tests.helpers.simulator import SimulatorClient


def test_an_email_and_an_external_id_belong_to_one_live_customer(sim: SimulatorClient) -> None:
    sim.customer("one", email="one@example.com")
    for field, body in [
        ("email", {"email": "One@example.com"}),
        ("external_id", {"email": "two@example.com", "external_id": "one"}),
    ]:
        response = sim.api.post("/v1/customers/", json=body)
        assert response.status_code == 422
        assert response.json()["error"] == "PolarRequestValidationError"
        assert response.json()["detail"][0]["loc"] == ["body", field]
    assert sim.api.post("/v1/customers/", json={"external_id": "x"}).status_code == 422
    assert sim.api.post("/v1/customers/", content=b"{").status_code == 422
    fields = {"type": "team", "tax_id": "911144442", "owner": {"email": "lead@example.com"}}
    team = sim.api.post("/v1/customers/", json=fields)
    assert (team.status_code, team.json()["tax_id"]) == (201, ["911144442", "us_ein"])


def test_each_field_that_is_taken_is_named(sim: SimulatorClient) -> None:
    sim.customer("one", email="one@example.com")
    two = sim.customer("two", email="two@example.com")["customer"]
    both = {"email": "one@example.com", "external_id": " one "}
    refused = sim.api.post("/v1/customers/", json=both).json()
    assert [it["loc"] for it in refused["detail"]] == [["body", "email"], ["body", "external_id"]]
    changed = sim.api.patch(f"/v1/customers/{two['id']}", json={"email": "one@example.com"})
    assert (
        changed.json()["detail"][0]["msg"] == "A customer with this email address already exists."
    )


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("ann", "value is not a valid email address"),
        ("ann@example", "value is not a valid email address"),
        ("ann@Nowhere.Example", "ann@Nowhere.Example is not a valid email address"),
    ],
)
def test_an_address_that_cannot_be_reached_is_refused(
    sim: SimulatorClient, email: str, words: str
) -> None:
    one = sim.customer("one")["customer"]
    for refused in (
        sim.api.post("/v1/customers/", json={"email": email}),
        sim.api.patch(f"/v1/customers/{one['id']}", json={"email": email}),
    ):
        assert refused.status_code == 422
        assert refused.json()["error"] == "RequestValidationError"
        [entry] = refused.json()["detail"]
        assert (entry["loc"], entry["type"]) == (["body", "email"], "value_error")
        assert words in entry["msg"]
    too_long = sim.api.patch(f"/v1/customers/{one['id']}", json={"name": "x" * 257})
    assert too_long.json()["detail"][0]["loc"] == ["body", "name"]


def test_every_change_bumps_modified_at(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["active"], grants=1)["customer"]
    assert created["modified_at"] is None
    path = f"/v1/customers/{created['id']}"
    first = sim.api.patch(path, json={"name": "A"}).json()
    second = sim.api.patch(path, json={"email": "new@example.com"}).json()
    assert created["created_at"] < first["modified_at"] < second["modified_at"]
    assert (second["name"], second["email"]) == ("A", "new@example.com")
    assert sim.delete().status_code == 204
    sim.settle()
    truth = sim.control("GET", f"/customers/{created['id']}")
    assert truth["customer"]["modified_at"] == truth["customer"]["deleted_at"]
    assert truth["subscriptions"][0]["modified_at"] > truth["customer"]["deleted_at"]
    assert truth["grants"][0]["modified_at"] > truth["customer"]["deleted_at"]


def test_an_external_id_is_write_once(sim: SimulatorClient) -> None:
    created = sim.customer(None)["customer"]
    path = f"/v1/customers/{created['id']}"
    assert sim.api.patch(path, json={"external_id": "a"}).json()["external_id"] == "a"
    for other in ("b", "A", None):
        refused = sim.api.patch(path, json={"external_id": other})
        assert refused.status_code == 422
        assert refused.json()["detail"][0]["loc"] == ["body", "external_id"]
    assert sim.api.patch(path, json={"external_id": "a"}).status_code == 200
    assert sim.get(path)["external_id"] == "a"


@pytest.mark.parametrize(
    ("given", "stored"),
    [(" lead", "lead"), ("lead \t\u2003\n", "lead"), (" a b ", "a b"), ("  ", None)],
)
def test_an_external_id_is_trimmed_when_a_customer_is_made(
    sim: SimulatorClient, given: str, stored: str | None
) -> None:
    body = {"email": "a@example.com", "external_id": given}
    created = sim.api.post("/v1/customers/", json=body).json()
    assert created["external_id"] == stored
    assert sim.get(f"/v1/customers/{created['id']}")["external_id"] == stored
    assert sim.customer(f"{given}2")["customer"]["external_id"] == f"{given}2".strip()
    if stored is not None:
        assert sim.ask("POST", "/customers", {"external_id": stored}).status_code == 409
        assert sim.delete(given).status_code == 404
        assert sim.delete(stored).status_code == 204


def test_a_customer_without_an_external_id_is_shown_with_the_one_in_its_metadata(
    sim: SimulatorClient,
) -> None:
    created = sim.customer(None, metadata={"__external_id": "kept"})["customer"]
    assert created["external_id"] == "kept"
    assert sim.get(f"/v1/customers/{created['id']}")["external_id"] == "kept"
    own = sim.customer("own", metadata={"__external_id": "kept"})["customer"]
    assert own["external_id"] == "own"


def test_a_customer_that_a_bridge_knows_already_has_its_ids_and_organization(
    sim: SimulatorClient,
) -> None:
    organization, customer, subscription = (str(uuid.uuid4()) for _ in range(3))
    sim.settings(organization_id=organization)
    known = {"id": customer, "subscriptions": [{"id": subscription, "status": "paused"}]}

    made = sim.customer("user-1", **known)

    assert made["customer"]["id"] == customer
    assert made["customer"]["organization_id"] == organization
    assert [(row["id"], row["status"]) for row in made["subscriptions"]] == [
        (subscription, "paused")
    ]
    for taken in (known, {"subscriptions": known["subscriptions"]}):
        assert sim.ask("POST", "/customers", taken).status_code == 409
    assert sim.ask("POST", "/customers", {"id": "1"}).status_code == 422
    assert len(sim.items("/v1/customers/")) == 1
