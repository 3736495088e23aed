"""How fast `polar-sync reconcile` is, and how much memory it takes. Prints ratios of one run.

    python bench/reconcile.py [CUSTOMERS ...]

For each number of customers (10,000 and 1,000,000 unless given), each with a subscription and a
benefit grant, against the simulator on loopback: the mirror is filled, reconciled again while it is
equal, and the same pages are fetched by a loop that throws them away. Goals: time against that loop
at most 1.25, peak memory at the largest number against the smallest at most 1.2, calls equal to
ceil(customers/100) + ceil(subscriptions/100) + ceil(grants/100).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from sync import garbage_collector as garbage
from sync.deletions.ledger import Ledger
from sync.migrations.upgrade import migrate
from sync.reconcile.report import Report
from sync.reconcile.run import reconciliation
from sync.settings import Settings
from sync.simulator import DEFAULT_TOKEN
from sync.store.database import Database

ROUNDS = 3
RATE = 100_000
LISTS = (
    ("/v1/customers/", {"sorting": "created_at"}),
    ("/v1/subscriptions/", {"sorting": "started_at"}),
    ("/v1/benefit-grants/", {"sorting": "created_at", "is_granted": "true"}),
)


@contextlib.contextmanager
def simulator(customers: int) -> Iterator[str]:
    command = [sys.executable, "-m", "sync.simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            world = {"count": customers, "prefix": "u", "subscriptions": ["active"], "grants": 1}
            httpx.post(f"{url}/_sim/customers/bulk", json=world, timeout=600).raise_for_status()
            yield url
        finally:
            process.terminate()


def settings_for(url: str, database: str) -> Settings:
    return Settings.load(
        _env_file=None,
        polar_access_token=DEFAULT_TOKEN,
        polar_base_url=url,
        polar_webhook_secrets="polar_whs_nobody_sends_anything",
        event_secrets="bm9ib2R5IHNlbmRzIGFueXRoaW5n",
        hash_key="0123456789abcdef" * 2,
        database_url=database,
        rate_per_minute=RATE,
    )


async def reconcile(settings: Settings, database: Database) -> tuple[float, Report]:
    started = time.perf_counter()
    async with reconciliation(Ledger.of(database, settings), settings) as it:
        report = await it.everything()
    return time.perf_counter() - started, report


async def fetch_only(url: str) -> float:
    headers = {"Authorization": f"Bearer {DEFAULT_TOKEN}", "Polar-Version": "2026-10"}
    started = time.perf_counter()
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        for path, filters in LISTS:
            page, pages = 1, 1
            while page <= pages:
                answer = await client.get(path, params={**filters, "page": page, "limit": 100})
                pages = answer.json()["pagination"]["max_page"]
                page += 1
    return time.perf_counter() - started


async def measure(customers: int, url: str, database_url: str) -> dict[str, float]:
    settings, database = settings_for(url, database_url), Database(database_url)
    filling, filled = await reconcile(settings, database)
    equal, alone, calls = [], [], 0
    for _ in range(ROUNDS):
        seconds, report = await reconcile(settings, database)
        assert report.finished
        assert not report.total, report.found
        equal.append(seconds)
        calls = report.calls
        alone.append(await fetch_only(url))
    await database.close()
    formula = 3 * math.ceil(customers / 100)
    return {
        "fill": filling / statistics.median(alone),
        "equal": statistics.median(equal) / statistics.median(alone),
        "fill_calls": filled.calls / formula,
        "equal_calls": calls / formula,
        "seconds": statistics.median(equal),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def child(customers: int) -> None:
    with tempfile.TemporaryDirectory() as directory, simulator(customers) as url, garbage.spared():
        database_url = f"sqlite:///{Path(directory) / 'bench.db'}"
        migrate(database_url)
        print(json.dumps(asyncio.run(measure(customers, url, database_url))))


def main(sizes: list[int]) -> None:
    results = {}
    for customers in sizes:
        command = [sys.executable, __file__, "--child", str(customers)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        results[customers] = found = json.loads(output)
        print(f"{customers:,} customers, as many subscriptions and grants")
        print(f"  time to reconcile an equal mirror / to fetch only   {found['equal']:.2f}")
        print(f"  time to fill an empty mirror / to fetch only        {found['fill']:.2f}")
        print(
            f"  calls / formula: equal {found['equal_calls']:.4f}, fill {found['fill_calls']:.4f}"
        )
        print(f"  peak memory {found['peak']:.0f} MiB, {found['seconds']:.1f} s")
    smallest, largest = results[min(results)], results[max(results)]
    print(
        f"peak memory, largest / smallest                       "
        f"{largest['peak'] / smallest['peak']:.2f}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]))
    else:
        main([int(size) for size in sys.argv[1:]] or [10_000, 1_000_000])
