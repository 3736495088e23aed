"""Node with the packages that the kits need, apps that have a kit, and the bridge they tell."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest

from sync.demo.processes import free_port
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers import bridge
from tests.helpers.clients import new_client
from tests.helpers.commands import started
from tests.helpers.servers import ROOT
from tests.helpers.settings import EVENT_SECRET, POLAR_SECRET, environment
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import DatabaseFactory
from tests.helpers.waiting import WAIT

HERE = Path(__file__).parent
KITS = ROOT / "kits"
NODE = shutil.which("node") or "node"


def _not_here(why: str) -> NoReturn:
    if os.environ.get("NOTHING_SKIPPED"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def packages(pytestconfig: pytest.Config) -> Path:
    """The `node_modules` of `package-lock.json`. Made once for all workers, and kept by pytest for
    the next run."""
    npm = shutil.which("npm")
    if npm is None:
        _not_here("node and npm are not installed")
    version = subprocess.run([NODE, "--version"], capture_output=True, check=True).stdout
    locked = (HERE / "package-lock.json").read_bytes()
    assert pytestconfig.cache is not None
    kept = pytestconfig.cache.mkdir(f"kits-{sha256(version + locked).hexdigest()[:16]}")
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, kept)
            # better-sqlite3 is compiled where no built one can be had: quickly, then.
            quickly = {"CFLAGS": "-O0", "CXXFLAGS": "-O0", "MAKEFLAGS": "-j2"}
            result = subprocess.run(
                [npm, "ci", "--no-audit", "--no-fund", "--prefer-offline"],
                cwd=kept,
                env={**os.environ, **quickly},
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                _not_here(f"npm ci: {result.stderr[-2000:]}")
            (kept / "installed").touch()
    return kept / "node_modules"


@pytest.fixture(scope="session")
def node_directory(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the kits and of the tests' apps, with their packages."""
    directory = tmp_path_factory.mktemp("kits")
    shutil.copytree(KITS, directory, dirs_exist_ok=True)
    shutil.copytree(HERE / "apps", directory / "apps")
    # What is the app's own, beside the kit that asks for it.
    shutil.copy(HERE / "apps/session.mjs", directory / "nextjs")
    shutil.copy(HERE / "apps/sdk.test.mjs", directory / "vitest")
    shutil.copy(HERE / "package.json", directory)
    (directory / "node_modules").symlink_to(packages)
    return directory


@dataclass
class App:
    """An app in a process of its own."""

    client: httpx.Client
    popen: subprocess.Popen[str]
    log: list[str] = field(default_factory=list)
    """What it has written to stderr so far, line by line."""

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()


Start = Callable[..., AbstractContextManager[App]]


@pytest.fixture
def start(node_directory: Path) -> Start:
    """Starts one of `tests/kits/apps/` by name, for as long as the block runs."""

    @contextlib.contextmanager
    def run(name: str, variables: Mapping[str, str]) -> Iterator[App]:
        with subprocess.Popen(
            [NODE, f"apps/{name}.mjs"],
            cwd=node_directory,
            env={**os.environ, "POLAR_SYNC_SECRET": EVENT_SECRET, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as popen:
            assert popen.stdout is not None
            assert popen.stderr is not None
            log: list[str] = []
            reader = threading.Thread(target=log.extend, args=(popen.stderr,))
            reader.start()
            try:
                first = popen.stdout.readline()
                if not first:
                    reader.join()
                assert first.startswith("listening "), "".join(log)
                with new_client(f"http://127.0.0.1:{first.split()[1]}") as client:
                    yield App(client, popen, log)
            finally:
                popen.kill()
                reader.join()

    return run


@dataclass
class Deployment:
    """A bridge that may not run yet, and its Polar."""

    sim: SimulatorClient
    database: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def up(self) -> Iterator[None]:
        """`polar-sync serve`, for as long as the block runs."""
        more = {
            "WORKER": "embedded",
            "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
            "POLAR_BASE_URL": self.sim.url,
            "PORT": str(self.port),
        }
        with started(
            "serve",
            variables={**environment(self.database), **more},
            cwd=self.database.parent,
            until="running on",
        ):
            self.sim.endpoint(f"{self.url}/webhooks/polar", secret=POLAR_SECRET)
            yield

    def states(self) -> list[str]:
        """Of the deletions, oldest first."""
        return [row["state"] for row in self.query("SELECT state FROM deletion ORDER BY id")]

    def query(self, sql: str) -> list[dict[str, Any]]:
        return [dict(row) for row in bridge.query(self.database, sql)]


@pytest.fixture
def deployment(sim: SimulatorClient, new_database: DatabaseFactory) -> Deployment:
    return Deployment(sim, new_database(), free_port())


@pytest.fixture
def silence() -> Iterator[tuple[str, Callable[[], None]]]:
    """Somebody who takes a connection and says nothing: its URL, and what waits for a request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT)
        open_: list[socket.socket] = []

        def wait() -> None:
            connection, _ = listener.accept()
            connection.settimeout(WAIT)
            assert connection.recv(100)
            open_.append(connection)

        yield f"http://127.0.0.1:{listener.getsockname()[1]}", wait
        for connection in open_:
            connection.close()
