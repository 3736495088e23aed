"""Customers that are teams, and the people in them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.helpers.simulator import Json, Receiver, SimulatorClient
from tests.simulator.people import (
    ADA,
    BOB,
    CLEO,
    assert_error,
    member_path,
    people,
    team,
    webhooks_about,
)

# -- who is in a customer ------------------------------------------------------------------


def test_an_individual_has_one_member_its_owner_with_its_own_person(sim: SimulatorClient) -> None:
    created = sim.customer("user-1", email="ada@example.com", name="Ada")
    assert created["customer"]["type"] == "individual"
    (owner,) = sim.items("/v1/members/")
    assert owner["customer_id"] == created["customer"]["id"]
    assert (owner["external_id"], owner["email"], owner["name"], owner["role"]) == (
        "user-1",
        "ada@example.com",
        "Ada",
        "owner",
    )


def test_a_customer_in_bulk_has_its_owner_too(sim: SimulatorClient) -> None:
    sim.control("POST", "/customers/bulk", {"count": 3, "grants": 1})
    owners = sim.items("/v1/members/", role="owner")
    assert {row["external_id"] for row in owners} == {"user-0", "user-1", "user-2"}
    grants = sim.items("/v1/benefit-grants/")
    assert {row["member_id"] for row in grants} == {row["id"] for row in owners}


def test_members_beside_the_owner_make_a_team_of_the_own_person(sim: SimulatorClient) -> None:
    created = team(sim, BOB, CLEO)
    assert created["customer"]["type"] == "team"
    assert created["customer"]["external_id"] == "lead"
    assert people(created["members"]) == {
        "lead": "owner",
        "bob": "member",
        "cleo": "billing_manager",
    }


def test_an_owner_among_the_members_is_the_owner(sim: SimulatorClient) -> None:
    assert people(team(sim, ADA, BOB)["members"]) == {"ada": "owner", "bob": "member"}


def test_an_owner_alone_may_be_a_team_or_not(sim: SimulatorClient) -> None:
    assert team(sim, ADA, external_id="a")["customer"]["type"] == "individual"
    assert team(sim, external_id="b", type="team")["customer"]["type"] == "team"


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (422, {"members": [ADA, ADA | {"email": "other@acme.example"}]}),
        (422, {"type": "individual", "members": [BOB]}),
        (409, {"members": [BOB, BOB | {"email": "other@acme.example"}]}),
        (409, {"members": [BOB, CLEO | {"email": "BOB@acme.example"}]}),
    ],
)
def test_members_that_can_not_be_are_refused(
    sim: SimulatorClient, status: int, fields: Json
) -> None:
    assert sim.ask("POST", "/customers", {"external_id": "lead", **fields}).status_code == status
    assert sim.items("/v1/customers/") == []
    assert sim.items("/v1/members/") == []


def test_a_customer_can_be_created_with_its_owner(sim: SimulatorClient) -> None:
    owner = {"email": "ada@acme.example", "name": "Ada", "external_id": "ada"}
    fields = {"type": "team", "external_id": "acme", "name": "Acme"}
    made = sim.api.post("/v1/customers/", json={**fields, "owner": owner})
    assert (made.status_code, made.json()["email"]) == (201, None)
    (found,) = sim.items("/v1/members/", external_customer_id="acme")
    assert found.items() >= {**owner, "role": "owner"}.items()
    assert_error(sim.api.post("/v1/customers/", json=fields), 422, "RequestValidationError")


def test_a_team_is_never_an_individual_again(sim: SimulatorClient) -> None:
    path = f"/v1/customers/{team(sim, BOB)['customer']['id']}"
    assert sim.api.patch(path, json={"type": "individual"}).status_code == 422
    assert sim.get(path)["type"] == "team"
    individual = f"/v1/customers/{sim.customer('user-1')['customer']['id']}"
    assert sim.api.patch(individual, json={"type": "team"}).json()["type"] == "team"


def test_one_user_can_be_a_member_of_several_customers(sim: SimulatorClient) -> None:
    for external_id in ("lead-1", "lead-2"):
        team(sim, BOB, external_id=external_id)
    assert [row["external_id"] for row in sim.items("/v1/members/", role="member")] == ["bob"] * 2


def test_an_individuals_owner_follows_its_email(sim: SimulatorClient) -> None:
    created = sim.customer("user-1", email="old@example.com")
    path = f"/v1/customers/{created['customer']['id']}"
    assert sim.api.patch(path, json={"email": "new@example.com"}).status_code == 200
    assert [row["email"] for row in sim.items("/v1/members/")] == ["new@example.com"]


# -- the list ------------------------------------------------------------------------------


def test_members_are_listed_newest_first_and_filtered(sim: SimulatorClient) -> None:
    first = team(sim, BOB, external_id="lead-1", created_at="2026-08-01T00:00:00Z")
    team(sim, CLEO, external_id="lead-2", created_at="2026-08-02T00:00:00Z")
    everybody = [row["external_id"] for row in sim.items("/v1/members/", limit=100)]
    assert set(everybody[:2]) == {"lead-2", "cleo"}
    oldest_first = [row["external_id"] for row in sim.items("/v1/members/", sorting="created_at")]
    assert set(oldest_first[:2]) == {"lead-1", "bob"}
    by_id = sim.items("/v1/members/", customer_id=first["customer"]["id"])
    assert people(by_id) == {"lead-1": "owner", "bob": "member"}
    assert people(sim.items("/v1/members/", external_customer_id="lead-2")) == {
        "lead-2": "owner",
        "cleo": "billing_manager",
    }
    assert people(sim.items("/v1/members/", role="owner")) == {
        "lead-1": "owner",
        "lead-2": "owner",
    }
    narrow = {"customer_id": first["customer"]["id"], "external_customer_id": "lead-1"}
    assert people(sim.items("/v1/members/", **narrow, role="member")) == {"bob": "member"}
    assert sim.items("/v1/members/", **(narrow | {"external_customer_id": "lead-2"})) == []
    page = sim.get("/v1/members/", limit=3)
    assert (len(page["items"]), page["pagination"]) == (3, {"total_count": 4, "max_page": 2})


def test_members_can_not_be_listed_by_their_own_external_id(sim: SimulatorClient) -> None:
    team(sim, BOB)
    assert len(sim.items("/v1/members/", external_id="bob", member_external_id="bob")) == 2


def test_members_of_nobody_are_none(sim: SimulatorClient) -> None:
    team(sim, BOB)
    assert sim.items("/v1/members/", customer_id=str(uuid4())) == []
    assert sim.items("/v1/members/", external_customer_id="nobody") == []
    wrong = sim.api.get("/v1/members/", params={"customer_id": "nope"})
    assert_error(wrong, 404, "ResourceNotFound")


# -- one member ----------------------------------------------------------------------------


def test_a_member_is_found_by_id_and_by_external_id(sim: SimulatorClient) -> None:
    created = team(sim, BOB)
    found = sim.get(member_path(created, "bob"))
    assert found == sim.get("/v1/customers/external/lead/members/bob")
    assert found["email"] == "bob@acme.example"


def test_a_missing_member_is_answered_resource_not_found(sim: SimulatorClient) -> None:
    created, other = team(sim, BOB), team(sim, CLEO, external_id="other")
    customer_id = created["customer"]["id"]
    for path in (
        f"/v1/customers/{customer_id}/members/{uuid4()}",
        f"/v1/customers/{uuid4()}/members/{created['members'][0]['id']}",
        f"/v1/customers/{customer_id}/members/{other['members'][1]['id']}",
        "/v1/customers/external/lead/members/cleo",
        "/v1/customers/external/nobody/members/bob",
    ):
        for method in ("GET", "DELETE"):
            assert_error(sim.api.request(method, path), 404, "ResourceNotFound")
        assert_error(sim.api.patch(path, json={"name": "N"}), 404, "ResourceNotFound")
    assert_error(
        sim.api.get(f"/v1/customers/{customer_id}/members/nope"), 422, "RequestValidationError"
    )


@pytest.mark.parametrize(
    ("scopes", "method", "status"),
    [
        (["members:read"], "GET", 200),
        (["members:write"], "GET", 200),
        (["customers:read", "customers:write"], "GET", 403),
        (["members:read"], "PATCH", 403),
        (["members:read"], "DELETE", 403),
        (["members:write"], "DELETE", 204),
    ],
)
def test_members_have_scopes_of_their_own(
    sim: SimulatorClient, scopes: list[str], method: str, status: int
) -> None:
    path = member_path(team(sim, BOB), "bob")
    sim.settings(scopes=scopes)
    assert sim.api.request(method, path).status_code == status


def test_a_member_is_added_to_a_team_by_id_and_by_external_id(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    created = team(sim, type="team")
    sim.endpoint(receiver.url)
    path = f"/v1/customers/{created['customer']['id']}/members"
    added = sim.api.post(path, json=BOB)
    assert added.status_code == 201
    added = sim.api.post("/v1/customers/external/lead/members", json=CLEO)
    assert (added.status_code, added.json()["role"]) == (201, "billing_manager")
    assert len(sim.items("/v1/members/")) == 3
    # Who is one already is answered as if just added, and not changed.
    again = sim.api.post(path, json={"email": "BOB@acme.example", "role": "billing_manager"})
    assert (again.status_code, again.json()["role"]) == (201, "member")
    taken = sim.api.post(path, json={"email": "x@acme.example", "external_id": "bob"})
    assert_error(taken, 422, "PolarRequestValidationError")
    assert_error(sim.api.post(path, json=ADA), 422, "RequestValidationError")
    sim.settle()
    sent = webhooks_about(receiver.received, "member.")
    assert [(kind, data["external_id"]) for kind, data in sent] == [
        ("member.created", "bob"),
        ("member.created", "cleo"),
    ]


def test_an_individual_takes_no_more_members(sim: SimulatorClient) -> None:
    sim.customer("user-1")
    refused = sim.api.post("/v1/customers/external/user-1/members", json=BOB)
    assert_error(refused, 403, "NotPermitted")


def test_a_member_is_updated(sim: SimulatorClient, receiver: Receiver) -> None:
    path = member_path(team(sim, BOB, CLEO), "bob")
    sim.endpoint(receiver.url)
    changed = sim.api.patch(path, json={"name": "Robert", "email": "robert@acme.example"})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["email"]) == ("Robert", "robert@acme.example")
    assert changed.json()["external_id"] == "bob"
    by_external_id = "/v1/customers/external/lead/members/bob"
    assert sim.api.patch(by_external_id, json={"name": None}).json()["name"] == "Robert"
    assert_error(
        sim.api.patch(path, json={"email": CLEO["email"]}), 422, "PolarRequestValidationError"
    )
    sim.settle()
    ((kind, data),) = webhooks_about(receiver.received, "member.")
    assert (kind, data) == ("member.updated", sim.get(path))


def test_a_new_owner_makes_the_one_before_a_billing_manager(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    created = team(sim, BOB)
    sim.endpoint(receiver.url)
    assert sim.api.patch(member_path(created, "bob"), json={"role": "owner"}).status_code == 200
    assert people(sim.items("/v1/members/")) == {"lead": "billing_manager", "bob": "owner"}
    assert sim.truth(created)["customer"]["external_id"] == "lead"
    assert sim.api.delete(member_path(created, "lead")).status_code == 204
    sim.settle()
    # Nothing is sent about the former owner's new role.
    sent = webhooks_about(receiver.received, "member.")
    assert [(kind, data["external_id"]) for kind, data in sent] == [
        ("member.updated", "bob"),
        ("member.deleted", "lead"),
    ]


def test_an_owner_can_not_step_down_without_another(sim: SimulatorClient) -> None:
    created = team(sim, BOB)
    refused = sim.api.patch(member_path(created, "lead"), json={"role": "member"})
    assert_error(refused, 422, "PolarRequestValidationError")
    assert people(sim.items("/v1/members/")) == {"lead": "owner", "bob": "member"}


@pytest.mark.parametrize("by_external_id", [False, True])
def test_a_deleted_member_is_gone_everywhere(
    sim: SimulatorClient, receiver: Receiver, by_external_id: bool
) -> None:
    created = team(sim, BOB)
    sim.endpoint(receiver.url)
    path = member_path(created, "bob")
    if by_external_id:
        path = "/v1/customers/external/lead/members/bob"
    assert sim.api.delete(path, params={"anonymize": True}).status_code == 204
    assert_error(sim.api.get(path), 404, "ResourceNotFound")
    assert_error(sim.api.delete(path), 404, "ResourceNotFound")
    assert people(sim.items("/v1/members/")) == {"lead": "owner"}
    assert sim.get("/v1/customers/external/lead")["type"] == "team"
    sim.settle()
    ((kind, data),) = webhooks_about(receiver.received, "member.")
    # In clear: members know no `anonymize`, and no `deleted_at`.
    assert (kind, data["email"], data["name"], data["external_id"]) == (
        "member.deleted",
        "bob@acme.example",
        "Bob",
        "bob",
    )
    assert "deleted_at" not in data


def test_the_only_owner_can_not_be_deleted(sim: SimulatorClient) -> None:
    created = team(sim, BOB)
    for path in (member_path(created, "lead"), "/v1/customers/external/lead/members/lead"):
        refused = sim.api.delete(path)
        assert_error(refused, 422, "PolarRequestValidationError")
        assert refused.json()["detail"][0]["msg"].startswith("Cannot delete the only owner")
    assert len(sim.items("/v1/members/")) == 2


# -- when the customer goes ----------------------------------------------------------------


@pytest.mark.parametrize("anonymize", [False, True])
def test_deleting_a_customer_deletes_its_members_first_and_in_clear(
    sim: SimulatorClient, receiver: Receiver, anonymize: bool
) -> None:
    created = team(sim, BOB)
    sim.endpoint(receiver.url)
    sim.settings(background_paused=True)
    assert sim.delete("lead", anonymize=anonymize).status_code == 204
    sim.settle()
    sent = webhooks_about(receiver.received, "")
    assert [kind for kind, _ in sent][:3] == [
        "member.deleted",
        "member.deleted",
        "customer.deleted",
    ]
    assert [data["email"] for _, data in sent[:2]] == ["lead@acme.example", "bob@acme.example"]
    assert [data["name"] for _, data in sent[:2]] == ["Lea", "Bob"]
    assert [data["external_id"] for _, data in sent[:2]] == ["lead", "bob"]
    assert sim.items("/v1/members/") == []
    assert sim.items("/v1/members/", customer_id=created["customer"]["id"]) == []
    assert_error(sim.api.get(member_path(created, "bob")), 404, "ResourceNotFound")
    assert [row["email"] for row in sim.truth(created)["members"]] == [
        "lead@acme.example",
        "bob@acme.example",
    ]


# -- the control API -----------------------------------------------------------------------


def test_a_member_added_later_makes_the_customer_a_team(
    sim: SimulatorClient, receiver: Receiver
) -> None:
    created = sim.customer("user-1")
    sim.endpoint(receiver.url)
    customer_id = created["customer"]["id"]
    at = {"created_at": "2026-08-01T00:00:00Z"}
    added = sim.control("POST", "/members", {"customer_id": customer_id, **BOB, **at})
    assert (added["role"], added["created_at"]) == ("member", at["created_at"])
    assert sim.truth(created)["customer"]["type"] == "team"
    sim.control("POST", f"/members/{added['id']}", {"external_id": "robert", "role": "owner"})
    assert people(sim.items("/v1/members/")) == {"user-1": "billing_manager", "robert": "owner"}
    assert sim.ask("DELETE", f"/members/{added['id']}").status_code == 409
    sim.control("DELETE", f"/members/{created['members'][0]['id']}?webhooks=false")
    assert sim.ask("DELETE", f"/members/{created['members'][0]['id']}").status_code == 404
    sim.settle()
    assert [kind for kind, _ in webhooks_about(receiver.received, "member.")] == [
        "member.created",
        "member.updated",
    ]


def test_members_of_the_control_api_can_be_refused(sim: SimulatorClient) -> None:
    created = team(sim, BOB)
    customer_id = created["customer"]["id"]
    for status, path, content in (
        (404, "/members", {"customer_id": str(uuid4()), **CLEO}),
        (409, "/members", {"customer_id": customer_id, **BOB}),
        (422, "/members", {"customer_id": customer_id, **ADA}),
        (409, f"/members/{created['members'][0]['id']}", {"role": "member"}),
        (404, f"/members/{uuid4()}", {"name": "N"}),
    ):
        assert sim.ask("POST", path, content).status_code == status
