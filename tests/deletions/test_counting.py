"""What the overview counts, on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from sync.deletions import memberships, queries
from sync.deletions.ledger import Ledger
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from tests.helpers.commands import AT, HELD, VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES

pytestmark = BOTH_ENGINES

MORNINGS = [AT + timedelta(days=number) for number in range(30)]
INSTANT = timedelta(microseconds=1)


def ended(commands: Commands, user_id: str, at: datetime) -> None:
    """A verified deletion that has ended then."""
    number = commands.deletion(user_id, *VERIFIED)

    async def work(ledger: Ledger) -> None:
        async with ledger.database.write() as session:
            changed = sa.update(DeletionRow).where(col(DeletionRow.id) == number)
            await session.exec(changed.values(ended_at=at))

    commands.do(work)


@pytest.mark.slow
def test_each_day_has_what_has_ended_on_it(commands: Commands) -> None:
    for number in (0, 1, 14, 15, 16, 29):
        ended(commands, f"at the beginning of {number}", MORNINGS[number])
    ended(commands, "at the end of 14", MORNINGS[15] - INSTANT)
    ended(commands, "after the last begins", MORNINGS[29] + timedelta(days=2))
    ended(commands, "before the first", MORNINGS[0] - INSTANT)

    async def work(ledger: Ledger) -> Mapping[tuple[int, State], int]:
        async with ledger.database.read() as session:
            return await queries.ended_between(session, MORNINGS)

    expected = {0: 1, 1: 1, 14: 2, 15: 1, 16: 1, 29: 2}
    found = {place: number for place, number in commands.do(work).items() if number}
    assert found == {(day, State.VERIFIED): it for day, it in expected.items()}


def test_every_state_has_its_number(commands: Commands) -> None:
    async def work(ledger: Ledger) -> Mapping[State, int]:
        async with ledger.database.read() as session:
            return await queries.counts(session)

    assert commands.do(work) == dict.fromkeys(State, 0)
    commands.deletion("user-1", *VERIFIED)
    commands.deletion("user-2", *VERIFIED)
    commands.deletion("user-3", *HELD)
    commands.deletion("user-4")
    some = {State.VERIFIED: 2, State.HELD: 1, State.RECEIVED: 1}
    assert commands.do(work) == {**dict.fromkeys(State, 0), **some}


def test_paid_seats_are_looked_for_among_the_newest(commands: Commands) -> None:
    for number in (1, 2, 3):
        commands.empty_seats(number)

    async def work(ledger: Ledger) -> list[list[int]]:
        async with ledger.database.read() as session:
            return [
                [it.deletion for it in await memberships.paid_seats(session, 9, among)]
                for among in (None, 2, 0)
            ]

    assert commands.do(work) == [[3, 2, 1], [3, 2], []]
