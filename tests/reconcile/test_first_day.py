"""The first reconciliation fills the mirror, the next finds it equal."""

from __future__ import annotations

import json

import pytest

from sync.cli.exit_codes import EQUAL, REPAIRED
from tests.helpers.bridge import GRANTS, MEMBERS, SUBSCRIPTIONS
from tests.helpers.desk import CUSTOMERS, Desk, bulk, command, pages


def test_the_first_day_fills_the_mirror_and_the_second_finds_it_equal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bulk(desk.sim, 230, grants=2)
    expected = {CUSTOMERS: 3, SUBSCRIPTIONS: 3, GRANTS: 5, MEMBERS: 3}

    assert command(desk, monkeypatch, "--json") == REPAIRED
    report = json.loads(capsys.readouterr().out)
    assert report["exit_code"] == REPAIRED
    assert report["found"] == {
        "customer": {"missing": 230},
        "subscription": {"missing": 230},
        "benefit_grant": {"missing": 460},
        "member": {"missing": 230},
    }
    assert len(report["differences"]) == 100
    assert report["calls"] == 14
    assert desk.counts() == expected
    desk.assert_equal()

    desk.forget_requests()
    assert command(desk, monkeypatch, "--json") == EQUAL
    report = json.loads(capsys.readouterr().out)
    assert report["finished"] is True
    assert report["found"] == {}
    assert report["compared"] == {
        "customer": 230,
        "subscription": 230,
        "benefit_grant": 460,
        "member": 230,
    }
    assert report["calls"] == 14
    assert desk.counts() == expected

    assert command(desk, monkeypatch) == EQUAL
    assert "the mirror equals Polar" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("rows", [0, 1, 100, 101, 200])
def test_calls_are_the_pages_there_are(desk: Desk, rows: int) -> None:
    if rows:
        bulk(desk.sim, rows)
    report = desk.reconcile()
    assert report.calls == 4 * pages(rows)
    assert sum(desk.counts().values()) == report.calls
    assert report.total == 4 * rows
    desk.assert_settled()
