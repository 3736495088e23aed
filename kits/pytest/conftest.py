"""A simulated Polar for pytest: `polar-sync simulator`, for as long as the tests run."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

WORLD = Path(__file__).with_name("world.json")


class SimulatedPolar:
    """What a test does to it, and sees of it: the control API, below /_sim/."""

    access_token = "polar_oat_simulator"

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: object = None):
        answer = httpx.request(method, f"{self.url}/_sim{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture(scope="session")
def _simulator() -> Iterator[SimulatedPolar]:
    command = ["polar-sync", "simulator", "--port", "0", "--time-scale", "0.01", "--load", WORLD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield SimulatedPolar(process.stdout.readline().split()[-1])
        process.terminate()


@pytest.fixture
def polar(_simulator: SimulatedPolar) -> SimulatedPolar:
    """For one test: who is in world.json is there, and nobody else."""
    _simulator.control("POST", "/reset")
    return _simulator
