"""`polar-sync status`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlmodel import col, select

from sync.cli.exit_codes import NO
from sync.deletions.ledger import Ledger
from sync.deletions.observations import AnotherDeleted, DeleteBy, DeleteSent, Unmapped
from sync.deletions.states import State
from sync.inbox.entry import InboxStatus
from sync.inbox.tables import OPEN_INBOX, InboxRow
from sync.mirror.kinds import CUSTOMER
from sync.mirror.objects import API
from sync.mirror.reading import parse
from sync.mirror.rows import upsert
from tests.helpers.commands import BLOCKED, FOUND, HELD, ISO, SUPERSEDED, VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES, SQLITE

pytestmark = BOTH_ENGINES


def test_status_of_an_empty_bridge(commands: Commands) -> None:
    result = commands.run("status", "--json")

    assert (result.code, result.err) == (0, "")
    assert result.json == {
        "paused": None,
        "clock_jump": None,
        "states": {state.value: 0 for state in State},
        "oldest_waiting": None,
        "need_person": {"total": 0, "deletions": []},
        "paid_seats": [],
        "inbox": {"pending": 0, "oldest_pending_at": None},
        "near_misses": [],
        "possibly_lost": {"total": 0, "newest": []},
        "dead_letters": {"total": 0, "newest": []},
        "outbox": {"pending": 0, "oldest_pending_at": None, "dead": 0, "newest_dead": []},
        "profiles": {"pending": 0, "oldest_pending_at": None, "dead": 0, "newest_dead": []},
        "not_kept": {"total": 0, "objects": []},
    }
    assert "no deletions yet" in commands.run("status").out


def test_status_lists_what_needs_a_person_and_why(commands: Commands) -> None:
    verified = commands.deletion("user-0", *VERIFIED)
    superseded = commands.deletion("user-1", SUPERSEDED)
    unmapped = commands.deletion("user-2", Unmapped())
    held = commands.deletion("user-3", *HELD)
    blocked = commands.deletion("user-4", BLOCKED)
    commands.deletion("user-5")
    commands.dead_letter()

    report = commands.run("status", "--json").json

    assert {state: count for state, count in report["states"].items() if count} == {
        "verified": 1,
        "superseded": 1,
        "unmapped": 1,
        "held": 1,
        "blocked": 1,
        "received": 1,
    }
    assert report["oldest_waiting"]["id"] == unmapped
    assert ISO.fullmatch(report["oldest_waiting"]["received_at"])
    needed = report["need_person"]
    assert needed["total"] == 4
    assert [row["id"] for row in needed["deletions"]] == [unmapped, held, blocked, superseded]
    assert all(row["reason"] for row in needed["deletions"])
    assert needed["deletions"][0]["user_id"] == "user-2"
    dead = report["dead_letters"]
    assert dead["total"] == 1
    assert dead["newest"][0]["error"] == "the body is not JSON"
    assert set(dead["newest"][0]) == {"id", "source", "event_type", "received_at", "error"}

    shown = commands.run("status").out
    assert "the brake tripped" in shown
    assert "created after the event" in shown
    assert "the body is not JSON" in shown
    assert "map set" in shown
    assert verified not in [row["id"] for row in needed["deletions"]]


def test_status_lists_no_more_than_it_is_asked_to(commands: Commands) -> None:
    for number in range(3):
        commands.deletion(f"user-{number}", Unmapped())

    report = commands.run("status", "--json", "--limit", "2").json

    assert report["need_person"]["total"] == 3
    assert len(report["need_person"]["deletions"]) == 2
    assert "and 1 more" in commands.run("status", "--limit", "2").out


def test_status_names_what_cannot_be_kept(commands: Commands) -> None:
    ids = [f"6f2c1d0e-3f43-4f5e-9a55-{number:012d}" for number in range(3)]

    async def write(ledger: Ledger) -> None:
        database = ledger.database
        at = "2026-09-01T00:00:00Z"
        customers: list[dict[str, Any]] = [
            {"id": ids[0], "created_at": at, "name": "Ada"},
            {"id": ids[1], "created_at": at, "name": "A\x00da", "email": 7},
            {"id": ids[2], "created_at": at, "metadata": {"n": float("nan")}},
        ]
        async with database.write() as session:
            now = await database.now(session)
            seen = [parse(CUSTOMER, it, observed_at=now, by=API) for it in customers]
            await upsert(database, session, seen, now)

    commands.do(write)
    report = commands.run("status", "--json", "--limit", "1").json["not_kept"]
    assert report["total"] == 2
    assert report["objects"] == [
        {"kind": "customer", "id": ids[1], "fields": ["email", "name"]},
    ]
    shown = commands.run("status").out
    assert "cannot be kept" in shown
    assert ids[1] in shown
    assert ids[2] in shown
    assert ids[0] not in shown


def test_status_counts_the_backlog(commands: Commands) -> None:
    commands.dead_letter()
    assert commands.run("retry", "--dead-letters").code == 0

    inbox = commands.run("status", "--json").json["inbox"]

    assert inbox["pending"] == 1
    assert ISO.fullmatch(inbox["oldest_pending_at"])


@SQLITE
def test_status_reads_the_inbox_by_its_index(commands: Commands) -> None:
    async def plan(ledger: Ledger) -> str:
        async with ledger.database.read() as session:
            dead = col(InboxRow.status) == InboxStatus.DEAD
            compiled = select(InboxRow).where(OPEN_INBOX, dead).compile(dialect=sqlite.dialect())
            connection = await session.connection()
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ("dead",))
            return str(rows.all())

    assert "USING INDEX ix_inbox_open" in commands.do(plan)


def test_another_customers_deletion_is_an_exit_code_until_somebody_has_looked(
    commands: Commands,
) -> None:
    pinned = replace(FOUND, by_external_id=True)
    sent = DeleteSent(by=DeleteBy.EXTERNAL_ID)
    number = commands.deletion("user-1", pinned, sent, AnotherDeleted(customer_id="other"))

    seen = commands.run("status")
    assert seen.code == NO
    assert "another customer was deleted" in seen.err
    assert "other" in commands.run("status", "--json").json["need_person"]["deletions"][0]["reason"]

    assert commands.run("retry", str(number)).code == NO
    assert commands.run("approve", str(number)).code == 0
    assert commands.run("status").code == 0
