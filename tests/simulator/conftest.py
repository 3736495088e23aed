"""A simulator for all tests of it, a real server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sync.simulator.app import create_simulator
from sync.simulator.config import SimulatorConfig
from sync.simulator.server import Server, listen
from tests.helpers.simulator import SimulatorClient
from tests.helpers.waiting import WAIT


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    """One simulator for all tests, in a thread, a thousand times as fast as Polar."""
    ready = threading.Event()
    urls: list[str] = []

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    config = SimulatorConfig(time_scale=0.001, backoff_base=1, fifo_wait=60_000)
    server = Server(create_simulator(config), listen(), on_ready)
    thread = threading.Thread(target=server.serve_until_told)
    thread.start()
    try:
        assert ready.wait(WAIT)
        yield urls[0]
    finally:
        server.should_exit = True
        thread.join(WAIT)


@pytest.fixture(scope="session")
def simulator_client(simulator_url: str) -> Iterator[SimulatorClient]:
    client = SimulatorClient(simulator_url)
    yield client
    client.close()


@pytest.fixture
def sim(simulator_client: SimulatorClient) -> SimulatorClient:
    """An empty simulator."""
    simulator_client.start_over()
    return simulator_client
