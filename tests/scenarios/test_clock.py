"""The clock of a running process is set ten years off and back, at each point of a deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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
@pytest.mark.parametrize("point", POINTS)
def test_a_deletion_ends_well_although_the_clock_was_years_off(
    run: Run, worker: Worker, point: str, years: int
) -> None:
    with run(worker="separate") as it, worker(it) as clock:
        customer = it.customer("u1", "active", grants=1)
        other = it.customer("u2", "active")
        stop_at(it, point)
        it.tell("u1")
        wait_for(lambda: it.deletions("u1"), "the event is applied")
        wait_for(lambda: reached(it, point), f"it is {point}")
        faketime.set_clock(clock, years)
        if it.store.is_sqlite:
            seen = "SELECT 1 FROM meta WHERE name = 'clock_jump'"
            wait_for(lambda: it.query(seen), "the jump is seen")
        it.sim.faults()
        faketime.set_clock(clock, 0)
        it.wait("u1", "verified")
        assert deleted_customers(it) == [customer]
        # What comes later is not refused for it either.
        it.tell("u2")
        it.wait("u2", "verified")
        assert it.is_gone(other)
        assert not it.query("SELECT 1 FROM inbox WHERE status = 'dead'")


def stop_at(it: Bridge, point: str) -> None:
    path, method = {
        "received": ("/state$", "GET"),
        "resolved": ("/v1/customers/external/", "DELETE"),
        "deleting": ("/v1/customers/external/", "DELETE"),
        "deleted": ("/v1/(subscriptions|benefit-grants)/", "GET"),
    }[point]
    kind = {"kind": "timeout", "seconds": 30} if point == "deleting" else {"kind": "error"}
    it.sim.faults({**kind, "path": path, "method": method})


def reached(it: Bridge, point: str) -> bool:
    (row,) = it.deletions("u1")
    if point == "received":
        return bool(row["attempts"])
    if point in {"resolved", "deleting"}:
        return row["delete_sent_at"] is not None
    return bool(row["attempts"]) or row["state"] in {"deleted", "verified"}
