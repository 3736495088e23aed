"""How long each page of the console takes with many deletions in the store.

`fill.py` makes DELETIONS (1,000,000 unless given) in a SQLite file and in a PostgreSQL of the
bench's own; then the real server answers each page over loopback ROUNDS times (20 unless given),
one after the other. Prints the median and the p95 of each, in milliseconds. Goal: each page within
100 ms (p95). Exits with 1 where one is not.

With `--url` a database that was filled before is asked instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx
import sqlalchemy as sa
from fill import HASH_KEY, fill, user_of
from harness import parser

from sync.deletions.states import State
from sync.migrations.upgrade import migrate

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.helpers.postgres import Postgres  # noqa: E402 - not installed

GOAL = 100.0
PATIENCE = 120.0
TOKEN = secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's times, in milliseconds."""

    engine: str
    page: str
    p50: float
    p95: float


@contextlib.contextmanager
def sqlite(directory: Path) -> Iterator[str]:
    """A SQLite file's URL."""
    yield f"sqlite:///{directory / 'console.db'}"


@contextlib.contextmanager
def postgresql(_: Path) -> Iterator[str]:
    """The URL of a database of a server as it is installed; the tests' own takes short cuts."""
    with Postgres.started() as server:
        server.sql("ALTER SYSTEM RESET ALL")
        server.stop()
        server.start()
        server.sql("CREATE DATABASE console")
        yield server.url("console")


ENGINES = {"sqlite": sqlite, "postgresql": postgresql}


@contextlib.contextmanager
def served(url: str) -> Iterator[httpx.Client]:
    """The real server, and somebody who has logged in to its console."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "POLAR_ACCESS_TOKEN": "polar_oat_bench",
        "POLAR_WEBHOOK_SECRETS": "polar_whs_nobody_sends_anything",
        "EVENT_SECRETS": "bm9ib2R5IHNlbmRzIGFueXRoaW5n",
        "HASH_KEY": HASH_KEY,
        "DATABASE_URL": url,
        "WORKER": "separate",
        "CONSOLE_TOKEN": TOKEN,
        "LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "sync.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}) as process:
        try:
            base = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=base, timeout=PATIENCE, trust_env=False) as client:
                until = time.monotonic() + PATIENCE
                while not _is_ready(client):
                    assert time.monotonic() < until, "the server does not start"
                    time.sleep(0.1)
                answer = client.post("/console/login", data={"name": "bench", "token": TOKEN})
                assert answer.status_code == 303, answer.text
                yield client
        finally:
            process.terminate()


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/livez").is_success
    except httpx.TransportError:
        return False


def pages(url: str) -> Mapping[str, str]:
    """Each kind of page, by a name, as a path with its query."""
    with sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:")).connect() as database:

        def one(statement: str) -> str:
            return str(database.execute(sa.text(statement)).scalar_one())

        total = int(one("SELECT max(id) FROM deletion"))
        middle = total // 2
        whole = "SELECT id FROM deletion WHERE state = '{}' ORDER BY id LIMIT 1"
        known = "SELECT {} FROM {} ORDER BY id LIMIT 1"
        found = {
            "number": str(middle),
            "user": user_of(middle),
            "external id": f"cus-{middle}",
            "customer": one(known.format("customer_id", "subscription")),
            "subscription": one(known.format("id", "subscription")),
            "benefit grant": one(known.format("id", "benefit_grant")),
            "member": one(known.format("id", "member")),
            "seat": one(known.format("id", "customer_seat")),
            "nobody": "nobody-has-this-id",
            "no such Polar id": "00000000-0000-4000-8000-000000000000",
        }
        verified = one(whole.format("verified"))
        held = one(whole.format("held"))
    asked = {
        "overview": "",
        "list": "/deletions",
        "list, in the middle": f"/deletions?before={middle}",
        "list, at the end": "/deletions?before=30",
        **{f"list, {state}": f"/deletions?state={state}" for state in State},
        "list, verified, in the middle": f"/deletions?state=verified&before={middle}",
        "list, held, in the middle": f"/deletions?state=held&before={middle}",
        **{f"search, {what}": f"/deletions?{urlencode({'q': it})}" for what, it in found.items()},
        "search, user, and state": f"/deletions?state=verified&{urlencode({'q': found['user']})}",
        "one, verified": f"/deletions/{verified}",
        "one, held": f"/deletions/{held}",
        "one, held: approve": f"/deletions/{held}/approve",
        "receipt": f"/deletions/{verified}/receipt.json",
        "pause": "/pause",
    }
    return {name: f"/console{path}" for name, path in asked.items()}


def measure(engine: str, url: str, rounds: int) -> Iterator[Page]:
    with served(url) as client:
        for name, path in pages(url).items():
            times = []
            for number in range(rounds + 1):
                started = time.perf_counter()
                answer = client.get(path)
                took = (time.perf_counter() - started) * 1_000
                assert answer.status_code == 200, (path, answer.status_code)
                # The first one compiles templates and fills caches.
                times += [took] if number else []
            times.sort()
            p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
            yield Page(engine, name, statistics.median(times), p95)


def figures(engines: list[str], deletions: int, rounds: int) -> Iterator[Page]:
    for engine in engines:
        with tempfile.TemporaryDirectory() as directory, ENGINES[engine](Path(directory)) as url:
            migrate(url)
            seconds = fill(url, deletions)
            print(f"{engine}: {deletions:,} deletions in {seconds:.0f} s", file=sys.stderr)
            yield from measure(engine, url, rounds)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--deletions", type=int, default=1_000_000, help="default: 1,000,000")
    options.add_argument("--rounds", type=int, default=20, help="default: %(default)s")
    options.add_argument("--engine", choices=ENGINES, help="default: both, one after the other")
    options.add_argument("--url", help="DATABASE_URL of one that fill.py has filled")
    given = options.parse_args()
    if given.url is not None:
        engine = re.split(r"[:+]", given.url)[0]
        found = list(measure(engine, given.url, given.rounds))
    else:
        engines = [given.engine] if given.engine else [*ENGINES]
        found = list(figures(engines, given.deletions, given.rounds))
    if given.json:
        print(json.dumps([asdict(it) for it in found], indent=2))
    else:
        print(f"{'':<44}p50 ms   p95 ms")
        for it in found:
            over = "   over" if it.p95 > GOAL else ""
            print(f"{it.engine:<12}{it.page:<32}{it.p50:>6.1f}   {it.p95:>6.1f}{over}")
    sys.exit(any(it.p95 > GOAL for it in found))


if __name__ == "__main__":
    main()
