"""Webhook endpoints: their secrets, where they may be, what they get, and when no more."""

from __future__ import annotations

import base64
import json

import pytest
from polar.v2026_10 import webhooks as sdk
from standardwebhooks import Webhook, WebhookVerificationError

from tests.helpers.deliveries import SECRET, data_of, types
from tests.helpers.simulator import Receiver, SimulatorClient


@pytest.mark.slow
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


def test_a_new_secret_begins_with_whsec_and_its_whole_text_is_the_key(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    body = {"url": receiver.url, "format": "raw", "events": ["customer.created"]}
    endpoint = sim.api.post("/v1/webhooks/endpoints", json=body).json()
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"
    rotated = sim.api.patch(f"{path}/secret").json()
    assert rotated["secret"] != endpoint["secret"]
    assert endpoint["secret"].startswith("whsec_")
    secret = rotated["secret"]
    assert secret.startswith("whsec_")
    sim.customer()
    (one,) = receiver.wait_for(lambda got: len(got) == 1)
    Webhook(base64.b64encode(secret.encode()).decode()).verify(one.body, one.headers)


@pytest.mark.slow
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


# -- where an endpoint may be --------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://b.example.com/hook",
        "https://localhost/hook",
        "http://127.0.0.1:8000/hook",
        "https://10.0.0.1/hook",
        "https://[::1]/hook",
        "https://169.254.1.1/hook",
        "https://bridge/hook",
        "https://bridge.internal/hook",
        "ftp://b.example.com/hook",
        "b.example.com",
    ],
)
def test_an_endpoint_that_is_not_https_and_public_is_answered_422(
    sim: SimulatorClient, url: str
) -> None:
    sim.settings(loopback_endpoints=False)
    good = {"url": "https://b.example.com/hook", "format": "raw", "events": []}
    endpoint = sim.api.post("/v1/webhooks/endpoints", json=good).json()
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"
    for refused in (
        sim.api.post("/v1/webhooks/endpoints", json=good | {"url": url}),
        sim.api.patch(path, json={"url": url}),
    ):
        assert refused.status_code == 422
        assert refused.json()["detail"][0]["loc"] == ["body", "url"]
    assert sim.items("/v1/webhooks/endpoints") == [endpoint]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://127.0.0.1:8000/hook", 201),
        ("http://localhost:8000/hook", 201),
        ("http://[::1]:8000/hook", 201),
        ("http://b.example.com/hook", 422),
        ("https://10.0.0.1/hook", 422),
    ],
)
def test_unless_told_otherwise_a_loopback_address_will_do_and_no_other(
    sim: SimulatorClient, url: str, status: int
) -> None:
    body = {"url": url, "format": "raw", "events": []}
    assert sim.api.post("/v1/webhooks/endpoints", json=body).status_code == status
    # Whoever uses the control API knows what they do.
    assert sim.endpoint(url)["url"] == url


def test_an_endpoints_url_is_stored_normalized(sim: SimulatorClient) -> None:
    body = {"url": "https://B.example.com", "format": "raw", "events": []}
    endpoint = sim.api.post("/v1/webhooks/endpoints", json=body).json()
    assert endpoint["url"] == "https://b.example.com/"
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"
    changed = sim.api.patch(path, json={"url": "https://c.example.com:443/hook"}).json()
    assert changed["url"] == "https://c.example.com/hook"
    assert sim.endpoint("http://127.0.0.1:9")["url"] == "http://127.0.0.1:9/"


def test_an_endpoint_says_whose_it_is(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["active"])
    organization_id = sim.items("/v1/organizations/")[0]["id"]
    sim.endpoint("https://b.example.com")
    assert sim.items("/v1/webhooks/endpoints")[0]["organization_id"] == organization_id
    # And so does the customer in a subscription, without organizations:read.
    assert created["subscriptions"][0]["customer"]["organization_id"] == organization_id


# -- what an endpoint gets -----------------------------------------------------------------


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


@pytest.mark.slow
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


# -- disabled ------------------------------------------------------------------------------


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


def test_a_disabled_endpoint_gets_no_events_at_all(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    endpoint = sim.endpoint(receiver.url, events=["customer.created"])
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"
    sim.api.patch(path, json={"enabled": False})
    sim.customer("unheard")
    sim.settle()
    # There is nothing that could be redelivered once it is enabled again.
    sim.api.patch(path, json={"enabled": True})
    assert sim.events() == sim.items("/v1/webhooks/deliveries") == []
    sim.customer("heard")
    got = receiver.wait_for(lambda got: len(got) == 1)
    assert data_of(got, "customer.created")[0]["external_id"] == "heard"


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
