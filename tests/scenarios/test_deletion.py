"""The ordinary way of a deletion, by webhooks and by the API."""

from __future__ import annotations

import pytest

from tests.helpers.bridge import DELETE, GRANTS, STATE, SUBSCRIPTIONS, Run, names
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import LOST, deleted_customers


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@BOTH_ENGINES
def test_a_backlog_shares_its_list_requests_to_the_end(run: Run) -> None:
    """Also when there are more than are worked on at once, and one is done at a time."""
    users = names(250)
    with run(worker="separate") as it:
        it.sim.control("POST", "/customers/bulk", {"count": 250, "subscriptions": ["active"]})
        for user in users:
            it.tell(user)
    with run(rate_per_minute=6_000, max_deletions_per_hour=0) as it:
        it.wait_all(users, "verified")
        assert it.counts()[SUBSCRIPTIONS] <= 25
        assert set(it.counts()) == {STATE, DELETE, SUBSCRIPTIONS}


@pytest.mark.slow
def test_without_anonymizing(run: Run) -> None:
    with run(anonymize=False) as it:
        customer = it.customer("u1", "active", email="u1@example.com")
        it.tell("u1")
        it.wait("u1", "verified")
        assert it.truth(customer)["customer"]["email"] == "u1@example.com"
        it.settled()
        it.forgotten("u1@example.com")


@pytest.mark.slow
@pytest.mark.parametrize("webhooks", [True, False])
def test_every_subscription_status(run: Run, *, webhooks: bool) -> None:
    ends = ("trialing", "active", "past_due", "canceled", "incomplete_expired", "incomplete")
    survives = ("paused", "unpaid")
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


@pytest.mark.slow
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


@pytest.mark.slow
@BOTH_ENGINES
def test_webhooks_in_reverse(run: Run) -> None:
    with run() as it:
        it.customer("u1", "active", grants=1)
        it.settled()
        it.sim.webhook_faults({"kind": "hold"})
        it.tell("u1")
        it.wait("u1", "deleted")
        # Polar's background work and its last word on the customer: all is held.
        it.sim.settle()
        it.sim.control("POST", "/webhooks/release", {"order": "reverse"})
        it.sim.webhook_faults()
        it.wait("u1", "verified")
        assert GRANTS not in it.counts()
