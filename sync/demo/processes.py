"""The processes that the demo starts: a simulated Polar, and the bridge as a deployment runs it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from sync.errors import NotPossible
from sync.settings import Settings

_START_SECONDS = 20.0
_STOP_SECONDS = 15.0


class DemoFailed(NotPossible):
    """A process did not start or did not answer; the message says which."""


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def simulator(directory: Path) -> Iterator[str]:
    """The simulated Polar; yields its URL.

    Raises:
        DemoFailed
    """
    command = [sys.executable, "-m", "sync.simulator", "--port", "0", "--time-scale", "0.05"]
    with _process(command, directory, "simulator", {}) as process:
        assert process.stdout is not None  # noqa: S101 - asked for
        line = process.stdout.readline().decode().strip()
        if "http://" not in line:
            raise DemoFailed(f"the simulator did not start; see {directory}/simulator.log")
        yield line.rpartition(" ")[2]


@contextlib.contextmanager
def server(directory: Path, port: int, settings: Mapping[str, str]) -> Iterator[str]:
    """The bridge; yields its URL. It may not answer yet: `until_ready` waits for it."""
    command = [sys.executable, "-m", "sync.cli", "serve", "--port", str(port)]
    with _process(command, directory, "server", settings):
        yield f"http://127.0.0.1:{port}"


async def until_ready(app: httpx.AsyncClient) -> None:
    """Wait for the bridge.

    Raises:
        DemoFailed
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if (await app.get("/readyz")).is_success:
                return
        await asyncio.sleep(0.05)
    raise DemoFailed("the server did not become ready")


@contextlib.contextmanager
def _process(
    command: Sequence[str], directory: Path, name: str, settings: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    # Whatever the shell configures for a real deployment is not the demo's.
    theirs = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in theirs}
    with (
        (directory / f"{name}.log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own modules, by this interpreter
            command, cwd=directory, env={**kept, **settings}, stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
