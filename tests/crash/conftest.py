"""Applications that die at a chosen moment."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.crashing import Crashing, Launcher
from tests.helpers.servers import ROOT
from tests.helpers.settings import POLAR_SECRET
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import StoreFactory


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """Stays open while no process accepts: what arrives meanwhile waits for the next one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.set_inheritable(True)
        yield server


@pytest.fixture(scope="module")
def launcher(listener: socket.socket) -> Iterator[Launcher]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.crash_process"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[listener.fileno()],
    ) as popen:
        yield Launcher(popen)
        assert popen.stdin is not None
        popen.stdin.close()


@pytest.fixture
def new_crashing(
    polar_process: SimulatorClient,
    launcher: Launcher,
    listener: socket.socket,
    new_store: StoreFactory,
    tmp_path: Path,
) -> Callable[..., contextlib.AbstractContextManager[Crashing]]:
    @contextlib.contextmanager
    def make(crash_at: str | None = None, nth: int = 1, **settings: str) -> Iterator[Crashing]:
        polar_process.start_over()
        one = Crashing(polar_process, launcher, new_store(), listener, tmp_path, settings)
        # No connection is kept, so that none is left from one process to the next.
        polar_process.endpoint(f"{one.url}/webhooks/polar", secret=POLAR_SECRET)
        one.start(crash_at, nth)
        try:
            yield one
        finally:
            one.close()

    return make
