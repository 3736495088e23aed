"""The control API under `/_sim/`: documented in docs/simulator.md."""

from starlette.routing import Route

from sync.simulator.control.people import People
from sync.simulator.control.rows import Rows
from sync.simulator.control.system import System
from sync.simulator.control.whole import Whole
from sync.simulator.simulator import Simulator


def routes(sim: Simulator) -> list[Route]:
    of = (Rows(sim), People(sim), System(sim), Whole(sim))
    return [route for each in of for route in each.routes()]
