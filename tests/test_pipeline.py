"""The whole bridge: the real application, a real database and real signatures, and a simulated
Polar on the other side. One test for each promise and each hard case."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from sync.deletions.operator import Verb
from sync.hashing import Hasher
from sync.simulator import DEFAULT_TOKEN
from tests import bridge
from tests.bridge import (
    DELETE,
    GRANTS,
    REVOKE,
    STATE,
    STATE_BY_ID,
    SUBSCRIPTIONS,
    Bridge,
    Run,
    ago,
    names,
    now,
)
from tests.simulator.conftest import SimulatorClient
from tests.store import Store
from tests.support import (
    BOTH_ENGINES,
    EVENT_SECRET,
    HASH_KEY,
    POLAR_SECRET,
    event_body,
    polar_headers,
    serve_process,
    signed_headers,
)
from tests.waiting import WAIT, wait_for

LOST = {"kind": "drop"}
"""A webhook that never comes."""


def deleted_customers(it: Bridge) -> list[str]:
    """Polar's ids of the customers that a DELETE took effect on, once for each time it did."""
    return [
        request["path"].rpartition("/")[2]
        for request in it.requests(method="DELETE", route="/v1/customers/{id}", effect="true")
    ]


def struck(it: Bridge) -> int:
    """How often the faults of requests have struck."""
    return sum(fault["struck"] for fault in it.sim.control("GET", "/faults")["faults"])


def tries(it: Bridge, user_id: str) -> int:
    """Failed attempts in a row of the user's deletions."""
    return sum(row["attempts"] for row in it.deletions(user_id))


def outside(moment: str, request: dict[str, Any], seconds: float) -> bool:
    """Whether the request was not started within so many seconds after the moment."""
    since = datetime.fromisoformat(request["started_at"]) - datetime.fromisoformat(moment)
    return since <= timedelta(0) or since >= timedelta(seconds=seconds)


# --- the ordinary way --------------------------------------------------------------------------


