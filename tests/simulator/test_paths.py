"""How a path finds its route: decoded first, so some external ids cannot be named by one."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.helpers.simulator import SimulatorClient

NOT_FOUND = {"detail": "Not Found"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/customers/{}",
        "/v1/customers/{}/state",
        "/v1/subscriptions/{}",
        "/v1/webhooks/endpoints/{}",
        "/v1/organizations/{}",
    ],
)
@pytest.mark.parametrize("id_", ["nope", "00000000-0000-1000-8000-000000000000"])
def test_an_id_that_is_no_uuid_version_4_is_answered_422(
    sim: SimulatorClient, path: str, id_: str
) -> None:
    response = sim.api.get(path.format(id_))
    assert response.status_code == 422
    assert response.json()["error"] == "RequestValidationError"
    assert response.json()["detail"][0]["loc"] == ["path", "id"]


@pytest.mark.parametrize(
    "external_id",
    [
        "state",
        "with space",
        "plus+plus",
        "ünï☃",
        "100%",
        "100%2F",
        "a?b=c#d&e",
        "line\nbreak",
        "external",
        "...",
    ],
)
def test_an_external_id_is_found_by_its_percent_encoded_path(
    sim: SimulatorClient, external_id: str
) -> None:
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


@pytest.mark.parametrize("external_id", ["a/b", "a//b", "ünï/☃", "a/b/c"])
def test_an_external_id_with_a_slash_is_answered_like_a_wrong_path(
    sim: SimulatorClient, external_id: str
) -> None:
    created = sim.customer(external_id)
    path = f"/v1/customers/external/{quote(external_id, safe='')}"
    for method in ("GET", "PATCH", "DELETE"):
        response = sim.api.request(method, path)
        assert (response.status_code, response.json()) == (404, NOT_FOUND)
    assert sim.truth(created)["customer"]["deleted_at"] is None


def test_a_customer_with_a_slash_is_found_by_query_and_deleted_by_id(sim: SimulatorClient) -> None:
    created = sim.customer("a/b")
    sim.customer("a/b/c")
    found = sim.items("/v1/customers/", query="a/b")
    (exact,) = [row for row in found if row["external_id"] == "a/b"]
    assert exact["id"] == created["customer"]["id"]
    assert len(found) == 2
    assert sim.api.delete(f"/v1/customers/{exact['id']}").status_code == 204


@pytest.mark.parametrize("slash", ["%2F", "%2f", "/"])
def test_an_id_that_ends_in_state_is_answered_with_the_state_of_another(
    sim: SimulatorClient, slash: str
) -> None:
    x = sim.customer("x", subscriptions=["active"])["customer"]
    sim.customer("x/state")
    state = sim.get(f"/v1/customers/external/x{slash}state")
    assert state["id"] == x["id"]
    assert len(state["active_subscriptions"]) == 1
    assert sim.api.delete(f"/v1/customers/external/x{slash}state").status_code == 405


@pytest.mark.parametrize(
    ("path", "status"),
    [
        # A client may shorten it as the server would.
        ("/v1/customers/external/%2E%2E", 405),
        ("/v1/customers/external/%2e%2E%2F", 405),
        ("/v1/customers/external/%2E", 307),
        ("/v1/customers/external/x%2F%2E%2E%2Fvictim", 204),
    ],
)
def test_dots_as_a_whole_segment_name_another_path(
    sim: SimulatorClient, path: str, status: int
) -> None:
    for external_id in ("..", ".", "x/../victim", "victim"):
        sim.customer(external_id)
    assert sim.api.delete(path).status_code == status
    left = {row["external_id"] for row in sim.items("/v1/customers/")}
    assert left == {"..", ".", "x/../victim", "victim"} - ({"victim"} if status == 204 else set())


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/v1/customers", "/v1/customers/"),
        ("/v1/subscriptions?page=2", "/v1/subscriptions/?page=2"),
        ("/v1/webhooks/endpoints/", "/v1/webhooks/endpoints"),
    ],
)
def test_a_path_with_the_wrong_slash_at_its_end_is_redirected(
    sim: SimulatorClient, path: str, there: str
) -> None:
    response = sim.api.get(path)
    assert (response.status_code, response.headers["location"]) == (307, f"{sim.url}{there}")
    assert sim.api.get(path, follow_redirects=True).status_code == 200


def test_a_redirected_delete_does_nothing(sim: SimulatorClient) -> None:
    sim.customer()
    assert sim.api.delete("/v1/customers/external/user-1/").status_code == 307
    assert sim.get("/v1/customers/external/user-1")
