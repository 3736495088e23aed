"""Subscriptions with seats, and what becomes of a seat when somebody goes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.helpers.simulator import Json, Receiver, SimulatorClient
from tests.simulator.people import BOB, CLEO, assert_error, member_path, team, webhooks_about


def company(sim: SimulatorClient, *, seats: int = 3, **fields: Any) -> Json:
    return team(sim, BOB, CLEO, subscriptions=[{"seats": seats}], **fields)


def member_id(created: Json, external_id: str) -> str:
    return member_path(created, external_id).rsplit("/", 1)[1]


def assign(sim: SimulatorClient, created: Json, external_id: str, **fields: Any) -> Json:
    content = {
        "subscription_id": created["subscription_ids"][0],
        "member_id": member_id(created, external_id),
        **fields,
    }
    seat = sim.control("POST", "/seats", content)
    assert isinstance(seat, dict)
    return seat


def seats(sim: SimulatorClient, created: Json) -> Json:
    found = sim.get("/v1/customer-seats", subscription_id=created["subscription_ids"][0])
    assert isinstance(found, dict)
    return found


def granted(sim: SimulatorClient, created: Json) -> list[str]:
    """Whose grants there are."""
    mine = {"customer_id": created["customer"]["id"], "is_granted": True, "limit": 100}
    return [row["member"]["external_id"] for row in sim.items("/v1/benefit-grants/", **mine)]


# -- what a seat is ------------------------------------------------------------------------


@pytest.mark.parametrize("later", [False, True])
def test_buying_seats_makes_the_customer_a_team_for_good(
    sim: SimulatorClient, receiver: Receiver, later: bool
) -> None:
    sim.endpoint(receiver.url)
    created = sim.customer("user-1", subscriptions=["active"] if later else [{"seats": 5}])
    path = f"/subscriptions/{created['subscription_ids'][0]}"
    if later:
        sim.control("POST", path, {"seats": 5})
    found = sim.get("/v1/customers/external/user-1")
    assert (found["type"], found["external_id"]) == ("team", "user-1")
    subscription = sim.get(f"/v1{path}")
    assert subscription["seats"] == 5
    assert subscription["prices"][0]["amount_type"] == "seat_based"
    assert sim.items("/v1/subscriptions/", product_id=subscription["product_id"])
    sim.control("POST", path, {"status": "canceled"})
    assert sim.get("/v1/customers/external/user-1")["type"] == "team"
    sim.settle()
    assert "customer.updated" in [kind for kind, _ in webhooks_about(receiver.received, "customer")]


def test_customers_in_bulk_buy_seats_too(sim: SimulatorClient) -> None:
    sim.control("POST", "/customers/bulk", {"count": 1, "subscriptions": [{"seats": 5}]})
    assert sim.get("/v1/customers/external/user-0")["type"] == "team"


def test_a_seat_is_pending_until_it_is_claimed(sim: SimulatorClient, receiver: Receiver) -> None:
    created = company(sim)
    sim.endpoint(receiver.url)
    seat = assign(sim, created, "bob", status="pending")
    assert (seat["status"], seat["claimed_at"]) == ("pending", None)
    assert seat["invitation_token_expires_at"]
    claimed = sim.control("POST", f"/seats/{seat['id']}", {"status": "claimed", "grants": 2})
    assert claimed["status"] == "claimed"
    assert claimed["claimed_at"]
    assert granted(sim, created) == ["bob"] * 2
    sim.settle()
    sent = webhooks_about(receiver.received, "customer_seat.")
    assert [kind for kind, _ in sent] == ["customer_seat.assigned", "customer_seat.claimed"]
    for _, data in sent:
        assert data["customer_id"] == created["customer"]["id"]
        assert data["customer_email"] == "lead@acme.example"
        assert (data["member_id"], data["email"]) == (data["member"]["id"], "bob@acme.example")
    for _, data in webhooks_about(receiver.received, "benefit_grant."):
        assert data["member"]["email"] == "bob@acme.example"
        assert data["member_id"] == member_id(created, "bob")


def test_the_list_of_seats_counts_those_that_nobody_has(sim: SimulatorClient) -> None:
    created = company(sim, seats=3)
    assert seats(sim, created) == {"seats": [], "available_seats": 3, "total_seats": 3}
    bobs, cleos = assign(sim, created, "bob"), assign(sim, created, "cleo", status="pending")
    found = seats(sim, created)
    assert found == {"seats": [bobs, cleos], "available_seats": 1, "total_seats": 3}
    assert sim.truth(created)["seats"] == [bobs, cleos]


def test_a_subscription_without_seats_has_none(sim: SimulatorClient) -> None:
    created = team(sim, BOB, subscriptions=["active"])
    assert seats(sim, created) == {"seats": [], "available_seats": 0, "total_seats": 0}


def test_seats_of_what_is_missing(sim: SimulatorClient) -> None:
    created = team(sim, BOB, subscriptions=[{"status": "incomplete", "seats": 2}])
    path = "/v1/customer-seats"
    for params in (
        {"subscription_id": str(uuid4())},
        {"order_id": str(uuid4())},
        {"subscription_id": created["subscription_ids"][0]},
    ):
        assert_error(sim.api.get(path, params=params), 404, "ResourceNotFound")
    assert_error(sim.api.get(path), 400, "BadRequest")
    wrong = sim.api.get(path, params={"subscription_id": "nope"})
    assert_error(wrong, 422, "RequestValidationError")
    assert_error(sim.api.delete(f"{path}/{uuid4()}"), 404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("scopes", "read", "write"),
    [
        (["customer_seats:read"], 200, 403),
        (["customer_seats:write"], 403, 200),
        (["members:write", "subscriptions:write"], 403, 403),
    ],
)
def test_seats_have_scopes_of_their_own(
    sim: SimulatorClient, scopes: list[str], read: int, write: int
) -> None:
    created = company(sim)
    seat = assign(sim, created, "bob")
    sim.settings(scopes=scopes)
    params = {"subscription_id": created["subscription_ids"][0]}
    assert sim.api.get("/v1/customer-seats", params=params).status_code == read
    assert sim.api.delete(f"/v1/customer-seats/{seat['id']}").status_code == write


# -- how a seat ends -----------------------------------------------------------------------


def test_a_revoked_seat_names_nobody_but_in_its_webhook(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    created = company(sim)
    seat = assign(sim, created, "bob", grants=1)
    sim.endpoint(receiver.url)
    revoked = sim.api.delete(f"/v1/customer-seats/{seat['id']}")
    assert revoked.status_code == 200
    nobody = dict.fromkeys(("customer_id", "member_id", "member", "email", "customer_email"))
    assert revoked.json().items() >= nobody.items()
    assert revoked.json()["status"] == "revoked"
    assert revoked.json()["revoked_at"]
    found = seats(sim, created)
    assert (found["seats"], found["available_seats"]) == ([revoked.json()], 3)
    sim.settle()
    ((kind, data),) = webhooks_about(receiver.received, "customer_seat.")
    assert (kind, data["id"], data["member_id"]) == ("customer_seat.revoked", seat["id"], None)
    assert data["member"]["id"] == member_id(created, "bob")
    assert data["member"]["email"] == "bob@acme.example"
    assert [kind for kind, _ in webhooks_about(receiver.received, "benefit_grant.")] == [
        "benefit_grant.revoked"
    ]
    assert granted(sim, created) == []
    # Bob is a member as before.
    assert sim.get(member_path(created, "bob"))["email"] == "bob@acme.example"


def test_a_revoked_seat_is_used_again_with_its_id(sim: SimulatorClient) -> None:
    created = company(sim, seats=1)
    seat = assign(sim, created, "bob")
    sim.control("POST", f"/seats/{seat['id']}", {"status": "revoked"})
    again = assign(sim, created, "cleo")
    assert (again["id"], again["email"]) == (seat["id"], "cleo@acme.example")
    assert again["revoked_at"] is None


@pytest.mark.parametrize("by_external_id", [False, True])
def test_deleting_a_member_revokes_their_seat_and_grants_and_the_seat_stays_paid_for(
    sim: SimulatorClient, receiver: Receiver, by_external_id: bool
) -> None:
    created = company(sim, seats=3)
    bobs = assign(sim, created, "bob", grants=2)
    assign(sim, created, "cleo", grants=1)
    sim.endpoint(receiver.url)
    sim.settings(background_paused=True)
    path = member_path(created, "bob")
    if by_external_id:
        path = "/v1/customers/external/lead/members/bob"
    assert sim.api.delete(path).status_code == 204
    assert seats(sim, created)["available_seats"] == 1
    assert sorted(granted(sim, created)) == ["bob", "bob", "cleo"]
    sim.settings(background_paused=False)
    sim.settle()
    found = seats(sim, created)
    assert (found["available_seats"], found["total_seats"]) == (2, 3)
    (subscription,) = sim.items("/v1/subscriptions/")
    assert (subscription["status"], subscription["seats"]) == ("active", 3)
    assert granted(sim, created) == ["cleo"]
    ((_, data),) = webhooks_about(receiver.received, "customer_seat.revoked")
    assert (data["id"], data["member"]["email"]) == (bobs["id"], "bob@acme.example")
    sent = webhooks_about(receiver.received, "benefit_grant.revoked")
    assert [data["member"]["email"] for _, data in sent] == ["bob@acme.example"] * 2
    assert len(webhooks_about(receiver.received, "member.deleted")) == 1


@pytest.mark.parametrize("how", ["revoked", "canceled", "unpaid"])
def test_the_end_of_a_subscription_revokes_its_seats(
    sim: SimulatorClient, receiver: Receiver, how: str
) -> None:
    created = company(sim)
    assign(sim, created, "bob", grants=1)
    assign(sim, created, "cleo", status="pending")
    sim.endpoint(receiver.url)
    path = f"/subscriptions/{created['subscription_ids'][0]}"
    if how == "revoked":
        assert sim.api.delete(f"/v1{path}").status_code == 200
    else:
        sim.control("POST", path, {"status": how})
    sim.settle()
    assert [seat["status"] for seat in seats(sim, created)["seats"]] == ["revoked"] * 2
    assert len(webhooks_about(receiver.received, "customer_seat.revoked")) == 2
    assert granted(sim, created) == []


@pytest.mark.parametrize("status", ["active", "paused"])
def test_deleting_a_customer_revokes_the_seats_also_of_what_survives(
    sim: SimulatorClient, receiver: Receiver, status: str
) -> None:
    created = team(sim, BOB, CLEO, subscriptions=[{"status": status, "seats": 3}])
    assign(sim, created, "bob", grants=1)
    assign(sim, created, "lead", grants=1)
    sim.endpoint(receiver.url)
    assert sim.delete("lead", anonymize=True).status_code == 204
    sim.settle()
    assert [seat["status"] for seat in seats(sim, created)["seats"]] == ["revoked"] * 2
    assert granted(sim, created) == []
    sent = webhooks_about(receiver.received, "customer_seat.revoked")
    assert {data["member"]["email"] for _, data in sent} == {
        "bob@acme.example",
        "lead@acme.example",
    }


# -- the control API -----------------------------------------------------------------------


def test_a_seat_that_can_not_be_had_is_refused(sim: SimulatorClient) -> None:
    created, other = company(sim, seats=1), team(sim, BOB, external_id="other")
    subscription_id = created["subscription_ids"][0]
    taken = assign(sim, created, "bob", webhooks=False)
    for status, path, content in (
        (409, "/seats", {"member_id": member_id(created, "cleo")}),
        (409, "/seats", {"member_id": member_id(created, "bob")}),
        (409, "/seats", {"member_id": member_id(other, "bob")}),
        (404, "/seats", {"member_id": str(uuid4())}),
    ):
        fields = {"subscription_id": subscription_id, **content}
        assert sim.ask("POST", path, fields).status_code == status
    assert sim.ask("POST", f"/seats/{taken['id']}", {"status": "claimed"}).status_code == 409
    assert sim.ask("POST", f"/seats/{uuid4()}", {"status": "revoked"}).status_code == 404
    sim.control("POST", f"/subscriptions/{subscription_id}", {"seats": 2})
    again = {"subscription_id": subscription_id, "member_id": member_id(created, "bob")}
    assert sim.ask("POST", "/seats", again).status_code == 409
