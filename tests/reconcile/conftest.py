"""What every test of reconciliation works with."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tests.helpers import bridge
from tests.helpers.bridge import Run
from tests.helpers.desk import Desk
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import DatabaseFactory


@pytest.fixture
def desk(sim: SimulatorClient, new_database: DatabaseFactory) -> Desk:
    return Desk(sim, new_database())


@pytest.fixture
def run(desk: Desk) -> Run:
    """Runs the whole bridge on the desk's database."""

    def start(**settings: Any) -> contextlib.AbstractContextManager[bridge.Bridge]:
        return bridge.running(desk.sim, desk.path, **settings)

    return start
