"""Values that a database cannot hold, or JSON readers do not give back: they cost themselves, and
the deletion of whoever has them ends like any other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.deletions.ledger import Ledger
from sync.keeping import digest
from sync.reconcile.report import Report
from sync.reconcile.run import reconciliation
from sync.reports.status import status
from sync.store.database import Database
from tests.helpers import bridge
from tests.helpers.bridge import Bridge
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import POLAR_SECRET
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store
from tests.helpers.tampering import HOOK, tampering

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

DEEP = "[" * 3_000 + "]" * 3_000
AGO = "2003-02-01T04:05:06+00:00"
"""The time of creation that is changed into one at the edge of the calendar."""

METADATA = {
    "digits": "1" + "0" * 400,
    "exponent": "-1e400",
    "nan": "NaN",
    "infinity": "-Infinity",
    "integer": str(2**64 + 1),
    "half": r'"\ud800!"',
    "nul": r'"a\u0000b"',
    "long": json.dumps("x" * 100_000),
    "deep": DEEP,
    "list": '[1, {"a": NaN}]',
    "type": "[]",
}
"""What stands in a customer's metadata, and once each as their name."""
AMOUNTS = {1_234_567_801: str(2**63), 1_234_567_802: str(2**70), 1_234_567_803: "-1e30"}
CHANGES = {
    **{f'"@{name}@"': text for name, text in METADATA.items()},
    '"@key@"': r'"\udfff"',
    **{f'"amount":{amount},': f'"amount":{text},' for amount, text in AMOUNTS.items()},
    '"2003-02-01T04:05:06Z"': '"0001-01-01T00:00:00+14:00"',
}


def bad_customers(it: Bridge) -> dict[str, str]:
    """Polar's ids by user: one customer for each kind of bad value."""
    made = {
        name: it.customer(name, "active", metadata={"a": f"@{name}@", "b": 1}, grants=1)
        for name in METADATA
    }
    made |= {
        f"name-{name}": it.customer(f"name-{name}", "active", name=f"@{name}@") for name in METADATA
    }
    made |= {
        f"amount-{amount}": it.customer(
            f"amount-{amount}", {"status": "active", "amount": amount}, grants=1
        )
        for amount in AMOUNTS
    }
    made["key"] = it.customer("key", "active", metadata={"@key@": "x"})
    made["early"] = it.customer("early", "active", created_at=AGO)
    return made


def reconcile(it: Bridge) -> Report:
    async def run(database: Database) -> Report:
        ledger = Ledger.of(database, it.settings)
        async with reconciliation(ledger, it.settings) as one:
            return await one.everything()

    return it.beside(run)


def told(it: Bridge) -> dict[str, Any]:
    async def run(database: Database) -> dict[str, Any]:
        report = await status(database, 1_000)
        not_kept: dict[str, Any] = report["not_kept"]
        return not_kept

    return it.beside(run)


@pytest.mark.parametrize("webhooks", [True, False])
def test_values_that_cannot_be_kept_cost_nobody(
    sim: SimulatorClient, store: Store, webhooks: bool
) -> None:
    with (
        tampering(sim.url, CHANGES) as between,
        bridge.running(
            sim, store, webhooks=False, polar_base_url=between.url, verify_after=1
        ) as it,
    ):
        between.bridge = str(it.app.base_url).rstrip("/")
        if webhooks:
            sim.endpoint(f"{between.url}{HOOK}", secret=POLAR_SECRET)
        bad = bad_customers(it)
        good = {name: it.customer(name, "active", grants=1) for name in ("good-1", "good-2")}
        it.settled()
        for again in (False, True):
            report = reconcile(it)
            assert (report.finished, report.incomplete) == (True, {}), report
            assert not again or report.total == 0, report.differences

        # Each is mirrored, and named.
        not_kept = told(it)
        assert not_kept["total"] == len(not_kept["objects"]) >= len(bad) - 1
        by_id = {row["id"]: row["fields"] for row in not_kept["objects"]}
        assert by_id[bad["digits"]] == ["metadata"]
        assert by_id[bad["name-nul"]] == ["billing_name", "name"]
        assert by_id[bad["early"]] == ["created_at", "version_at"]
        assert not by_id.keys() & set(good.values())
        [row] = it.query("SELECT name FROM customer WHERE id = ?", bad["name-nul"])
        assert row["name"] == digest("a\x00b")
        [row] = it.query("SELECT metadata FROM customer WHERE id = ?", bad["nan"])
        assert json.loads(row["metadata"]) == {"a": digest(float("nan")), "b": 1}
        [row] = it.query("SELECT created_at FROM customer WHERE id = ?", bad["early"])
        assert row["created_at"].lstrip("0") == "1-01-02 00:00:00.000000"
        amounts = it.query("SELECT amount FROM subscription ORDER BY amount")
        assert (amounts[0]["amount"], amounts[-1]["amount"]) == (-(2**63) + 1, 2**63 - 1)

        # Their deletions end as anybody's do.
        users = [*bad, *good]
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        assert all(it.is_gone(customer) for customer in [*bad.values(), *good.values()])
        it.settled()
        assert "dead" not in {row["status"] for row in it.query("SELECT status FROM inbox")}
        it.forgotten(digest("a\x00b"), digest(float("nan")), "xxxxxxxx")
