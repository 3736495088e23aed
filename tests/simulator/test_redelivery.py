"""Redelivery, and webhooks that are lost, repeated, late or held."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.helpers.deliveries import data_of, types
from tests.helpers.simulator import Receiver, SimulatorClient
from tests.helpers.waiting import wait_for

# -- deliveries and redelivery -------------------------------------------------------------


def test_deliveries_are_listed_and_filtered(sim: SimulatorClient, receiver: Receiver) -> None:
    start = datetime.now(UTC)
    endpoint = sim.endpoint(receiver.url, events=["customer.created", "customer.deleted"])
    receiver.answer = lambda _: 503 if len(receiver.received) == 1 else 200
    customer_id = sim.customer()["customer"]["id"]
    sim.settle()
    sim.delete()
    sim.settle()

    def codes(**params: object) -> list[int]:
        return [row["http_code"] for row in sim.items("/v1/webhooks/deliveries", **params)]

    assert codes() == [200, 200, 503]
    assert codes(succeeded=False) == [503]
    assert codes(http_code_class="2xx", event_type="customer.created") == [200]
    assert codes(endpoint_id=[endpoint["id"], str(uuid4())], limit=2) == [200, 200]
    assert codes(endpoint_id=str(uuid4())) == []
    assert codes(start_timestamp=start.isoformat(), query=customer_id) == [200, 200, 503]
    assert codes(end_timestamp=start.isoformat()) == []
    assert codes(start_timestamp=(start + timedelta(hours=1)).isoformat()) == []


def test_redelivery(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(max_attempts=1)
    sim.endpoint(receiver.url, events=["customer.created"])
    receiver.answer = lambda _: 500
    sim.customer()
    sim.settle()
    (event,) = sim.events()
    receiver.answer = lambda _: 200
    path = f"/v1/webhooks/events/{event['id']}/redeliver"
    assert sim.api.post(path).status_code == 202
    sim.settle()
    assert sim.events()[0]["state"] == "delivered"
    # What was delivered can be delivered once more.
    assert sim.api.post(path).status_code == 202
    sim.settle()
    assert {one.id for one in receiver.received} == {event["id"]}
    assert len(receiver.received) == 3
    missing = sim.api.post(f"/v1/webhooks/events/{uuid4()}/redeliver")
    assert (missing.status_code, missing.json()["error"]) == (404, "ResourceNotFound")


def test_payloads_of_before_an_anonymized_deletion_keep_the_data_in_clear(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.endpoint(receiver.url, events=["customer.created"])
    sim.customer(email="ada@example.com")
    sim.settle()
    sim.delete(anonymize=True)
    sim.settle()
    (delivery,) = sim.items("/v1/webhooks/deliveries", event_type="customer.created")
    assert "ada@example.com" in delivery["webhook_event"]["payload"]


def test_an_archived_event_can_not_be_redelivered(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(keep_payloads=1)
    sim.endpoint(receiver.url, events=["customer.created"])
    for n in range(3):
        sim.customer(f"user-{n}")
        sim.settle()
    events = sim.events()
    assert [event["is_archived"] for event in events] == [True, True, False]
    assert events[0]["payload"] is None
    path = f"/v1/webhooks/events/{events[0]['id']}/redeliver"
    assert sim.api.post(path).status_code == 404


def test_a_disabled_endpoint_gets_no_redelivery(sim: SimulatorClient, receiver: Receiver) -> None:
    endpoint = sim.endpoint(receiver.url, events=["customer.created"])
    sim.customer()
    sim.settle()
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"
    sim.api.patch(path, json={"enabled": False})
    (event,) = sim.events()
    assert sim.api.post(f"/v1/webhooks/events/{event['id']}/redeliver").status_code == 202
    assert sim.api.delete(path).status_code == 204
    assert sim.api.post(f"/v1/webhooks/events/{event['id']}/redeliver").status_code == 202
    sim.settle()
    assert len(receiver.received) == 1


# -- webhook faults ------------------------------------------------------------------------


def test_a_dropped_event_looks_delivered(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.endpoint(receiver.url, events=["customer.created", "customer.deleted"])
    sim.webhook_faults({"kind": "drop", "type": "deleted$"})
    sim.customer()
    sim.delete()
    sim.settle()
    assert types(receiver.received) == ["customer.created"]
    deliveries = sim.items("/v1/webhooks/deliveries", event_type="customer.deleted")
    assert [row["succeeded"] for row in deliveries] == [True]
    assert sim.control("GET", "/webhooks?events=false")["counts"]["dropped"] == 1


def test_duplicates_come_with_the_same_id(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.endpoint(receiver.url, events=["customer.created"])
    sim.webhook_faults({"kind": "duplicate", "copies": 2, "count": 1})
    sim.customer("one")
    sim.customer("two")
    sim.settle()
    assert sorted(Counter(one.id for one in receiver.received).values()) == [1, 3]


@pytest.mark.slow
def test_reordering_shuffles_the_same_way_for_the_same_seed(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.endpoint(receiver.url, events=["customer.created"])
    orders = []
    for round_ in range(2):
        sim.webhook_faults({"kind": "reorder", "seconds": 2}, seed=3)
        for n in range(8):
            sim.customer(f"user-{round_}-{n}")
        sim.settle()
        got = data_of(receiver.received[-8:], "customer.created")
        orders.append([int(data["external_id"][-1]) for data in got])
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == list(range(8)) != orders[0]


@pytest.mark.slow
def test_a_delayed_event_lets_others_pass(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.endpoint(receiver.url, events=["customer.created"])
    sim.webhook_faults({"kind": "delay", "seconds": 2, "count": 1})
    sim.customer("late")
    sim.customer("soon")
    sim.settle()
    order = [data["external_id"] for data in data_of(receiver.received, "customer.created")]
    assert order == ["soon", "late"]


def test_held_events_wait_to_be_released(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.endpoint(receiver.url, events=["customer.created", "customer.deleted"])
    sim.webhook_faults({"kind": "hold"})
    for n in range(3):
        sim.customer(f"user-{n}")
    sim.delete("user-0")
    sim.settle()
    assert receiver.received == []
    released = sim.control("POST", "/webhooks/release", {"type": "customer.deleted"})
    assert released == {"released": 1}
    sim.settle()
    assert types(receiver.received) == ["customer.deleted"]
    sim.control("DELETE", "/webhook-faults")
    assert sim.control("POST", "/webhooks/release", {"order": "reverse"}) == {"released": 3}
    sim.settle()
    order = [data["external_id"] for data in data_of(receiver.received, "customer.created")]
    assert order == ["user-2", "user-1", "user-0"]
    sim.customer("unheld")
    receiver.wait_for(lambda got: len(got) == 5)


def test_settling_gives_up(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(backoff_base=60_000)
    sim.endpoint(receiver.url, events=["customer.created"])
    receiver.answer = lambda _: 500
    sim.customer()
    response = sim.api.post("/_sim/settle", json={"timeout": 0.05})
    assert (response.status_code, response.json()["settled"]) == (504, False)


def test_a_reset_empties_everything(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(backoff_base=60_000, token="other")
    sim.endpoint(receiver.url)
    receiver.answer = lambda _: 500
    sim.customer()
    receiver.wait_for(lambda got: len(got) >= 1)
    sim.control("POST", "/reset")
    wait_for(lambda: sim.api.get("/v1/customers/").json().get("items") == [], "empty")
    assert sim.items("/v1/webhooks/endpoints") == []
    assert sim.events() == []
