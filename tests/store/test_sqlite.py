"""What only SQLite does."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

import pytest

from sync.inbox.entry import Entry, Outcome, Source
from sync.inbox.group_commit import Inbox
from sync.store.database import Database
from tests.helpers.store import Store


def entry(webhook_id: str) -> Entry:
    return Entry(source=Source.POLAR, webhook_id=webhook_id, body=b"{}")


@contextlib.asynccontextmanager
async def an_inbox(store: Store) -> AsyncIterator[Inbox]:
    database = Database(store.url)
    inbox = Inbox(database)
    running = asyncio.create_task(inbox.run())
    try:
        yield inbox
    finally:
        running.cancel()
        await asyncio.wait({running})
        await database.close()


@pytest.mark.slow
def test_a_lone_event_is_told_its_own_outcome_wherever_it_is_committed(store: Store) -> None:
    async def main() -> None:
        async with an_inbox(store) as inbox:
            for n in range(20):
                assert await inbox.put(entry(str(n))) is Outcome.ACCEPTED
                assert await inbox.put(entry(str(n))) is Outcome.DUPLICATE

    asyncio.run(main())
    assert len(store.query("SELECT * FROM inbox")) == 20


def test_a_lone_event_does_not_hold_up_the_process_while_another_writes(store: Store) -> None:
    async def main() -> None:
        async with an_inbox(store) as inbox:
            for n in range(20):
                await inbox.put(entry(str(n)))
            with contextlib.closing(sqlite3.connect(store.path)) as other:
                other.execute("BEGIN IMMEDIATE")
                waiting = asyncio.create_task(inbox.put(entry("late")))
                for _ in range(20):
                    # Each of these would wait for as long as the commit does.
                    await asyncio.sleep(0.001)
                assert not waiting.done()
                other.rollback()
            assert await waiting is Outcome.ACCEPTED

    asyncio.run(main())
