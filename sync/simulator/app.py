"""One simulated Polar as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from sync.simulator.api import PolarApi
from sync.simulator.config import SimulatorConfig
from sync.simulator.control import routes
from sync.simulator.control.world_file import load_file
from sync.simulator.simulator import Simulator


def create_simulator(config: SimulatorConfig | None = None, world: Path | None = None) -> Starlette:
    """An ASGI application with a world of its own, which is its `state.simulator`.

    Its lifespan must run. Dropping a connection needs the server of `sync.simulator.server`.

    Args:
        world: the file that it begins with, and again after each reset.

    Raises:
        UnusableWorld: there is no such file, or it cannot be loaded.
    """
    sim = Simulator(config or SimulatorConfig())
    if world is not None:
        sim.begins_with = partial(load_file, sim, world)
        sim.begins_with()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await sim.close()

    app = Starlette(routes=[Mount("/_sim", routes=routes(sim))], lifespan=lifespan)
    # Not routes of this application: faults strike before a route is found.
    app.router.default = PolarApi(sim)
    app.router.redirect_slashes = False
    app.state.simulator = sim
    return app