@BOTH_ENGINES
def test_webhooks_alone_prove_a_deletion_in_three_requests(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active", "past_due", grants=2)
        it.settled()
        it.tell("u1")
        row = it.wait("u1", "verified")
        assert it.counts() == {STATE: 1, SUBSCRIPTIONS: 1, DELETE: 1}
        truth = it.truth(customer)
        assert {item["status"] for item in truth["subscriptions"]} == {"canceled"}
        assert not any(item["is_granted"] for item in truth["grants"])
        assert truth["customer"]["email"] != "u1@example.com"  # anonymized
        kinds = it.kinds(row)
        assert kinds[:3] == ["event.received", "customer.found", "delete.sent"]
        assert {"webhook.customer.deleted", "webhook.subscription.revoked"} <= set(kinds)
        assert kinds[-2:] == ["checked", "forgotten"]
        assert it.evidence(row)[-2]["source"] == "webhook"


@BOTH_ENGINES
def test_the_api_proves_what_lost_webhooks_did_not(run: Run) -> None:
    with run(verify_after=2) as it:
        it.sim.webhook_faults(LOST)
        it.customer("u1", "active", "past_due", grants=2)
        it.tell("u1")
        row = it.wait("u1", "verified")
        assert it.counts() == {STATE: 1, SUBSCRIPTIONS: 2, DELETE: 1, GRANTS: 1}
        assert it.evidence(row)[-2]["detail"]["by"] == "api"
        assert not [kind for kind in it.kinds(row) if kind.startswith("webhook.")]


def test_many_deletions_share_their_list_requests(run: Run) -> None:
    users = names(60)
    with run(worker="separate") as it:
        it.sim.control(
            "POST",
            "/customers/bulk",
            {"count": 60, "subscriptions": ["active"], "grants": 1},
        )
        for user in users:
            it.tell(user)
    with run(webhooks=False) as it:
        it.wait_all(users, "deleted")
        assert it.counts() == {STATE: 60, SUBSCRIPTIONS: 2, DELETE: 60}
    it.sim.settle()
    # The ten minutes are over, for all of them at the same moment.
    it.store.execute("UPDATE deletion SET next_attempt_at = received_at")
    with run(webhooks=False, verify_after=0.1) as it:
        it.wait_all(users, "verified")
        assert it.counts() == {STATE: 60, SUBSCRIPTIONS: 4, DELETE: 60, GRANTS: 2}


@BOTH_ENGINES
def test_a_backlog_shares_its_list_requests_to_the_end(run: Run) -> None:
    """Also when there are more than are worked on at once, and one is done at a time."""
    users = names(250)
    with run(worker="separate") as it:
        it.sim.control("POST", "/customers/bulk", {"count": 250, "subscriptions": ["active"]})
        for user in users:
            it.tell(user)
    with run(rate_per_minute=6_000) as it:
        it.wait_all(users, "verified")
        assert it.counts()[SUBSCRIPTIONS] <= 25
        assert set(it.counts()) == {STATE, DELETE, SUBSCRIPTIONS}


def test_without_anonymizing(run: Run) -> None:
    with run(anonymize=False) as it:
        customer = it.customer("u1", "active", email="u1@example.com")
        it.tell("u1")
        it.wait("u1", "verified")
        assert it.truth(customer)["customer"]["email"] == "u1@example.com"
        it.settled()
        it.forgotten("u1@example.com")


@pytest.mark.parametrize("webhooks", [True, False])
def test_every_subscription_status(run: Run, *, webhooks: bool) -> None:
    ends = ("trialing", "active", "past_due", "canceled", "incomplete_expired")
    survives = ("paused", "unpaid", "incomplete")
    with run(webhooks=webhooks, verify_after=600 if webhooks else 0.5) as it:
        customers = {status: it.customer(status, status, grants=1) for status in ends + survives}
        for status in customers:
            it.tell(status)
        it.wait_all(ends, "verified")
        it.wait_all(survives, "incomplete")
        assert sorted(deleted_customers(it)) == sorted(customers.values())
        for status in survives:
            (subscription,) = it.truth(customers[status])["subscription_ids"]
            reason = it.deletions(status)[0]["reason"]
            assert f"subscription {subscription} ({status})" in reason
        it.settled()
        assert {row["state"] for row in it.query("SELECT state FROM deletion")} == {
            "verified",
            "incomplete",
        }


@BOTH_ENGINES
def test_webhooks_out_of_order_repeated_and_without_the_external_id(run: Run) -> None:
    users = names(5)
    with run() as it:
        it.sim.webhook_faults(
            {"kind": "duplicate", "copies": 2},
            {"kind": "reorder", "seconds": 0.2},
            null_external_id=True,
            seed=3,
        )
        for user in users:
            it.customer(user, "active", "trialing", grants=2)
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        it.settled()
        assert it.counts() == {STATE: 5, SUBSCRIPTIONS: it.counts()[SUBSCRIPTIONS], DELETE: 5}
        for user in users:
            (row,) = it.deletions(user)
            digests = [link["detail"].get("payload_digest") for link in it.evidence(row)]
            of_webhooks = [
                digest
                for digest, kind in zip(digests, it.kinds(row), strict=True)
                if kind.startswith("webhook.")
            ]
            assert len(of_webhooks) == len(set(of_webhooks)) > 0


@BOTH_ENGINES
def test_webhooks_in_reverse(run: Run) -> None:
    with run() as it:
        it.customer("u1", "active", grants=1)
        it.settled()
        it.sim.webhook_faults({"kind": "hold"})
        it.tell("u1")
        it.wait("u1", "deleted")
        # Polar's background work and its last word on the customer.
        wait_for(
            lambda: (
                {"customer.state_changed", "benefit_grant.revoked", "subscription.revoked"}
                <= {event["type"] for event in it.sim.events() if event["state"] == "held"}
            ),
            "everything held",
        )
        it.sim.control("POST", "/webhooks/release", {"order": "reverse"})
        it.sim.webhook_faults()
        it.wait("u1", "verified")
        assert GRANTS not in it.counts()


# --- Polar's answers ---------------------------------------------------------------------------


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
                {**faults[user], "method": "DELETE", "path": customers[user], "count": 1}
                for user in users
            )
        )
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        assert sorted(deleted_customers(it)) == sorted(customers.values())
        again = Counter(
            request["path"].rpartition("/")[2] for request in it.requests(method="DELETE")
        )
        for user in users:
            assert again[customers[user]] <= 2
            if user.endswith("before") or not webhooks:
                assert again[customers[user]] == 2
        if not webhooks:
            assert {request["status"] for request in it.requests(method="DELETE")} > {204, 404}


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


def test_a_rate_limit_of_polars_is_lived_with(run: Run) -> None:
    users = names(4)
    with run() as it:
        it.sim.settings(rate_limit=6, rate_window=1)
        for user in users:
            it.customer(user, "active", webhooks=False)
            it.tell(user)
        it.wait_all(users, "verified")
        assert len(deleted_customers(it)) == 4


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


@pytest.mark.parametrize(
    "missing",
    [{"customers:write"}, {"customers:read", "customers:write"}, {"subscriptions:read"}],
    ids=["delete", "state", "list"],
)
def test_a_missing_scope_blocks_and_is_named(run: Run, missing: set[str]) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        scopes = it.sim.control("GET", "/settings")["scopes"]
        # Polar takes the right to write for the right to read.
        without = {*missing, "subscriptions:write"}
        it.sim.settings(scopes=[item for item in scopes if item not in without])
        it.tell("u1")
        reason = it.wait("u1", "blocked")["reason"]
        assert all(scope in reason for scope in missing)
        assert not it.is_gone(customer)
        it.sim.settings(scopes=scopes)
        # By itself: nobody has to know which deletions the scope was missing for.
        it.wait("u1", "verified")
        assert deleted_customers(it) == [customer]


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


# --- survivors ---------------------------------------------------------------------------------


