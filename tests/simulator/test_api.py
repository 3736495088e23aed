"""The API: authorization, versions, the two kinds of 404, the rate limit, what is recorded."""

from __future__ import annotations

from typing import Any
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
    for path in ("/v1/nope", "/", "/v2/customers/", "/v1/customers/external/a/b"):
        wrong = sim.api.get(path)
        assert (wrong.status_code, wrong.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("version", ["2026-04", "2026-10"])
def test_the_answer_repeats_the_version(sim: SimulatorClient, version: str) -> None:
    for path, status in (("/v1/customers/", 200), ("/v1/customers/external/nobody", 404)):
        response = sim.api.get(path, headers={"Polar-Version": version})
        assert (response.status_code, response.headers["polar-version"]) == (status, version)


def test_without_a_version_one_gets_the_oldest(sim: SimulatorClient) -> None:
    authorization = {"Authorization": sim.api.headers["Authorization"]}
    response = httpx.get(f"{sim.url}/v1/customers/", headers=authorization)
    assert (response.status_code, response.headers["polar-version"]) == (200, "2026-04")


def test_an_unsupported_version_is_answered_as_a_wrong_path_is_before_the_token_is_looked_at(
    sim: SimulatorClient,
) -> None:
    sim.customer()
    path = "/v1/customers/external/user-1"
    for headers in ({}, {"Authorization": "Bearer nope"}):
        wrong = sim.api.delete(path, headers=headers | {"Polar-Version": "2020-01"})
        assert (wrong.status_code, wrong.json()) == (404, NOT_FOUND)
    assert sim.get(path)
    sim.settings(versions=["2027-01"])
    assert sim.api.get(path).json() == NOT_FOUND


def test_an_unknown_method_is_answered_405(sim: SimulatorClient) -> None:
    assert sim.api.put("/v1/customers/").status_code == 405


# -- limits and availability ---------------------------------------------------------------


@pytest.mark.slow
def test_over_the_rate_limit_nothing_is_done_until_there_is_budget_again(
    sim: SimulatorClient,
) -> None:
    sim.settings(rate_limit=3, rate_window=1)
    statuses = [sim.api.get("/v1/customers/").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    wait_for(lambda: sim.api.get("/v1/customers/").status_code == 200, "allowed again")


def test_over_the_rate_limit_is_answered_429_with_an_empty_body_and_always_60(
    sim: SimulatorClient,
) -> None:
    sim.settings(rate_limit=1)
    sim.get("/v1/customers/")
    for _ in range(2):
        refused = sim.api.get("/v1/customers/")
        assert (refused.status_code, refused.content) == (429, b"")
        assert refused.headers["retry-after"] == "60"


def test_the_rate_budget_is_shared_by_whatever_uses_the_token(sim: SimulatorClient) -> None:
    sim.settings(rate_limit=2)
    sim.get("/v1/customers/")
    sim.get("/v1/subscriptions/")
    assert sim.delete("nobody").status_code == 429


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
    sim.customer("a b")
    sim.api.get("/v1/nope", params={"x": "y"})
    sim.delete("a b")
    sim.delete("a b")
    done, gone = sim.control("GET", "/requests?method=DELETE")["requests"]
    assert (done["path"], done["query"]) == ("/v1/customers/external/a%20b", "anonymize=false")
    assert (done["status"], done["effect"]) == (204, True)
    assert (gone["status"], gone["effect"]) == (404, False)
    assert len(sim.control("GET", "/requests?effect=true")["requests"]) == 1
    assert sim.control("GET", "/counts") == {
        "GET -": 1,
        "DELETE /v1/customers/external/{external_id}": 2,
    }
    sim.control("DELETE", "/requests")
    assert sim.control("GET", "/requests") == {"requests": []}
