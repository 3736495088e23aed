"""The control API under `/_sim/`: documented in docs/simulator.md."""

from starlette.routing import Route

from sync.simulator.control.people import People
from sync.simulator.control.rows import Rows
from sync.simulator.control.system import System
from sync.simulator.simulator import Simulator


def routes(sim: Simulator) -> list[Route]:
    return [*Rows(sim).routes(), *People(sim).routes(), *System(sim).routes()]
