"""Lists: pages, filters, and what has no order of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.helpers.simulator import SimulatorClient

LONG_AGO = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("path", "params"),
    [
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
    old, canceled, _ = created["subscription_ids"]

    def ids(**params: object) -> list[str]:
        return [row["id"] for row in sim.items("/v1/subscriptions/", **params)]

    yesterday = (now - timedelta(days=1)).isoformat()
    assert ids(started_before=yesterday) == [old]
    assert ids(started_after=yesterday) == [canceled]
    assert ids(canceled_at_after=yesterday) == [canceled]
    assert ids(sorting="started_at") == [old, canceled]
    assert ids() == [canceled, old]
    assert ids(sorting=["-ended_at", "status"]) == [old, canceled]


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


def test_a_limit_over_100_is_cut_without_a_word(sim: SimulatorClient) -> None:
    sim.control("POST", "/customers/bulk", {"count": 150, "subscriptions": ["active"], "grants": 1})
    for path in ("/v1/customers/", "/v1/subscriptions/", "/v1/benefit-grants/"):
        page = sim.get(path, limit=1000)
        assert len(page["items"]) == 100
        assert page["pagination"] == {"total_count": 150, "max_page": 2}
        assert len(sim.items(path, limit=1000, page=2)) == 50


def test_a_query_is_a_prefix_of_the_external_id_the_email_or_the_name(sim: SimulatorClient) -> None:
    sim.customer("ab/1", email="one@example.com", name="Ada L.")
    sim.customer("ab/12", email="two@example.com", name="Grace")
    sim.customer("cab/1", email="ada@example.com", name="Lada")

    def found(query: str) -> set[str]:
        return {row["external_id"] for row in sim.items("/v1/customers/", query=query)}

    assert found("ab/1") == {"ab/1", "ab/12"}
    assert found("AB/12") == {"ab/12"}
    assert found("two@") == {"ab/12"}
    assert found("ada") == {"ab/1", "cab/1"}
    assert found("example.com") == found("/1") == set()


def test_a_subscription_that_never_started_is_in_no_list(sim: SimulatorClient) -> None:
    created = sim.customer(subscriptions=["incomplete", "incomplete_expired", "active"])
    *never, active = created["subscription_ids"]
    for narrowed in (
        {},
        {"customer_id": created["customer"]["id"]},
        {"external_customer_id": "user-1", "sorting": "status"},
        {"product_id": created["subscriptions"][0]["product_id"]},
    ):
        page = sim.get("/v1/subscriptions/", **narrowed)
        assert [row["id"] for row in page["items"]] == [active]
        assert page["pagination"]["total_count"] == 1
    assert sim.items("/v1/subscriptions/", status="incomplete") == []
    sim.control("POST", f"/subscriptions/{never[0]}", {"status": "active"})
    assert {row["id"] for row in sim.items("/v1/subscriptions/")} == {never[0], active}
    sim.control("POST", f"/subscriptions/{active}", {"started_at": None})
    assert [row["id"] for row in sim.items("/v1/subscriptions/")] == [never[0]]


# -- ties ----------------------------------------------------------------------------------


def _pages(sim: SimulatorClient, path: str, **params: object) -> list[str]:
    """The ids of four pages of ten."""
    read = []
    for number in range(1, 5):
        page = sim.get(path, page=number, limit=10, **params)
        assert page["pagination"] == {"total_count": 40, "max_page": 4}
        read += [row["id"] for row in page["items"]]
    return read


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/subscriptions/", {}),
        ("/v1/subscriptions/", {"sorting": "started_at"}),
        ("/v1/subscriptions/", {"status": "active"}),
        ("/v1/subscriptions/", {"sorting": ["status", "amount"]}),
        ("/v1/benefit-grants/", {}),
        ("/v1/customers/", {}),
        ("/v1/customers/", {"sorting": ["-name"]}),
    ],
)
def test_what_ties_comes_on_two_pages_or_on_none_although_the_count_is_right(
    sim: SimulatorClient, path: str, params: dict[str, object]
) -> None:
    for number in range(40):
        sim.customer(
            f"user-{number}",
            created_at=LONG_AGO,
            name="Namesake",
            subscriptions=["active"],
            grants=1,
            webhooks=False,
        )
    read = _pages(sim, path, **params)
    assert len(read) == 40
    assert len(set(read)) < 40
    assert _pages(sim, path, **params) != read


def test_what_does_not_tie_keeps_its_order_around_ties(sim: SimulatorClient) -> None:
    def subscribe(external_id: str, *days: int) -> list[str]:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        fields = [{"started_at": (start + timedelta(days=day)).isoformat()} for day in days]
        ids = sim.customer(external_id, subscriptions=fields)["subscription_ids"]
        assert isinstance(ids, list)
        return ids

    first, last = subscribe("ends", 0, 2)
    ties = set(subscribe("ties", 1, 1, 1, 1))
    for sorting, ends in (("started_at", (first, last)), ("-started_at", (last, first))):
        one, two = (
            [row["id"] for row in sim.items("/v1/subscriptions/", page=n, limit=3, sorting=sorting)]
            for n in (1, 2)
        )
        assert (one[0], two[2]) == ends
        assert len(set(one[1:])) == len(set(two[:2])) == 2
        assert {*one[1:], *two[:2]} <= ties


def test_a_seed_repeats_the_order_of_ties(sim: SimulatorClient) -> None:
    started = {"status": "active", "started_at": LONG_AGO}
    bulk = {"count": 40, "subscriptions": [started]}
    sim.control("POST", "/customers/bulk", bulk)

    def read(seed: int) -> list[str]:
        sim.settings(seed=seed)
        return _pages(sim, "/v1/subscriptions/")

    first, other = read(1), read(2)
    assert read(1) == first != other
