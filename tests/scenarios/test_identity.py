"""Who the user is at Polar."""

from __future__ import annotations

import pytest

from tests.helpers.bridge import DELETE_BY_ID, STATE, STATE_BY_ID, SUBSCRIPTIONS, Run, ago
from tests.helpers.desk import CUSTOMERS
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import LOST, deleted_customers, struck
from tests.helpers.waiting import wait_for


@pytest.mark.slow
@BOTH_ENGINES
def test_a_user_mapped_by_customer_id(run: Run) -> None:
    with run() as it:
        customer = it.customer(None, "active")
        other = it.customer("u1", "active")
        it.map("u1", customer_id=customer)
        it.tell("u1")
        it.wait("u1", "verified")
        assert it.counts() == {STATE_BY_ID: 1, SUBSCRIPTIONS: 1, DELETE_BY_ID: 1}
        assert deleted_customers(it) == [customer]
        assert not it.is_gone(other)
        assert not it.query("SELECT * FROM mapping")


@pytest.mark.slow
@BOTH_ENGINES
def test_an_external_id_with_blanks_at_its_ends(run: Run) -> None:
    with run() as it:
        customers = [it.customer(user, "active") for user in (" by-id ", " by-event", "by-map ")]
        it.map("u1", external_id=" by-map")
        it.tell("u1")
        it.tell("u2", external_id="by-event ")
        it.tell(" by-id ")
        it.wait_all(("u1", "u2", " by-id "), "verified")
        assert sorted(deleted_customers(it)) == sorted(customers)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@BOTH_ENGINES
@pytest.mark.parametrize("mirrored", [True, False])
def test_an_external_id_with_a_slash(run: Run, mirrored: bool) -> None:
    with run(webhooks=mirrored, verify_after=0.5) as it:
        customer = it.customer("team/ada", "active")
        others = [it.customer(other, "active") for other in ("team", "ada", "team/ada/2")]
        it.settled()
        it.tell("team/ada")
        it.wait("team/ada", "verified")
        assert deleted_customers(it) == [customer]
        assert not any(map(it.is_gone, others))
        # No path names it, and the mirror saves the search.
        assert STATE not in it.counts()
        assert it.counts().get(CUSTOMERS, 0) == (0 if mirrored else 1)


@pytest.mark.slow
@BOTH_ENGINES
def test_an_external_id_with_a_slash_of_a_customer_who_is_gone(run: Run) -> None:
    with run() as it:
        known, taken = customers = [
            it.customer(user, "active", created_at=ago(hours=1)) for user in ("a/known", "a/taken")
        ]
        it.settled()
        assert it.sim.api.delete(f"/v1/customers/{known}?anonymize=true").status_code == 204
        it.settled()
        it.sim.webhook_faults(LOST)
        assert it.sim.api.delete(f"/v1/customers/{taken}?anonymize=true").status_code == 204
        it.settled()
        newer = it.customer("a/taken", "active")
        for user in ("a/known", "a/taken"):
            it.tell(user, timestamp=ago(minutes=1))
        assert it.wait("a/known", "verified")["customer_id"] == known
        # With its owner, whom the mirror still has as a member.
        it.wait("a/taken", "superseded", "verified")
        assert STATE not in it.counts()
        assert deleted_customers(it) == customers
        assert not it.is_gone(newer)


@pytest.mark.slow
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


@pytest.mark.slow
@BOTH_ENGINES
def test_a_customer_who_appears_while_others_are_asked_about(run: Run) -> None:
    users = ("appears", "slow")
    with run(worker="separate") as it:
        for user in users:
            it.tell(user)
    it.sim.faults({"kind": "delay", "seconds": 3, "path": "external/slow/state"})
    with run() as it:
        answered = {"path": "external/appears/state", "handled": "404"}
        wait_for(lambda: it.requests(**answered) and struck(it) == 1, "one is answered")
        # Polar has said that it is not there; and this webhook comes before that is written down.
        customer = it.customer("appears", "active", created_at=ago(hours=1))
        it.wait("slow", "no_customer")
        it.wait("appears", "verified")
        assert deleted_customers(it) == [customer]


@pytest.mark.slow
@BOTH_ENGINES
def test_a_customer_deleted_by_hand_before_the_event(run: Run) -> None:
    with run(verify_after=0.4) as it:
        customer = it.customer("u1", "active", grants=1)
        assert it.sim.delete("u1").status_code == 204
        it.settled()
        it.tell("u1")
        row = it.wait("u1", "verified")
        assert row["customer_id"] == customer
        assert deleted_customers(it) == [customer]  # by hand, and never again
        assert it.counts()[STATE] == 1
        assert "customer.missing" in it.kinds(row)


def test_a_user_without_a_customer(run: Run) -> None:
    with run() as it:
        it.tell("u1")
        row = it.wait("u1", "no_customer")
        assert it.counts() == {STATE: 1}
        assert row["next_attempt_at"] is not None  # it looks once more


@pytest.mark.slow
@BOTH_ENGINES
def test_a_user_without_a_customer_is_forgotten_after_the_last_look(run: Run) -> None:
    with run(recheck_after=0.3) as it:
        it.tell("somebody-who-never-paid")
        row = it.wait("somebody-who-never-paid", "no_customer")
        it.forgotten("somebody-who-never-paid")
        assert it.kinds(row).count("customer.missing") == 2
        assert it.counts() == {STATE: 2}


@pytest.mark.slow
@BOTH_ENGINES
def test_what_outlived_a_customer_deleted_in_the_dashboard_is_found(run: Run) -> None:
    """Polar then shows no external id, neither in the webhook nor in the metadata."""
    with run(verify_after=1) as it:
        customer = it.customer("u1", "active", "paused")
        it.settled()
        assert it.sim.delete("u1", anonymize=False).status_code == 204
        it.settled()
        it.tell("u1")
        row = it.wait("u1", "incomplete")
        assert row["customer_id"] == customer
        assert "paused" in row["reason"]


@pytest.mark.slow
@BOTH_ENGINES
def test_a_customer_of_whose_deletion_no_webhook_has_told_is_found(run: Run) -> None:
    with run(verify_after=1) as it:
        customer = it.customer("u1", "active", "paused")
        it.settled()
        it.sim.webhook_faults(LOST)
        assert it.sim.delete("u1").status_code == 204
        it.tell("u1")
        row = it.wait("u1", "incomplete")
        assert row["customer_id"] == customer
        assert "paused" in row["reason"]
