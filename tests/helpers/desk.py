"""A deployment's database and the Polar that it is reconciled with."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sync.cli.exit_codes import EQUAL, reconciliation_code
from sync.cli.main import main
from sync.deletions.ledger import Ledger
from sync.reconcile.report import Report
from sync.reconcile.run import Reconciliation, reconciliation
from sync.settings import Settings
from sync.simulator.config import DEFAULT_TOKEN
from sync.store.database import Database
from tests.helpers import bridge
from tests.helpers.bridge import GRANTS, SUBSCRIPTIONS, ago, query
from tests.helpers.settings import environment
from tests.helpers.simulator import SimulatorClient

Json = dict[str, Any]
T = TypeVar("T")
Found = dict[tuple[str, str], int]

CUSTOMERS = "GET /v1/customers/"
LISTS = (CUSTOMERS, SUBSCRIPTIONS, GRANTS)
NEW_ID = "00000000-0000-4000-8000-000000000001"
MANY = 100_000
"""Customers of the one large reconciliation."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A deployment's database and the Polar that it is reconciled with."""

    sim: SimulatorClient
    path: Path

    @property
    def settings(self) -> Settings:
        return bridge.bridge_settings(self.sim, self.path)

    # --- reconciling ---------------------------------------------------------------------------

    def reconcile(self, since: timedelta | None = None, **options: Any) -> Report:
        return self.do(lambda it: it.everything(since), **options)

    def do(self, work: Callable[[Reconciliation], Awaitable[Report]], **options: Any) -> Report:
        async def run(database: Database) -> Report:
            settings = self.settings
            async with reconciliation(Ledger.of(database, settings), settings, **options) as it:
                return await work(it)

        return self.beside(run)

    def beside(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Do something with the database as a process would."""
        return bridge.beside(self.settings, work)

    def environment(self, **variables: str) -> dict[str, str]:
        return environment(
            self.path,
            **{
                "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
                "POLAR_BASE_URL": self.sim.url,
                "RATE_PER_MINUTE": "100000",
                **variables,
            },
        )

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        """`polar-sync reconcile` in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "sync.cli", "reconcile", "--json", *arguments],
            env={**os.environ, **self.environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    # --- looking -------------------------------------------------------------------------------

    def query(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        return query(self.path, sql, *parameters)

    def one(self, sql: str, *parameters: Any) -> Any:
        [row] = self.query(sql, *parameters)
        return row[0]

    def change(self, sql: str, *parameters: Any) -> None:
        """Do something to the database behind the bridge's back."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection, connection:
            assert connection.execute(sql, parameters).rowcount > 0, sql

    def dump(self) -> list[str]:
        """All that the database holds, but for how much of the rate budget is used."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            return [line for line in connection.iterdump() if 'INTO "budget"' not in line]

    def counts(self) -> Counter[str]:
        """Requests to Polar by method and route."""
        found = self.sim.control("GET", "/counts")
        return Counter({route: n for route, n in found.items() if "/webhooks/" not in route})

    def forget_requests(self) -> None:
        self.sim.control("DELETE", "/requests")

    def state(self, deletion: int = 1) -> str:
        state: str = self.one("SELECT state FROM deletion WHERE id = ?", deletion)
        return state

    def known(self) -> set[str]:
        """All that there is a row of, whatever it says."""
        tables = ("customer", "subscription", "benefit_grant")
        return {row["id"] for name in tables for row in self.query(f"SELECT id FROM {name}")}  # noqa: S608

    def assert_equal(self) -> None:
        """The mirror is as Polar is, by a way of its own; and the next run finds nothing."""
        assert mirrored(self.path) == truth(self.sim)

    def assert_settled(self) -> None:
        self.assert_equal()
        report = self.reconcile()
        assert (reconciliation_code(report), found(report)) == (EQUAL, {}), report.differences


def found(report: Report) -> Found:
    return {
        (kind, finding): number
        for kind, findings in report.found.items()
        for finding, number in findings.items()
    }


def moment(text: str | None) -> datetime | None:
    """A time as the API or SQLite writes it."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def everything(sim: SimulatorClient, path: str, **params: Any) -> list[Json]:
    """A whole list, of a Polar at rest: read again until what ties has come on some page."""
    items: dict[str, Json] = {}
    for number in itertools.count():
        size = max(1, -(-len(items) // 100)) + 1
        page = sim.get(path, page=number % size + 1, limit=100, **params)
        items.update((item["id"], item) for item in page["items"])
        if len(items) >= page["pagination"]["total_count"]:
            break
    return list(items.values())


CUSTOMER_FIELDS = ("external_id", "email", "name", "billing_name", "metadata")
SUBSCRIPTION_FIELDS = ("customer_id", "status", "amount")
SUBSCRIPTION_TIMES = ("created_at", "started_at", "ended_at", "canceled_at")


def truth(sim: SimulatorClient) -> Json:
    """All that the mirror must hold."""
    return {
        "customers": {
            row["id"]: [row[name] for name in CUSTOMER_FIELDS]
            for row in everything(sim, "/v1/customers/", sorting="created_at")
        },
        "subscriptions": {
            row["id"]: [row[name] for name in SUBSCRIPTION_FIELDS]
            + [moment(row[name]) for name in SUBSCRIPTION_TIMES]
            for row in everything(sim, "/v1/subscriptions/", sorting="started_at")
        },
        "grants": {
            row["id"]: [row["customer_id"], row["benefit_id"], moment(row["granted_at"])]
            for row in everything(
                sim, "/v1/benefit-grants/", sorting="created_at", is_granted="true"
            )
        },
    }


def mirrored(path: Path) -> Json:
    """What it does hold."""
    return {
        "customers": {
            row["id"]: [
                json.loads(row[name]) if name == "metadata" and row[name] else row[name]
                for name in CUSTOMER_FIELDS
            ]
            for row in query(path, "SELECT * FROM customer WHERE deleted_at IS NULL")
        },
        "subscriptions": {
            row["id"]: [row[name] for name in SUBSCRIPTION_FIELDS]
            + [moment(row[name]) for name in SUBSCRIPTION_TIMES]
            for row in query(path, "SELECT * FROM subscription")
        },
        "grants": {
            row["id"]: [row["customer_id"], row["benefit_id"], moment(row["granted_at"])]
            for row in query(path, "SELECT * FROM benefit_grant WHERE is_granted")
        },
    }


def bulk(sim: SimulatorClient, count: int, **fields: Any) -> None:
    fields = {"created_at": ago(days=2), "subscriptions": ["active"], "grants": 1, **fields}
    sim.control("POST", "/customers/bulk", {"count": count, **fields})


def pages(rows: int) -> int:
    return max(1, -(-rows // 100))


def command(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *arguments: str, **variables: str
) -> int | str | None:
    """`polar-sync reconcile` through the entry point, in this process; returns its exit code."""
    for name, value in desk.environment(**variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(desk.path.parent)
    monkeypatch.setattr(sys, "argv", ["polar-sync", "reconcile", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code
