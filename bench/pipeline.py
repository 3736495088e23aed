"""What a deletion costs in requests to Polar, and how much of its limit is used. Ratios of one run.

DELETIONS (10,000 unless given) through the whole pipeline, twice. First with the simulator
unlimited: goal, at most 2.1 requests each. Then with Polar's limit of 500 a minute, and a minute
that passes SPEED times (5 unless given) as fast for the simulator and the bridge: goal, at least
0.98 of the limit used and no 429. A SPEED at which the processor is the limit shows less.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import math
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from harness import parser
from pydantic import SecretStr

from sync.migrations.upgrade import migrate
from sync.signatures import sign
from sync.simulator.config import DEFAULT_TOKEN

EVENT_SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
POLAR_SECRET = f"polar_whs_{secrets.token_urlsafe(32)}"
LIMIT = 500
AT_ONCE = 32
HURRIED = """
from datetime import timedelta
from functools import partial
from sync.cli.main import main
from sync.deletions import ledger
from sync.polar import budget
minute = timedelta(minutes=1) / {speed}
budget.WINDOW = minute
ledger.Policy = partial(ledger.Policy, listing_fresh=minute)
main()
"""
"""The command line of a bridge whose minute passes faster."""
ROOT = Path(__file__).parent.parent


@contextlib.contextmanager
def process(command: list[str], **settings: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.terminate()


@contextlib.contextmanager
def bridge(
    directory: str, simulator: dict[str, Any], serve: list[str], **settings: str
) -> Iterator[tuple[str, str, Path]]:
    """The simulator and the server; yields their URLs and the database."""
    path = Path(directory) / "bench.db"
    migrate(f"sqlite:///{path}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with process(["-m", "sync.simulator", "--settings", json.dumps(simulator)]) as polar:
        assert polar.stdout is not None
        polar_url = polar.stdout.readline().split()[-1]
        with process(
            [*serve, "serve", "--port", str(port)],
            POLAR_ACCESS_TOKEN=DEFAULT_TOKEN,
            POLAR_BASE_URL=polar_url,
            POLAR_WEBHOOK_SECRETS=POLAR_SECRET,
            EVENT_SECRETS=EVENT_SECRET,
            HASH_KEY="0123456789abcdef" * 2,
            DATABASE_URL=f"sqlite:///{path}",
            LOG_LEVEL="warning",
            **settings,
        ):
            for _ in range(400):
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"{url}/readyz").is_success:
                        break
                time.sleep(0.05)
            endpoint = {"url": f"{url}/webhooks/polar", "secret": POLAR_SECRET}
            httpx.post(f"{polar_url}/_sim/webhooks/endpoints", json=endpoint).raise_for_status()
            yield url, polar_url, path


async def tell(url: str, polar_url: str, users: int, pace: float) -> None:
    """Make the customers at Polar, and have the app say that all of them left, `pace` a second."""
    world = {"count": users, "prefix": "user-", "subscriptions": ["active"], "grants": 1}
    async with httpx.AsyncClient(timeout=60) as client:
        await client.post(f"{polar_url}/_sim/customers/bulk", json=world)
        await client.delete(f"{polar_url}/_sim/requests")
        started = time.perf_counter()
        for start in range(0, users, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, users))
            await asyncio.gather(*(send(client, url, number) for number in numbers))
            await asyncio.sleep(started + numbers.stop / pace - time.perf_counter())


async def send(client: httpx.AsyncClient, url: str, number: int) -> None:
    now = datetime.now(UTC)
    data = {"user_id": f"user-{number}"}
    event = {"type": "user.deleted", "timestamp": now.isoformat(), "data": data}
    body = json.dumps(event).encode()
    headers = sign(SecretStr(EVENT_SECRET), f"msg_{uuid.uuid4().hex}", now, body)
    headers["content-type"] = "application/json"
    (await client.post(f"{url}/events", content=body, headers=headers)).raise_for_status()


def verified(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT count(*) FROM deletion WHERE state = 'verified'")
        count: int = found.fetchone()[0]
        return count


def sent(polar_url: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{polar_url}/_sim/requests", timeout=60)
    requests: list[dict[str, Any]] = answer.json()["requests"]
    return requests


UNBRAKED = {"MAX_DELETIONS_PER_HOUR": "0"}


def run(
    users: int, pace: float, simulator: dict[str, Any], serve: list[str], **settings: str
) -> list[dict[str, Any]]:
    """All of the users deleted and verified; returns the requests that it took."""
    with (
        tempfile.TemporaryDirectory() as directory,
        bridge(directory, simulator, serve, **UNBRAKED, **settings) as (
            url,
            polar_url,
            path,
        ),
    ):
        asyncio.run(tell(url, polar_url, users, pace))
        while verified(path) < users:
            time.sleep(0.1)
        return sent(polar_url)


@dataclass(frozen=True)
class Unlimited:
    requests_each: float
    seconds_each: float


@dataclass(frozen=True)
class Limited:
    requests_each: float
    of_limit: float
    """Requests sent / what the limit allows in that time."""
    answered_429: int
    minutes: float
    """Polar's, not the clock's."""


def unlimited(users: int) -> Unlimited:
    started = time.perf_counter()
    requests = run(
        users, math.inf, {"time_scale": 0.05}, ["-m", "sync.cli"], RATE_PER_MINUTE="100000"
    )
    return Unlimited(len(requests) / users, (time.perf_counter() - started) / users)


def limited(users: int, speed: float) -> Limited:
    window = 60 / speed
    requests = run(
        users,
        # About twice what the limit lets through, so that there is always something to do.
        LIMIT / window,
        {"time_scale": 1 / speed, "rate_limit": LIMIT, "rate_window": window},
        ["-c", HURRIED.format(speed=speed)],
        RATE_PER_MINUTE=str(LIMIT),
        # Each waits for its turn and for the disk, which is no faster: more of them do it at once.
        CONCURRENCY="32",
        VERIFY_AFTER=str(600 / speed),
    )
    times = [datetime.fromisoformat(request["started_at"]) for request in requests]
    # After the last DELETE there is nothing left to use the limit for.
    last = max(at for at, it in zip(times, requests, strict=True) if it["method"] == "DELETE")
    span = (last - min(times)).total_seconds()
    used = sum(at <= last for at in times) / (LIMIT * span / window)
    refused = sum(request["status"] == 429 for request in requests)
    return Limited(len(requests) / users, used, refused, span * speed / 60)


def main() -> None:
    command = parser(__doc__)
    command.add_argument(
        "deletions", nargs="?", type=int, default=10_000, help="default: %(default)s"
    )
    command.add_argument("speed", nargs="?", type=float, default=5, help="default: %(default)s")
    given = command.parse_args()
    free, bound = unlimited(given.deletions), limited(given.deletions, given.speed)
    if given.json:
        found = {"unlimited": asdict(free), "limited": asdict(bound)}
        print(json.dumps({"deletions": given.deletions, **found}, indent=2))
        return
    print(f"requests a deletion, unlimited     {free.requests_each:.3f}")
    print(f"                                   ({free.seconds_each * 1e3:.1f} ms each)")
    print(f"requests a deletion, limited       {bound.requests_each:.3f}")
    print(f"requests / the limit allows        {bound.of_limit:.3f}")
    print(f"answered 429                       {bound.answered_429}")
    print(f"                                   ({bound.minutes:.0f} minutes of Polar)")


if __name__ == "__main__":
    main()
