"""Every class of difference is found, repaired and gone."""

from __future__ import annotations

from operator import attrgetter

import pytest

from sync.cli.exit_codes import REPAIRED, reconciliation_code
from tests.helpers.bridge import Run
from tests.helpers.desk import Desk, found
from tests.helpers.world import PLANTS, world

QUICK = ("customer missing", "customer changed", "subscription extra", "grant revoked")
"""One of each class, and of each kind."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in PLANTS]
)
def test_a_difference_is_found_alone_repaired_and_gone(desk: Desk, name: str) -> None:
    plant, expected = PLANTS[name]
    it = world(desk)
    plant(it)
    dry = desk.reconcile(dry_run=True)
    assert found(dry) == expected
    report = desk.reconcile()
    assert found(report) == expected
    # Two lists are read at a time.
    by_kind = attrgetter("kind", "id")
    assert sorted(report.differences, key=by_kind) == sorted(dry.differences, key=by_kind)
    assert reconciliation_code(report) == REPAIRED
    assert "Ada" not in report.model_dump_json()
    desk.assert_settled()


def test_a_subscription_that_never_started_is_in_no_list_and_no_difference(
    desk: Desk, run: Run
) -> None:
    with run() as it:
        it.customer("u1", "incomplete")
        it.settled()
    report = desk.reconcile()
    assert not {"subscription"} & report.found.keys()
    assert [row["status"] for row in desk.query("SELECT status FROM subscription")] == [
        "incomplete"
    ]


def test_a_dry_run_tells_all_and_writes_nothing(desk: Desk) -> None:
    it = world(desk)
    for name in ("customer extra", "subscription stale", "grant revoked", "customer changed"):
        PLANTS[name][0](it)
    desk.change("DELETE FROM customer WHERE external_id LIKE 'new-%'")
    before = desk.dump()
    reports = [desk.reconcile(dry_run=True) for _ in range(2)]
    for report in reports:
        assert report.finished
        assert report.dry_run
        assert found(report) == {
            ("customer", "extra"): 1,
            ("customer", "changed"): 1,
            ("customer", "missing"): 120,
            ("subscription", "stale"): 1,
            ("benefit_grant", "extra"): 1,
        }
        # Two pages of each list, and what was not listed: a customer, a grant.
        assert report.calls == 8 + 2
    assert desk.dump() == before
