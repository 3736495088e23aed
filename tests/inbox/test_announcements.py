"""The inbox is announced to the other processes."""

from __future__ import annotations

import asyncio

import pytest

from sync.inbox.announcements import listen
from sync.inbox.entry import Entry, Source
from sync.inbox.group_commit import Inbox
from sync.store.database import Database
from tests.helpers.engines import POSTGRESQL
from tests.helpers.postgres import Postgres
from tests.helpers.store import Store
from tests.helpers.waiting import WAIT
from tests.helpers.webhooks import new_id

pytestmark = POSTGRESQL


@pytest.mark.slow
def test_the_inbox_is_announced(store: Store, postgres: Postgres) -> None:
    """Also after the connection that listens was lost."""

    async def main() -> None:
        worker, web = Database(store.url), Database(store.url)
        woken = asyncio.Event()
        listening = asyncio.create_task(listen(worker, woken.set))
        inbox = Inbox(web)
        running = asyncio.create_task(inbox.run())

        async def announced() -> None:
            await inbox.put(Entry(source=Source.POLAR, webhook_id=new_id(), body=b"{}"))
            async with asyncio.timeout(WAIT):
                await woken.wait()
            woken.clear()

        try:
            async with asyncio.timeout(WAIT):
                await woken.wait()
            woken.clear()
            await announced()
            await asyncio.to_thread(postgres.end_connections, store.name)
            async with asyncio.timeout(WAIT):
                await woken.wait()  # it is connected again
            woken.clear()
            await announced()
        finally:
            for task in (listening, running):
                task.cancel()
            await asyncio.gather(listening, running, return_exceptions=True)
            await worker.close()
            await web.close()

    asyncio.run(main())
