"""Every piece of evidence is in the log, in one order, from the transaction that writes it."""

from __future__ import annotations

import asyncio

import pytest

from sync.deletions.ledger import Ledger
from sync.store.database import Database
from tests.helpers.audit_log import evidence_in, log_of, logged
from tests.helpers.auditing import remove_before
from tests.helpers.commands import AT, HELD, NOW, VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import load_settings

pytestmark = BOTH_ENGINES


def test_all_evidence_is_in_the_log_in_the_order_in_which_it_came(commands: Commands) -> None:
    first = commands.deletion("user-1", *VERIFIED)
    second = commands.deletion("user-2", *HELD)
    assert commands.run("cancel", str(second)).code == 0

    assert logged(commands.store) == evidence_in(commands.store)
    entries = log_of(commands.store)
    assert [it["deletion_id"] for it in entries] == sorted(it["deletion_id"] for it in entries)
    times = {(it["deletion_id"], it["seq"]): it["at"] for it in entries}
    for link in commands.store.query("SELECT * FROM evidence"):
        assert times[link["deletion_id"], link["seq"]] == link["at"]
    receipt = commands.run("receipt", str(first)).json
    last = receipt["evidence"][-1]
    [entry] = [it for it in entries if (it["deletion_id"], it["seq"]) == (first, last["seq"])]
    assert receipt["log"] == {"index": entry["index"], "hash": entry["hash"]}
    assert entry["link_hash"] == last["hash"]


def test_what_is_removed_for_its_age_leaves_its_entries_and_one_more(commands: Commands) -> None:
    old = commands.deletion("user-1", *VERIFIED)
    newest = commands.deletion("user-2", *VERIFIED)
    before = log_of(commands.store)

    remove_before(commands, 1)

    entries = log_of(commands.store)
    assert entries[: len(before)] == before
    [stub] = entries[len(before) :]
    last = max((it for it in before if it["deletion_id"] == old), key=lambda it: it["seq"])
    assert (stub["kind"], stub["deletion_id"], stub["seq"]) == ("removed", old, last["seq"])
    assert stub["link_hash"] == last["link_hash"]
    assert {number for number, *_ in evidence_in(commands.store)} == {newest}
    # The log goes on after it.
    commands.deletion("user-3")
    assert len(log_of(commands.store)) == len(entries) + 1


def test_a_transaction_that_is_rolled_back_leaves_nothing_in_the_log(commands: Commands) -> None:
    commands.deletion("user-1")

    async def work(ledger: Ledger) -> None:
        async with ledger.database.write() as session:
            await ledger.open(
                session, user_id="user-2", external_id=None, event_at=AT, now=NOW, digest="d"
            )
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        commands.do(work)
    commands.deletion("user-3")
    assert logged(commands.store) == evidence_in(commands.store)


@pytest.mark.slow
def test_processes_that_write_at_once_write_in_one_order(commands: Commands) -> None:
    each = 20

    async def work(_: Ledger) -> None:
        databases = [Database(commands.store.url) for _ in range(3)]
        settings = load_settings(commands.store)

        async def write(name: int, database: Database) -> None:
            ledger = Ledger.of(database, settings)
            for number in range(each):
                async with database.write() as session:
                    user_id = f"user-{name}-{number}"
                    row = await ledger.open(
                        session, user_id=user_id, external_id=None, event_at=AT, now=NOW, digest="d"
                    )
                    await session.flush()
                    await asyncio.sleep(0)
                    for seen in HELD:
                        await ledger.record(session, row, seen, NOW, source="api")

        async with asyncio.TaskGroup() as group:
            for name, database in enumerate(databases):
                group.create_task(write(name, database))
        for database in databases:
            await database.close()

    commands.do(work)
    assert logged(commands.store) == evidence_in(commands.store)
    assert len(log_of(commands.store)) == 3 * each * 3
