"""How fast `polar-sync reconcile` is, and how much memory it takes. Prints ratios of one run.

For each number of customers (10,000 and 1,000,000 unless given), each with a subscription and a
benefit grant, against the simulator on loopback. A round fills an empty mirror, reconciles it
again while it is equal, does so once more with a file of the app's users (`--users`, of whom one in
a hundred is gone), and fetches the same pages in a loop that throws them away. Goals: an equal
mirror at most 1.15 times that loop, filling at most 1.5 times, with users at most 1.25 times, peak
memory at the largest number at most 1.2 times that at the smallest, calls equal to
ceil(customers/100) + ceil(subscriptions/100) + ceil(grants/100) + ceil(members/100).
"""

from __future__ import annotations

import argparse
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
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from harness import parser, settings_for

from sync.deletions.ledger import Ledger
from sync.garbage_collector import startup_objects_frozen
from sync.migrations.upgrade import migrate
from sync.mirror.kinds import CUSTOMER, owned
from sync.reconcile.report import Report
from sync.reconcile.run import reconciliation
from sync.reconcile.users import Audit
from sync.reconcile.users_file import reading
from sync.reconcile.users_report import Finding, UsersReport
from sync.settings import Settings
from sync.simulator.config import DEFAULT_TOKEN
from sync.store.database import Database

RATE = 100_000
LISTS = [
    (kind.path, {**kind.filters, "sorting": list(kind.order(descending=False))})
    for kind in (CUSTOMER, *owned())
]
"""The pages as the reconciliation asks for them."""


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


async def reconcile(settings: Settings, database: Database) -> tuple[float, Report]:
    started = time.perf_counter()
    async with reconciliation(Ledger.of(database, settings), settings) as it:
        report = await it.everything()
    return time.perf_counter() - started, report


async def audit(
    settings: Settings, database: Database, file: Path
) -> tuple[float, float, UsersReport]:
    """What `reconcile --users` does: how long all of it takes, and the users' part alone."""
    started = time.perf_counter()
    with file.open("rb") as stream, reading(stream, settings) as users:
        read = time.perf_counter() - started
        seconds, report = await reconcile(settings, database)
        assert report.finished
        compared_from = time.perf_counter()
        ledger = Ledger.of(database, settings)
        found = await Audit(
            ledger=ledger, users=users, as_of=datetime.now(UTC), max_share=0.05
        ).run()
    own = read + time.perf_counter() - compared_from
    return seconds + own, own, found


def write_users(file: Path, customers: int) -> int:
    """All but one in a hundred; returns how many are gone."""
    with file.open("w") as stream:
        stream.write("id,created_at\n")
        stream.writelines(f"u{it},2026-01-01\n" for it in range(customers) if it % 100)
    return math.ceil(customers / 100)


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


@dataclass(frozen=True)
class Figures:
    """Medians over the rounds. `of_fetching`: times as long as fetching the same pages."""

    customers: int
    equal_of_fetching: float
    fill_of_fetching: float
    users_of_fetching: float
    users_alone_of_fetching: float
    equal_calls_of_formula: float
    fill_calls_of_formula: float
    equal_seconds: float
    fill_seconds: float
    users_seconds: float
    peak_mib: float
    """Of the first round, before anything is only fetched."""


async def measure(customers: int, rounds: int, url: str, directory: Path) -> Figures:
    fills, equals, audits, alone = [], [], [], []
    fetches: list[float] = []
    peak = 0.0
    file = directory / "users.csv"
    gone = write_users(file, customers)
    for number in range(rounds):
        database_url = f"sqlite:///{directory / f'{number}.db'}"
        migrate(database_url)
        settings = settings_for(
            database_url,
            polar_access_token=DEFAULT_TOKEN,
            polar_base_url=url,
            rate_per_minute=RATE,
        )
        database = Database(database_url)
        seconds, filled = await reconcile(settings, database)
        fills.append(seconds)
        seconds, equal = await reconcile(settings, database)
        equals.append(seconds)
        assert equal.finished
        assert not equal.total, equal.found
        seconds, own, found = await audit(settings, database, file)
        audits.append(seconds)
        alone.append(own)
        assert found.found == {Finding.ORPHAN: gone}, found.found
        await database.close()
        if not fetches:
            # The loop takes memory of its own.
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        fetches.append(await fetch_only(url))
    formula = len(LISTS) * math.ceil(customers / 100)
    fetching = statistics.median(fetches)
    return Figures(
        customers=customers,
        equal_of_fetching=statistics.median(equals) / fetching,
        fill_of_fetching=statistics.median(fills) / fetching,
        users_of_fetching=statistics.median(audits) / fetching,
        users_alone_of_fetching=statistics.median(alone) / fetching,
        equal_calls_of_formula=equal.calls / formula,
        fill_calls_of_formula=filled.calls / formula,
        equal_seconds=statistics.median(equals),
        fill_seconds=statistics.median(fills),
        users_seconds=statistics.median(audits),
        peak_mib=peak,
    )


def child(customers: int, rounds: int) -> None:
    """One number of customers in a process of its own, whose peak memory is its alone."""
    with (
        tempfile.TemporaryDirectory() as directory,
        simulator(customers) as url,
        startup_objects_frozen(),
    ):
        found = asyncio.run(measure(customers, rounds, url, Path(directory)))
    print(json.dumps(asdict(found)))


def measured(customers: int, rounds: int) -> Figures:
    command = [sys.executable, __file__, "--child", str(customers), "--rounds", str(rounds)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Figures(**json.loads(output))


def show(found: list[Figures]) -> None:
    for it in found:
        print(f"{it.customers:,} customers, as many subscriptions, grants and members")
        print(f"  time to reconcile an equal mirror / to fetch only   {it.equal_of_fetching:.2f}")
        print(f"  time to fill an empty mirror / to fetch only        {it.fill_of_fetching:.2f}")
        print(
            f"  time with a file of users / to fetch only           {it.users_of_fetching:.2f}"
            f", of which the users {it.users_alone_of_fetching:.2f}"
        )
        print(
            f"  calls / formula: equal {it.equal_calls_of_formula:.4f}, "
            f"fill {it.fill_calls_of_formula:.4f}"
        )
        print(f"  peak memory {it.peak_mib:.0f} MiB; equal {it.equal_seconds:.1f} s")
    smallest, largest = (pick(found, key=lambda it: it.customers) for pick in (min, max))
    print(
        f"peak memory, largest / smallest                       "
        f"{largest.peak_mib / smallest.peak_mib:.2f}"
    )


def main() -> None:
    command = parser(__doc__)
    sizes = [10_000, 1_000_000]
    command.add_argument(
        "customers", nargs="*", type=int, default=sizes, help="default: %(default)s"
    )
    command.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    command.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = command.parse_args()
    if given.child:
        child(given.customers[0], given.rounds)
        return
    found = [measured(customers, given.rounds) for customers in given.customers]
    if given.json:
        print(json.dumps([asdict(it) for it in found], indent=2))
    else:
        show(found)


if __name__ == "__main__":
    main()
