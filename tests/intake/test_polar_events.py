"""Polar's webhooks, read without a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.intake.polar_events import Unreadable, read_envelope, read_event
from sync.mirror.objects import Customer, Subscription

ID = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"
AT = "2026-11-01T12:00:00+00:00"
CUSTOMER = {"id": ID, "created_at": AT, "modified_at": None, "email": "someone@example.com"}
SUBSCRIPTION = {
    "id": ID.replace("6", "7"),
    "created_at": AT,
    "modified_at": AT,
    "customer_id": ID,
    "status": "active",
    "product_id": ID,
    "amount": 100,
    "currency": "usd",
    "recurring_interval": "month",
    "customer": CUSTOMER,
}


def body(event_type: object, data: object, timestamp: object = AT) -> bytes:
    return json.dumps({"type": event_type, "timestamp": timestamp, "data": data}).encode()


def customer_id(event_type: str, data: dict[str, Any]) -> str | None:
    return read_envelope(body(event_type, data)).customer_id


def test_a_customers_own_event() -> None:
    envelope = read_envelope(body("customer.created", CUSTOMER, "2026-11-01T13:00:00+01:00"))
    assert (envelope.family, envelope.at) == ("customer", datetime(2026, 11, 1, 12, tzinfo=UTC))
    event = read_event(envelope)
    assert event is not None
    assert event.subject is event.customer
    assert event.nested == []
    assert event.customer.written_by == "customer.created"


def test_an_event_with_the_customer_in_it() -> None:
    event = read_event(read_envelope(body("subscription.active", SUBSCRIPTION)))
    assert event is not None
    assert isinstance(event.subject, Subscription)
    assert isinstance(event.customer, Customer)
    assert event.nested == [event.customer]
    assert event.customer.id == ID


def test_what_is_of_no_kind_says_whose_it_is_and_no_more() -> None:
    envelope = read_envelope(body("order.paid", {"customer_id": ID.upper()}))
    assert envelope.customer_id == ID
    assert read_event(envelope) is None


def test_whose_it_is() -> None:
    assert customer_id("customer.deleted", {"id": ID}) == ID
    assert customer_id("customer.deleted", {"customer_id": ID}) is None
    assert customer_id("order.paid", {"customer": {"id": ID}}) == ID
    assert customer_id("order.paid", {"customer": [ID]}) is None
    assert customer_id("order.paid", {"customer_id": "nobody"}) is None
    assert customer_id("order.paid", {"customer_id": 7}) is None
    assert customer_id("order.paid", {"customer_id": 7, "customer": {"id": ID}}) == ID
    assert customer_id("order.paid", {"customer_id": "", "member": {"customer_id": ID}}) == ID


@pytest.mark.parametrize(
    ("event_type", "data", "found", "hides"),
    [
        ("member.updated", {"id": ID}, ID, False),
        ("member.updated", {"id": 7, "member_id": ID}, None, False),
        ("benefit_grant.created", {"member": {"id": ID.upper()}}, ID, False),
        ("customer_seat.claimed", {"member": {"id": 7}, "member_id": ID}, ID, False),
        ("customer_seat.claimed", {"member": {"id": 7}, "member_id": None}, None, True),
        ("customer_seat.claimed", {"member": None, "member_id": None}, None, False),
    ],
)
def test_the_member_in_it(
    event_type: str, data: dict[str, Any], found: str | None, hides: bool
) -> None:
    envelope = read_envelope(body(event_type, data))
    assert (envelope.member_id, envelope.hides_somebody) == (found, hides)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_webhook_from_the_edge_of_the_calendar_is_refused(at: str) -> None:
    with pytest.raises(Unreadable, match="edge of the calendar"):
        read_envelope(body("order.paid", {}, at))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no type"),
        (b'{"type": 7}', "no type"),
        (body("someone@example.com", {}), "not one that Polar"),
        (body("order.paid", None), "data is not an object"),
        (body("order.paid", {}, "yesterday"), "timestamp"),
        (body("order.paid", {}, "2026-11-01T12:00:00"), "timestamp"),
    ],
)
def test_what_has_no_envelope_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(Unreadable, match=problem):
        read_envelope(content)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (CUSTOMER | {"created_at": "someone@example.com"}, r"^data\.created_at: "),
        (CUSTOMER | {"modified_at": "someone@example.com"}, r"^data\.modified_at: [^;]*$"),
        (
            CUSTOMER | {"id": "someone@example.com"},
            r"^data\.id: is not written as Polar writes it$",
        ),
        (SUBSCRIPTION | {"customer": None}, r"^data\.customer is not an object$"),
        (SUBSCRIPTION | {"customer": {}}, r"^data\.customer\.id: .*; data\.customer\.created_at"),
    ],
)
def test_what_a_field_lacks_is_said_without_its_value(data: dict[str, Any], problem: str) -> None:
    family = "subscription" if "customer" in data else "customer"
    with pytest.raises(Unreadable, match=problem) as refusal:
        read_event(read_envelope(body(f"{family}.updated", data)))
    assert "someone@example.com" not in str(refusal.value)
