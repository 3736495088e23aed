"""What a deletion would take, read from Polar before it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.helpers.api import API_TOKENS, answered, preview
from tests.helpers.bridge import Bridge, Run, ago, now
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.scenarios import ada
from tests.helpers.webhooks import event_body, new_id

pytestmark = [BOTH_ENGINES, pytest.mark.slow]


def member(external_id: str, role: str = "member") -> dict[str, Any]:
    return {"external_id": external_id, "email": f"{external_id}@e.com", "name": "M", "role": role}


def previewed(it: Bridge, user_id: Any, **fields: Any) -> Any:
    answer = preview(it.app, user_id=user_id, **fields)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def test_what_would_go_is_named_and_stays(run: Run) -> None:
    with run(api_tokens=API_TOKENS) as it:
        statuses = ("active", "paused", "unpaid", "canceled")
        customer = it.customer("user-1", *statuses, grants=2, created_at=ago(days=9))
        it.settled()
        before = it.counts()
        told = previewed(it, "user-1")

        assert (told["would_be"], told["reason"], told["paused"]) == ("resolved", None, False)
        assert told["identified_by"] == "identity"
        assert (told["customer"]["id"], told["customer"]["is_team"]) == (customer, False)
        truth = {item["id"]: item for item in it.truth(customer)["subscriptions"]}
        assert {truth[item["id"]]["status"]: item["becomes"] for item in told["subscriptions"]} == {
            "active": "ended",
            "paused": "left",
            "unpaid": "left",
        }
        for item in told["subscriptions"]:
            real = truth[item["id"]]
            assert (item["amount"], item["currency"]) == (real["amount"], real["currency"])
        assert len(told["grants"]) == 2
        assert (told["memberships"], told["memberships_not_read"]) == ([], 0)

        # Two requests, both of them reads, and nothing is there that was not before.
        sent = {route: n - before.get(route, 0) for route, n in it.counts().items()}
        assert sum(sent.values()) == 2
        assert all(route.startswith("GET ") for route, n in sent.items() if n)
        assert not it.query("SELECT 1 FROM deletion")
        assert not it.is_gone(customer)

        it.tell("user-1")
        it.wait("user-1", "incomplete", "verified")
        assert it.is_gone(customer)


def test_survivors_would_be_revoked_where_that_is_wanted(run: Run) -> None:
    with run(api_tokens=API_TOKENS, on_survivor="revoke") as it:
        it.customer("user-1", "paused", "unpaid")
        told = previewed(it, "user-1")
        becomes = {item["status"]: item["becomes"] for item in told["subscriptions"]}
        assert becomes == {"paused": "revoked", "unpaid": "left"}


def test_a_team_would_be_held_and_a_membership_end(run: Run) -> None:
    with run(api_tokens=API_TOKENS) as it:
        team = it.customer(
            "boss", "active", created_at=ago(days=9), members=[member("u2"), member("u3")]
        )
        it.settled()
        boss = previewed(it, "boss")
        assert (boss["would_be"], boss["customer"]["others"]) == ("held", 2)
        assert f"customer {team} is a team with 2 other people" in boss["reason"]
        assert "approve" in boss["asks"]

        guest = previewed(it, "u2")
        assert (guest["would_be"], guest["customer"]) == ("resolved", None)
        [membership] = guest["memberships"]
        assert (membership["customer_id"], membership["role"]) == (team, "member")

        it.tell("boss")
        row = it.wait("boss", "held")
        assert row["reason"] == boss["reason"]


@SQLITE
def test_a_team_goes_where_that_is_wanted(run: Run) -> None:
    with run(api_tokens=API_TOKENS, on_team="delete") as it:
        it.customer("boss", "active", members=[member("u2")])
        told = previewed(it, "boss")
        assert (told["would_be"], told["customer"]["others"]) == ("resolved", 1)


def test_the_brake_a_pause_and_a_deletion_that_is_open(run: Run) -> None:
    with run(api_tokens=API_TOKENS, max_deletions_per_hour=1) as it:
        for user in ("first", "second"):
            it.customer(user, "active", created_at=ago(days=9))
        it.tell("first")
        it.wait("first", "verified")
        told = previewed(it, "second")
        assert (told["would_be"], told["waits_for"]) == ("held", None)
        assert "the brake tripped" in told["reason"]
        it.tell("second")
        row = it.wait("second", "held")
        assert previewed(it, "second")["waits_for"] == row["id"]


def test_who_cannot_be_told_or_is_another_users(run: Run) -> None:
    with run(api_tokens=API_TOKENS, mapping="table") as it:
        customer = it.customer("usr_1", "active")
        told = previewed(it, "user-1")
        assert (told["would_be"], told["customer"], told["identified_by"]) == ("unmapped",) + (
            None,
        ) * 2
        # As an event would that brings it.
        assert previewed(it, "user-1", external_id="usr_1")["customer"]["id"] == customer
        for number in (7, 7.0):
            assert previewed(it, number, external_id=" usr_1 ")["customer"]["id"] == customer
        it.map("user-2", external_id="usr_1")
        told = previewed(it, "user-1", external_id="usr_1")
        assert (told["would_be"], told["customer"], told["subscriptions"]) == ("unmapped", None, [])
        assert f"customer {customer} is another user's too" in told["reason"]


def test_nobody_is_there(run: Run) -> None:
    with run(api_tokens=API_TOKENS) as it:
        answer = preview(it.app, user_id="nobody-at-all")
        assert (answer.status_code, answer.json()["error"]) == (404, "nobody_there")
        assert "nobody-at-all" not in answer.text


def test_an_external_id_that_no_path_can_name(run: Run) -> None:
    with run(api_tokens=API_TOKENS) as it:
        customer = it.customer("a/b", "active")
        assert previewed(it, "a/b")["customer"]["id"] == customer


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "error", "status": 500}, "GET: 500"),
        ({"kind": "timeout", "seconds": 0, "close": True}, "GET: "),
    ],
)
def test_polar_does_not_answer(run: Run, fault: dict[str, Any], said: str) -> None:
    with run(api_tokens=API_TOKENS) as it:
        it.customer("user-1", "active")
        it.sim.faults({**fault, "path": "/v1/customers/", "method": "GET"})
        answer = preview(it.app, user_id="user-1")
        it.sim.faults()
        assert (answer.status_code, answer.json()["error"]) == (503, "polar_unavailable")
        assert f"Polar cannot be asked now: {said}" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
        assert previewed(it, "user-1")["would_be"] == "resolved"


def test_polar_refuses(run: Run) -> None:
    with run(api_tokens=API_TOKENS, polar_access_token="polar_oat_of_nobody") as it:
        answer = preview(it.app, user_id="user-1")
        assert (answer.status_code, answer.json()["error"]) == (502, "polar_refuses")
        assert "set POLAR_ACCESS_TOKEN to a valid one" in answer.json()["detail"]
        assert "polar_oat_of_nobody" not in answer.text


def test_polars_own_pause_is_not_waited_for(run: Run) -> None:
    with run(api_tokens=API_TOKENS) as it:
        it.customer("user-1", "active")
        it.sim.faults({"kind": "rate_limit", "retry_after": 600, "path": "/state"})
        first, second = (preview(it.app, user_id="user-1") for _ in range(2))
        it.sim.faults()
        assert (first.status_code, second.status_code) == (503, 503)
        assert 500 < int(second.headers["retry-after"]) <= 600


def test_a_share_that_is_spent_is_no_hindrance_to_deletions(run: Run) -> None:
    with run(api_tokens=API_TOKENS) as it:
        it.customer("user-1", "active", created_at=ago(days=9))
        it.settled()
        previewed(it, "user-1")
        sent = sum(it.counts().values())
        # As if others had asked for much.
        zone = "" if it.store.is_sqlite else "+00"
        in_half_an_hour = f"{now() + timedelta(minutes=30):%Y-%m-%d %H:%M:%S.%f}{zone}"
        assert it.store.execute("UPDATE budget SET next_at = ? WHERE id = 2", in_half_an_hour) == 1
        answer = preview(it.app, user_id="user-1")
        assert (answer.status_code, answer.json()["error"]) == (429, "too_many_previews")
        assert 0 < int(answer.headers["retry-after"]) <= 1_800
        assert "a tenth of RATE_PER_MINUTE" in answer.json()["detail"]
        assert sum(it.counts().values()) == sent
        it.tell("user-1")
        it.wait("user-1", "verified")


def test_after_the_user_is_forgotten_the_deletion_is_found_by_their_id(run: Run) -> None:
    with run(api_tokens=API_TOKENS) as it:
        ada(it, "active")
        it.settled()
        body, name = event_body(user_id="user-ada"), new_id()
        assert it.post(body, webhook_id=name).json() == {"status": "accepted"}
        it.wait("user-ada", "verified")
        it.settled()
        [found] = answered(it.app, "/deletions", user_id="user-ada")["deletions"]
        whole = answered(it.app, f"/deletions/{found['id']}")
        receipt = answered(it.app, f"/deletions/{found['id']}/receipt")
        for text in (str(found), str(whole), str(receipt)):
            assert "user-ada" not in text
            assert "ada@example.com" not in text
        assert found["state"] == receipt["state"] == "verified"
        again = it.post(body, webhook_id=name).json()
        assert again == {"status": "duplicate", "deletion_id": found["id"]}
        it.forgotten("ada@example.com")
