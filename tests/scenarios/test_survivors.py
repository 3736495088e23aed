"""Subscriptions and grants that survive the deletion of their customer."""

from __future__ import annotations

import pytest

from sync.deletions.operator import Verb
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.bridge import GRANTS, REVOKE, Run, ago
from tests.helpers.commands import finished
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import deleted_customers, struck
from tests.helpers.settings import environment
from tests.helpers.waiting import wait_for


@pytest.mark.slow
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
        # Polar has no request that ends this one, and none is tried.
        reason = it.wait("u2", "incomplete")["reason"]
        assert "(unpaid)" in reason
        assert "use Polar's dashboard, or ask Polar's support" in reason
        assert it.counts()[REVOKE] == 1
        assert it.is_gone(hopeless)


@pytest.mark.slow
@BOTH_ENGINES
def test_a_subscription_that_never_started_has_ended_once_polar_knows_nothing_of_it(
    run: Run,
) -> None:
    with run() as it:
        customer = it.customer("u1", "incomplete", "active")
        it.settled()
        never, _ = it.truth(customer)["subscription_ids"]
        it.tell("u1")
        row = it.wait("u1", "verified")
        [gone] = [link for link in it.evidence(row) if link["kind"] == "subscription.gone"]
        assert gone["source"] == "api"
        assert gone["detail"] == {
            "id": never,
            "status": "incomplete",
            "answer": "404 ResourceNotFound",
        }
        # A late webhook does not bring it back.
        patch = {"amount": 1}
        it.sim.control("POST", f"/subscriptions/{never}", patch)
        it.at_rest()
        assert it.deletions("u1")[0]["state"] == "verified"
        assert it.receipt(row)["chain_unbroken"]


@pytest.mark.slow
@BOTH_ENGINES
def test_a_survivor_is_revoked_by_command(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "paused", "active", created_at=ago(days=9))
        it.tell("u1")
        row = it.wait("u1", "incomplete")
        variables = environment(
            it.store, POLAR_BASE_URL=it.sim.url, POLAR_ACCESS_TOKEN=DEFAULT_TOKEN
        )
        done = finished("revoke", "u1", variables=variables, cwd=it.store.directory)
        assert (done.code, "is revoked" in done.out) == (0, True), done.err
        it.wait("u1", "verified")
        assert {item["status"] for item in it.truth(customer)["subscriptions"]} == {"canceled"}
        [link] = [link for link in it.evidence(row) if link["kind"] == "survivors.revoked"]
        assert link["source"] == "operator"
        again = finished("revoke", str(row["id"]), variables=variables, cwd=it.store.directory)
        assert (again.code, "no subscription" in again.err) == (1, True)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_incomplete_deletion_is_verified_once_the_operator_has_ended_what_survived(
    run: Run,
) -> None:
    with run() as it:
        told, lost = (it.customer(user, "paused", grants=1) for user in ("told", "lost"))
        it.tell("told")
        it.tell("lost")
        it.wait_all(("told", "lost"), "incomplete")
        it.at_rest()
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_grant_that_is_never_revoked_is_named_then_noticed(run: Run) -> None:
    with run(verify_after=0.3, survivor_after=0.8) as it:
        customer = it.customer("u1", "active", grants=1)
        (stuck,) = it.truth(customer)["grant_ids"]
        it.sim.control("POST", f"/grants/{stuck}", {"stuck": True})
        it.tell("u1")
        assert f"benefit grant {stuck}" in it.wait("u1", "incomplete")["reason"]
        it.sim.control("POST", f"/grants/{stuck}", {"stuck": False, "webhooks": False})
        it.wait("u1", "verified")
