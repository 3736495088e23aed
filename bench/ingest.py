"""How fast signed webhooks are taken in. Prints ratios of one run.

    python bench/ingest.py [REQUESTS]

Signed webhooks of real size (2 to 6 KiB) over loopback at 1, 16 and 64 connections, against
(a) the ceiling: a bare Starlette route that reads the body, verifies it and answers 202;
(b) the obvious way: one FastAPI route, the official SDK's `validate_event`, one ORM insert and
    commit a request.
The bridge once on SQLite and once on a PostgreSQL of the bench's own, on the same machine.
Goals at 64 connections: at least 0.8 of (a) on SQLite and 0.7 on PostgreSQL, 4 times (b), p99 at
most 3 times (a)'s.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import random
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from sync.signatures import sign_as_polar
from sync.store.database import migrate
from tests.helpers.postgres import Postgres

ROUNDS = 3
CONNECTIONS = (1, 16, 64)
SECRET = SecretStr("polar_whs_" + base64.b64encode(b"loopback only, nobody").decode())
HERE = Path(__file__).parent
LENGTH = re.compile(rb"(?i)content-length: (\d+)")


@dataclass(frozen=True)
class Measured:
    per_second: float
    p99: float


Results = dict[tuple[str, int], list[Measured]]
"""By contestant and connections, one for each round."""


def payload(rng: random.Random) -> bytes:
    """An event of a type that every contestant knows, of 2 to 6 KiB."""
    now = datetime.now(UTC).isoformat()
    customer = {
        "id": str(uuid.uuid4()),
        "created_at": now,
        "modified_at": None,
        "metadata": {f"key{n}": "x" * 200 for n in range(rng.randint(8, 27))},
        "external_id": str(rng.random()),
        "email": "somebody@example.com",
        "email_verified": True,
        "type": "individual",
        "name": "Somebody",
        "billing_name": None,
        "billing_address": None,
        "tax_id": None,
        "locale": None,
        "organization_id": str(uuid.uuid4()),
        "default_payment_method_id": None,
        "deleted_at": None,
        "first_user_event_at": None,
        "avatar_url": "https://example.com/a.png",
    }
    event = {"type": "customer.updated", "timestamp": now, "api_version": "2026-10"}
    return json.dumps({**event, "data": customer}).encode()


def requests(number: int) -> list[bytes]:
    """Whole HTTP requests, signed beforehand so that the load costs little itself."""
    rng = random.Random(1)
    made = []
    for _ in range(number):
        body = payload(rng)
        headers = sign_as_polar(SECRET, str(uuid.uuid4()), datetime.now(UTC), body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"POST /webhooks/polar HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n{lines}\r\n"
        )
        made.append(head.encode() + body)
    return made


class Connection:
    """One connection, with at most one request on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self._started = 0.0

    def send(self, request: bytes) -> None:
        self._answer = b""
        self._started = time.perf_counter()
        self.socket.sendall(request)

    def received(self) -> float | None:
        """Seconds that the answer took, once all of it is here."""
        self._answer += self.socket.recv(65_536)
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end:
            return None
        assert head.startswith(b"HTTP/1.1 202"), self._answer
        length = LENGTH.search(head)
        assert length, head
        if len(body) < int(length[1]):
            return None
        return time.perf_counter() - self._started


def load(port: int, made: list[bytes], connections: int) -> Measured:
    """Send them all over so many connections, each answered before the next.

    Sockets and nothing around them: what the load costs is taken from the server's two cores.
    """
    waiting = iter(made)
    took: list[float] = []
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        started = time.perf_counter()
        for request in itertools.islice(waiting, connections):
            connection = Connection(port)
            stack.enter_context(connection.socket)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(request)
        while len(took) < len(made):
            for key, _ in selector.select():
                seconds = key.data.received()
                if seconds is not None:
                    took.append(seconds)
                    for request in itertools.islice(waiting, 1):
                        key.data.send(request)
        seconds = time.perf_counter() - started
    return Measured(len(made) / seconds, sorted(took)[int(len(took) * 0.99)])


@contextlib.contextmanager
def serving(target: str, directory: str, **settings: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", target, "--factory", "--port", str(port)]
    # As `polar-sync serve` has it.
    command += ["--http", "httptools", "--loop", "auto", "--no-access-log"]
    command += ["--log-level", "warning", "--app-dir", str(HERE)]
    environment = {**os.environ, "BENCH_SECRET": SECRET.get_secret_value(), **settings}
    environment["PYTHONPATH"] = str(HERE.parent)
    with subprocess.Popen(command, cwd=directory, env=environment) as process:
        try:
            for _ in range(400):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def bridge(directory: str, database_url: str) -> contextlib.AbstractContextManager[int]:
    migrate(database_url)
    return serving(
        "app.main:create_app",
        directory,
        POLAR_ACCESS_TOKEN="polar_oat_bench",
        POLAR_WEBHOOK_SECRETS=SECRET.get_secret_value(),
        EVENT_SECRETS="bm9ib2R5IHNlbmRzIGFueXRoaW5n",
        HASH_KEY="0123456789abcdef" * 2,
        DATABASE_URL=database_url,
        WORKER="separate",
    )


@contextlib.contextmanager
def postgresql() -> Iterator[Postgres]:
    """A server that syncs every commit, as it does unless told otherwise; the tests' does not."""
    with Postgres.started() as server:
        server.sql("ALTER SYSTEM RESET ALL")
        server.stop()
        server.start()
        yield server


def measure(number: int, server: Postgres) -> Results:
    results: Results = {}
    for round_ in range(ROUNDS):
        server.sql(f"CREATE DATABASE round_{round_}")
        with tempfile.TemporaryDirectory() as directory:
            contestants = {
                "bare": serving("ingest_contestants:bare", directory),
                "obvious": serving("ingest_contestants:obvious", directory),
                "SQLite": bridge(directory, f"sqlite:///{directory}/ours.db"),
                "PostgreSQL": bridge(directory, server.url(f"round_{round_}")),
            }
            for name, contestant in contestants.items():
                with contestant as port:
                    load(port, requests(200), 16)
                    for connections in CONNECTIONS:
                        # One at a time, and the obvious way, are that much slower.
                        fewer = (4 if connections == 1 else 1) * (8 if name == "obvious" else 1)
                        found = load(port, requests(number // fewer), connections)
                        results.setdefault((name, connections), []).append(found)
        print(f"round {round_ + 1} of {ROUNDS}", file=sys.stderr)
    return results


def main(number: int) -> None:
    with postgresql() as server:
        results = measure(number, server)
    rate = {key: statistics.median(it.per_second for it in found) for key, found in results.items()}
    p99 = {key: statistics.median(it.p99 for it in found) for key, found in results.items()}
    for ours in ("SQLite", "PostgreSQL"):
        print(f"{ours:<12}ours/bare   ours/obvious   p99 ours/bare   ours, bare, obvious a second")
        for at in CONNECTIONS:
            each = [rate[name, at] for name in (ours, "bare", "obvious")]
            print(
                f"{at:>10}  {each[0] / each[1]:>9.2f}   {each[0] / each[2]:>12.1f}   "
                f"{p99[ours, at] / p99['bare', at]:>13.2f}   "
                + ", ".join(f"{it:.0f}" for it in each)
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8_000)
