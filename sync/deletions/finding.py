"""Deletions for whoever looks for them: by what they have in hand, and by when they were received.

The rows are to read, as those of `queries` are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import queries
from sync.deletions.states import NEEDS_A_PERSON, State
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


class Group(StrEnum):
    """Deletions that are looked for together, whatever state they are in, or not all of a state."""

    NEEDS_A_PERSON = "needs_a_person"
    HELD_BY_BRAKE = "held_by_brake"


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


def _states(chosen: State | Group | None) -> Collection[State]:
    match chosen:
        case None:
            return frozenset(State)
        case State():
            return {chosen}
        case Group.NEEDS_A_PERSON:
            return NEEDS_A_PERSON
        case Group.HELD_BY_BRAKE:
            return {State.HELD}
        case _:
            assert_never(chosen)


def _when_received(row: DeletionRow) -> tuple[datetime, int]:
    return row.received_at, row.id


async def received_within(
    session: AsyncSession,
    received: Received,
    *,
    chosen: State | Group | None,
    before: tuple[datetime, int] | None,
    limit: int,
    among: Collection[int] | None = None,
) -> Sequence[DeletionRow]:
    """A page of the deletions in this state or group, and `among` these numbers where those are
    given, the last received first.

    Args:
        chosen: None: of all.
        before: when the last one of the page before was received, and its number.
    """
    at = col(DeletionRow.received_at)
    states = _states(chosen)
    group = [queries.held_by_brake()] if chosen is Group.HELD_BY_BRAKE else []
    where = list(group)
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
        named = (await session.exec(select(DeletionRow).where(_ID.in_(among), *group))).all()
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
