"""What Polar and the database can do to a run."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from datetime import datetime, timedelta

import pytest

from sync.cli.exit_codes import REPAIRED, UNFINISHED, reconciliation_code
from tests.helpers.bridge import GRANTS, SUBSCRIPTIONS
from tests.helpers.desk import Desk, bulk, command
from tests.helpers.waiting import WAIT, wait_for


@pytest.mark.slow
def test_a_polar_that_goes_down_in_the_middle(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bulk(desk.sim, 250)
    down = {"kind": "error", "status": 503, "path": "^/v1/benefit-grants/"}
    desk.sim.faults(down)
    assert command(desk, monkeypatch) == UNFINISHED
    assert "not finished: GET: 503" in capsys.readouterr().out
    # It does not give up at the first one.
    assert desk.counts()[GRANTS] == 4
    desk.sim.control("DELETE", "/faults")
    desk.forget_requests()
    report = desk.reconcile()
    assert reconciliation_code(report) == REPAIRED
    assert desk.counts() == {GRANTS: 3}
    desk.assert_settled()


READING = ["customers:read", "subscriptions:read", "benefits:read", "members:read"]


@pytest.mark.slow
def test_a_polar_without_customers_needs_no_other_scopes_than_the_readme_names(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = desk.sim.customer("u1", subscriptions=["active"])
    desk.sim.settings(scopes=READING)
    assert desk.reconcile().finished
    desk.sim.settings(scopes=["customers:write"])
    desk.sim.api.delete(f"/v1/customers/{created['customer']['id']}")
    desk.sim.settle()
    desk.sim.settings(scopes=READING)
    assert command(desk, monkeypatch) == REPAIRED
    desk.assert_settled()


@pytest.mark.slow
def test_what_passes_does_not_end_it(desk: Desk) -> None:
    bulk(desk.sim, 250)
    desk.sim.faults(
        {"kind": "drop", "count": 1, "path": "^/v1/customers/"},
        {"kind": "error", "status": 502, "count": 1, "path": "^/v1/subscriptions/"},
    )
    report = desk.reconcile()
    assert (report.finished, report.calls) == (True, 12 + 2)
    desk.assert_settled()


@pytest.mark.slow
def test_a_429_keeps_it_quiet_for_as_long_as_polar_asks(desk: Desk) -> None:
    bulk(desk.sim, 250)
    desk.sim.faults(
        {"kind": "rate_limit", "retry_after": 4, "count": 1, "path": "^/v1/subscriptions/"}
    )
    report = desk.reconcile()
    assert (report.finished, report.calls) == (True, 12 + 1)
    requests = desk.sim.control("GET", "/requests")["requests"]
    [refused] = [item for item in requests if item["status"] == 429]
    begun = [(item["path"], datetime.fromisoformat(item["started_at"])) for item in requests]
    at = datetime.fromisoformat(refused["started_at"])
    # The other lists are read at the same time, until the answer is here.
    meanwhile = timedelta(seconds=3)
    others = {"/v1/benefit-grants/", "/v1/members/"}
    assert {path for path, then in begun if at < then < at + meanwhile} <= others
    later = [then for _, then in begun if then >= at + meanwhile]
    assert later
    assert min(later) >= at + timedelta(seconds=4)


@pytest.mark.slow
def test_a_database_that_somebody_keeps_locked_for_long_does_not_end_it(desk: Desk) -> None:
    bulk(desk.sim, 150)
    desk.sim.faults({"kind": "delay", "seconds": 0.2, "path": "^/v1/subscriptions/"})
    with desk.process() as process:
        wait_for(lambda: desk.counts()[SUBSCRIPTIONS], "half-way")
        with contextlib.closing(sqlite3.connect(desk.path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            # Longer than a writer waits.
            time.sleep(5.5)
            connection.rollback()
        _, err = process.communicate(timeout=WAIT)
        assert process.returncode == REPAIRED, err
    desk.assert_settled()


def test_a_database_that_is_not_there_is_no_difference_left_for_a_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = f"sqlite:///{desk.path.parent}/nowhere/polar-sync.db"
    assert command(desk, monkeypatch, DATABASE_URL=nowhere) == UNFINISHED
    assert "the database cannot be used" in capsys.readouterr().err


def test_a_token_that_is_not_accepted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = command(desk, monkeypatch, POLAR_ACCESS_TOKEN="polar_oat_of_somebody_else")
    assert code == UNFINISHED
    out, err = capsys.readouterr()
    assert "the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one" in out
    assert "somebody_else" not in out + err
    # Trying again cannot help.
    assert sum(desk.counts().values()) == 1
