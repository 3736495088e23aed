"""`python -m sync.simulator`: serves one simulated Polar on 127.0.0.1 until SIGTERM."""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from sync.simulator.app import create_simulator
from sync.simulator.config import DEFAULT_TOKEN, SimulatorConfig
from sync.simulator.control.world_file import UnusableWorld
from sync.simulator.server import LOOPBACK, listen, serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sync.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--host", default=LOOPBACK, help="default: %(default)s")
    parser.add_argument("--token", help=f"default: {DEFAULT_TOKEN}")
    parser.add_argument("--time-scale", type=float, help="1: as slow as Polar; default: 1")
    parser.add_argument("--rate-limit", type=int, help="requests a minute; none by default")
    parser.add_argument("--seed", type=int, help="of random delays, and of the order of what ties")
    parser.add_argument("--settings", default="{}", help="a JSON object of further settings")
    parser.add_argument("--load", type=Path, help="a world to begin with: see docs/simulator.md")
    parser.add_argument("--record", type=Path, help="where the world is kept at the end")
    given = parser.parse_args()
    try:
        settings = SimulatorConfig.model_validate_json(given.settings).model_dump()
        named = ("token", "time_scale", "rate_limit", "seed")
        options = {name: getattr(given, name) for name in named}
        config = SimulatorConfig.model_validate(
            settings | {name: value for name, value in options.items() if value is not None}
        )
        app = create_simulator(config, given.load)
        listener = listen(given.port, given.host)
    except (ValidationError, UnusableWorld, OSError) as problem:
        parser.error(str(problem))
    serve(app, listener, given.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
