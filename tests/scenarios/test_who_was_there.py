"""Only who was there when the event came is deleted, and nobody who has come back."""

from __future__ import annotations

from typing import Any

import pytest

from sync.deletions.identity import remove_entry
from sync.deletions.operator import Verb
from sync.hashing import Hasher
from tests.helpers.bridge import DELETE, DELETE_BY_ID, STATE, Bridge, Run, ago
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import deleted_customers, tries
from tests.helpers.waiting import wait_for

pytestmark = [BOTH_ENGINES, pytest.mark.slow]


def subscribe(it: Bridge, customer: str) -> str:
    given = {"customer_id": customer, "status": "active"}
    subscription_id: str = it.sim.control("POST", "/subscriptions", given)["id"]
    return subscription_id


def pinned_long_ago(it: Bridge) -> None:
    it.store.execute("UPDATE deletion SET pinned_at = customer_created_at")


def deletes_sent(it: Bridge) -> int:
    return it.counts().get(DELETE, 0) + it.counts().get(DELETE_BY_ID, 0)


@pytest.mark.parametrize("by", ["retry", "webhook", "restart"])
def test_who_signs_up_right_after_the_event_is_kept(run: Run, by: str) -> None:
    """Well within CLOCK_SKEW of the event, after Polar has answered that it has nobody."""
    with run(webhooks=by == "webhook", clock_skew=3_600) as it:
        it.tell("u1")
        it.wait("u1", "no_customer")
        new = it.customer("u1", "active", webhooks=by == "webhook")
        if by == "webhook":
            it.wait("u1", "superseded")
        if by == "retry":
            it.act(Verb.RETRY, "u1")
    if by == "restart":
        it.store.execute("UPDATE deletion SET next_attempt_at = received_at")
    with run(webhooks=False, clock_skew=3_600) as it:
        it.wait("u1", "superseded")
    assert "was not there when Polar was asked" in it.deletions("u1")[0]["reason"]
    assert not it.is_gone(new)
    assert deletes_sent(it) == 0


def test_who_signs_up_is_kept_when_the_mapping_goes_elsewhere_and_back(run: Run) -> None:
    with run(webhooks=False, clock_skew=3_600) as it:
        it.tell("u1")
        it.wait("u1", "no_customer")
        new = it.customer("u1", "active", webhooks=False)
        it.map("u1", external_id="elsewhere")
        elsewhere = Hasher(it.settings.hash_key).external("elsewhere")
        wait_for(lambda: it.deletions("u1")[0]["external_hash"] == elsewhere, "looked there")
        it.map("u1", external_id="u1")
        it.wait("u1", "superseded")
    assert not it.is_gone(new)
    assert deletes_sent(it) == 0


@pytest.mark.parametrize("delete_by", ["external_id", "customer_id"])
@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.CANCEL])
def test_who_subscribed_anew_while_polar_was_away_is_held(
    run: Run, delete_by: str, verb: Verb
) -> None:
    with run(delete_by=delete_by) as it:
        it.sim.faults({"kind": "error", "status": 503, "path": "/state$"})
        customer = it.customer("u1", "active", created_at=ago(days=9))
        it.tell("u1", timestamp=ago(minutes=10))
        wait_for(lambda: tries(it, "u1") >= 1, "failed")
        subscription = subscribe(it, customer)
        it.sim.faults()
        it.act(Verb.RETRY, "u1")
        row = it.wait("u1", "held")
        assert "active since the event" in row["reason"]
        assert subscription in row["reason"]
        assert deletes_sent(it) == 0
        it.act(verb, "u1")
        it.wait("u1", "verified" if verb is Verb.APPROVE else "canceled")
        assert it.is_gone(customer) == (verb is Verb.APPROVE)
        assert deletes_sent(it) == (1 if verb is Verb.APPROVE else 0)


