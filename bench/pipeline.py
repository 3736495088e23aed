"""What a deletion costs in requests to Polar, and how much of its limit is used. Ratios of one run.

    python bench/pipeline.py [DELETIONS] [SECONDS]

First DELETIONS (1,000 unless given) through the whole pipeline with the simulator unlimited: goal,
at most 2.1 requests each. Then as many as the limit allows in SECONDS (120 unless given), with
Polar's 500 requests a minute: goal, at least 0.98 of the limit used and no 429.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from sync.database import migrate
from sync.signatures import sign
from sync.simulator import DEFAULT_TOKEN

EVENT_SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
POLAR_SECRET = f"polar_whs_{secrets.token_urlsafe(32)}"
LIMIT = 500
BUDGET = 491
"""A minute: the burst of a second's worth on top stays within the limit."""
AT_ONCE = 32
ROOT = Path(__file__).parent.parent


@contextlib.contextmanager
def process(command: list[str], **settings: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", *command], env=environment, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.terminate()


@contextlib.contextmanager
def bridge(directory: str, rate: int, *simulator: str) -> Iterator[tuple[str, str, Path]]:
    """The simulator and the server; yields their URLs and the database."""
    path = Path(directory) / "bench.db"
    migrate(f"sqlite:///{path}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with process(["sync.simulator", "--port", "0", "--time-scale", "0.05", *simulator]) as polar:
        assert polar.stdout is not None
        polar_url = polar.stdout.readline().split()[-1]
        with process(
            ["sync.cli", "serve", "--port", str(port)],
            POLAR_ACCESS_TOKEN=DEFAULT_TOKEN,
            POLAR_BASE_URL=polar_url,
            POLAR_WEBHOOK_SECRETS=POLAR_SECRET,
            EVENT_SECRETS=EVENT_SECRET,
            HASH_KEY="0123456789abcdef" * 2,
            DATABASE_URL=f"sqlite:///{path}",
            RATE_PER_MINUTE=str(rate),
            LOG_LEVEL="warning",
        ):
            for _ in range(400):
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"{url}/readyz").is_success:
                        break
                time.sleep(0.05)
            endpoint = {"url": f"{url}/webhooks/polar", "secret": POLAR_SECRET}
            httpx.post(f"{polar_url}/_sim/webhooks/endpoints", json=endpoint).raise_for_status()
            yield url, polar_url, path


async def tell(url: str, polar_url: str, users: int) -> None:
    """Make the customers at Polar, and have the app say that all of them left."""
    world = {"count": users, "prefix": "user-", "subscriptions": ["active"], "grants": 1}
    async with httpx.AsyncClient(timeout=60) as client:
        await client.post(f"{polar_url}/_sim/customers/bulk", json=world)
        await client.delete(f"{polar_url}/_sim/requests")
        for start in range(0, users, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, users))
            await asyncio.gather(*(send(client, url, number) for number in numbers))


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


def unlimited(deletions: int) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        bridge(directory, 100_000) as (url, polar_url, path),
    ):
        started = time.perf_counter()
        asyncio.run(tell(url, polar_url, deletions))
        while verified(path) < deletions:
            time.sleep(0.1)
        seconds = time.perf_counter() - started
        requests = len(sent(polar_url))
    print(f"requests a deletion                {requests / deletions:.3f}")
    print(f"                                   ({deletions} in {seconds:.0f} s)")


def limited(seconds: float) -> None:
    # More than the limit allows, so that there is always something to do.
    users = round(LIMIT * (seconds + 30) / 60 / 2)
    with (
        tempfile.TemporaryDirectory() as directory,
        bridge(directory, BUDGET, "--rate-limit", str(LIMIT)) as (url, polar_url, _),
    ):
        asyncio.run(tell(url, polar_url, users))
        time.sleep(seconds)
        requests = sent(polar_url)
    times = [datetime.fromisoformat(request["started_at"]) for request in requests]
    span = (max(times) - min(times)).total_seconds()
    print(f"requests / the limit allows        {len(requests) / (LIMIT * span / 60):.3f}")
    print(f"answered 429                       {sum(r['status'] == 429 for r in requests)}")


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:]]
    unlimited(numbers[0] if numbers else 1_000)
    limited(numbers[1] if len(numbers) > 1 else 120)
