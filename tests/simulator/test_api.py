"""The API: authorization, the two kinds of 404, paths, lists and filters, the rate limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from tests.helpers.simulator import SimulatorClient
from tests.helpers.waiting import wait_for

NOT_FOUND = {"detail": "Not Found"}
NOBODYS = "00000000-0000-4000-8000-000000000000"


def test_a_wrong_token_is_answered_401(sim: SimulatorClient) -> None:
    response = sim.api.get("/v1/customers/", headers={"Authorization": "Bearer nope"})
    assert response.status_code == 401
    assert response.json()["error"] == "invalid_token"
    assert httpx.get(f"{sim.url}/v1/customers/").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (["subscriptions:read"], "GET", "/v1/customers/"),
        (["customers:read"], "DELETE", "/v1/customers/external/user-1"),
        (["customers:write"], "GET", "/v1/subscriptions/"),
        (["subscriptions:read"], "DELETE", f"/v1/subscriptions/{NOBODYS}"),
        (["customers:read"], "GET", "/v1/benefit-grants/"),
        (["webhooks:read"], "POST", f"/v1/webhooks/events/{NOBODYS}/redeliver"),
        (["customers:read"], "GET", "/v1/webhooks/endpoints"),
        (["webhooks:read"], "GET", "/v1/organizations/"),
    ],
)
def test_a_missing_scope_is_answered_403(
    sim: SimulatorClient, scopes: list[str], method: str, path: str
) -> None:
    sim.customer()
    sim.settings(scopes=scopes)
    response = sim.api.request(method, path)
    assert response.status_code == 403
    assert response.json()["error"] == "insufficient_scope"
    sim.settings(scopes=["customers:read"])
    assert sim.get("/v1/customers/external/user-1")


def test_write_scopes_include_reading(sim: SimulatorClient) -> None:
    sim.settings(scopes=["customers:write"])
    assert sim.items("/v1/customers/") == []


def test_only_a_missing_customer_is_answered_resource_not_found(sim: SimulatorClient) -> None:
    missing = sim.api.get("/v1/customers/external/nobody")
    assert missing.status_code == 404
    assert missing.json()["error"] == "ResourceNotFound"
    assert sim.api.get(f"/v1/customers/{uuid4()}").json()["error"] == "ResourceNotFound"
    assert sim.delete("nobody").json()["error"] == "ResourceNotFound"
    for path in ("/v1/nope", "/", "/v2/customers/", "/v1/customers", "/v1/customers/external/"):
        wrong = sim.api.get(path)
        assert (wrong.status_code, wrong.json()) == (404, NOT_FOUND)


def test_an_unsupported_version_is_answered_as_a_wrong_path_is(sim: SimulatorClient) -> None:
    sim.customer()
    path = "/v1/customers/external/user-1"
    wrong = sim.api.delete(path, headers={"Polar-Version": "2020-01"})
    assert (wrong.status_code, wrong.json()) == (404, NOT_FOUND)
    authorization = {"Authorization": sim.api.headers["Authorization"]}
    assert httpx.get(f"{sim.url}{path}", headers=authorization).status_code == 200
    sim.settings(versions=["2027-01"])
    assert sim.api.get(path).json() == NOT_FOUND


def test_an_unknown_method_is_answered_405(sim: SimulatorClient) -> None:
    assert sim.api.put("/v1/customers/").status_code == 405


def test_an_id_that_is_no_uuid_is_answered_422(sim: SimulatorClient) -> None:
    response = sim.api.get("/v1/customers/nope")
    assert response.status_code == 422
    assert response.json()["error"] == "RequestValidationError"
    assert response.json()["detail"][0]["loc"] == ["path", "id"]


@pytest.mark.parametrize(
    "external_id",
    [
        "a/b",
        "a/state",
        "state",
        "/",
        "a//b",
        "with space",
        "plus+plus",
        "ünï/☃",
        "100%",
        "100%2F",
        "a?b=c#d&e",
        "line\nbreak",
        "external",
    ],
)
def test_an_external_id_may_hold_any_character(sim: SimulatorClient, external_id: str) -> None:
    created = sim.customer(external_id, subscriptions=["active"])["customer"]
    assert created["external_id"] == external_id
    path = f"/v1/customers/external/{quote(external_id, safe='')}"
    assert sim.get(path)["id"] == created["id"]
    state = sim.get(f"{path}/state")
    assert state["id"] == created["id"]
    assert len(state["active_subscriptions"]) == 1
    changed = sim.api.patch(path, json={"name": "N"})
    assert (changed.status_code, changed.json()["name"]) == (200, "N")
    found = sim.items("/v1/subscriptions/", external_customer_id=external_id)
    assert [each["customer_id"] for each in found] == [created["id"]]
    assert sim.delete(external_id).status_code == 204
    assert sim.api.get(path).status_code == 404


def test_an_external_id_is_told_from_the_state_of_another(sim: SimulatorClient) -> None:
    plain, tricky = sim.customer("a")["customer"], sim.customer("a/state")["customer"]
    assert sim.get("/v1/customers/external/a/state")["id"] == plain["id"]
    assert sim.get("/v1/customers/external/a%2Fstate")["id"] == tricky["id"]
    assert "granted_benefits" in sim.get("/v1/customers/external/a%2fstate/state")


def test_a_slash_that_is_not_encoded_is_a_wrong_path(sim: SimulatorClient) -> None:
    sim.customer("a/b")
    assert sim.api.delete("/v1/customers/external/a/b").json() == NOT_FOUND


# -- lists ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/customers/", {"limit": 101}),
        ("/v1/customers/", {"limit": 0}),
        ("/v1/customers/", {"page": 0}),
        ("/v1/customers/", {"sorting": "nope"}),
        ("/v1/subscriptions/", {"customer_id": "nope"}),
        ("/v1/subscriptions/", {"status": "nope"}),
        ("/v1/subscriptions/", {"sorting": "created_at"}),
        ("/v1/benefit-grants/", {"is_granted": "perhaps"}),
        ("/v1/webhooks/deliveries", {"start_timestamp": "yesterday"}),
    ],
)
def test_a_query_that_is_wrong_is_answered_422(
    sim: SimulatorClient, path: str, params: dict[str, str]
) -> None:
    response = sim.api.get(path, params=params)
    assert response.status_code == 422
    (mistake,) = response.json()["detail"]
    assert mistake["loc"][:2] == ["query", next(iter(params))]


def test_lists_are_newest_first_and_cut_into_pages(sim: SimulatorClient) -> None:
    sim.control("POST", "/customers/bulk", {"count": 23, "prefix": "u"})
    first = sim.get("/v1/customers/", limit=10)
    assert [row["external_id"] for row in first["items"]] == [f"u{n}" for n in range(22, 12, -1)]
    assert first["pagination"] == {"total_count": 23, "max_page": 3}
    last = sim.items("/v1/customers/", limit=10, page=3)
    assert [row["external_id"] for row in last] == ["u2", "u1", "u0"]
    assert sim.items("/v1/customers/", page=4) == []
    oldest = sim.items("/v1/customers/", sorting="created_at", limit=100)
    assert [row["external_id"] for row in oldest] == [f"u{n}" for n in range(23)]
    by_email = sim.items("/v1/customers/", sorting="-email", limit=1)
    assert by_email[0]["external_id"] == "u9"
    assert sim.get("/v1/customers/", organization_id=str(uuid4()))["items"] == []


def test_a_deletion_between_two_pages_makes_one_row_be_skipped(sim: SimulatorClient) -> None:
    sim.control("POST", "/customers/bulk", {"count": 6, "prefix": "u"})
    read = sim.items("/v1/customers/", sorting="created_at", limit=3)
    assert sim.delete("u0").status_code == 204
    read += sim.items("/v1/customers/", sorting="created_at", limit=3, page=2)
    assert [row["external_id"] for row in read] == ["u0", "u1", "u2", "u4", "u5"]


def test_customers_are_filtered(sim: SimulatorClient) -> None:
    one = sim.customer("one", email="one@example.com", name="Ada", subscriptions=["past_due"])
    two = sim.customer("two", email="two@example.com", subscriptions=["paused"])

    def ids(**params: object) -> list[str]:
        return [row["external_id"] for row in sim.items("/v1/customers/", **params)]

    assert ids(email="ONE@example.com") == ["one"]
    assert ids(query="ada") == ["one"]
    assert ids(query="example.com") == ["two", "one"]
    assert ids(active=True) == ["one"]
    assert ids(active=False) == ["two"]
    assert one["customer"]["id"] != two["customer"]["id"]


def test_subscriptions_are_filtered_by_many_customers_at_once(sim: SimulatorClient) -> None:
    sim.control("POST", "/customers/bulk", {"count": 200, "subscriptions": ["active", "past_due"]})
    some = sim.items("/v1/customers/", limit=60)
    ids = [row["id"] for row in some]
    found = sim.get("/v1/subscriptions/", customer_id=ids, limit=100)
    assert found["pagination"] == {"total_count": 120, "max_page": 2}
    assert {row["customer_id"] for row in found["items"]} <= set(ids)
    late = sim.get("/v1/subscriptions/", customer_id=ids, status=["past_due", "paused"], limit=100)
    assert late["pagination"]["total_count"] == 60
    assert {row["status"] for row in late["items"]} == {"past_due"}
    whole = sim.get("/v1/subscriptions/", status="active", limit=100, page=2)
    assert whole["pagination"] == {"total_count": 200, "max_page": 2}
    assert len(whole["items"]) == 100
    active = sim.get("/v1/subscriptions/", active=True, customer_id=ids[0])
    assert [row["status"] for row in active["items"]] == ["active"]


def test_subscriptions_are_filtered_by_time_and_sorted(sim: SimulatorClient) -> None:
    now = datetime.now(UTC)
    long_ago = (now - timedelta(days=9)).isoformat()
    created = sim.customer(
        subscriptions=[
            {"status": "active", "started_at": long_ago},
            {"status": "canceled"},
            {"status": "incomplete"},
        ]
    )
    old, canceled, never = created["subscription_ids"]

    def ids(**params: object) -> list[str]:
        return [row["id"] for row in sim.items("/v1/subscriptions/", **params)]

    yesterday = (now - timedelta(days=1)).isoformat()
    assert ids(started_before=yesterday) == [old]
    assert ids(started_after=yesterday) == [canceled]
    assert ids(canceled_at_after=yesterday) == [canceled]
    assert ids(sorting="started_at") == [old, canceled, never]
    assert ids() == [never, canceled, old]
    assert ids(sorting=["-ended_at", "status"]) == [old, never, canceled]


def test_grants_are_filtered(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["active"], grants=3)
    revoked, *granted = created["grant_ids"]
    sim.control("POST", f"/grants/{revoked}", {"is_granted": False})

    def ids(**params: object) -> set[str]:
        return {row["id"] for row in sim.items("/v1/benefit-grants/", **params)}

    mine = {"customer_id": created["customer"]["id"]}
    assert ids(**mine) == {revoked, *granted}
    assert ids(**mine, is_granted=True) == set(granted) == ids(is_granted=True)
    assert ids(external_customer_id="user-1", is_granted=False) == {revoked}
    assert ids(external_customer_id="user-2") == set()
    sim.control("POST", f"/grants/{revoked}", {"is_granted": True})
    assert ids(is_granted=False) == set()


# -- creating and changing -----------------------------------------------------------------


def test_an_email_and_an_external_id_belong_to_one_live_customer(sim: SimulatorClient) -> None:
    sim.customer("one", email="one@example.com")
    for field, body in [
        ("email", {"email": "One@example.com"}),
        ("external_id", {"email": "two@example.com", "external_id": "one"}),
    ]:
        response = sim.api.post("/v1/customers/", json=body)
        assert response.status_code == 422
        assert response.json()["detail"][0]["loc"] == ["body", field]
    assert sim.api.post("/v1/customers/", json={"external_id": "x"}).status_code == 422
    assert sim.api.post("/v1/customers/", content=b"{").status_code == 422
    fields = {"type": "team", "tax_id": "911144442", "owner": {"email": "lead@example.com"}}
    team = sim.api.post("/v1/customers/", json=fields)
    assert (team.status_code, team.json()["tax_id"]) == (201, ["911144442", "us_ein"])


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


def test_an_external_id_once_set_stays(sim: SimulatorClient) -> None:
    created = sim.customer(None)["customer"]
    path = f"/v1/customers/{created['id']}"
    assert sim.api.patch(path, json={"external_id": "a"}).json()["external_id"] == "a"
    assert sim.api.patch(path, json={"external_id": "b"}).status_code == 422
    assert sim.api.patch(path, json={"external_id": "a"}).status_code == 200


# -- limits and availability ---------------------------------------------------------------


@pytest.mark.slow
def test_over_the_rate_limit_is_answered_429_with_retry_after(sim: SimulatorClient) -> None:
    sim.settings(rate_limit=3, rate_window=1)
    statuses = [sim.api.get("/v1/customers/").status_code for _ in range(3)]
    assert statuses == [200, 200, 200]
    refused = sim.api.get("/v1/customers/")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    # The budget is there again when Retry-After says so, not before.
    wait_for(lambda: sim.api.get("/v1/customers/").status_code == 200, "allowed again")
    sim.settings(rate_limit=500, rate_window=60)


def test_retry_after_counts_down_a_whole_window(sim: SimulatorClient) -> None:
    sim.settings(rate_limit=1)
    sim.get("/v1/customers/")
    refused = sim.api.get("/v1/customers/")
    assert 55 <= int(refused.headers["retry-after"]) <= 60


def test_an_unavailable_polar_does_nothing(sim: SimulatorClient) -> None:
    sim.customer()
    sim.settings(available=False)
    assert sim.delete().status_code == 503
    sim.settings(available=True)
    assert sim.get("/v1/customers/external/user-1")


def test_settings_that_make_no_sense_are_refused(sim: SimulatorClient) -> None:
    patches: list[Any] = [{"time_scale": -1}, {"nope": 1}, [], "x"]
    for patch in patches:
        assert sim.ask("PUT", "/settings", patch).status_code == 422


def test_requests_are_recorded_and_counted(sim: SimulatorClient) -> None:
    sim.customer("a/b")
    sim.api.get("/v1/nope", params={"x": "y"})
    sim.delete("a/b")
    sim.delete("a/b")
    done, gone = sim.control("GET", "/requests?method=DELETE")["requests"]
    assert (done["path"], done["query"]) == ("/v1/customers/external/a%2Fb", "anonymize=false")
    assert (done["status"], done["effect"]) == (204, True)
    assert (gone["status"], gone["effect"]) == (404, False)
    assert len(sim.control("GET", "/requests?effect=true")["requests"]) == 1
    assert sim.control("GET", "/counts") == {
        "GET -": 1,
        "DELETE /v1/customers/external/{external_id}": 2,
    }
    sim.control("DELETE", "/requests")
    assert sim.control("GET", "/requests") == {"requests": []}
