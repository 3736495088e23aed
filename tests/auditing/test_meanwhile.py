"""The bridge runs meanwhile: what comes and goes is no finding."""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from sync.auditing import export
from sync.auditing.inspecting import inspect
from sync.deletions import removal
from sync.deletions.ledger import Ledger
from sync.store.database import Database
from tests.helpers.auditing import deployment, found
from tests.helpers.bridge import Run
from tests.helpers.commands import AT, HELD, NOW, VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.receipts import KEY
from tests.helpers.waiting import WAIT, wait_for

pytestmark = BOTH_ENGINES

ROUNDS = 8


@asynccontextmanager
async def busy(commands: Commands) -> AsyncIterator[asyncio.Event]:
    """Deletions come, and go for their age, for as long as the block runs; what it gives is set
    whenever one has come."""
    database = Database(commands.store.url)
    ledger = Ledger.of(database, commands.settings)
    more = asyncio.Event()

    async def write() -> None:
        for came in itertools.count(1):
            async with database.write() as session:
                row = await ledger.open(
                    session,
                    user_id=f"busy-{came}",
                    external_id=None,
                    event_at=AT,
                    now=NOW,
                    digest="d",
                )
                for seen in VERIFIED if came % 2 else HELD:
                    await ledger.record(session, row, seen, NOW, source="worker")
            more.set()
            if came % 5 == 0:
                async for _ in removal.remove(database, NOW + timedelta(days=1)):
                    pass

    writing = asyncio.create_task(write())
    try:
        yield more
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await database.close()


def meanwhile(commands: Commands, look: Callable[[Database], Awaitable[int]]) -> None:
    """Look again and again, each time while something comes; it finds nothing."""

    async def work(ledger: Ledger) -> None:
        async with busy(commands) as more:
            for _ in range(ROUNDS):
                more.clear()
                async with asyncio.timeout(WAIT):
                    await more.wait()
                assert await look(ledger.database) == 0

    deployment(commands)
    commands.do(work)
    assert found(commands) == set()


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.auditing.inspecting._BATCH", 20)
    monkeypatch.setattr("sync.auditing.export._BATCH", 5)


@pytest.mark.slow
def test_what_comes_and_goes_while_all_is_looked_at(commands: Commands) -> None:
    async def look(database: Database) -> int:
        return (await inspect(database, {}, ())).findings.total

    meanwhile(commands, look)


@pytest.mark.slow
def test_what_comes_and_goes_during_an_export(commands: Commands) -> None:
    async def look(database: Database) -> int:
        written = "".join([line async for line in export.lines(database, None)])
        return export.check(io.BytesIO(written.encode()), {}, ()).findings.total

    meanwhile(commands, look)


@pytest.mark.slow
def test_a_worker_keeps_the_head_of_what_it_has_done(run: Run) -> None:
    with run() as it:
        it.customer("user-1", "active")
        it.tell("user-1")
        wait_for(lambda: it.query("SELECT 1 FROM deletion WHERE state = 'verified'"), "end")
    with run(receipt_key=KEY.setting.get_secret_value()) as it:
        [head] = wait_for(lambda: it.query("SELECT * FROM log_head"), "a head")
        assert head["signature"]
        [newest] = it.query('SELECT * FROM log_entry ORDER BY "index" DESC LIMIT 1')
        assert (head["size"], head["hash"]) == (newest["index"], newest["hash"])
        inspection = it.beside(lambda database: inspect(database, {}, ()))
        assert (inspection.findings.total, inspection.heads) == (0, 1)