@pytest.mark.parametrize("delete_by", ["external_id", "customer_id"])
def test_who_subscribed_anew_after_being_pinned_is_held(run: Run, delete_by: str) -> None:
    """The brake, or a Polar that is down, can hold a pinned deletion for days."""
    with run(delete_by=delete_by, max_deletions_per_hour=1) as it:
        first = it.customer("first", "active")
        it.tell("first")
        it.wait("first", "verified")
        customer = it.customer("u1", "active", created_at=ago(days=9))
        it.tell("u1", timestamp=ago(minutes=10))
        row = it.wait("u1", "held")
        assert "the brake" in row["reason"]
        pinned_long_ago(it)
        subscription = subscribe(it, customer)
        it.act(Verb.APPROVE, "u1")
        wait_for(lambda: subscription in (it.deletions("u1")[0]["reason"] or ""), "held anew")
        assert it.deletions("u1")[0]["state"] == "held"
        assert not it.is_gone(customer)
        it.act(Verb.APPROVE, "u1")
        it.wait("u1", "verified")
        assert deleted_customers(it) == [first, customer]


def test_who_subscribed_anew_while_the_delete_failed_is_held(run: Run) -> None:
    with run() as it:
        it.sim.faults({"kind": "error", "status": 503, "method": "DELETE"})
        customer = it.customer("u1", "active", created_at=ago(days=9))
        it.tell("u1", timestamp=ago(minutes=10))
        wait_for(lambda: tries(it, "u1") >= 1, "failed")
        subscription = subscribe(it, customer)
        pinned_long_ago(it)
        it.sim.faults()
        row = it.wait("u1", "held")
        assert subscription in row["reason"]
        it.act(Verb.CANCEL, "u1")
        it.wait("u1", "canceled")
        assert not it.is_gone(customer)


def test_what_an_operator_says_after_the_event_wins_over_the_event(run: Run) -> None:
    with run() as it:
        customer = it.customer("right", "active")
        it.tell("u1", external_id="not Polar's")
        it.wait("u1", "no_customer")
        assert identified_by(it) == ["event"]
        it.map("u1", external_id="right")
        row = it.wait("u1", "verified")
        assert row["customer_id"] == customer
        assert identified_by(it) == ["event", "entry"]
        assert it.counts()[STATE] == 2


def test_an_event_that_comes_after_what_an_operator_said_wins(run: Run) -> None:
    with run(mapping="table", worker="separate") as it:
        it.tell("u1", external_id="old", timestamp=ago(minutes=1))
    with run(mapping="table") as it:
        it.wait("u1", "no_customer")
        it.map("u1", external_id="of the operator")
        wait_for(lambda: identified_by(it)[-1:] == ["entry"], "looked for as the operator says")
        customer = it.customer("of the event", "active")
        it.tell("u1", external_id="of the event")
        it.wait("u1", "verified", deletion=1)
        assert deleted_customers(it) == [customer]


def identified_by(it: Bridge) -> list[Any]:
    links = it.evidence(it.deletions("u1")[0])
    return [link["detail"]["identified_by"] for link in links if "identified_by" in link["detail"]]


@pytest.mark.parametrize("by", ["event", "customer id", "external id"])
def test_a_customer_whom_the_mapping_gives_to_another_user_is_left_alone(run: Run, by: str) -> None:
    with run() as it:
        customer = it.customer("hers", "active")
        if by == "customer id":
            it.map("she", external_id="hers")
            it.map("he", customer_id=customer)
        elif by == "external id":
            it.map("she", customer_id=customer)
            it.map("he", external_id="hers")
        else:
            it.map("she", external_id="hers")
        given = {"external_id": "hers"} if by == "event" else {}
        it.tell("he", **given)
        row = it.wait("he", "unmapped")
        assert customer in row["reason"]
        assert deletes_sent(it) == 0
        # Once the operator has corrected it, the customer is hers alone.
        if by != "event":
            it.beside(lambda database: remove_entry(database, "he"))
        it.tell("she")
        it.wait("she", "verified")
        assert deleted_customers(it) == [customer]
