"""How fast signed webhooks are taken in. Prints ratios of one run.

    python bench/ingest.py [REQUESTS]

Signed webhooks of real size (2 to 6 KiB) over loopback at 1, 16 and 64 connections, against
(a) the ceiling: a bare Starlette route that reads the body, verifies it and answers 202;
(b) the obvious way: one FastAPI route, the official SDK's `validate_event`, one ORM insert and
    commit a request.
Goals at 64 connections: at least 0.8 of (a) on SQLite and 4 times (b), p99 at most 3 times (a)'s.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import random
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

from sync.database import migrate
from sync.signatures import sign_as_polar

ROUNDS = 3
CONNECTIONS = (1, 16, 64)
SECRET = SecretStr("polar_whs_" + base64.b64encode(b"loopback only, nobody").decode())
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Measured:
    per_second: float
    p99: float


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


async def load(port: int, made: list[bytes], connections: int) -> Measured:
    """Send them all over so many connections, each answered before the next."""
    waiting, took = iter(made), []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            started = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 202"), head
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            if length:
                await reader.readexactly(length)
            took.append(time.perf_counter() - started)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(connections)))
    seconds = time.perf_counter() - started
    return Measured(len(made) / seconds, sorted(took)[int(len(took) * 0.99)])


@contextlib.contextmanager
def serving(target: str, directory: str, **settings: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", target, "--factory", "--port", str(port)]
    command += ["--log-level", "warning", "--no-access-log", "--app-dir", str(HERE)]
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


def measure(number: int) -> dict[str, dict[int, list[Measured]]]:
    results: dict[str, dict[int, list[Measured]]] = {}
    for round_ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as directory:
            url = f"sqlite:///{directory}/ours.db"
            contestants = {
                "bare": serving("ingest_contestants:bare", directory),
                "obvious": serving("ingest_contestants:obvious", directory),
                "ours": bridge(directory, url),
            }
            for name, server in contestants.items():
                with server as port:
                    asyncio.run(load(port, requests(50), 4))
                    for connections in CONNECTIONS:
                        made = requests(number if connections > 1 else number // 4)
                        found = asyncio.run(load(port, made, connections))
                        results.setdefault(name, {}).setdefault(connections, []).append(found)
        print(f"round {round_ + 1} of {ROUNDS}", file=sys.stderr)
    return results


def main(number: int) -> None:
    results = measure(number)
    print("connections   ours/bare   ours/obvious   p99 ours/bare")
    for connections in CONNECTIONS:
        rate = {
            name: statistics.median(one.per_second for one in found[connections])
            for name, found in results.items()
        }
        p99 = {
            name: statistics.median(one.p99 for one in found[connections])
            for name, found in results.items()
        }
        print(
            f"{connections:>11}   {rate['ours'] / rate['bare']:>9.2f}   "
            f"{rate['ours'] / rate['obvious']:>12.2f}   {p99['ours'] / p99['bare']:>13.2f}"
            f"     ({rate['ours']:.0f}, {rate['bare']:.0f}, {rate['obvious']:.0f} a second)"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000)
