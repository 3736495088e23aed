"""What reconciliation finds about deletions."""

from __future__ import annotations

import pytest

from sync.cli.exit_codes import LEFT, REPAIRED, reconciliation_code
from tests.helpers.bridge import Run, ago
from tests.helpers.desk import Desk, found, truth
from tests.helpers.waiting import wait_for
from tests.helpers.world import delete_customer, world


@pytest.mark.slow
def test_a_verified_deletion_that_something_open_contradicts(desk: Desk, run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active", grants=1)
        it.settled()
        it.tell("u1")
        it.wait("u1", "verified")
        it.settled()
    desk.assert_settled()
    late = desk.sim.control(
        "POST", "/subscriptions", {"customer_id": customer, "status": "paused", "webhooks": False}
    )
    report = desk.reconcile()
    assert found(report) == {("subscription", "missing"): 1, ("deletion", "owed"): 1}
    assert late["id"] in report.differences[-1].cause
    assert report.moved_on == {"incomplete": 1}
    assert reconciliation_code(report) == LEFT
    assert desk.state() == "incomplete"
    # It is told until a person has seen to it.
    report = desk.reconcile()
    assert found(report) == {("deletion", "owed"): 1}
    assert reconciliation_code(report) == LEFT
    canceled = {"status": "canceled", "webhooks": False}
    desk.sim.control("POST", f"/subscriptions/{late['id']}", canceled)
    report = desk.reconcile()
    assert found(report) == {("subscription", "changed"): 1}
    assert report.moved_on == {"verified": 1}
    desk.assert_settled()


@pytest.mark.slow
def test_a_deletion_whose_webhooks_were_lost_is_verified(desk: Desk, run: Run) -> None:
    with run(webhooks=False) as it:
        it.customer("u1", "active", grants=2)
        it.tell("u1")
        it.wait("u1", "deleted")
        desk.sim.settle()
    report = desk.reconcile()
    assert report.moved_on == {"verified": 1}
    assert reconciliation_code(report) == REPAIRED
    assert desk.state() == "verified"
    desk.assert_settled()
    assert "u1@" not in "".join(desk.dump())


def test_what_a_deletion_left_is_incomplete_and_for_a_person_at_once(desk: Desk, run: Run) -> None:
    with run(webhooks=False) as it:
        it.customer("u1", "active")
        it.tell("u1")
        it.wait("u1", "deleted")
        desk.sim.settle()
        [subscription] = desk.sim.items("/v1/subscriptions/")
    desk.sim.control("POST", f"/subscriptions/{subscription['id']}", {"status": "unpaid"})
    desk.change("UPDATE subscription SET status = 'unpaid'")
    desk.sim.control(
        "POST", f"/subscriptions/{subscription['id']}", {"ended_at": None, "webhooks": False}
    )
    report = desk.reconcile()
    assert report.moved_on == {"incomplete": 1}
    assert found(report)["deletion", "owed"] == 1
    assert reconciliation_code(report) == LEFT


@pytest.mark.slow
def test_a_deletion_under_way_whose_customer_is_gone_moves_on(desk: Desk, run: Run) -> None:
    with run(max_deletions_per_hour=1, webhooks=False) as it:
        for user in ("u1", "u2"):
            it.customer(user, "active")
        it.tell("u1")
        it.wait("u1", "deleted")
        it.tell("u2")
        it.wait("u2", "held")
    assert desk.sim.delete("u2").status_code == 204
    desk.sim.settle()
    report = desk.reconcile()
    assert [desk.state(1), desk.state(2)] == ["verified", "verified"]
    assert report.moved_on == {"deleted": 1, "verified": 2}
    desk.assert_settled()


@pytest.mark.slow
def test_a_customer_who_is_listed_though_recorded_as_gone_is_for_a_person(
    desk: Desk, run: Run
) -> None:
    with run() as it:
        it.customer("u1", "active")
        alive = it.customer("u2", "active")
        it.settled()
        it.tell("u1")
        it.wait("u1", "verified")
        it.settled()
    desk.change("UPDATE deletion SET customer_id = ?", alive)
    for _ in range(2):
        report = desk.reconcile()
        # Their subscription is open as well, which the deletion owes too.
        assert {difference.kind for difference in report.differences} == {"deletion"}
        assert not any(difference.repaired for difference in report.differences)
        assert f"Polar lists customer {alive}" in report.differences[0].cause
        assert reconciliation_code(report) == LEFT
    assert alive in truth(desk.sim)["customers"]


@pytest.mark.slow
def test_a_forgotten_customer_who_lives_is_for_a_person(desk: Desk) -> None:
    it = world(desk)
    forgotten = "forgotten_at = created_at, deleted_at = created_at"
    it.sql(f"UPDATE customer SET {forgotten}, email = NULL WHERE id = :customer")  # noqa: S608
    for _ in range(2):
        report = desk.reconcile()
        assert found(report) == {("customer", "owed"): 1}
        assert reconciliation_code(report) == LEFT
    assert desk.one("SELECT email FROM customer WHERE id = ?", it.customer) is None


@pytest.mark.slow
@pytest.mark.parametrize("forgotten", [False, True], ids=["ids known", "ids forgotten"])
@pytest.mark.parametrize(("minutes", "state"), [(5, "verified"), (-5, "superseded")])
def test_a_customer_who_appears_after_all_wakes_the_deletion(
    desk: Desk, run: Run, forgotten: bool, minutes: int, state: str
) -> None:
    with run(webhooks=False, recheck_after=0.2 if forgotten else 600) as it:
        it.tell("u1")
        it.wait("u1", "no_customer")
        if forgotten:
            wait_for(lambda: it.deletions("u1")[0]["user_id"] is None, "forgotten")
        it.customer("u1", "active", created_at=ago(minutes=minutes))
        dry = desk.reconcile(dry_run=True)
        assert found(dry)["deletion", "owed"] == 1
        report = desk.reconcile()
        assert found(report) == {
            ("customer", "missing"): 1,
            ("subscription", "missing"): 1,
            ("member", "missing"): 1,
            ("deletion", "owed"): 1,
        }
        assert reconciliation_code(report) == REPAIRED
        it.wait("u1", "deleted" if state == "verified" else state)
    desk.sim.settle()
    desk.reconcile()
    assert desk.state() == state
    desk.assert_settled()


@pytest.mark.slow
def test_who_was_deleted_elsewhere_is_counted(desk: Desk) -> None:
    it = world(desk)
    delete_customer(it)
    assert desk.reconcile().deleted_elsewhere == 1
    assert desk.reconcile().deleted_elsewhere == 1
