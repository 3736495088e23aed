"""Webhooks: signatures, attempts, order, disabling, redelivery, and what a deletion sends."""

import base64
import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args
from uuid import uuid4

import pytest
from polar import deserialize
from polar.v2026_10 import webhooks as sdk
from standardwebhooks import Webhook, WebhookVerificationError

from sync.simulator.inputs import EventType
from tests.simulator.conftest import (
    Received,
    Receiver,
    SimulatorClient,
    with_sdk_status,
)
from tests.waiting import wait_for

SECRET = "whsec_bm90IGRlY29kZWQ"


def types(received: list[Received]) -> list[str]:
    return [json.loads(one.body)["type"] for one in received]


def data_of(received: list[Received], event_type: str) -> list[dict[str, Any]]:
    bodies = [json.loads(one.body) for one in received]
    return [body["data"] for body in bodies if body["type"] == event_type]


@pytest.mark.parametrize("secret", [SECRET, "polar_whs_abc", "pläin", None])
def test_the_key_is_the_whole_secret(
    sim: SimulatorClient, receiver: Receiver, secret: str | None
) -> None:
    endpoint = sim.endpoint(receiver.url, events=["customer.created"], secret=secret)
    created = sim.customer()
    (one,) = receiver.wait_for(lambda got: len(got) == 1)
    payload = sdk.validate_event(one.body, one.headers, endpoint["secret"])
    assert isinstance(payload, sdk.WebhookCustomerCreatedPayload)
    assert payload.data.id == created["customer"]["id"]
    with pytest.raises(sdk.PolarWebhookVerificationError):
        sdk.validate_event(one.body, one.headers, "another")


