"""What a worker that holds a deletion may still write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync.deletions.leases import LeaseLost, Leases
from sync.deletions.ledger import Ledger
from tests.helpers.commands import AT, Commands
from tests.helpers.engines import BOTH_ENGINES

pytestmark = BOTH_ENGINES

MINUTE = timedelta(minutes=1)


async def claim(ledger: Ledger) -> Any:
    return await Leases(ledger.database, MINUTE).claim(9)


def test_who_is_looked_up_when_the_user_leaves_once_more_is_looked_up_again(
    commands: Commands,
) -> None:
    """Their customer may have gone meanwhile, and the user have signed up anew before they left: a
    lookup from before that has found the first one, or nobody."""
    number = commands.deletion("user-1", at=AT)
    [looked_up] = commands.do(claim)
    assert commands.deletion("user-1", at=AT + MINUTE) == number

    async def write(ledger: Ledger) -> None:
        async with ledger.database.write() as session:
            await Leases(ledger.database, MINUTE).held(session, looked_up)

    with pytest.raises(LeaseLost):
        commands.do(write)
    [again] = commands.do(claim)
    assert again.id == number
