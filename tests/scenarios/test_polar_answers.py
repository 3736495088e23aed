"""Whatever Polar answers, or does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from sync.deletions.operator import Verb
from tests.helpers.bridge import Run, ago, deletes, names
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import deleted_customers, outside, tries
from tests.helpers.waiting import wait_for


@pytest.mark.slow
@pytest.mark.parametrize("webhooks", [True, False])
def test_a_lost_answer_to_delete(run: Run, *, webhooks: bool) -> None:
    with run(webhooks=webhooks, request_timeout=3, verify_after=3) as it:
        users = ("late", "failed after", "dropped after", "dropped before", "failed before")
        customers = {user: it.customer(user, "active", grants=1) for user in users}
        faults: dict[str, dict[str, Any]] = {
            "late": {"kind": "timeout", "seconds": 60},
            "failed after": {"kind": "error", "status": 502, "after_effect": True},
            "dropped after": {"kind": "timeout", "seconds": 0.1, "close": True},
            "dropped before": {"kind": "drop"},
            "failed before": {"kind": "error", "status": 500},
        }
        it.sim.faults(
            *(
                {**faults[user], "method": "DELETE", "path": quote(user), "count": 1}
                for user in users
            )
        )
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        assert sorted(deleted_customers(it)) == sorted(customers.values())
        again = deletes(it)
        for user in users:
            assert again[customers[user]] <= 2
            if user.endswith("before") or not webhooks:
                assert again[customers[user]] == 2
        if not webhooks:
            assert {request["status"] for request in it.requests(method="DELETE")} > {204, 404}


@pytest.mark.slow
@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_429_keeps_everybody_quiet(run: Run, *, concurrency: int) -> None:
    users = names(6)
    with run(concurrency=concurrency) as it:
        for user in users:
            it.customer(user, "active", webhooks=False)
        it.sim.faults({"kind": "rate_limit", "retry_after": 3, "count": 1})
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        requests = it.requests()
        (refused,) = [request for request in requests if request["status"] == 429]
        early = [item for item in requests if not outside(refused["started_at"], item, 2.95)]
        # Those that were under way already cannot be called back.
        assert len(early) < concurrency


@pytest.mark.slow
def test_a_rate_limit_of_polars_is_lived_with(run: Run) -> None:
    users = names(4)
    with run() as it:
        it.sim.settings(rate_limit=6, rate_window=1)
        for user in users:
            it.customer(user, "active", webhooks=False)
            it.tell(user)
        it.wait_all(users, "verified")
        assert len(deleted_customers(it)) == 4


@pytest.mark.slow
@BOTH_ENGINES
def test_the_budget_spaces_requests(run: Run) -> None:
    users = names(4)
    with run(rate_per_minute=240) as it:
        for user in users:
            it.customer(user, "active", webhooks=False)
            it.tell(user)
        it.wait_all(users, "verified")
        requests = it.requests()
        times = sorted(datetime.fromisoformat(request["started_at"]) for request in requests)
        assert len(times) >= 9
        # Two at once, then one each quarter of a second.
        for first, sixth in zip(times, times[6:], strict=False):
            assert sixth - first > timedelta(seconds=0.25)


@pytest.mark.slow
def test_polar_down_and_back(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.sim.settings(available=False)
        it.tell("u1")
        wait_for(lambda: tries(it, "u1") > 0, "a failed attempt")
        (row,) = it.deletions("u1")
        assert (row["state"], row["reason"]) == ("received", "GET: 503")
        assert not it.is_gone(customer)
        it.sim.settings(available=True)
        row = it.wait("u1", "verified")
        assert "request.failed" in it.kinds(row)
        assert row["reason"] is None


@pytest.mark.slow
@BOTH_ENGINES
def test_a_wrong_token_blocks_until_a_restart_with_the_right_one(run: Run) -> None:
    with run(polar_access_token="polar_oat_wrong") as it:
        customers = [it.customer(user, "active") for user in names(3)]
        for user in names(3):
            it.tell(user)
        for user in names(3):
            assert "POLAR_ACCESS_TOKEN" in it.wait(user, "blocked")["reason"]
        assert not any(map(it.is_gone, customers))
    # However late the next attempt is, a restart makes it.
    it.store.execute("UPDATE deletion SET next_attempt_at = '2099-01-01 00:00:00.000000'")
    with run() as it:
        it.wait_all(names(3), "verified")
    assert sorted(deleted_customers(it)) == sorted(customers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("named", "missing"),
    [
        ("customers:write", {"customers:write"}),
        ("customers:read", {"customers:read", "customers:write"}),
        ("subscriptions:read", {"subscriptions:read"}),
    ],
    ids=["delete", "state", "list"],
)
def test_a_missing_scope_blocks_and_is_named(run: Run, named: str, missing: set[str]) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        scopes = it.sim.control("GET", "/settings")["scopes"]
        # Polar takes the right to write for the right to read.
        without = {*missing, "subscriptions:write"}
        it.sim.settings(scopes=[item for item in scopes if item not in without])
        it.tell("u1")
        reason = it.wait("u1", "blocked")["reason"]
        assert named in reason
        assert not it.is_gone(customer)
        it.sim.settings(scopes=scopes)
        # By itself: nobody has to know which deletions the scope was missing for.
        it.wait("u1", "verified")
        assert deleted_customers(it) == [customer]


@pytest.mark.slow
def test_a_missing_scope_for_grants_blocks_the_proof_only(run: Run) -> None:
    with run(webhooks=False, verify_after=0.3) as it:
        customer = it.customer("u1", "active")
        scopes = it.sim.control("GET", "/settings")["scopes"]
        it.sim.settings(scopes=[item for item in scopes if item != "benefits:read"])
        it.tell("u1")
        assert "benefits:read" in it.wait("u1", "blocked")["reason"]
        assert it.is_gone(customer)
        it.sim.settings(scopes=scopes)
        it.wait("u1", "verified")


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["version", "path"])
def test_a_404_that_is_not_polars_word_on_a_customer_blocks(run: Run, wrong: str) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        url = it.sim.url
    settings = (
        {"polar_version": "2020-01"} if wrong == "version" else {"polar_base_url": url + "/x"}
    )
    with run(**settings) as it:
        it.tell("u1")
        it.tell("nobody")
        for user in ("u1", "nobody"):
            reason = it.wait(user, "blocked")["reason"]
            assert "POLAR_VERSION" in reason
            assert "POLAR_BASE_URL" in reason
        for user in ("u1", "nobody"):
            assert [outcome.refusal for outcome in it.act(Verb.RETRY, user)] == [None]
        wait_for(lambda: tries(it, "u1") > 0, "tried again")
        it.wait_all(("u1", "nobody"), "blocked")
        states = {
            link["state"]
            for user in ("u1", "nobody")
            for link in it.evidence(it.deletions(user)[0])
        }
        assert states == {"received", "blocked"}
    with run() as it:
        it.wait("u1", "verified")
        it.wait("nobody", "no_customer")
        assert deleted_customers(it) == [customer]


@pytest.mark.slow
def test_everything_going_wrong_at_once(run: Run) -> None:
    statuses = ("active", "past_due", "trialing", "canceled", "paused", "unpaid")
    with run(request_timeout=0.5, verify_after=1, concurrency=4) as it:
        customers = {
            f"{status}-{n}": it.customer(f"{status}-{n}", status, grants=1, created_at=ago(days=1))
            for status in statuses
            for n in range(3)
        }
        it.settled()
        faults: list[dict[str, Any]] = [
            {"kind": "drop", "probability": 0.05, "count": 6},
            {"kind": "timeout", "seconds": 1, "probability": 0.1, "count": 4},
            {"kind": "error", "status": 502, "after_effect": True, "probability": 0.05, "count": 6},
            {"kind": "rate_limit", "retry_after": 1, "probability": 0.1, "count": 2},
            {"kind": "delay", "seconds": 0.1, "probability": 0.3},
        ]
        where = {"path": "^/v1/(customers|subscriptions|benefit-grants)/"}
        it.sim.faults(*({**fault, **where} for fault in faults), seed=11)
        it.sim.webhook_faults(
            {"kind": "duplicate", "probability": 0.5},
            {"kind": "drop", "probability": 0.3},
            {"kind": "reorder", "seconds": 0.2, "probability": 0.7},
            null_external_id=True,
            seed=11,
        )
        for user in customers:
            it.tell(user, timestamp=ago(minutes=5))
        wait_for(lambda: sum(map(it.is_gone, customers.values())) >= 9, "half are gone")
        back = [
            it.customer(user, "active", email=f"{user}@new")
            for user, customer in customers.items()
            if it.is_gone(customer)
        ]
        for user in customers:
            survives = user.startswith(("paused", "unpaid"))
            # Once in many runs several requests of one fail in a row, and its backoff is minutes.
            it.wait(user, "incomplete" if survives else "verified", seconds=200)
        it.settled()
        assert sorted(deleted_customers(it)) == sorted(customers.values())
        assert not any(map(it.is_gone, back))
        for user in customers:
            assert it.receipt(it.deletions(user)[0])["chain_unbroken"]