@BOTH_ENGINES
def test_a_survivor_is_revoked_where_that_is_wanted(run: Run) -> None:
    with run(on_survivor="revoke") as it:
        customer = it.customer("u1", "paused", "active", grants=1)
        hopeless = it.customer("u2", "unpaid")
        it.tell("u1")
        it.tell("u2")
        row = it.wait("u1", "verified")
        assert {item["status"] for item in it.truth(customer)["subscriptions"]} == {"canceled"}
        assert it.counts()[REVOKE] == 1
        wait_for(
            lambda: any(link["detail"].get("revoked") for link in it.evidence(row)),
            "recorded, even where a webhook about it was faster",
        )
        # Polar has no request that ends this one.
        assert "unpaid" in it.wait("u2", "incomplete")["reason"]
        assert it.is_gone(hopeless)


def test_a_locked_survivor_is_tried_again(run: Run) -> None:
    with run(on_survivor="revoke") as it:
        customer = it.customer("u1", {"status": "paused", "locked": True})
        (subscription,) = it.truth(customer)["subscription_ids"]
        it.tell("u1")
        wait_for(lambda: it.counts().get(REVOKE, 0) > 0, "the revocation was tried")
        wait_for(
            lambda: "409" in (it.deletions("u1")[0]["reason"] or ""), "the conflict is recorded"
        )
        assert it.deletions("u1")[0]["state"] == "deleted"
        it.sim.control("POST", f"/subscriptions/{subscription}", {"locked": False})
        it.wait("u1", "verified")


def test_a_survivor_that_ended_meanwhile_answers_403_and_is_no_missing_scope(run: Run) -> None:
    with run(on_survivor="revoke", survivor_after=1) as it:
        customer = it.customer("u1", "paused")
        (subscription,) = it.truth(customer)["subscription_ids"]
        it.sim.faults({"kind": "delay", "seconds": 2, "path": subscription, "method": "DELETE"})
        it.tell("u1")
        wait_for(lambda: struck(it) > 0, "the revocation is under way")
        patch = {"status": "canceled", "webhooks": False}
        it.sim.control("POST", f"/subscriptions/{subscription}", patch)
        row = it.wait("u1", "verified")
        assert [item["status"] for item in it.requests(route="/v1/subscriptions/{id}")] == [403]
        assert "blocked" not in {link["state"] for link in it.evidence(row)}


def test_revoking_without_the_scope_blocks_and_names_it(run: Run) -> None:
    with run(on_survivor="revoke") as it:
        customer = it.customer("u1", "paused")
        scopes = it.sim.control("GET", "/settings")["scopes"]
        it.sim.settings(scopes=[item for item in scopes if item != "subscriptions:write"])
        it.tell("u1")
        assert "subscriptions:write" in it.wait("u1", "blocked")["reason"]
        it.sim.settings(scopes=scopes)
        it.wait("u1", "verified")
        assert deleted_customers(it) == [customer]


def test_an_incomplete_deletion_is_verified_once_the_operator_has_ended_what_survived(
    run: Run,
) -> None:
    with run() as it:
        told, lost = (it.customer(user, "paused", grants=1) for user in ("told", "lost"))
        it.tell("told")
        it.tell("lost")
        it.wait_all(("told", "lost"), "incomplete")
        it.settled()
        (subscription,) = it.truth(told)["subscription_ids"]
        it.sim.control("POST", f"/subscriptions/{subscription}", {"status": "canceled"})
        row = it.wait("told", "verified")
        assert it.evidence(row)[-2]["source"] == "webhook"

        # The webhook that would have told is lost: the operator's retry asks the API.
        (subscription,) = it.truth(lost)["subscription_ids"]
        patch = {"status": "canceled", "webhooks": False}
        it.sim.control("POST", f"/subscriptions/{subscription}", patch)
        it.act(Verb.RETRY, "lost")
        row = it.wait("lost", "verified")
        assert it.evidence(row)[-2]["detail"]["by"] == "api"


