"""A token of another organization must not be believed when it says that nothing is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.helpers import bridge
from tests.helpers.bridge import DELETE
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import DatabaseFactory


@pytest.fixture(scope="module")
def two_polars() -> Iterator[tuple[SimulatorClient, SimulatorClient]]:
    with ExitStack() as stack:
        yield (
            stack.enter_context(bridge.simulator()),
            stack.enter_context(bridge.simulator()),
        )


@pytest.fixture
def polars(
    two_polars: tuple[SimulatorClient, SimulatorClient],
) -> tuple[SimulatorClient, SimulatorClient]:
    """Ours, and somebody else's or the sandbox."""
    for polar in two_polars:
        polar.control("POST", "/reset")
    return two_polars


@pytest.mark.slow
@pytest.mark.parametrize("inhabited", [True, False], ids=["with customers", "empty"])
@pytest.mark.parametrize(
    "readable", [True, False], ids=["organizations readable", "organizations hidden"]
)
def test_the_wrong_organization_proves_nothing(
    polars: tuple[SimulatorClient, SimulatorClient],
    new_database: DatabaseFactory,
    inhabited: bool,
    readable: bool,
) -> None:
    ours, other = polars
    database = new_database()
    with bridge.running(ours, database) as it:
        it.customer("first", "active")
        it.tell("first")
        it.wait("first", "verified")
        waiting = it.customer("second", "active")
    if inhabited:
        other.customer("somebody-else", subscriptions=["active"])
    if not readable:
        scopes = set(other.control("GET", "/settings")["scopes"]) - {"organizations:read"}
        other.control("PUT", "/settings", {"scopes": sorted(scopes)})
    with bridge.running(other, database) as it:
        it.tell("second")
        assert "POLAR_ACCESS_TOKEN" in it.wait("second", "blocked")["reason"]
        assert DELETE not in it.sim.control("GET", "/counts")
    with bridge.running(ours, database) as it:
        it.wait("second", "verified")
        assert it.is_gone(waiting)


@pytest.mark.slow
def test_a_delete_answered_by_the_wrong_organization_is_not_done(
    polars: tuple[SimulatorClient, SimulatorClient], new_database: DatabaseFactory
) -> None:
    ours, other = polars
    database = new_database()
    with bridge.running(ours, database) as it:
        customer = it.customer("user", "active")
        # The DELETE never reaches Polar.
        lost = {"kind": "drop", "method": "DELETE", "path": "^/v1/customers/"}
        it.sim.control("PUT", "/faults", {"faults": [lost]})
        it.tell("user")
        it.wait("user", "deleting")
    with bridge.running(other, database) as it:
        # The wrong one says that there is no such customer.
        assert "POLAR_ACCESS_TOKEN" in it.wait("user", "blocked")["reason"]
    ours.control("DELETE", "/faults")
    with bridge.running(ours, database) as it:
        it.wait("user", "verified")
        assert it.is_gone(customer)
