"""A database of each earlier schema, as that version's own processes left it: it is migrated with
all that is in it, and the bridge goes on where that version stopped.

`dumping.py` makes `dumps/`.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from sync.deletions.operator import Verb
from sync.migrations.upgrade import PROMISED_FROM
from sync.store.exclusive import changing
from sync.store.schema import USABLE_FROM
from tests.helpers.bridge import Bridge, running
from tests.helpers.commands import Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import EVENT_SECRET, environment
from tests.helpers.simulator import Json, Receiver, SimulatorClient
from tests.helpers.store import Store, StoreFactory
from tests.helpers.waiting import wait_for
from tests.migrations.dumping import DUMPS

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

REVISIONS = sorted({path.name[:4] for path in DUMPS.glob("*.sql")})


def test_each_dump_is_there_for_both_engines() -> None:
    assert REVISIONS[0] == "0003", "the first release's"
    assert {path.name for path in DUMPS.glob("*.sql")} == {
        f"{revision}.{engine}.sql" for revision in REVISIONS for engine in ("sqlite", "postgresql")
    }


@dataclass(frozen=True)
class Older:
    store: Store
    organization_id: str
    customers: list[Json]
    """Who was left at Polar."""


@pytest.fixture(params=REVISIONS)
def older(request: pytest.FixtureRequest, new_empty: StoreFactory, engine: str) -> Older:
    """A database of that revision."""
    store = new_empty()
    text = (DUMPS / f"{request.param}.{engine}.sql").read_text()
    if store.is_sqlite:
        with closing(sqlite3.connect(store.path)) as connection:
            connection.executescript(text)
            connection.execute("PRAGMA journal_mode = WAL")
    else:
        # A connection of its own: a dump leaves it another search path.
        with psycopg.connect(store.url, autocommit=True) as connection:
            connection.execute(text)
    polar = json.loads(text.partition("\n")[0].removeprefix("-- "))
    return Older(store, polar["organization_id"], polar["customers"])


def contents(store: Store, columns: dict[str, list[str]]) -> dict[str, Counter[Any]]:
    """Every row of these columns."""
    return {
        table: Counter(
            tuple(row[i] for i in range(len(names)))
            for row in store.query(f"SELECT {quoted(names)} FROM {table}")  # noqa: S608
        )
        for table, names in columns.items()
    }


def quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def columns(store: Store) -> dict[str, list[str]]:
    """Of each table."""
    with changing(store.url) as connection:
        inspector = sa.inspect(connection)
        return {
            table: [column["name"] for column in inspector.get_columns(table)]
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }


@pytest.fixture
def commands(
    older: Older, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Commands:
    """Today's command line on it."""
    monkeypatch.chdir(older.store.directory)
    for name, value in environment(older.store).items():
        monkeypatch.setenv(name, value)
    return Commands(older.store, capsys, monkeypatch)


def check_evidence(commands: Commands) -> None:
    """The log over all deletions holds, and so does each receipt."""
    verified = commands.run("audit", "verify", "--json")
    assert verified.code == 0, verified.out
    for row in commands.store.query("SELECT id, state FROM deletion"):
        receipt = commands.run("receipt", str(row["id"])).json
        assert (receipt["state"], receipt["chain_unbroken"]) == (row["state"], True)


def test_it_is_migrated_with_all_that_is_in_it(older: Older, commands: Commands) -> None:
    store = older.store
    before = columns(store)
    rows = contents(store, before)
    assert sum(rows["evidence"].values()) > 20
    store.close()

    migrated = commands.run("migrate")

    assert (migrated.code, migrated.out) == (0, "the database is up to date\n")
    after = contents(store, before)
    after["meta"] -= Counter([(USABLE_FROM, PROMISED_FROM)])
    assert after == rows
    with changing(store.url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    check_evidence(commands)
    states = Counter(row[0] for row in store.query("SELECT state FROM deletion"))
    assert commands.run("status", "--json").json["states"].items() >= states.items()


@pytest.fixture
def polar(sim: SimulatorClient, older: Older) -> SimulatorClient:
    """Polar as that version has left it."""
    sim.settings(organization_id=older.organization_id)
    for customer in older.customers:
        sim.control("POST", "/customers", {**customer, "webhooks": False})
    return sim


def pending(it: Bridge) -> list[Any]:
    """Messages and profiles that have not left yet."""
    return it.query(
        "SELECT id FROM outbox WHERE status = 'pending'"
        " UNION ALL SELECT id FROM profile WHERE status = 'pending'"
    )


def test_the_bridge_goes_on_where_that_version_stopped(
    older: Older, commands: Commands, polar: SimulatorClient, receiver: Receiver
) -> None:
    customers = {row["external_id"]: row["id"] for row in older.customers}
    commands.run("migrate")

    with running(
        polar,
        older.store,
        verify_after=0.2,
        max_deletions_per_hour=0,
        sync_events=("deleted", "restored", "updated"),
        outcome_url=receiver.url,
        outcome_secrets=EVENT_SECRET,
        outcome_allow_private=True,
    ) as it:
        ended = ("deleting-1", "blocked-1", "pending-1", "user-mapped")
        it.wait_all(ended, "verified")
        it.wait("pending-nobody", "no_customer")
        assert [it.deletions(user)[0]["state"] for user in ("held-1", "held-2")] == ["held"] * 2
        it.act(Verb.APPROVE, "held-1")
        it.wait("held-1", "verified")
        it.settled()
        wait_for(lambda: not pending(it), "outbox and profiles are carried")
        it.forgotten(*(f"{name}@people.example" for name in (*ended, "held-1", "mapped-1")))
        for name, customer in customers.items():
            kept = name in {"held-2", "held-3", "living-1", "living-2", "again-1", "paused-1"}
            assert it.is_gone(customer) is not (kept or name == "team-1"), name
        check_evidence(commands)
