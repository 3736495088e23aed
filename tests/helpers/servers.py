"""Real servers on loopback, in a thread or in a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from app.main import create_app
from app.protocol import BoundedProtocol
from sync.settings import Settings
from tests.helpers.clients import KEEP_ALIVE
from tests.helpers.waiting import WAIT

ROOT = Path(__file__).parents[2]
"""Of the repository."""
PROTOCOL = ("--http", "app.protocol:BoundedProtocol")
"""For uvicorn's command line: what `polar-sync serve` has it speak."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    async def main_loop(self) -> None:
        ticking = asyncio.create_task(super().main_loop())
        await self._stopped.wait()
        ticking.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        # Otherwise it waits for a tenth of a second all the same.
        for server in self.servers:
            server.close()
            await server.wait_closed()
        for listener in sockets or []:
            listener.close()
        await self.lifespan.shutdown()

    def stop(self) -> None:
        """Have it end, without waiting for its next look. From any thread."""
        if self.started:
            self._loop.call_soon_threadsafe(self._stopped.set)


@contextlib.contextmanager
def serve(app: ASGIApp, *, lifespan: Literal["on", "off"] = "on") -> Iterator[str]:
    """Run an application under uvicorn in a thread; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                lifespan=lifespan,
                timeout_keep_alive=KEEP_ALIVE,
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.ready.wait(WAIT)
            assert server.started, "the application did not start"
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.stop()
            thread.join()


@contextlib.contextmanager
def serve_settings(settings: Settings) -> Iterator[str]:
    """Run the real application in a thread; gives its URL."""
    with serve(create_app(settings)) as url:
        yield url


@dataclass(frozen=True, slots=True)
class Process:
    """A server in a process of its own."""

    url: str
    pid: int
    popen: subprocess.Popen[str]
    log: list[str]
    """What it has written so far, line by line."""


@contextlib.contextmanager
def serve_process(variables: Mapping[str, str], cwd: Path) -> Iterator[Process]:
    """Run the application the way a deployment does, in `cwd`. Killed at the end."""
    server = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--port", "0"]
    popen = subprocess.Popen(
        [*server, *PROTOCOL, "--timeout-keep-alive", str(KEEP_ALIVE)],
        cwd=cwd,
        env={**os.environ, **variables, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert popen.stderr is not None
    log: list[str] = []
    started = threading.Event()

    def drain(lines: Iterator[str]) -> None:
        for line in lines:
            log.append(line)
            if "running on" in line:
                started.set()
        started.set()

    reader = threading.Thread(target=drain, args=(popen.stderr,))
    reader.start()
    try:
        assert started.wait(WAIT)
        found = re.search(r"running on (http://127\.0\.0\.1:\d+)", "".join(log))
        assert found, "".join(log)
        yield Process(found[1], popen.pid, popen, log)
    finally:
        popen.kill()
        popen.wait()
        reader.join()
        popen.stderr.close()


def exchange(url: str, request: bytes, *, finish: bool = False) -> bytes:
    """Send bytes over a raw socket and return the first thing that comes back, b"" where the server
    closes without a word. `finish`: close our sending side after them."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=WAIT) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            return connection.recv(65_536)
        return b""
