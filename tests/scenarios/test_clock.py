"""The clock of a running process is set ten years off and back, at each point of a deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers import faketime
from tests.helpers.bridge import Bridge, Run
from tests.helpers.deployment import WORKER, Process
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import deleted_customers
from tests.helpers.settings import environment
from tests.helpers.waiting import wait_for

pytestmark = [pytest.mark.slow, BOTH_ENGINES]

POINTS = ("received", "resolved", "deleting", "deleted")
Worker = Callable[[Bridge], AbstractContextManager[Path]]


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    """A worker in a process of its own; gives the file that says how far off its clock is."""

    @contextmanager
    def run(it: Bridge) -> Iterator[Path]:
        clock = tmp_path / "clock"
        faketime.set_clock(clock, 0)
        variables = environment(
            it.store,
            POLAR_ACCESS_TOKEN=DEFAULT_TOKEN,
            POLAR_BASE_URL=it.sim.url,
            RATE_PER_MINUTE="100000",
            VERIFY_AFTER="1",
            LEASE="3",
        )
        process = Process(WORKER, {**variables, **faketime.variables(clock)})
        process.start()
        try:
            yield clock
        finally:
            process.kill()

    return run


@pytest.mark.parametrize("years", [10, -10])
def test_deletions_end_well_although_the_clock_was_years_off(
    run: Run, worker: Worker, years: int
) -> None:
    """One is at each point when it jumps."""
    with run(worker="separate") as it, worker(it) as clock:
        customers = {point: it.customer(point, "active", grants=1) for point in POINTS}
        later = it.customer("later", "active")
        it.sim.faults(*STOPS)
        for point in POINTS:
            if point == "deleted":
                # Others have been asked about by then.
                it.sim.faults(*STOPS, UNPROVED)
            it.tell(point)
            wait_for(partial(reached, it, point), f"it is {point}")
        faketime.set_clock(clock, years)
        if it.store.is_sqlite:
            seen = "SELECT 1 FROM meta WHERE name = 'clock_jump'"
            wait_for(lambda: it.query(seen), "the jump is seen")
        it.sim.faults()
        faketime.set_clock(clock, 0)
        it.wait_all(POINTS, "verified")
        assert sorted(deleted_customers(it)) == sorted(customers.values())
        # What comes later is not refused for it either.
        it.tell("later")
        it.wait("later", "verified")
        assert it.is_gone(later)
        assert not it.query("SELECT 1 FROM inbox WHERE status = 'dead'")


STOPS = (
    {"kind": "error", "path": "/external/received/state$", "method": "GET"},
    {"kind": "error", "path": "/external/resolved$", "method": "DELETE"},
    {"kind": "timeout", "seconds": 30, "path": "/external/deleting$", "method": "DELETE"},
)
UNPROVED = {"kind": "error", "path": "/v1/(subscriptions|benefit-grants)/", "method": "GET"}
"""What keeps each deletion at the point that its user is called after; the last any other, too."""


def reached(it: Bridge, point: str) -> bool:
    rows = it.deletions(point)
    if not rows:
        return False
    (row,) = rows
    if point == "received":
        return bool(row["attempts"])
    if point in {"resolved", "deleting"}:
        return row["delete_sent_at"] is not None
    return bool(row["attempts"]) or row["state"] in {"deleted", "verified"}
