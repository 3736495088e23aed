"""How fast signed webhooks are taken in. Prints ratios of one run.

Signed webhooks of real size (2 to 6 KiB) over loopback at 1, 16 and 64 connections, against
(a) the ceiling: a bare Starlette route that reads the body, verifies it and answers 202;
(b) the obvious way: one FastAPI route, the official SDK's `validate_event`, one ORM insert and
    commit a request;
(c) at 1 connection, the time of (a) and of one INSERT and COMMIT of the same bytes, added up.
The bridge once on SQLite and once on a PostgreSQL of the bench's own, on the same machine.
Goals: at 64 connections 0.9 of (a), 4 times (b), p99 at most 3 times (a)'s; at 1, 0.8 of (c).
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import itertools
import json
import os
import random
import re
import selectors
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from pydantic import SecretStr

from sync.signatures import sign_as_polar
from tests.helpers.postgres import Postgres

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
def serving(
    target: str,
    directory: str,
    *,
    code: Path = HERE.parent,
    http: str = "httptools",
    **settings: str,
) -> Iterator[int]:
    """A server's port. `code`: the checkout that it runs. `http`: uvicorn's protocol."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", target, "--factory", "--port", str(port)]
    # As `polar-sync serve` has it.
    command += ["--http", http, "--loop", "auto", "--no-access-log"]
    command += ["--log-level", "warning", "--app-dir", str(HERE)]
    environment = {**os.environ, "BENCH_SECRET": SECRET.get_secret_value(), **settings}
    environment["PYTHONPATH"] = str(code)
    with subprocess.Popen(command, cwd=directory, env=environment) as process:
        try:
            for _ in range(400):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def bridge(
    directory: str, database_url: str, code: Path, http: str | None = None
) -> contextlib.AbstractContextManager[int]:
    """`http`: in place of what `polar-sync serve` of that checkout has."""
    # By its own code: a checkout may have another schema.
    migrate = "import sys; from sync.migrations.upgrade import migrate; migrate(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", migrate, database_url],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(code)},
        check=True,
    )
    bounded = (code / "app" / "protocol.py").exists()
    return serving(
        "app.main:create_app",
        directory,
        code=code,
        http=http or ("app.protocol:BoundedProtocol" if bounded else "httptools"),
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


CREATE = "CREATE TABLE alone (id text PRIMARY KEY, body {})"
INSERT = "INSERT INTO alone VALUES ({0}, {0})"


@contextlib.contextmanager
def alone_on_sqlite(path: str) -> Iterator[Callable[[bytes], None]]:
    """Stores a body by one INSERT and COMMIT, with nothing around them."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(CREATE.format("blob"))

        def commit(body: bytes) -> None:
            connection.execute(INSERT.format("?"), (str(uuid.uuid4()), body))
            connection.commit()

        yield commit


@contextlib.contextmanager
def alone_on_postgresql(url: str) -> Iterator[Callable[[bytes], None]]:
    """The same."""
    with psycopg.connect(url) as connection:
        connection.execute(CREATE.format("bytea"))
        connection.commit()

        def commit(body: bytes) -> None:
            connection.execute(INSERT.format("%s"), (str(uuid.uuid4()), body))
            connection.commit()

        yield commit


def commits(commit: Callable[[bytes], None], number: int) -> Measured:
    """Commit so many bodies, one after the other."""
    rng = random.Random(1)
    took: list[float] = []
    for body in [payload(rng) for _ in range(number)]:
        started = time.perf_counter()
        commit(body)
        took.append(time.perf_counter() - started)
    return Measured(len(took) / sum(took), sorted(took)[int(len(took) * 0.99)])


def measure(number: int, rounds: int, server: Postgres, codes: dict[str, Path]) -> Results:
    """`codes`: the bridge's checkouts, by what their figures are called after the engine."""
    results: Results = {}
    for round_ in range(rounds):
        with tempfile.TemporaryDirectory() as directory:
            server.sql(f"CREATE DATABASE alone_{round_}")
            alone = {
                "SQLite": alone_on_sqlite(f"{directory}/alone.db"),
                "PostgreSQL": alone_on_postgresql(server.url(f"alone_{round_}")),
            }
            for engine, committing in alone.items():
                with committing as commit:
                    results.setdefault((f"{engine} alone", 1), []).append(
                        commits(commit, number // 4)
                    )
            contestants: dict[str, contextlib.AbstractContextManager[int]] = {
                "bare": serving("ingest_contestants:bare", directory),
                "obvious": serving("ingest_contestants:obvious", directory),
            }
            for n, (name, code) in enumerate(codes.items()):
                server.sql(f"CREATE DATABASE bridge_{round_}_{n}")
                urls = {
                    "SQLite": f"sqlite:///{directory}/bridge_{n}.db",
                    "PostgreSQL": server.url(f"bridge_{round_}_{n}"),
                }
                for engine, url in urls.items():
                    contestants[engine + name] = bridge(directory, url, code)
            for name, contestant in contestants.items():
                with contestant as port:
                    load(port, requests(200), 16)
                    for connections in CONNECTIONS:
                        # One at a time, and the obvious way, are that much slower.
                        fewer = (4 if connections == 1 else 1) * (8 if name == "obvious" else 1)
                        found = load(port, requests(number // fewer), connections)
                        results.setdefault((name, connections), []).append(found)
        print(f"round {round_ + 1} of {rounds}", file=sys.stderr)
    return results


@dataclass(frozen=True)
class Figures:
    """Medians of all rounds, for one of ours at so many connections."""

    bridge: str
    connections: int
    of_bare: float
    of_added_up: float | None
    """At one connection: of what the bare route and a commit alone allow, one after the other."""
    times_obvious: float
    p99_of_bare: float
    per_second: float
    bare_per_second: float
    obvious_per_second: float
    commits_per_second: float | None


def figures(results: Results) -> Iterator[Figures]:
    rate = {key: statistics.median(it.per_second for it in found) for key, found in results.items()}
    p99 = {key: statistics.median(it.p99 for it in found) for key, found in results.items()}
    for (name, at), ours in rate.items():
        engine = name.partition(" ")[0]
        if name in {"bare", "obvious"} or name.endswith(" alone"):
            continue
        bare, obvious = rate["bare", at], rate["obvious", at]
        alone = rate[f"{engine} alone", 1] if at == 1 else None
        yield Figures(
            bridge=name,
            connections=at,
            of_bare=ours / bare,
            of_added_up=ours * (1 / bare + 1 / alone) if alone else None,
            times_obvious=ours / obvious,
            p99_of_bare=p99[name, at] / p99["bare", at],
            per_second=ours,
            bare_per_second=bare,
            obvious_per_second=obvious,
            commits_per_second=alone,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("requests", nargs="?", type=int, default=8_000, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument(
        "--before", metavar="DIRECTORY", type=Path, help="another checkout, for the same rounds"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = parser.parse_args()
    codes = {"": HERE.parent}
    if given.before is not None:
        codes[" before"] = given.before.resolve()
    with postgresql() as server:
        found = list(figures(measure(given.requests, given.rounds, server, codes)))
    if given.json:
        print(json.dumps([asdict(it) for it in found], indent=2))
        return
    print(f"{'':<18}at   of bare   of added up   times obvious   p99 of bare   a second")
    for it in found:
        added_up = "" if it.of_added_up is None else f"{it.of_added_up:.2f}"
        print(
            f"{it.bridge:<18}{it.connections:>2}   {it.of_bare:>7.2f}   {added_up:>11}   "
            f"{it.times_obvious:>13.1f}   {it.p99_of_bare:>11.2f}   {it.per_second:.0f}"
        )


if __name__ == "__main__":
    main()
