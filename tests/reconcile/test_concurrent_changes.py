"""Reconciling while customers come and go."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pytest

from tests.helpers.bridge import Run
from tests.helpers.desk import Desk, bulk, everything, truth
from tests.helpers.simulator import SimulatorClient


class Churn(threading.Thread):
    """Somebody else's business at Polar, until told to stop."""

    def __init__(self, sim: SimulatorClient, seed: int, *, pause: float = 0.005) -> None:
        super().__init__()
        self._pause = pause
        self._sim = SimulatorClient(sim.url)
        self._rng = random.Random(seed)  # noqa: S311 - what happens is to be repeatable
        self._over = threading.Event()
        self.done = Counter[str]()

    def run(self) -> None:
        made = 0
        rows = everything(self._sim, "/v1/customers/", sorting="created_at")
        subscriptions = everything(self._sim, "/v1/subscriptions/", sorting="started_at")
        while not self._over.wait(self._pause):
            what = self._rng.choice(["create", "delete", "delete", "update", "status"])
            self.done[what] += 1
            match what:
                case "create":
                    made += 1
                    self._sim.customer(f"late-{made}", subscriptions=["active"], grants=1)
                case "delete":
                    row = rows.pop(self._rng.randrange(len(rows)))
                    self._sim.api.delete(f"/v1/customers/{row['id']}")
                case "update":
                    row = self._rng.choice(rows)
                    name = {"name": f"Nr. {self._rng.random()}"}
                    self._sim.api.patch(f"/v1/customers/{row['id']}", json=name)
                case "status":
                    row = self._rng.choice(subscriptions)
                    status = self._rng.choice(["active", "past_due", "paused"])
                    self._sim.control("POST", f"/subscriptions/{row['id']}", {"status": status})

    def __enter__(self) -> Churn:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()
        self._sim.close()


def wrongly_buried(desk: Desk) -> set[str]:
    """Customers whom the mirror has as gone and Polar has not."""
    gone = {row["id"] for row in desk.query("SELECT id FROM customer WHERE deleted_at NOT NULL")}
    return gone & set(truth(desk.sim)["customers"])


@pytest.mark.slow
def test_customers_who_come_and_go_during_the_scan_without_a_webhook(desk: Desk) -> None:
    bulk(desk.sim, 1_200)
    desk.reconcile()
    desk.forget_requests()
    desk.sim.faults(
        {"kind": "delay", "seconds": 0.02, "path": "^/v1/(subscriptions|benefit-grants)/"},
        {"kind": "delay", "seconds": 0.05, "path": "^/v1/customers/$"},
    )
    with Churn(desk.sim, 1) as churn:
        while churn.done["delete"] <= 20:
            assert desk.reconcile().finished
    assert wrongly_buried(desk) == set()
    desk.sim.control("DELETE", "/faults")
    desk.sim.settle()
    desk.reconcile()
    desk.assert_settled()


@pytest.mark.slow
def test_webhooks_and_reconciliation_do_not_undo_each_other(desk: Desk, run: Run) -> None:
    bulk(desk.sim, 500)
    with run() as it:
        desk.reconcile()
        desk.sim.faults({"kind": "delay", "seconds": 0.03, "path": "^/v1/"})
        desk.sim.webhook_faults(
            {"kind": "reorder", "seconds": 0.3, "probability": 0.3},
            {"kind": "duplicate", "probability": 0.2},
        )
        with Churn(desk.sim, 2, pause=0.05):
            reports = [desk.reconcile() for _ in range(2)]
        assert all(report.finished for report in reports)
        assert wrongly_buried(desk) == set()
        desk.sim.control("DELETE", "/faults")
        it.settled()
        # Every webhook came, so nothing is left for another run to repair.
        desk.assert_equal()


@pytest.mark.slow
def test_deletions_go_on_while_it_runs(desk: Desk, run: Run) -> None:
    bulk(desk.sim, 300, prefix="u")
    users = [f"u{number}" for number in range(0, 300, 20)]
    # Without the brake: how many of its customers the mirror has yet is a matter of the moment.
    with run(max_deletions_per_hour=0) as it:
        desk.sim.faults({"kind": "delay", "seconds": 0.03, "path": "^/v1/"})
        for user in users:
            it.tell(user)
        for _ in range(3):
            assert desk.reconcile().finished
        it.wait_all(users, "verified")
        it.settled()
        assert wrongly_buried(desk) == set()
    desk.sim.control("DELETE", "/faults")
    desk.assert_settled()
