"""What a deletion does, at once and in the background, and what it leaves."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest

from tests.helpers.simulator import SimulatorClient

CANCELED = ["trialing", "active", "past_due"]
LEFT = ["paused", "unpaid", "incomplete"]


def test_a_deleted_customer_is_gone_but_its_rows_still_list(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["active"], grants=1)
    customer_id = created["customer"]["id"]
    assert sim.delete().status_code == 204
    for path in (
        f"/v1/customers/{customer_id}",
        f"/v1/customers/{customer_id}/state",
        "/v1/customers/external/user-1",
        "/v1/customers/external/user-1/state",
    ):
        response = sim.api.get(path)
        assert response.status_code == 404
        assert response.json()["error"] == "ResourceNotFound"
    assert sim.api.patch(f"/v1/customers/{customer_id}", json={}).status_code == 404
    assert sim.api.delete(f"/v1/customers/{customer_id}").status_code == 404
    assert sim.items("/v1/customers/") == []
    assert len(sim.items("/v1/subscriptions/", customer_id=customer_id)) == 1
    assert len(sim.items("/v1/benefit-grants/", customer_id=customer_id)) == 1
    assert sim.items("/v1/subscriptions/", external_customer_id="user-1") == []


def test_the_external_id_is_freed_at_once(sim: SimulatorClient) -> None:
    old = sim.customer(email="a@example.com")
    assert sim.delete().status_code == 204
    new = sim.api.post("/v1/customers/", json={"external_id": "user-1", "email": "a@example.com"})
    assert new.status_code == 201
    assert new.json()["id"] != old["customer"]["id"]
    # And so a late delete-by-external-id hits the customer who signed up again.
    assert sim.delete().status_code == 204
    assert sim.truth({"customer": new.json()})["customer"]["deleted_at"] is not None


def test_delete_by_id_is_the_same(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["active"])
    assert sim.api.delete(f"/v1/customers/{created['customer']['id']}").status_code == 204
    sim.settle()
    assert sim.truth(created)["subscriptions"][0]["status"] == "canceled"
    assert sim.delete().status_code == 404


def test_some_subscriptions_are_canceled_and_some_are_left(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=CANCELED + LEFT)
    before = {row["id"]: row for row in created["subscriptions"]}
    sim.settings(background_paused=True)
    assert sim.delete().status_code == 204
    sim.settle()
    assert [row["status"] for row in sim.truth(created)["subscriptions"]] == CANCELED + LEFT
    sim.settings(background_paused=False)
    sim.settle()
    for row in sim.truth(created)["subscriptions"]:
        if before[row["id"]]["status"] in CANCELED:
            assert row["status"] == "canceled"
            assert row["canceled_at"] == row["ends_at"] == row["ended_at"] == row["modified_at"]
            assert row["started_at"] == before[row["id"]]["started_at"]
        else:
            # Polar's scheduler resumes no paused one and bills none that is left.
            customer = row.pop("customer")
            assert row == {k: v for k, v in before[row["id"]].items() if k != "customer"}
            assert customer["deleted_at"] is not None


def test_what_follows_a_deletion_comes_in_no_guaranteed_order(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["active"] * 12)
    sim.delete()
    sim.settle()
    ended = [row["ended_at"] for row in sim.truth(created)["subscriptions"]]
    assert ended != sorted(ended)


def test_a_subscription_that_has_ended_is_left(sim: SimulatorClient) -> None:
    ended = {"status": "active", "ended_at": "2026-01-01T00:00:00Z"}
    created = sim.customer(subscriptions=[ended])
    sim.delete()
    sim.settle()
    (row,) = sim.truth(created)["subscriptions"]
    assert (row["status"], row["ended_at"]) == ("active", "2026-01-01T00:00:00Z")


def test_grants_are_revoked_and_members_deleted(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["paused"], grants=3)
    customer_id = created["customer"]["id"]
    sim.delete()
    sim.settle()
    assert sim.items("/v1/benefit-grants/", customer_id=customer_id, is_granted=True) == []
    truth = sim.truth(created)
    assert [row["is_revoked"] for row in truth["grants"]] == [True] * 3
    assert all(row["revoked_at"] for row in truth["grants"])
    assert all(row["deleted_at"] for row in truth["members"])


def test_a_revocation_may_get_stuck(sim: SimulatorClient) -> None:
    created = sim.customer(grants=2)
    stuck = created["grant_ids"][0]
    mine = {"customer_id": created["customer"]["id"], "is_granted": True}
    sim.control("POST", f"/grants/{stuck}", {"stuck": True})
    sim.delete()
    sim.settle()
    assert [row["id"] for row in sim.items("/v1/benefit-grants/", **mine)] == [stuck]
    sim.control("POST", f"/grants/{stuck}", {"stuck": False})
    assert sim.items("/v1/benefit-grants/", **mine) == []


def test_without_anonymize_the_data_stay_and_the_external_id_is_null(sim: SimulatorClient) -> None:
    created = sim.customer(name="Ada", email="ada@example.com", metadata={"plan": "pro"})
    sim.delete()
    row = sim.truth(created)["customer"]
    assert (row["name"], row["email"]) == ("Ada", "ada@example.com")
    assert (row["external_id"], row["metadata"]) == (None, {"plan": "pro"})
    assert row["deleted_at"] is not None


def test_anonymize_keeps_the_old_external_id_in_the_metadata_and_shows_it(
    sim: SimulatorClient,
) -> None:
    created = sim.customer(metadata={"plan": "pro"})
    sim.delete(anonymize=True)
    row = sim.truth(created)["customer"]
    assert row["external_id"] == "user-1"
    assert datetime.fromisoformat(row["metadata"].pop("__anonymized_at"))
    assert row["metadata"] == {"plan": "pro", "__external_id": "user-1"}
    nameless = sim.customer(None)
    sim.api.delete(f"/v1/customers/{nameless['customer']['id']}", params={"anonymize": True})
    row = sim.truth(nameless)["customer"]
    assert (row["external_id"], list(row["metadata"])) == (None, ["__anonymized_at"])


def test_anonymize_hashes_the_email_with_the_time_of_creation(sim: SimulatorClient) -> None:
    hashes = []
    for _ in range(2):
        created = sim.customer(email="ada@example.com")
        sim.delete(anonymize=True)
        email = sim.truth(created)["customer"]["email"]
        hashed, domain = email.split("@")
        assert domain == "anonymized.polar.sh"
        assert len(bytes.fromhex(hashed)) == 32
        hashes.append(hashed)
    assert hashes[0] != hashes[1]
    assert hashlib.sha256(b"ada@example.com").hexdigest() not in hashes


@pytest.mark.parametrize("tax_id", [None, ["FR61954506077", "eu_vat"]])
def test_anonymize_hashes_the_names_but_a_business_keeps_its_name_and_its_tax_id(
    sim: SimulatorClient, tax_id: list[str] | None
) -> None:
    created = sim.customer(
        name="Ada", tax_id=tax_id, billing_address={"country": "FR", "line1": "1 rue"}
    )
    assert created["customer"]["billing_name"] == "Ada"
    assert created["customer"]["billing_address"]["line1"] == "1 rue"
    sim.delete(anonymize=True)
    row = sim.truth(created)["customer"]
    assert (row["name"] == "Ada") == (tax_id is not None)
    assert row["tax_id"] == tax_id
    for name in {row["name"], row["billing_name"]} - {"Ada"}:
        assert len(bytes.fromhex(name)) == 32
    assert row["billing_name"] != "Ada"
    assert row["billing_address"] is None


def test_state_lists_only_active_and_trialing(sim: SimulatorClient) -> None:
    sim.customer(subscriptions=[*CANCELED, *LEFT, "canceled"], grants=2)
    state = sim.get("/v1/customers/external/user-1/state")
    assert {row["status"] for row in state["active_subscriptions"]} == {"active", "trialing"}
    assert len(state["granted_benefits"]) == 2
