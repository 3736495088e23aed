"""Webhooks: signatures, attempts, order, disabling, and what a deletion sends."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from polar import deserialize
from polar.v2026_10 import webhooks as sdk
from standardwebhooks import Webhook

from sync.simulator.inputs import EventType
from tests.helpers.deliveries import SECRET, data_of, types
from tests.helpers.simulator import Received, Receiver, SimulatorClient, with_sdk_status
from tests.simulator.people import BOB, team


@pytest.mark.slow
def test_every_event_is_verified_and_parsed_by_the_sdk(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.endpoint(receiver.url, secret=SECRET)
    created = sim.customer(
        name="Ada", tax_id=["FR61954506077", "eu_vat"], subscriptions=["active"], grants=2
    )
    sim.customer(None, type="team", subscriptions=["trialing"])
    customer_path = f"/v1/customers/{created['customer']['id']}"
    assert sim.api.patch(customer_path, json={"name": "Grace"}).status_code == 200
    (subscription_id,) = created["subscription_ids"]
    for status in ("past_due", "active", "paused", "active"):
        sim.control("POST", f"/subscriptions/{subscription_id}", {"status": status})
    pending = {"pending_update": True, "locked": False}
    sim.control("POST", f"/subscriptions/{subscription_id}", pending)
    sim.control("POST", f"/grants/{created['grant_ids'][0]}", {"is_granted": False})
    sim.control("POST", f"/grants/{created['grant_ids'][0]}", {"is_granted": True})
    company = team(sim, BOB, subscriptions=[{"seats": 1}])
    seat = {"subscription_id": company["subscription_ids"][0]}
    seat["member_id"] = company["members"][1]["id"]
    assigned = sim.control("POST", "/seats", {**seat, "status": "pending"})
    sim.control("POST", f"/seats/{assigned['id']}", {"status": "claimed", "grants": 1})
    sim.control("POST", f"/members/{seat['member_id']}", {"name": "Robert"})
    for external_id in ("user-1", "lead"):
        assert sim.delete(external_id, anonymize=True).status_code == 204
    sim.settle()
    for one in receiver.received:
        body = json.loads(one.body)
        if body["type"] == "customer.state_changed" and body["data"]["active_subscriptions"]:
            Webhook(base64.b64encode(SECRET.encode()).decode()).verify(one.body, one.headers)
            loadable = body | {"data": with_sdk_status(body["data"])}
            payload = deserialize(loadable, sdk.WebhookPayload)
        else:
            payload = sdk.validate_event(one.body, one.headers, SECRET)
        assert payload.type == body["type"]
    assert set(types(receiver.received)) == {
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.state_changed",
        "customer_seat.assigned",
        "customer_seat.claimed",
        "customer_seat.revoked",
        "member.created",
        "member.updated",
        "member.deleted",
        "subscription.created",
        "subscription.updated",
        "subscription.active",
        "subscription.past_due",
        "subscription.paused",
        "subscription.resumed",
        "subscription.canceled",
        "subscription.revoked",
        "benefit_grant.created",
        "benefit_grant.updated",
        "benefit_grant.revoked",
    }
    assert len(get_args(EventType)) == 41


def test_what_a_deletion_sends(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.endpoint(receiver.url)
    statuses = ["active", "past_due", "paused", "unpaid", "incomplete"]
    created = sim.customer(subscriptions=statuses, grants=2, webhooks=False)
    assert sim.delete().status_code == 204
    sim.settle()
    sent = Counter(types(receiver.received))
    assert 2 <= sent.pop("customer.state_changed") <= 7
    assert sent == {
        "customer.deleted": 1,
        "subscription.updated": 2,
        "subscription.canceled": 2,
        "subscription.revoked": 2,
        "benefit_grant.revoked": 2,
        "member.deleted": 1,
    }
    for data in data_of(receiver.received, "subscription.revoked"):
        assert data["status"] == "canceled"
        assert data["ended_at"]
        assert data["customer"]["id"] == created["customer"]["id"]
        assert data["customer"]["deleted_at"]
    last_state = data_of(receiver.received, "customer.state_changed")[-1]
    assert last_state["active_subscriptions"] == []
    assert last_state["deleted_at"]


def customers_in(received: list[Received]) -> list[dict[str, Any]]:
    """The customer in each payload that a deletion sends about it."""
    held = data_of(received, "subscription.revoked") + data_of(received, "benefit_grant.revoked")
    whole = data_of(received, "customer.deleted") + data_of(received, "customer.state_changed")
    return whole + [each["customer"] for each in held]


def test_after_an_anonymized_deletion_payloads_carry_the_old_external_id(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.endpoint(receiver.url)
    sim.customer(subscriptions=["active"], grants=1, webhooks=False)
    sim.delete(anonymize=True)
    sim.settle()
    assert len(customers_in(receiver.received)) >= 4
    for customer in customers_in(receiver.received):
        assert customer["external_id"] == customer["metadata"]["__external_id"] == "user-1"
        assert customer["metadata"]["__anonymized_at"]
        assert customer["deleted_at"]


def test_after_a_deletion_without_anonymize_payloads_carry_no_external_id_at_all(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.endpoint(receiver.url)
    sim.customer(subscriptions=["active"], grants=1, webhooks=False)
    sim.delete()
    sim.settle()
    assert len(customers_in(receiver.received)) >= 4
    for customer in customers_in(receiver.received):
        assert (customer["external_id"], customer["metadata"]) == (None, {})
        assert customer["deleted_at"]


def test_the_state_comes_at_once_with_each_created_updated_and_deleted(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.settings(debounce=[60_000, 60_000])
    wanted = ["customer.created", "customer.updated", "customer.deleted", "customer.state_changed"]
    sim.endpoint(receiver.url, events=wanted)
    created = sim.customer(subscriptions=["active"], grants=1)["customer"]
    sim.api.patch(f"/v1/customers/{created['id']}", json={"name": "N"})
    sim.delete()
    got = receiver.wait_for(lambda got: len(got) == 6)
    assert types(got) == [
        "customer.created",
        "customer.state_changed",
        "customer.updated",
        "customer.state_changed",
        "customer.deleted",
        "customer.state_changed",
    ]
    assert data_of(got, "customer.state_changed")[2]["deleted_at"]


@pytest.mark.slow
def test_states_after_other_changes_are_debounced(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(debounce=[1000, 1000])  # a second, on this clock
    created = sim.customer(subscriptions=["active"] * 3, grants=4, webhooks=False)
    sim.endpoint(receiver.url, events=["customer.state_changed"])
    for grant_id in created["grant_ids"][:3]:
        sim.control("POST", f"/grants/{grant_id}", {"is_granted": False})
    (one,) = receiver.wait_for(lambda got: len(got) == 1)
    assert len(json.loads(one.body)["data"]["granted_benefits"]) == 1
    sim.control("POST", f"/grants/{created['grant_ids'][3]}", {"is_granted": False})
    receiver.wait_for(lambda got: len(got) == 2)
    sim.settle()
    assert len(receiver.received) == 2


def test_payloads_of_anonymized_customers_may_lack_the_external_id(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.endpoint(receiver.url)
    sim.webhook_faults(null_external_id=True)
    sim.customer(subscriptions=["active"], webhooks=False)
    sim.delete(anonymize=True)
    sim.settle()
    for customer in customers_in(receiver.received):
        assert customer["external_id"] is None
        assert customer["metadata"]["__external_id"] == "user-1"


# -- attempts ------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_retry_has_the_same_id_and_a_new_timestamp(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.settings(backoff_base=1100)  # 1.1 s on this clock: timestamps count whole seconds
    endpoint = sim.endpoint(receiver.url, events=["customer.created"])
    receiver.answer = lambda _: 500 if len(receiver.received) == 1 else 202
    sim.customer()
    first, second = receiver.wait_for(lambda got: len(got) == 2)
    assert first.id == second.id
    assert first.body == second.body
    assert int(first.headers["webhook-timestamp"]) < int(second.headers["webhook-timestamp"])
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    for one in (first, second):
        sdk.validate_event(one.body, one.headers, endpoint["secret"])
    sim.settle()
    (event,) = sim.events()
    assert (event["id"], event["state"], event["attempts"]) == (first.id, "delivered", 2)


@pytest.mark.slow
def test_ten_attempts_with_exponential_backoff(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(backoff_base=4, backoff_cap=64)
    sim.endpoint(receiver.url, events=["customer.created"])
    receiver.answer = lambda _: 404
    sim.customer()
    got = receiver.wait_for(lambda got: len(got) == 10)
    sim.settle()
    assert len(receiver.received) == 10
    assert len({one.id for one in got}) == 1
    gaps = [b.at - a.at for a, b in pairwise(got)]
    least = [0.004, 0.008, 0.016, 0.032, 0.064, 0.064, 0.064, 0.064, 0.064]
    # The receiver's clock is read a little after the simulator's.
    assert all(gap > expected - 0.004 for gap, expected in zip(gaps, least, strict=True))
    (event,) = sim.events()
    assert (event["state"], event["last_http_code"], event["succeeded"]) == ("failed", 404, False)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 503])
def test_what_is_not_2xx_is_a_failure(
    sim: SimulatorClient, receiver: Receiver, status: int
) -> None:
    sim.settings(max_attempts=1)
    sim.endpoint(receiver.url, events=["customer.created"])
    receiver.answer = lambda _: status
    sim.customer()
    sim.settle()
    assert [one.path for one in receiver.received] == ["/hook"]
    (delivery,) = sim.items("/v1/webhooks/deliveries")
    assert (delivery["succeeded"], delivery["http_code"]) == (False, status)


def test_a_slow_receiver_is_a_failure(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(delivery_timeout=0.1, max_attempts=1)
    sim.endpoint(receiver.url, events=["customer.created"])

    def slowly(_: Received) -> int:
        time.sleep(0.3)
        return 200

    receiver.answer = slowly
    sim.customer()
    sim.settle()
    (delivery,) = sim.items("/v1/webhooks/deliveries")
    assert (delivery["http_code"], delivery["response"]) == (None, "TimeoutError")


def test_an_unreachable_receiver_is_a_failure(sim: SimulatorClient) -> None:
    sim.settings(max_attempts=2)
    sim.endpoint("http://127.0.0.1:9/", events=["customer.created"])
    sim.customer()
    sim.settle()
    deliveries = sim.items("/v1/webhooks/deliveries", succeeded=False)
    assert [each["http_code"] for each in deliveries] == [None, None]


# -- order ---------------------------------------------------------------------------------


def test_events_come_in_order(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.endpoint(receiver.url, events=["customer.created"])
    for n in range(30):
        sim.customer(f"user-{n}")
    sim.settle()
    order = [data["external_id"] for data in data_of(receiver.received, "customer.created")]
    assert order == [f"user-{n}" for n in range(30)]


def test_an_event_waits_for_an_earlier_one(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(backoff_base=50, fifo_wait=60_000)
    sim.endpoint(receiver.url, events=["customer.created"])
    receiver.answer = lambda _: 500 if len(receiver.received) < 3 else 200
    sim.customer("first")
    sim.customer("second")
    sim.settle()
    order = [data["external_id"] for data in data_of(receiver.received, "customer.created")]
    assert order == ["first", "first", "first", "second"]


@pytest.mark.slow
def test_after_a_while_it_overtakes(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(backoff_base=3000, fifo_wait=200)
    sim.endpoint(receiver.url, events=["customer.created"])
    receiver.answer = lambda _: 500 if len(receiver.received) == 1 else 200
    sim.customer("first")
    sim.customer("second")
    sim.settle()
    order = [data["external_id"] for data in data_of(receiver.received, "customer.created")]
    assert order == ["first", "second", "first"]
    event = sim.events()[1]
    delivery = sim.items("/v1/webhooks/deliveries")[1]
    assert delivery["webhook_event"]["id"] == event["id"]
    waited = datetime.fromisoformat(delivery["created_at"]) - datetime.fromisoformat(
        event["created_at"]
    )
    # Two clocks, each read a little later than the simulator's own.
    assert waited > timedelta(seconds=0.19)