def test_an_endpoint_may_use_the_standard_reading_of_the_secret(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    endpoint = sim.endpoint(receiver.url, events=["customer.created"], standard_signature=True)
    sim.customer()
    (one,) = receiver.wait_for(lambda got: len(got) == 1)
    secret = endpoint["secret"]
    Webhook(secret).verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(base64.b64encode(secret.encode()).decode()).verify(one.body, one.headers)
    sdk.validate_event(one.body, one.headers, secret)
    body = {"url": receiver.url, "standard_signature": True, "secret": "no base64"}
    assert sim.ask("POST", "/webhooks/endpoints", body).status_code == 422


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
    assert sim.delete(anonymize=True).status_code == 204
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
        "member.created",
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
    statuses = ["active", "past_due", "paused"]
    created = sim.customer(subscriptions=statuses, grants=2, webhooks=False)
    assert sim.delete().status_code == 204
    sim.settle()
    sent = Counter(types(receiver.received))
    assert 1 <= sent.pop("customer.state_changed") <= 6
    assert sent == {
        "customer.deleted": 1,
        "subscription.updated": 2,
        "subscription.canceled": 2,
        "subscription.revoked": 2,
        "benefit_grant.revoked": 2,
        "member.deleted": 1,
    }
    assert types(receiver.received)[0] == "customer.deleted"
    for data in data_of(receiver.received, "subscription.revoked"):
        assert data["status"] == "canceled"
        assert data["ended_at"]
        assert data["customer"]["id"] == created["customer"]["id"]
        assert data["customer"]["deleted_at"]
        assert data["customer"]["external_id"] == "user-1"
    last_state = data_of(receiver.received, "customer.state_changed")[-1]
    assert last_state["active_subscriptions"] == []
    assert last_state["deleted_at"]


def test_state_changes_are_debounced(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(debounce=[1000, 1000])  # a second, on this clock
    sim.endpoint(receiver.url, events=["customer.state_changed"])
    created = sim.customer(subscriptions=["active"] * 3, grants=5)
    (one,) = receiver.wait_for(lambda got: len(got) == 1)
    assert len(json.loads(one.body)["data"]["granted_benefits"]) == 5
    sim.control("POST", f"/grants/{created['grant_ids'][0]}", {"is_granted": False})
    receiver.wait_for(lambda got: len(got) == 2)
    sim.settle()
    assert len(receiver.received) == 2


def test_payloads_of_deleted_customers_may_lack_the_external_id(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.endpoint(receiver.url)
    sim.webhook_faults(null_external_id=True)
    sim.customer(subscriptions=["active"], webhooks=False)
    sim.delete()
    sim.settle()
    (deleted,) = data_of(receiver.received, "customer.deleted")
    (revoked,) = data_of(receiver.received, "subscription.revoked")
    for customer in (deleted, revoked["customer"]):
        assert customer["external_id"] is None
        assert customer["metadata"]["__external_id"] == "user-1"


def test_only_wanted_events_are_sent(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.endpoint(f"{receiver.url}/some", events=["customer.deleted"])
    sim.endpoint(f"{receiver.url}/none", enabled=False)
    sim.customer()
    sim.delete()
    sim.settle()
    assert [
        (one.path, type_)
        for one, type_ in zip(receiver.received, types(receiver.received), strict=True)
    ] == [("/hook/some", "customer.deleted")]


def test_each_endpoint_gets_its_own_event(sim: SimulatorClient, receiver: Receiver) -> None:
    for name in ("a", "b"):
        sim.endpoint(f"{receiver.url}/{name}", events=["customer.created"])
    sim.customer()
    got = receiver.wait_for(lambda got: len(got) == 2)
    assert len({one.id for one in got}) == 2


@pytest.mark.parametrize("format_", ["discord", "slack"])
def test_chat_formats_get_something_else(
    sim: SimulatorClient, receiver: Receiver, format_: str
) -> None:
    endpoint = sim.endpoint(receiver.url, events=["customer.created"], format=format_)
    sim.customer()
    (one,) = receiver.wait_for(lambda got: len(got) == 1)
    assert "type" not in json.loads(one.body)
    with pytest.raises(sdk.PolarWebhookUnknownTypeError):
        sdk.validate_event(one.body, one.headers, endpoint["secret"])


# -- attempts ------------------------------------------------------------------------------


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


def test_an_endpoint_is_disabled_after_ten_failed_events(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    sim.settings(max_attempts=2, fifo_wait=0)
    endpoint = sim.endpoint(receiver.url, events=["customer.created"])
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"
    receiver.answer = lambda _: 500
    for n in range(9):
        sim.customer(f"bad-{n}")
    sim.settle()
    # A success starts the count again.
    receiver.answer = lambda _: 200
    sim.customer("good")
    sim.settle()
    receiver.answer = lambda _: 500
    for n in range(9):
        sim.customer(f"worse-{n}")
    sim.settle()
    assert sim.get(path)["enabled"] is True
    sim.webhook_faults({"kind": "hold", "count": 1})
    sim.customer("pending")
    sim.customer("last")
    sim.settle()
    assert sim.get(path)["enabled"] is False
    count = len(receiver.received)
    assert sim.control("GET", "/webhooks")["counts"] == {
        "pending": 0,
        "held": 0,
        "delivered": 1,
        "failed": 19,
        "skipped": 1,
        "dropped": 0,
    }
    # Nothing more until someone enables it again, and what was missed stays missed.
    receiver.answer = lambda _: 200
    sim.customer("unheard")
    sim.settle()
    assert sim.api.patch(path, json={"enabled": True}).json()["enabled"] is True
    sim.customer("heard")
    sim.settle()
    assert len(receiver.received) == count + 1
    assert data_of(receiver.received[-1:], "customer.created")[0]["external_id"] == "heard"


def test_disabling_skips_what_is_pending(sim: SimulatorClient, receiver: Receiver) -> None:
    sim.settings(backoff_base=60_000)
    endpoint = sim.endpoint(receiver.url, events=["customer.created"])
    receiver.answer = lambda _: 500
    for n in range(3):
        sim.customer(f"user-{n}")
    receiver.wait_for(lambda got: len(got) >= 1)
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"
    assert sim.api.patch(path, json={"enabled": False}).status_code == 200
    sim.settle()
    assert [event["skipped"] for event in sim.events()] == [True] * 3


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


# -- deliveries and redelivery -------------------------------------------------------------


def test_deliveries_are_listed_and_filtered(sim: SimulatorClient, receiver: Receiver) -> None:
    start = datetime.now(UTC)
    endpoint = sim.endpoint(receiver.url, events=["customer.created", "customer.deleted"])
    receiver.answer = lambda _: 503 if len(receiver.received) == 1 else 200
    sim.customer()
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
    assert codes(start_timestamp=start.isoformat(), query="user-1") == [200, 200, 503]
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
