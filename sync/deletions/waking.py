"""Having deletions looked at again, because of what has come up meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.leases import be_due
from sync.deletions.states import UNPINNED, State
from sync.deletions.tables import DeletionRow
from sync.store.columns import IN_THE_TABLE, UtcDateTime


def wake(row: DeletionRow, now: datetime) -> None:
    """Have the deletion looked at now, also where a worker is busy with it at this moment."""
    be_due(row, now)
    row.signals += 1


def missed(
    rows: Iterable[DeletionRow], external_ids: Mapping[str, str]
) -> list[tuple[DeletionRow, str]]:
    """Those that found nobody under an external id which a customer has now, each with the id. Of
    several deletions of one user the newest carries on.

    Args:
        external_ids: by their hashes.
    """
    newest = {
        row.external_hash: row
        for row in sorted(rows, key=lambda row: row.id)
        if row.state is State.NO_CUSTOMER and row.external_hash in external_ids
    }
    return [(row, external_ids[hashed]) for hashed, row in newest.items() if hashed is not None]


def look_again(row: DeletionRow, external_id: str, now: datetime) -> None:
    """Look for the user once more. The id may have been forgotten here; this is it again."""
    row.external_id = external_id
    wake(row, now)


async def wake_blocked(session: AsyncSession, now: datetime) -> None:
    """Have every blocked deletion tried again: what blocked one may have blocked them all."""
    await session.exec(
        sa.update(DeletionRow)
        .where(col(DeletionRow.state) == State.BLOCKED, col(DeletionRow.lease_token).is_(None))
        .values(next_attempt_at=now)
    )


async def wake_mapped(session: AsyncSession, user_hashes: Collection[str], now: datetime) -> None:
    """The users have entries in the mapping now: go on with what waits for one."""
    state = col(DeletionRow.state)
    await session.exec(
        sa.update(DeletionRow)
        .where(
            col(DeletionRow.user_hash).in_(user_hashes),
            col(DeletionRow.user_id).is_not(None),
            # A worker may be resolving one right now, about to find it unmapped: it sees by the
            # signal that it was too early. Only what is unmapped already has nothing else to
            # wait for.
            state.in_([*UNPINNED, State.BLOCKED, State.NO_CUSTOMER]),
        )
        .values(
            signals=col(DeletionRow.signals) + 1,
            next_attempt_at=sa.case(
                (
                    state.in_([State.UNMAPPED, State.NO_CUSTOMER]),
                    sa.literal(now, UtcDateTime()),
                ),
                else_=col(DeletionRow.next_attempt_at),
            ),
        ),
        execution_options=IN_THE_TABLE,
    )
