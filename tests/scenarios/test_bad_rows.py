"""Values that a database cannot hold, or JSON readers do not give back: they cost themselves, and
the deletion of whoever has them ends like any other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.deletions.operator import Verb
from sync.keeping import digest
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


def told(it: Bridge) -> dict[str, Any]:
    async def run(database: Database) -> dict[str, Any]:
        report = await status(database, it.settings, 1_000)
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
            report = it.reconcile()
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


@pytest.mark.parametrize("what", ["status", "id", "started_at"])
def test_an_item_that_cannot_be_read_costs_that_item(
    sim: SimulatorClient, store: Store, what: str
) -> None:
    """A subscription, on the page that lists everybody's, of which this is no text."""
    with (
        tampering(sim.url, {}) as between,
        bridge.running(
            sim, store, webhooks=False, polar_base_url=between.url, verify_after=1
        ) as it,
    ):
        bad = it.customer("bad", "past_due")
        good = {name: it.customer(name, "active", grants=1) for name in ("good-1", "good-2")}
        [subscription] = it.truth(bad)["subscriptions"]
        value = json.dumps(subscription[what])
        between.changes = {f'"{what}":{value}'.encode(): f'"{what}":["?"]'.encode()}
        report = it.reconcile()
        assert report.finished
        assert report.incomplete == {"subscription": 1}
        [difference] = [item for item in report.differences if item.finding == "unreadable"]
        assert difference.kind == "subscription"
        assert (difference.id == subscription["id"]) is (what != "id")
        assert not difference.repaired
        users = ["bad", *good]
        for user in users:
            it.tell(user)
        it.wait_all(list(good), "verified")
        row = it.wait("bad", "blocked")
        assert "cannot be read" in row["reason"]
        assert not it.is_gone(bad)
        # Polar has mended it.
        between.changes = {}
        it.act(Verb.RETRY, "bad")
        it.wait("bad", "verified")
        assert it.reconcile().incomplete == {}


def refuse(store: Store, table: str, condition: str) -> None:
    """Have the database refuse rows of which this is so."""
    if store.is_sqlite:
        store.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON {table} WHEN {condition}"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        return
    store.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'refused'; END $$"
    )
    store.execute(
        f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition})"
        " EXECUTE FUNCTION refuse()"
    )


def test_a_row_that_the_database_refuses_costs_that_row(sim: SimulatorClient, store: Store) -> None:
    """Whatever the reason may be: webhooks, pages and answers are taken again one by one."""
    refuse(store, "subscription", "NEW.amount = 66600")
    with bridge.running(sim, store, verify_after=1) as it:
        bad = it.customer("bad", {"status": "active", "amount": 66_600})
        good = {name: it.customer(name, "active", grants=1) for name in ("good-1", "good-2")}
        it.settled()
        assert {row["status"] for row in it.query("SELECT status FROM inbox")} == {
            "applied",
            "dead",
        }
        store.execute("DELETE FROM subscription")
        report = it.reconcile()
        assert (report.finished, report.incomplete) == (True, {"subscription": 1})
        [subscription] = it.truth(bad)["subscriptions"]
        [named] = [item.id for item in report.differences if item.finding == "unreadable"]
        assert named == subscription["id"]
        for user in ["bad", *good]:
            it.tell(user)
        it.wait_all(list(good), "verified")
        row = it.wait("bad", "blocked")
        assert "the database does not take what Polar says" in row["reason"]
        store.execute("DROP TRIGGER refuse" + ("" if store.is_sqlite else " ON subscription"))
        it.act(Verb.RETRY, "bad")
        it.wait("bad", "verified")
