"""A simulated Polar for pytest: `polar-sync simulator`, for as long as the tests run."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

WORLD = Path(__file__).with_name("world.json")


class SimulatedPolar:
    """What a test does to it, and sees of it: the control API, below /_sim/."""

    access_token = "polar_oat_simulator"

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, method: str, path: str, body: object = None):
        content = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/_sim{path}", content, method=method)) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@pytest.fixture(scope="session")
def _simulator() -> Iterator[SimulatedPolar]:
    command = ["polar-sync", "simulator", "--port", "0", "--time-scale", "0.01"]
    with subprocess.Popen(
        [*command, "--load", WORLD], stdout=subprocess.PIPE, text=True
    ) as process:
        yield SimulatedPolar(process.stdout.readline().split()[-1])
        process.terminate()


@pytest.fixture
def polar(_simulator: SimulatedPolar) -> SimulatedPolar:
    """For one test: who is in world.json is there, and nobody else."""
    _simulator.control("POST", "/reset")
    return _simulator
