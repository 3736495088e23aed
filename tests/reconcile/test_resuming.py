"""A run that was stopped goes on where it was."""

from __future__ import annotations

import json
import signal

import pytest

from sync.cli.exit_codes import REPAIRED, UNFINISHED, reconciliation_code
from sync.reconcile.progress import AlreadyRunning
from tests.helpers.bridge import SUBSCRIPTIONS, ago
from tests.helpers.desk import CUSTOMERS, Desk, bulk, command, found
from tests.helpers.simulator import SimulatorClient
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.world import world


def pages_read(sim: SimulatorClient) -> list[str]:
    return [
        f"{request['path']}?{request['query']}"
        for request in sim.control("GET", "/requests")["requests"]
        if request["method"] == "GET" and "/webhooks/" not in request["path"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("allowed", [2, 5])
def test_a_run_that_is_stopped_goes_on_where_it_was(desk: Desk, allowed: int) -> None:
    bulk(desk.sim, 330)
    reports = [desk.reconcile(max_calls=allowed)]
    while not reports[-1].finished:
        assert reconciliation_code(reports[-1]) == UNFINISHED
        assert f"{allowed} calls allowed" in str(reports[-1].stopped)
        assert len(reports) < 20
        reports.append(desk.reconcile(max_calls=allowed))
    assert len(reports) == -(-16 // allowed)
    read = pages_read(desk.sim)
    assert len(read) == len(set(read)) == reports[-1].calls == 16
    assert found(reports[-1]) == {
        ("customer", "missing"): 330,
        ("subscription", "missing"): 330,
        ("benefit_grant", "missing"): 330,
        ("member", "missing"): 330,
    }
    kinds = ("customer", "subscription", "benefit_grant", "member")
    assert reports[-1].compared == dict.fromkeys(kinds, 330)
    assert reconciliation_code(reports[-1]) == REPAIRED
    desk.assert_settled()


@pytest.mark.slow
def test_few_calls_are_enough_for_much_that_is_gone(desk: Desk) -> None:
    it = world(desk)
    for number in range(8):
        columns = [row["name"] for row in desk.query("PRAGMA table_info(customer)")]
        name = f"{number:08d}-0000-4000-8000-000000000000"
        values = ", ".join(f"'{name}'" if column == "id" else column for column in columns)
        it.sql(f"INSERT INTO customer SELECT {values} FROM customer WHERE id = :customer")  # noqa: S608
    for number in range(40):  # noqa: B007 - it is the last that counts
        report = desk.reconcile(max_calls=3)
        if report.finished:
            break
    assert report.finished
    assert number < 15
    assert found(report) == {("customer", "extra"): 8}
    desk.assert_settled()


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_where_it_was(desk: Desk) -> None:
    bulk(desk.sim, 1_000)
    slow = {"kind": "delay", "seconds": 0.5, "path": "^/v1/(subscriptions|benefit-grants)/"}
    desk.sim.faults(slow)
    with desk.process() as process:
        wait_for(lambda: desk.counts()[SUBSCRIPTIONS] >= 3, "half-way")
        process.send_signal(signal.SIGKILL)
    desk.sim.control("DELETE", "/faults")
    # Nobody can tell yet that it is dead.
    with pytest.raises(AlreadyRunning, match="killed"):
        desk.reconcile()
    desk.change("UPDATE reconciliation SET lease_until = '2020-01-01 00:00:00.000000'")
    before = desk.counts()
    report = desk.reconcile()
    assert reconciliation_code(report) == REPAIRED
    assert (desk.counts() - before)[CUSTOMERS] == 0
    # What had been read and not yet written is read again.
    assert sum(desk.counts().values()) <= 40 + 11
    assert found(report) == {
        ("member", "missing"): 1_000,
        ("customer", "missing"): 1_000,
        ("subscription", "missing"): 1_000,
        ("benefit_grant", "missing"): 1_000,
    }
    desk.assert_settled()


@pytest.mark.slow
def test_a_run_that_was_stopped_long_ago_begins_anew(desk: Desk) -> None:
    bulk(desk.sim, 250)
    assert not desk.reconcile(max_calls=4).finished
    [row] = desk.query("SELECT progress FROM reconciliation")
    progress = json.loads(row["progress"])
    progress["report"]["started_at"] = ago(days=2)
    desk.change("UPDATE reconciliation SET progress = ?", json.dumps(progress))
    report = desk.reconcile()
    assert (report.calls, report.finished) == (12, True)
    desk.change('UPDATE reconciliation SET progress = \'{"of": "another version"}\'')
    assert desk.reconcile().calls == 12


@pytest.mark.slow
def test_only_one_runs_at_a_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bulk(desk.sim, 150)
    desk.sim.faults({"kind": "delay", "seconds": 4, "count": 1, "path": "^/v1/customers/"})
    with desk.process() as process:
        wait_for(lambda: desk.query("SELECT 1 FROM reconciliation"), "running")
        assert command(desk, monkeypatch, "--json") == UNFINISHED
        out, err = capsys.readouterr()
        assert json.loads(out)["exit_code"] == UNFINISHED
        assert "another process is reconciling" in err
        # A dry run writes nothing, so it is in nobody's way.
        assert desk.reconcile(dry_run=True).finished
        out, _ = process.communicate(timeout=WAIT)
        assert process.returncode == REPAIRED
    assert json.loads(out)["finished"] is True
    assert desk.one("SELECT lease_token FROM reconciliation") is None
    desk.assert_settled()
