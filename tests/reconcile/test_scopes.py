"""Reconciling one user, the deletions, or what is new."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sync.cli.exit_codes import EQUAL, REPAIRED, UNFINISHED, reconciliation_code
from tests.helpers.bridge import GRANTS, STATE, STATE_BY_ID, SUBSCRIPTIONS, Run, ago
from tests.helpers.desk import CUSTOMERS, Desk, bulk, command, found
from tests.helpers.world import PLANTS, delete_customer, world


@pytest.mark.slow
def test_one_user_costs_a_few_calls_and_nobody_else_is_touched(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    it = world(desk)
    for name in ("customer changed", "subscription missing", "grant revoked"):
        PLANTS[name][0](it)
    desk.change("DELETE FROM customer WHERE external_id LIKE 'new-%'")
    desk.forget_requests()
    assert command(desk, monkeypatch, "--user", "user-1", "--json") == REPAIRED
    report = json.loads(capsys.readouterr().out)
    assert report["found"] == {
        "customer": {"changed": 1},
        "subscription": {"missing": 1},
        "benefit_grant": {"extra": 1},
    }
    assert desk.counts() == {STATE: 1, SUBSCRIPTIONS: 1, GRANTS: 1}
    assert report["calls"] == 3
    assert command(desk, monkeypatch, "--user", "user-1") == EQUAL
    assert found(desk.reconcile()) == {("customer", "missing"): 120}


@pytest.mark.slow
def test_one_user_who_is_gone(desk: Desk) -> None:
    it = world(desk)
    delete_customer(it)
    desk.forget_requests()
    report = desk.do(lambda it: it.user("user-1"))
    assert found(report) == PLANTS["customer deleted"][1]
    # The first answer is that nobody is there: of which organization has to be asked.
    assert desk.counts() == {CUSTOMERS: 1, STATE: 1, STATE_BY_ID: 1, SUBSCRIPTIONS: 1, GRANTS: 1}
    desk.assert_settled()


def test_a_user_nobody_knows(desk: Desk) -> None:
    report = desk.do(lambda it: it.user("nobody"))
    assert (reconciliation_code(report), report.calls) == (EQUAL, 1)


@pytest.mark.slow
def test_the_deletions_alone(desk: Desk, run: Run) -> None:
    bulk(desk.sim, 120)
    with run(webhooks=False, max_deletions_per_hour=1) as it:
        it.customer("u1", "active", grants=1)
        it.customer("u2", "active")
        it.tell("u1")
        it.wait("u1", "deleted")
        it.tell("u2")
        it.wait("u2", "held")
        it.tell("u3")
        it.wait("u3", "no_customer")
    assert desk.sim.delete("u2").status_code == 204
    desk.sim.settle()
    desk.sim.customer("u3", created_at=ago(days=1))
    desk.forget_requests()
    report = desk.do(lambda it: it.deletions())
    assert report.moved_on == {"deleted": 1, "verified": 2}
    assert found(report)["deletion", "owed"] == 1
    assert found(report)["customer", "missing"] == 1
    assert desk.counts() == {STATE: 1, STATE_BY_ID: 2, SUBSCRIPTIONS: 1, GRANTS: 1}
    assert report.compared["customer"] == 1
    # The mirror of everybody else is not looked at.
    assert desk.one("SELECT count(*) FROM customer") == 3


@pytest.mark.slow
def test_since_reads_what_is_new_and_leaves_a_stopped_run_where_it_is(desk: Desk) -> None:
    it = world(desk)
    stopped = desk.reconcile(max_calls=2)
    assert reconciliation_code(stopped) == UNFINISHED
    finished_at = desk.one("SELECT finished_at FROM reconciliation")
    progress = desk.one("SELECT progress FROM reconciliation")
    PLANTS["customer extra"][0](it)
    desk.change("DELETE FROM customer WHERE external_id LIKE 'old-%' OR external_id LIKE 'new-%'")
    desk.forget_requests()
    report = desk.reconcile(timedelta(days=4))
    assert report.finished
    # Whole pages: what is older on the last of them is compared with the rest.
    assert desk.counts()[CUSTOMERS] == 2
    assert 120 <= found(report)["customer", "missing"] < 240
    assert desk.one("SELECT finished_at FROM reconciliation") == finished_at
    assert desk.one("SELECT progress FROM reconciliation") == progress
