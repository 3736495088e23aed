"""The inbox by itself: what each entry of a batch is told, and what is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

from sync.inbox.entry import Entry, Outcome, Source
from sync.inbox.group_commit import Inbox
from sync.store.database import Database
from sync.store.errors import StorageUnavailable
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.store import Store, StoreFactory
from tests.helpers.webhooks import new_id

pytestmark = BOTH_ENGINES


@contextlib.asynccontextmanager
async def inbox_on(store: Store, wake: Callable[[], None] | None = None) -> AsyncIterator[Inbox]:
    database = Database(store.url)
    inbox = Inbox(database, on_commit=wake)
    running = asyncio.create_task(inbox.run())
    try:
        yield inbox
    finally:
        running.cancel()
        await asyncio.wait({running})
        await database.close()


def entry(webhook_id: str, user_hash: str = "u", source: Source = Source.APP) -> Entry:
    return Entry(source=source, webhook_id=webhook_id, body=b"{}", user_hash=user_hash)


def test_each_entry_of_a_batch_is_told_its_own(new_store: StoreFactory) -> None:
    store = new_store()

    async def main() -> None:
        async with inbox_on(store) as inbox:
            assert await inbox.put(entry("old")) is Outcome.ACCEPTED
            batch = {
                Outcome.ACCEPTED: [entry("new"), entry("old", source=Source.POLAR), entry("a")],
                Outcome.DUPLICATE: [entry("old"), entry("new"), entry("old", "v", Source.POLAR)],
                Outcome.CONFLICT: [entry("old", "v"), entry("new", "v")],
            }
            told = await asyncio.gather(*(inbox.put(it) for some in batch.values() for it in some))
            assert told == [outcome for outcome, some in batch.items() for _ in some]
            # None of them is new.
            assert set(await asyncio.gather(*(inbox.put(entry(it)) for it in ("a", "old")))) == {
                Outcome.DUPLICATE
            }

    asyncio.run(main())
    rows = store.query("SELECT source, webhook_id FROM inbox")
    assert {(row["source"], row["webhook_id"]) for row in rows} == {
        ("app", "old"),
        ("app", "new"),
        ("app", "a"),
        ("polar", "old"),
    }


def test_an_entry_that_cannot_be_stored_costs_the_others_nothing(new_store: StoreFactory) -> None:
    store = new_store()

    async def main() -> None:
        async with inbox_on(store) as inbox:
            told = await asyncio.gather(
                *(
                    inbox.put(entry(it, user))
                    for it, user in (("a", "u"), ("b", "\ud800"), ("c", "u"))
                ),
                return_exceptions=True,
            )
            assert told[0] is told[2] is Outcome.ACCEPTED
            assert isinstance(told[1], StorageUnavailable)
            assert await inbox.put(entry("d")) is Outcome.ACCEPTED

    asyncio.run(main())
    rows = store.query("SELECT webhook_id FROM inbox")
    assert sorted(row["webhook_id"] for row in rows) == ["a", "c", "d"]


def test_what_is_under_way_when_it_ends_is_told_to_come_again(new_store: StoreFactory) -> None:
    store = new_store()

    async def main() -> None:
        async with inbox_on(store) as inbox:
            waiting = [asyncio.create_task(inbox.put(entry(str(n)))) for n in range(300)]
            await asyncio.sleep(0)
        for told in await asyncio.gather(*waiting, return_exceptions=True):
            assert told is Outcome.ACCEPTED or isinstance(told, StorageUnavailable)
        with pytest.raises(StorageUnavailable):
            await inbox.put(entry("late"))

    asyncio.run(main())


def test_batches_that_overlap_in_opposite_order(store: Store) -> None:
    """Each row is somebody's, and everybody is told whose."""

    async def main() -> None:
        databases = [Database(store.url) for _ in range(4)]
        inboxes = [Inbox(database) for database in databases]
        running = [asyncio.create_task(inbox.run()) for inbox in inboxes]
        ids = [new_id() for _ in range(100)]
        try:
            for start in range(0, 100, 20):
                batch = ids[start : start + 20]
                puts = [
                    inbox.put(
                        Entry(
                            source=Source.APP,
                            webhook_id=webhook_id,
                            body=b"{}",
                            user_hash=str(number),
                        )
                    )
                    for number, inbox in enumerate(inboxes)
                    for webhook_id in (batch if number % 2 else reversed(batch))
                ]
                outcomes = Counter(await asyncio.gather(*puts))
                assert outcomes == {Outcome.ACCEPTED: 20, Outcome.CONFLICT: 60}
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            for database in databases:
                await database.close()

    asyncio.run(main())
    assert len(store.query("SELECT 1 FROM inbox")) == 100
