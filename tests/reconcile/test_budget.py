"""Reconciliation takes what the worker leaves of the rate budget."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from sync.polar.budget import Budget
from sync.store.database import Database
from tests.helpers.desk import Desk


@pytest.mark.slow
def test_the_worker_goes_first(desk: Desk) -> None:
    """A busy worker takes all there is; what it leaves, the reconciliation takes."""

    async def run(database: Database) -> tuple[int, int]:
        rate = 1_200
        ours = Budget(database, rate)
        theirs = Budget(database, rate, background=True)
        order: list[str] = []

        async def take(budget: Budget, name: str, number: int) -> None:
            for _ in range(number):
                await budget.take()
                order.append(name)

        # Deletions that wait for their turn, several at once, as the worker has them.
        workers = [asyncio.create_task(take(Budget(database, rate), "worker", 8)) for _ in range(4)]
        workers.append(asyncio.create_task(take(ours, "worker", 8)))
        await asyncio.sleep(0.05)
        background = asyncio.create_task(take(theirs, "reconcile", 10))
        await asyncio.gather(*workers)
        while_busy = order.count("reconcile")
        await background
        return while_busy, order.count("reconcile")

    while_busy, in_the_end = desk.beside(run)
    # In turn with five others it would have had eight; one slips in where they all stand still.
    assert while_busy <= 4
    assert in_the_end == 10


@pytest.mark.slow
def test_a_pause_holds_for_the_background_too(desk: Desk) -> None:
    async def run(database: Database) -> float:
        began = time.monotonic()
        await Budget(database, 100_000).pause(timedelta(seconds=0.5))
        await Budget(database, 100_000, background=True).take()
        return time.monotonic() - began

    assert desk.beside(run) >= 0.5
