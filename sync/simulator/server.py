"""Serves a simulator with uvicorn, on loopback, and lets it close connections unanswered."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sync.simulator.api import ABORT
from sync.simulator.control.world_file import snapshot
from sync.simulator.simulator import Simulator

LOOPBACK = "127.0.0.1"


class DroppingProtocol(HttpToolsProtocol):
    """Offers the application an ASGI extension that closes the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: self.transport.abort}  # type: ignore[dict-item]


class Server(uvicorn.Server):
    """Calls `on_ready` with the base URL once connections are accepted."""

    def __init__(
        self, app: Starlette, listener: socket.socket, on_ready: Callable[[str], None]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=DroppingProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                # Long, lest clients reuse a connection just as it is closed.
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._sim: Simulator = app.state.simulator
        self._listener = listener
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self._listener.getsockname()[:2]
        self._on_ready(f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # An answer that a fault holds back must not hold back the exit.
        self._sim.stop_waiting()
        await super().shutdown(sockets)

    def serve_until_told(self) -> None:
        """Serve until SIGTERM, SIGINT or `should_exit = True`."""
        self.run([self._listener])


def serve(app: Starlette, listener: socket.socket, record: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT, as the process's only work. Prints where, once connections are
    accepted. `record`: the file that then gets the world as it is."""
    # uvicorn raises the signal again once it has shut down: a clean exit, not a death by signal.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    Server(
        app,
        listener,
        lambda url: print(f"simulator listening on {url}", flush=True),  # noqa: T201
    ).serve_until_told()
    if record is not None:
        record.write_text(snapshot(app.state.simulator))


def listen(port: int = 0, host: str = LOOPBACK) -> socket.socket:
    """A listening socket on an IPv4 address; port 0: any free one. Raises `OSError`."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener
