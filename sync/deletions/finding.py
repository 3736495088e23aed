"""Deletions for whoever looks for them: by what they have in hand, and by when they were received.

The rows are to read, as those of `queries` are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.states import State
from sync.deletions.tables import DeletionRow

_STATE = col(DeletionRow.state)
_ID = col(DeletionRow.id)


async def known_by(
    session: AsyncSession,
    *,
    user_hash: str,
    external_hash: str,
    customer_ids: Collection[str],
    limit: int,
) -> set[int]:
    """Numbers of deletions of this user, of whoever has this external id, or of one of these
    customers; of each at most `limit`, the newest."""
    found: set[int] = set()
    # One by one, each by its index: all of it in one condition would read the whole table.
    for where in (
        col(DeletionRow.user_hash) == user_hash,
        col(DeletionRow.external_hash) == external_hash,
        col(DeletionRow.customer_id).in_(customer_ids),
    ):
        numbers = select(DeletionRow.id).where(where).order_by(_ID.desc()).limit(limit)
        found |= set((await session.exec(numbers)).all())
    return found


@dataclass(frozen=True, slots=True)
class Received:
    """Within which time a deletion's first event came, both ends included."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, row: DeletionRow) -> bool:
        """Whether it is one of them."""
        return (self.since is None or row.received_at >= self.since) and (
            self.until is None or row.received_at <= self.until
        )


def _when_received(row: DeletionRow) -> tuple[datetime, int]:
    return row.received_at, row.id


async def received_within(
    session: AsyncSession,
    received: Received,
    *,
    states: Collection[State],
    before: tuple[datetime, int] | None,
    limit: int,
    among: Collection[int] | None = None,
) -> Sequence[DeletionRow]:
    """A page of the deletions in these states, and `among` these numbers where those are given, the
    last received first.

    Args:
        before: when the last one of the page before was received, and its number.
    """
    at = col(DeletionRow.received_at)
    where: list[sa.ColumnElement[bool]] = []
    if received.since is not None:
        where.append(at >= received.since)
    if received.until is not None:
        where.append(at <= received.until)
    if before is not None:
        # The first half alone leads to the place in the index.
        where += [at <= before[0], sa.or_(at < before[0], before[1] > _ID)]
    order = (at.desc(), _ID.desc())
    if among is not None:
        # Chosen here: SQLite would rather go through all that came within that time.
        named = (await session.exec(select(DeletionRow).where(_ID.in_(among)))).all()
        fitting = [row for row in named if row.state in states and received.holds(row)]
        fitting.sort(key=_when_received, reverse=True)
        return [row for row in fitting if before is None or _when_received(row) < before][:limit]
    # State by state, each by the index: in one condition it would sort all of them.
    newest = [
        sa.select(
            sa.select(_ID.label("id"))
            .where(_STATE.in_([state]), *where)
            .order_by(*order)
            .limit(limit)
            .subquery()
            .c.id
        )
        for state in sorted(states)
    ]
    found = select(DeletionRow).where(_ID.in_(sa.union_all(*newest)))
    return (await session.exec(found.order_by(*order).limit(limit))).all()
