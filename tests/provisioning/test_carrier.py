"""Deletions go first where requests are short."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from sync.deletions.ledger import Ledger
from sync.polar.budget import WINDOW, Budget
from sync.profiles import queries
from sync.profiles.profile import Change
from sync.profiles.queries import Said
from sync.provisioning.carrier import Carrier
from sync.store.database import Database
from tests.helpers.bridge import bridge_settings
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store

RATE = 20
"""A minute: three seconds from one request to the next."""
WAITING = 2


@pytest.mark.slow
@BOTH_ENGINES
def test_it_sends_only_what_nobody_else_waits_to_send(sim: SimulatorClient, store: Store) -> None:
    async def main() -> None:
        settings = bridge_settings(
            sim, store, rate_per_minute=RATE, sync_events="deleted,restored,updated"
        )
        database = Database(store.url)
        ledger = Ledger.of(database, settings)
        now = datetime.now(UTC)
        said = Said(
            user_id="u1",
            user_hash=ledger.hasher.user("u1"),
            external_id=None,
            change=Change(at=now, email="ann@example.com"),
        )
        async with database.write() as session:
            await queries.note(database, session, said, now)
        deletions = Budget(database, RATE)
        turns = [asyncio.create_task(deletions.take()) for _ in range(WAITING)]
        reserved = f"{now + WAITING * WINDOW / RATE:%Y-%m-%d %H:%M:%S.%f}+00"
        while not store.query("SELECT 1 FROM budget WHERE next_at >= ?", reserved):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        carrier = asyncio.create_task(Carrier(ledger, settings).run())
        try:
            await asyncio.gather(*turns)
            assert sim.control("GET", "/counts") == {}
            while not sim.control("GET", "/counts"):  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.01)
        finally:
            carrier.cancel()
            await asyncio.gather(carrier, return_exceptions=True)
            await database.close()

    asyncio.run(main())
