"""The rate budget: by a clock of the test's own, and where several processes begin at once."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.polar import budget
from sync.polar.budget import Budget
from sync.store.database import Database
from tests.helpers.engines import POSTGRESQL
from tests.helpers.store import Store, StoreFactory

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Clock:
    """Moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOON

    def monotonic(self) -> float:
        return (self.now - NOON).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(seconds, 0))


class ClockedDatabase(Database):
    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__(url)
        self._clock = clock

    async def now(self, session: AsyncSession) -> datetime:
        return self._clock.now


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "used"), [(7, 0.98), (300, 0.98), (500, 0.98), (1_500, 0)])
def test_no_minute_holds_more_than_the_rate_and_little_less(
    rate: int, used: float, new_store: StoreFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two processes together, after they had nothing to do, and although some requests take
    longer on their way to Polar than others."""
    clock = Clock()
    monkeypatch.setattr(budget, "asyncio", clock)
    monkeypatch.setattr(budget, "time", clock)
    rng = random.Random(rate)  # noqa: S311 - the same every time, no secret
    spells = [2 * rate, 3, rate // 2]
    arrived: list[float] = []
    busy = 0.0

    async def main() -> None:
        nonlocal busy
        database = ClockedDatabase(new_store().url, clock)
        processes = [Budget(database, rate) for _ in range(2)]
        for requests in spells:
            began = clock.monotonic()
            for _ in range(requests):
                await rng.choice(processes).take()
                arrived.append(clock.monotonic() + rng.choice([0, 0, 0.5]))
            busy = busy or clock.monotonic() - began
            await clock.sleep(rng.uniform(10, 50))
        await database.close()

    asyncio.run(main())
    arrived.sort()
    assert all(late - early >= 60 for early, late in zip(arrived, arrived[rate:], strict=False))
    # Beyond Polar's limits a lot is several requests, and two that take turns let most of it lapse.
    assert spells[0] / busy * 60 >= used * rate


@pytest.mark.slow
@POSTGRESQL
def test_the_first_requests_ever_share_one_row(store: Store) -> None:
    async def main() -> None:
        databases = [Database(store.url) for _ in range(6)]
        try:
            await asyncio.gather(*(Budget(database, 100_000).take() for database in databases))
        finally:
            for database in databases:
                await database.close()

    asyncio.run(main())
    assert len(store.query("SELECT 1 FROM budget")) == 1