@BOTH_ENGINES
def test_a_late_grant_revocation(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active", grants=2)
        stuck, _ = it.truth(customer)["grant_ids"]
        it.sim.control("POST", f"/grants/{stuck}", {"stuck": True})
        it.tell("u1")
        it.wait("u1", "deleted")
        it.settled()
        assert it.deletions("u1")[0]["state"] == "deleted"
        it.sim.control("POST", f"/grants/{stuck}", {"stuck": False})
        it.wait("u1", "verified")
        assert GRANTS not in it.counts()


def test_a_grant_that_is_never_revoked_is_named_then_noticed(run: Run) -> None:
    with run(verify_after=0.3, survivor_after=0.8) as it:
        customer = it.customer("u1", "active", grants=1)
        (stuck,) = it.truth(customer)["grant_ids"]
        it.sim.control("POST", f"/grants/{stuck}", {"stuck": True})
        it.tell("u1")
        assert f"benefit grant {stuck}" in it.wait("u1", "incomplete")["reason"]
        it.sim.control("POST", f"/grants/{stuck}", {"stuck": False, "webhooks": False})
        it.wait("u1", "verified")


# --- the brake, the delay, the user who comes back ---------------------------------------------


@BOTH_ENGINES
def test_the_brake_holds_what_is_too_much(run: Run) -> None:
    users = names(4)
    with run(max_deletions_per_hour=2) as it:
        customers = {user: it.customer(user, "active") for user in users}
        for user in users:
            it.tell(user)
        for user in users:
            it.wait(user, "verified", "held")
        states = {user: it.deletions(user)[0]["state"] for user in users}
        held = [user for user in users if states[user] == "held"]
        assert len(held) == 2
        assert "polar-sync approve" in it.deletions(held[0])[0]["reason"]
        assert it.counts()[DELETE] == 2
        it.act(Verb.APPROVE, held[0])
        it.act(Verb.CANCEL, held[1])
        it.wait(held[0], "verified")
        it.wait(held[1], "canceled")
        assert not it.is_gone(customers[held[1]])
        assert it.counts()[DELETE] == 3


@BOTH_ENGINES
def test_a_restoration_in_time_and_too_late(run: Run) -> None:
    with run(deletion_delay=3) as it:
        restored = it.customer("restored", "active")
        first = it.customer("restored first", "active")
        late = it.customer("late", "active", grants=1)
        (grant,) = it.truth(late)["grant_ids"]
        it.sim.control("POST", f"/grants/{grant}", {"stuck": True})

        it.tell("restored")
        it.tell("late")
        it.tell("restored", "user.restored")
        it.wait("restored", "canceled")

        # The restoration overtakes the deletion that it takes back.
        it.tell("restored first", "user.restored")
        it.tell("restored first", timestamp=ago(seconds=5))
        it.wait("restored first", "canceled")

        row = it.wait("late", "deleted")
        it.tell("late", "user.restored")
        wait_for(lambda: "restored.too_late" in it.kinds(row), "said that it is too late")
        assert it.deletions("late")[0]["state"] == "deleted"
        it.sim.control("POST", f"/grants/{grant}", {"stuck": False})
        it.wait("late", "verified")

        assert deleted_customers(it) == [late]
        # Who leaves again afterwards is deleted.
        it.tell("restored")
        it.wait("restored", "verified", deletion=1)
        assert it.is_gone(restored)
        assert not it.is_gone(first)


@BOTH_ENGINES
def test_a_restoration_while_a_request_is_under_way(run: Run) -> None:
    with run() as it:
        customers = {user: it.customer(user, "active") for user in ("state", "list")}
        slow = {"kind": "delay", "seconds": 2, "count": 1}
        for user, path in (("state", "/state$"), ("list", "^/v1/subscriptions/")):
            it.sim.faults({**slow, "path": path})
            it.tell(user)
            wait_for(lambda: struck(it) == 1, "the request is under way")
            it.tell(user, "user.restored")
            it.wait(user, "canceled")
            route = STATE if user == "state" else SUBSCRIPTIONS
            wait_for(lambda: it.counts().get(route, 0) > 0, "answered")  # noqa: B023
        # The worker may go on; whatever it learnt, it must not act on it.
        it.tell("nobody")
        it.wait("nobody", "no_customer")
        for user in customers:
            assert [row["state"] for row in it.deletions(user)] == ["canceled"]
        assert not any(map(it.is_gone, customers.values()))


def test_a_restoration_while_the_delete_waits_for_the_budget(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.sim.faults({"kind": "rate_limit", "retry_after": 3, "method": "DELETE", "count": 1})
        first = it.customer("first", "active")
        it.tell("first")
        wait_for(lambda: tries(it, "first") > 0, "the pause has begun")
        it.tell("u1")
        wait_for(lambda: len(it.deletions("u1")) == 1, "the deletion is open")
        it.tell("u1", "user.restored")
        it.wait("u1", "canceled")
        it.wait("first", "verified")
        assert deleted_customers(it) == [first]
        assert not it.is_gone(customer)


def test_a_held_deletion_whose_customer_is_deleted_by_hand(run: Run) -> None:
    with run(max_deletions_per_hour=1) as it:
        for user in ("u1", "u2"):
            it.customer(user, "active")
        it.tell("u1")
        it.wait("u1", "verified")
        it.tell("u2")
        it.wait("u2", "held")
        assert it.sim.delete("u2").status_code == 204
        it.wait("u2", "verified")
        assert it.counts()[DELETE] == 1


@BOTH_ENGINES
def test_two_workers_share_the_work(run: Run) -> None:
    users = names(40)
    with run() as it, run(webhooks=False):
        it.sim.control(
            "POST", "/customers/bulk", {"count": 40, "subscriptions": ["active"], "grants": 1}
        )
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        it.settled()
        assert it.counts()[STATE] == it.counts()[DELETE] == len(set(deleted_customers(it))) == 40
        for user in users:
            (row,) = it.deletions(user)
            kinds = Counter(it.kinds(row))
            assert kinds["customer.found"] == kinds["delete.sent"] == kinds["forgotten"] == 1
            assert it.receipt(row)["chain_unbroken"] if user == users[0] else True


@BOTH_ENGINES
def test_who_signed_up_again_is_not_deleted_for_the_old_event(run: Run) -> None:
    with run() as it:
        old = it.customer("u1", "active", created_at=ago(days=9))
        event = it.tell("u1", timestamp=ago(minutes=10))
        it.wait("u1", "verified")
        new = it.customer("u1", "active", grants=1, email="new@example.com")

        # The app repeats itself: under the same id, under another, and with an older time.
        it.post(event, webhook_id="another-id")
        it.tell("u1", timestamp=ago(minutes=11))
        wait_for(lambda: it.kinds(it.deletions("u1")[0]).count("event.repeated") == 2, "recognized")
        assert [row["state"] for row in it.deletions("u1")] == ["verified"]
        assert deleted_customers(it) == [old]

        # A newer event is about the new customer, however close to the sign-up it is.
        it.tell("u1")
        it.wait("u1", "verified", deletion=1)
        assert deleted_customers(it) == [old, new]
        it.settled()
        it.forgotten("new@example.com")


def test_an_event_that_comes_after_the_next_sign_up_is_superseded(run: Run) -> None:
    with run() as it:
        new = it.customer("u1", "active")
        it.tell("u1", timestamp=ago(minutes=10))
        row = it.wait("u1", "superseded")
        assert new in row["reason"]
        it.settled()
        assert DELETE not in it.counts()
        it.tell("u1")
        it.wait("u1", "verified", deletion=1)
        assert it.is_gone(new)


def test_a_sign_up_while_the_answer_to_delete_is_lost(run: Run) -> None:
    with run(request_timeout=3) as it:
        it.sim.webhook_faults(LOST)
        old = it.customer("u1", "active", created_at=ago(days=9))
        fault = {"kind": "timeout", "seconds": 60, "method": "DELETE", "count": 1}
        it.sim.faults(fault)
        it.tell("u1", timestamp=ago(minutes=10))
        wait_for(lambda: it.is_gone(old), "the first DELETE had its effect")
        new = it.customer("u1", "active")
        it.wait("u1", "deleted")
        assert it.counts()[DELETE] == 2
        assert deleted_customers(it) == [old]
        assert not it.is_gone(new)


@BOTH_ENGINES
def test_two_events_in_a_burst(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.tell("u1", timestamp=ago(seconds=2))
        it.tell("u1", timestamp=ago(seconds=1))
        it.tell("u1", timestamp=ago(seconds=3))
        it.wait("u1", "verified")
        wait_for(
            lambda: {row["state"] for row in it.deletions("u1")} <= {"verified", "no_customer"},
            "every deletion of the user ended",
        )
        assert deleted_customers(it) == [customer]


@BOTH_ENGINES
def test_one_event_sent_twice_at_once_and_once_more_later(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        body = event_body("user.deleted", "u1")
        answers = [it.post(body, webhook_id="msg_1") for _ in range(2)]
        it.wait("u1", "verified")
        answers.append(it.post(body, webhook_id="msg_1"))
        assert [answer.json()["status"] for answer in answers] == [
            "accepted",
            "duplicate",
            "duplicate",
        ]
        assert len(it.deletions("u1")) == 1
        assert deleted_customers(it) == [customer]


# --- who the user is at Polar ------------------------------------------------------------------


@BOTH_ENGINES
def test_a_user_mapped_by_customer_id(run: Run) -> None:
    with run() as it:
        customer = it.customer(None, "active")
        other = it.customer("u1", "active")
        it.map("u1", customer_id=customer)
        it.tell("u1")
        it.wait("u1", "verified")
        assert it.counts() == {STATE_BY_ID: 1, SUBSCRIPTIONS: 1, DELETE: 1}
        assert deleted_customers(it) == [customer]
        assert not it.is_gone(other)
        assert not it.query("SELECT * FROM mapping")


def test_template_and_the_events_own_external_id(run: Run) -> None:
    with run(mapping="template", external_id_template="org/{user_id}") as it:
        by_template = it.customer("org/u1", "active")
        by_event = it.customer("elsewhere", "active")
        bystander = it.customer("org/u2", "active")
        it.tell("u1")
        it.tell("u2", external_id="elsewhere")
        it.wait_all(("u1", "u2"), "verified")
        assert sorted(deleted_customers(it)) == sorted([by_template, by_event])
        assert not it.is_gone(bystander)


@BOTH_ENGINES
def test_an_unmapped_user_goes_on_once_mapped(run: Run) -> None:
    with run(mapping="table") as it:
        customer = it.customer("x1", "active")
        it.tell("u1")
        assert "polar-sync map set" in it.wait("u1", "unmapped")["reason"]
        assert it.counts() == {}
        it.map("u1", external_id="x1")
        it.wait("u1", "verified")
        assert deleted_customers(it) == [customer]


@BOTH_ENGINES
def test_external_ids_of_any_kind(run: Run) -> None:
    ids = [
        "a/b",
        "a%2Fb",
        "a%b",
        "?anonymize=false",
        "a#b",
        "..",
        ".",
        "../../customers",
        "x/state",
        "a b",
        " padded ",
        "a+b&c=d;e",
        "ünïcødé 用户 🧑",
        "e\u0301 is not \u00e9",
        "é is not e\u0301",
        "quote'\"\\",
        "x" * 255,
        "用" * 255,
    ]
    with run(webhooks=False, verify_after=0.5) as it:
        customers = [it.customer(external_id, "active") for external_id in ids]
        bystanders = [it.customer(other, "active") for other in ("a", "b", "state", "%2E%2E")]
        for external_id in ids:
            it.tell(external_id)
        it.wait_all(ids, "verified")
        assert sorted(deleted_customers(it)) == sorted(customers)
        assert not any(map(it.is_gone, bystanders))


@BOTH_ENGINES
def test_a_customer_who_appears_after_all(run: Run) -> None:
    with run(recheck_after=0.3) as it:
        it.tell("u1", timestamp=ago(minutes=1))
        it.tell("u2", timestamp=ago(minutes=1))
        it.wait_all(("u1", "u2"), "no_customer")
        # After a last look the id itself is forgotten; a webhook brings it back.
        wait_for(lambda: it.deletions("u1")[0]["forgotten_at"] is not None, "forgotten")
        customer = it.customer("u1", "active", created_at=ago(hours=1))
        newer = it.customer("u2", "active")
        it.wait("u1", "verified")
        it.wait("u2", "superseded")
        assert deleted_customers(it) == [customer]
        assert not it.is_gone(newer)


@BOTH_ENGINES
def test_a_customer_who_appears_while_others_are_asked_about(run: Run) -> None:
    users = ("appears", "slow")
    with run(worker="separate") as it:
        for user in users:
            it.tell(user)
    it.sim.faults({"kind": "delay", "seconds": 3, "path": "external/slow/state"})
    with run() as it:
        wait_for(lambda: it.counts().get(STATE) == 1 and struck(it) == 1, "one is answered")
        # Polar has said that it is not there; and this webhook comes before that is written down.
        customer = it.customer("appears", "active", created_at=ago(hours=1))
        it.wait("slow", "no_customer")
        it.wait("appears", "verified")
        assert deleted_customers(it) == [customer]


@BOTH_ENGINES
def test_a_customer_deleted_by_hand_before_the_event(run: Run) -> None:
    with run(verify_after=0.4) as it:
        customer = it.customer("u1", "active", grants=1)
        assert it.sim.delete("u1").status_code == 204
        it.settled()
        it.tell("u1")
        row = it.wait("u1", "verified")
        assert row["customer_id"] == customer
        assert DELETE not in it.counts()
        assert it.counts()[STATE] == 1
        assert "customer.missing" in it.kinds(row)


def test_a_user_without_a_customer(run: Run) -> None:
    with run() as it:
        it.tell("u1")
        row = it.wait("u1", "no_customer")
        assert it.counts() == {STATE: 1}
        assert row["next_attempt_at"] is not None  # it looks once more


@BOTH_ENGINES
def test_a_user_without_a_customer_is_forgotten_after_the_last_look(run: Run) -> None:
    with run(recheck_after=0.3) as it:
        it.tell("somebody-who-never-paid")
        row = it.wait("somebody-who-never-paid", "no_customer")
        it.forgotten("somebody-who-never-paid")
        assert it.kinds(row).count("customer.missing") == 2
        assert it.counts() == {STATE: 2}


# --- what comes in -----------------------------------------------------------------------------


@BOTH_ENGINES
def test_dead_letters_do_not_block_and_ignored_events_keep_no_body(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.settled()
        for body in (
            b"not json",
            b'{"content": "", "embeds": []}',
            b'{"type": "subscription.updated", "timestamp": "2026-08-01T00:00:00Z", "data": {}}',
            json.dumps(
                {
                    "type": "customer.updated",
                    "timestamp": now().isoformat(),
                    "data": {"id": customer, "email": "u1@example.com"},
                }
            ).encode(),
        ):
            answer = it.app.post("/webhooks/polar", content=body, headers=polar_headers(body))
            assert answer.status_code == 202
        it.app.post(
            "/events",
            content=(body := event_body("session.created", "u1")),
            headers=signed_headers(body),
        )
        it.tell("u1")
        it.wait("u1", "verified")
        it.settled()
        rows = it.query("SELECT * FROM inbox ORDER BY id")
        dead = [row for row in rows if row["status"] == "dead"]
        assert len(dead) == 4
        assert all(row["error"] for row in dead)
        ignored = [row for row in rows if row["status"] == "ignored"]
        assert {"member.created", "session.created"} <= {row["event_type"] for row in ignored}
        assert not any(row["body"] for row in ignored)
        assert all(len(row["digest"]) == 64 for row in rows)


# --- forgetting --------------------------------------------------------------------------------

PERSONAL = ("ada@example.com", "Ada Lovelace", "user-ada", "metadata-of-ada", "Rue de Rivoli")


def ada(it: Bridge, *subscriptions: Any) -> str:
    return it.customer(
        "user-ada",
        *subscriptions,
        email="ada@example.com",
        name="Ada Lovelace",
        metadata={"note": "metadata-of-ada"},
        billing_address={"country": "FR", "line1": "1 Rue de Rivoli"},
        tax_id=["FR61954506077", "eu_vat"],
        grants=1,
    )


def resent(it: Bridge, *, broken: bool = False) -> int:
    """Send all that Polar has sent so far once more, as new events: they come late and are signed.
    Returns how many there were. `broken`: so that they cannot be applied."""
    payloads = [event["payload"] for event in it.sim.events()]
    for payload in payloads:
        event = json.loads(payload)
        if broken:
            event["data"]["created_at"] = "never"
        body = json.dumps(event).encode()
        answer = it.app.post("/webhooks/polar", content=body, headers=polar_headers(body))
        assert answer.status_code == 202
    return len(payloads)


@BOTH_ENGINES
def test_nothing_personal_is_left_on_the_disk(run: Run) -> None:
    with run() as it:
        ada(it, "active")
        it.settled()
        assert all(text.encode() in it.stored() for text in PERSONAL if text != "Rue de Rivoli")
        it.map("user-ada", external_id="user-ada")
        event = it.tell("user-ada")
        row = it.wait("user-ada", "verified")
        it.settled()
        it.forgotten(*PERSONAL)
        assert (row["user_id"], row["external_id"]) == (None, None)
        assert it.query("SELECT body FROM inbox WHERE body IS NOT NULL") == []

        # Late webhooks, of before the deletion too, and the app's event once more.
        assert resent(it) > 10
        assert it.post(event, webhook_id="late").status_code == 202
        it.settled()
        it.forgotten(*PERSONAL)
        assert it.query("SELECT body FROM inbox WHERE body IS NOT NULL") == []
        (customer,) = it.query("SELECT * FROM customer")
        assert (customer["email"], customer["external_id"]) == (None, None)
        assert len(it.deletions("user-ada")) == 1


@BOTH_ENGINES
def test_late_dead_letters_keep_nothing_personal_either(run: Run) -> None:
    with run() as it:
        ada(it, "active")
        it.tell("user-ada")
        it.wait("user-ada", "verified")
        it.settled()
        it.forgotten(*PERSONAL)
        resent(it, broken=True)
        it.settled()
        assert it.query("SELECT 1 FROM inbox WHERE status = 'dead'")
        it.forgotten(*PERSONAL)


def test_evidence_and_receipt_hold_nothing_personal(run: Run) -> None:
    with run() as it:
        ada(it, "active", "paused")
        it.sim.faults({"kind": "error", "path": "^/v1/customers", "count": 1})
        it.tell("user-ada")
        row = it.wait("user-ada", "incomplete")
        texts = [json.dumps([dict(link) for link in it.evidence(row)]), row["reason"]]
        texts.append(json.dumps(it.receipt(row), default=str))
        for text in texts:
            assert not [personal for personal in PERSONAL if personal in text]


@BOTH_ENGINES
def test_the_receipt_can_be_checked(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.tell("u1")
        row = it.wait("u1", "verified")
        it.settled()
        receipt = it.receipt(row)
        hasher = Hasher(SecretStr(HASH_KEY))
        assert receipt["chain_unbroken"] is True
        assert receipt["state"] == "verified"
        assert receipt["polar_customer_id"] == customer
        assert receipt["user_hash"] == hasher.user("u1") != hasher.user("u2")
        content = {name: value for name, value in receipt.items() if name != "seal"}
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        assert receipt["seal"] == hasher.seal(canonical)
        other_key = Hasher(SecretStr("f" * 64))
        assert receipt["seal"] != other_key.seal(canonical)
        assert it.receipt(row) == receipt

    tampering = (
        "UPDATE evidence SET state = 'canceled' WHERE seq = 3",
        "UPDATE evidence SET detail = '{}' WHERE seq = 2",
        "UPDATE evidence SET at = '2026-01-01 00:00:00.000000' WHERE seq = 1",
        "DELETE FROM evidence WHERE seq = 2",
        "DELETE FROM evidence WHERE seq = 1",
        "UPDATE evidence SET seq = seq + 100 WHERE seq > 2",
        "UPDATE evidence SET hash = (SELECT hash FROM evidence WHERE seq = 1) WHERE seq = 4",
    )
    evidence = it.query("SELECT * FROM evidence ORDER BY seq")
    columns = ", ".join(evidence[0].keys())
    places = ", ".join("?" for _ in evidence[0].keys())  # noqa: SIM118 - not a dict on SQLite
    for statement in tampering:
        assert it.store.execute(statement)
        assert it.receipt(row)["chain_unbroken"] is False, statement
        it.store.execute("DELETE FROM evidence")
        for link in evidence:
            values = [link[name] for name in link.keys()]  # noqa: SIM118
            it.store.execute(f"INSERT INTO evidence ({columns}) VALUES ({places})", *values)  # noqa: S608
    assert it.receipt(row)["chain_unbroken"] is True


# --- processes ---------------------------------------------------------------------------------


def variables(sim: SimulatorClient, **more: str) -> dict[str, str]:
    """The environment of a bridge process, but for its database."""
    return {
        "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
        "POLAR_BASE_URL": sim.url,
        "POLAR_WEBHOOK_SECRETS": POLAR_SECRET,
        "EVENT_SECRETS": EVENT_SECRET,
        "HASH_KEY": HASH_KEY,
        "RATE_PER_MINUTE": "100000",
        "LOG_LEVEL": "debug",
        **more,
    }


def beside_process(sim: SimulatorClient, store: Store, url: str) -> Bridge:
    """The view on a bridge that runs as a process."""
    settings = bridge.bridge_settings(sim, store)
    return Bridge(sim, settings, httpx.Client(base_url=url, timeout=WAIT), store)


def test_the_log_tells_no_secret_and_nothing_personal(
    sim: SimulatorClient, store: Store, tmp_path: Path
) -> None:
    environment = variables(sim, DATABASE_URL=store.url, REQUEST_TIMEOUT="0.5")
    with serve_process(environment, tmp_path) as process:
        it = beside_process(sim, store, process.url)
        sim.endpoint(f"{process.url}/webhooks/polar", secret=POLAR_SECRET)
        ada(it, "active")
        sim.faults(
            {"kind": "timeout", "seconds": 1, "method": "DELETE", "count": 1},
            {"kind": "error", "status": 502, "count": 1},
            {"kind": "drop", "count": 1},
        )
        garbage = b'{"type": "customer.updated", "data": {"email": "ada@example.com"}}'
        it.app.post("/webhooks/polar", content=garbage, headers=polar_headers(garbage))
        it.app.post("/webhooks/polar", content=garbage, headers={"webhook-id": "unsigned"})
        it.tell("user-ada")
        it.wait("user-ada", "verified")
        it.settled()
        resent(it, broken=True)
        it.settled()
        it.app.close()
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(WAIT) in {0, -signal.SIGTERM}
        log = "".join(process.log)
    assert "dead letter" in log
    for secret in (*PERSONAL, DEFAULT_TOKEN, POLAR_SECRET, EVENT_SECRET, HASH_KEY):
        assert secret not in log
        assert secret.removeprefix("whsec_").removeprefix("polar_whs_") not in log


def test_sigterm_with_work_in_flight(
    sim: SimulatorClient, store: Store, tmp_path: Path, run: Run
) -> None:
    users = names(6)
    environment = variables(
        sim, DATABASE_URL=store.url, REQUEST_TIMEOUT="120", VERIFY_AFTER="10", LEASE="600"
    )
    with serve_process(environment, tmp_path) as process:
        it = beside_process(sim, store, process.url)
        customers = [it.customer(user, "active", webhooks=False) for user in users]
        # Some answers come while the worker waits for them, some never.
        sim.faults(
            {"kind": "timeout", "seconds": 2, "method": "DELETE", "path": customers[0]},
            {"kind": "timeout", "seconds": 600, "method": "DELETE"},
        )
        for user in users:
            it.tell(user)
        wait_for(lambda: struck(it) == len(users), "every DELETE is under way")
        it.app.close()
        process.popen.send_signal(signal.SIGTERM)
        # What it waits for would take two minutes.
        assert process.popen.wait(WAIT) in {0, -signal.SIGTERM}
        assert not [line for line in process.log if "Traceback" in line]
    rows = it.query("SELECT * FROM deletion")
    assert Counter(row["state"] for row in rows) == {"deleted": 1, "deleting": 5}
    assert not any(row["lease_token"] or row["lease_until"] for row in rows)
    sim.faults()
    with run(verify_after=0.2) as it:
        # The leases were given back: nobody waits until they run out.
        it.wait_all(users, "verified")
    assert sorted(deleted_customers(it)) == sorted(customers)


@BOTH_ENGINES
def test_a_worker_in_a_process_of_its_own(sim: SimulatorClient, store: Store, run: Run) -> None:
    environment = variables(sim, DATABASE_URL=store.url, WORKER="separate")
    with run(worker="separate") as it:
        customers = [it.customer(user, "active") for user in names(3)]
        for user in names(3):
            it.tell(user)
        assert it.counts() == {}
        command = [sys.executable, "-m", "sync.cli", "worker"]
        with subprocess.Popen(
            command,
            cwd=Path(__file__).parent.parent,
            env={**environment, "PATH": ""},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as worker:
            try:
                it.wait_all(names(3), "verified")
                it.settled()
                it.forgotten("customer-0@example.com", "user-0")
                worker.send_signal(signal.SIGTERM)
                _, errors = worker.communicate(timeout=WAIT)
            finally:
                worker.kill()
        assert worker.returncode == 0, errors
        assert "Traceback" not in errors
        for secret in (DEFAULT_TOKEN, HASH_KEY, EVENT_SECRET, "user-0", "@example.com"):
            assert secret not in errors
        assert sorted(deleted_customers(it)) == sorted(customers)
