"""Revoking one subscription through the API: what can be, and what can not."""

from __future__ import annotations

import pytest

from tests.helpers.simulator import SimulatorClient


@pytest.mark.parametrize("status", ["trialing", "active", "past_due", "paused"])
def test_revoking_ends_a_subscription_at_once(sim: SimulatorClient, status: str) -> None:
    created = sim.customer(subscriptions=[status], grants=1)
    (subscription_id,) = created["subscription_ids"]
    response = sim.api.delete(f"/v1/subscriptions/{subscription_id}")
    assert response.status_code == 200
    assert response.json()["status"] == "canceled"
    assert response.json()["ended_at"] is not None
    sim.settle()
    assert sim.truth(created)["grants"][0]["is_revoked"]
    again = sim.api.delete(f"/v1/subscriptions/{subscription_id}")
    assert again.status_code == 403
    assert again.json()["error"] == "AlreadyCanceledSubscription"


@pytest.mark.parametrize("status", ["unpaid", "canceled"])
def test_revoking_what_is_unpaid_or_has_ended_is_answered_403(
    sim: SimulatorClient, status: str
) -> None:
    created = sim.customer(subscriptions=[status])
    response = sim.api.delete(f"/v1/subscriptions/{created['subscription_ids'][0]}")
    assert response.status_code == 403
    assert response.json()["error"] == "AlreadyCanceledSubscription"


@pytest.mark.parametrize("lock", ["locked", "pending_update"])
def test_revoking_waits_for_a_pending_update(sim: SimulatorClient, lock: str) -> None:
    created = sim.customer(subscriptions=[{"status": "active", lock: True}])
    path = f"/v1/subscriptions/{created['subscription_ids'][0]}"
    assert (sim.get(path)["pending_update"] is None) == (lock == "locked")
    locked = sim.api.delete(path)
    assert locked.status_code == 409
    assert locked.json()["error"] == "SubscriptionLocked"
    sim.control("POST", path.removeprefix("/v1"), {lock: False})
    assert sim.api.delete(path).status_code == 200


@pytest.mark.parametrize("status", ["incomplete", "incomplete_expired"])
def test_a_subscription_that_never_started_is_answered_404(
    sim: SimulatorClient, status: str
) -> None:
    created = sim.customer(subscriptions=[status])
    path = f"/v1/subscriptions/{created['subscription_ids'][0]}"
    for method in ("GET", "DELETE"):
        response = sim.api.request(method, path)
        assert (response.status_code, response.json()["error"]) == (404, "ResourceNotFound")
    assert sim.truth(created)["subscriptions"][0]["status"] == status


def test_an_unpaid_survivor_of_a_deletion_can_not_be_ended_through_the_api(
    sim: SimulatorClient,
) -> None:
    created = sim.customer(subscriptions=["unpaid"])
    sim.delete()
    sim.settle()
    path = f"/v1/subscriptions/{created['subscription_ids'][0]}"
    refused = sim.api.delete(path)
    assert (refused.status_code, refused.json()["error"]) == (403, "AlreadyCanceledSubscription")
    assert sim.get(path)["status"] == "unpaid"


def test_a_paused_survivor_of_a_deletion_can_be_revoked(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["paused"])
    sim.delete()
    sim.settle()
    path = f"/v1/subscriptions/{created['subscription_ids'][0]}"
    assert sim.get(path)["status"] == "paused"
    assert sim.api.delete(path).status_code == 200
    assert sim.truth(created)["subscriptions"][0]["status"] == "canceled"


def test_revoking_a_subscription_that_is_not_there(sim: SimulatorClient) -> None:
    response = sim.api.delete("/v1/subscriptions/00000000-0000-4000-8000-000000000000")
    assert response.status_code == 404
    assert response.json()["error"] == "ResourceNotFound"
