"""The processes that the demo starts: a simulated Polar, and the bridge as a deployment runs it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from sync.demo.waiting import until
from sync.errors import NotPossible
from sync.settings import Settings

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
def simulator(directory: Path) -> Iterator[Callable[[], str]]:
    """The simulated Polar; yields what waits until it is up, and returns its URL.

    Raises:
        DemoFailed
    """
    command = [sys.executable, "-m", "sync.simulator", "--port", "0", "--time-scale", "0.05"]
    with _process(command, directory, "simulator", {}) as process:

        def url() -> str:
            assert process.stdout is not None  # noqa: S101 - asked for
            line = process.stdout.readline().decode().strip()
            if "http://" not in line:
                raise DemoFailed("the simulator did not start")
            return line.rpartition(" ")[2]

        yield url


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

    async def ready() -> bool:
        try:
            return (await app.get("/readyz")).is_success
        except httpx.TransportError:
            return False

    if not await until(ready):
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
