"""Rows that tie in a list's order: they come on two pages or on none, although nothing moves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.cli.exit_codes import INCOMPLETE, REPAIRED
from tests.helpers.bridge import GRANTS, SUBSCRIPTIONS, ago
from tests.helpers.desk import CUSTOMERS, Desk, bulk, command, everything, pages

MOMENT = ago(days=3)


def teams(desk: Desk, count: int, **fields: Any) -> None:
    """Customers whom no order of Polar's tells apart: created at once, without name or address."""
    for _ in range(count):
        desk.sim.customer(None, type="team", email=None, name=None, created_at=MOMENT, **fields)


def at_polar(desk: Desk) -> int:
    total: int = desk.sim.get("/v1/customers/", limit=1)["pagination"]["total_count"]
    return total


def in_mirror(desk: Desk) -> int:
    count: int = desk.one("SELECT count(*) FROM customer WHERE deleted_at IS NULL")
    return count


@pytest.mark.slow
def test_customers_of_one_moment_are_all_read_by_their_addresses(desk: Desk) -> None:
    for number in range(330):
        desk.sim.customer(f"u{number}", created_at=MOMENT, webhooks=False)
    desk.forget_requests()
    report = desk.reconcile()
    assert (report.incomplete, desk.counts()[CUSTOMERS]) == ({}, pages(330))
    assert in_mirror(desk) == 330


@pytest.mark.slow
def test_what_no_order_shows_is_counted_and_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    teams(desk, 450)
    code = command(desk, monkeypatch, "--json")
    report = json.loads(capsys.readouterr().out)
    missing = at_polar(desk) - in_mirror(desk)
    assert report["finished"]
    assert report["incomplete"].get("customer", 0) == missing
    assert code == report["exit_code"] == (INCOMPLETE if report["incomplete"] else REPAIRED)
    # It has read on in other orders.
    assert desk.counts()[CUSTOMERS] > pages(450)
    if command(desk, monkeypatch) == INCOMPLETE:
        missing = at_polar(desk) - in_mirror(desk)
        assert f"incomplete: Polar counts {missing} customers" in capsys.readouterr().out


@pytest.mark.slow
def test_runs_find_more_and_more_until_nothing_is_missing(desk: Desk) -> None:
    teams(desk, 250)
    while desk.reconcile().incomplete:
        pass
    desk.assert_settled()


@pytest.mark.slow
def test_subscriptions_and_grants_that_tie_are_found_customer_by_customer(desk: Desk) -> None:
    bulk(desk.sim, 1, grants=0, subscriptions=[])
    period = {"started_at": MOMENT, "current_period_end": MOMENT, "status": "active"}
    for number in range(330):
        name = {"name": "Ada", "email": f"ada+{number}@example.com"}
        desk.sim.customer(f"u{number}", **name, created_at=MOMENT, subscriptions=[period], grants=1)
    report = desk.reconcile()
    assert report.incomplete == {}
    assert desk.counts()[SUBSCRIPTIONS] > pages(330)
    desk.assert_equal()
    # From now on the mirror knows whom to ask for.
    desk.forget_requests()
    report = desk.reconcile()
    assert (report.incomplete, report.found) == ({}, {})


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_looking(desk: Desk) -> None:
    teams(desk, 250)
    runs = 0
    while not (report := desk.reconcile(max_calls=4)).finished:
        runs += 1
        assert runs < 100
    assert at_polar(desk) - in_mirror(desk) == report.incomplete.get("customer", 0)


def test_a_dry_run_says_what_it_has_not_read(desk: Desk) -> None:
    teams(desk, 250)
    report = desk.reconcile(dry_run=True)
    missing = 250 - report.compared["customer"]
    assert report.incomplete.get("customer", 0) == missing
    assert desk.counts()[CUSTOMERS] == pages(250)
    assert report.found["customer"]["missing"] == report.compared["customer"]


@pytest.mark.slow
def test_a_list_without_ties_costs_no_more_than_its_pages(desk: Desk) -> None:
    bulk(desk.sim, 250)
    report = desk.reconcile()
    assert report.incomplete == {}
    counts = desk.counts()
    assert [counts[name] for name in (CUSTOMERS, SUBSCRIPTIONS, GRANTS)] == [3, 3, 3]
    assert len(everything(desk.sim, "/v1/customers/", sorting="created_at")) == 250
