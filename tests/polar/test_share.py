"""The share of the rate budget that previews have, by a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from sync.polar.budget import Budget
from sync.polar.errors import Unavailable
from sync.polar.share import Share, ShareSpent
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.store import StoreFactory
from tests.polar.test_budget import Clock, ClockedDatabase

pytestmark = BOTH_ENGINES

Work = Callable[[ClockedDatabase, Clock], Awaitable[None]]


@pytest.fixture
def by_the_clock(new_store: StoreFactory) -> Callable[[Work], None]:
    """Runs it on a database of its own."""

    def run(work: Work) -> None:
        async def main() -> None:
            clock = Clock()
            database = ClockedDatabase(new_store().url, clock)
            try:
                await work(database, clock)
            finally:
                await database.close()

        asyncio.run(main())

    return run


@pytest.mark.slow
def test_at_once_a_minutes_tenth_then_a_tenth_of_the_rate(
    by_the_clock: Callable[[Work], None],
) -> None:
    """Of two processes together: 300 a minute, of which 30 are for previews."""

    async def work(database: ClockedDatabase, clock: Clock) -> None:
        shares = [Share(database, 300) for _ in range(2)]
        for number in range(15):
            await shares[number % 2].begin(2)
        with pytest.raises(ShareSpent) as spent:
            await shares[0].begin(2)
        assert spent.value.retry_after == timedelta(seconds=2)
        begun = 0
        for _ in range(600):
            await clock.sleep(1)
            try:
                await shares[begun % 2].begin(2)
            except ShareSpent:
                continue
            begun += 1
        assert 149 <= begun <= 151

    by_the_clock(work)


def test_what_has_begun_goes_on_and_is_made_up_for(by_the_clock: Callable[[Work], None]) -> None:
    async def work(database: ClockedDatabase, clock: Clock) -> None:
        share = Share(database, 300)
        await share.begin(2)
        await share.go_on(60)
        with pytest.raises(ShareSpent) as spent:
            await share.begin(2)
        assert spent.value.retry_after == timedelta(seconds=66)
        await clock.sleep(66)
        await share.begin(2)

    by_the_clock(work)


def test_a_rate_of_one_a_minute_still_has_a_share(by_the_clock: Callable[[Work], None]) -> None:
    async def work(database: ClockedDatabase, clock: Clock) -> None:
        share = Share(database, 1)
        await share.begin(2)
        with pytest.raises(ShareSpent) as spent:
            await share.begin(2)
        assert spent.value.retry_after == timedelta(minutes=20)
        await clock.sleep(20 * 60)
        await share.begin(2)

    by_the_clock(work)


def test_a_time_that_a_wrong_clock_has_left_is_no_debt(
    by_the_clock: Callable[[Work], None],
) -> None:
    async def work(database: ClockedDatabase, clock: Clock) -> None:
        share = Share(database, 300)
        await clock.sleep(86_400)
        await share.begin(2)
        await clock.sleep(1)
        clock.now -= timedelta(days=1)
        await share.begin(2)

    by_the_clock(work)


def test_whoever_has_no_patience_is_told_how_long_it_takes(
    by_the_clock: Callable[[Work], None],
) -> None:
    async def work(database: ClockedDatabase, clock: Clock) -> None:
        budget = Budget(database, 300, patience=timedelta(seconds=5))
        await budget.take()
        await budget.pause(timedelta(minutes=10))
        for _ in range(3):
            with pytest.raises(Unavailable) as late:
                await budget.take()
            assert late.value.retry_after == timedelta(minutes=10)
        # None of them has taken a turn.
        await clock.sleep(600)
        await Budget(database, 300).take()

    by_the_clock(work)
