"""Leases: a due deletion is worked on by one worker at a time.

A lease has a token of its own. Whatever is written under it checks the token in the same
transaction (fencing), so a worker that was thought dead, or that an operator took the deletion
from, writes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.deletion import due_at, next_action
from sync.deletions.pause import IS_PAUSED
from sync.deletions.queries import waits_for_another
from sync.deletions.states import Action, State
from sync.deletions.tables import DeletionRow
from sync.errors import NotPossible
from sync.metrics import current
from sync.settings import MAX_LEASE
from sync.store.columns import IN_THE_TABLE
from sync.store.database import Database, Lane

_DELETES = frozenset(state for state in State if state.about.action is Action.DELETE)
_NO_DELETE_NEXT = sa.and_(
    col(DeletionRow.state).not_in(_DELETES),
    sa.or_(col(DeletionRow.resume).is_(None), col(DeletionRow.resume).not_in(_DELETES)),
    col(DeletionRow.memberships_left) == 0,
)
# While all DELETEs are paused, what has one next is not taken.
_MAY_GO_ON = sa.or_(~IS_PAUSED, _NO_DELETE_NEXT)


class LeaseLost(NotPossible):
    """The lease ended, or the deletion was taken back: nothing more may be written under it."""


async def count_with_delete_next(session: AsyncSession) -> int:
    """How many deletions have a DELETE next, now or later: a pause stops these."""
    is_next = select(func.count()).where(
        col(DeletionRow.next_attempt_at).is_not(None), ~_NO_DELETE_NEXT
    )
    return (await session.exec(is_next)).one()


@dataclass(frozen=True, slots=True)
class Leased:
    """A deletion that may be acted on. `row` is as it was when it was leased."""

    id: int
    token: str
    row: DeletionRow

    @property
    def action(self) -> Action | None:
        """What is to be done."""
        return next_action(self.row.snapshot())


@dataclass(frozen=True, slots=True)
class Pinned(Leased):
    """One that has pinned a customer."""

    customer_id: str


@dataclass(frozen=True, slots=True)
class Leases:
    """Takes and keeps leases."""

    database: Database
    duration: timedelta

    async def claim(self, limit: int) -> list[Leased]:
        """Lease the deletions that have been due longest.

        Raises:
            StorageUnavailable
        """
        async with self.database.write(Lane.LEASES) as session:
            now = await self.database.now(session)
            rows: Sequence[DeletionRow] = (
                await session.exec(
                    self.database.locked(
                        select(DeletionRow)
                        .where(
                            col(DeletionRow.next_attempt_at) <= now,
                            sa.or_(
                                col(DeletionRow.lease_until).is_(None),
                                col(DeletionRow.lease_until) < now,
                                # By a clock that was wrong.
                                col(DeletionRow.lease_until) > now + 2 * MAX_LEASE,
                            ),
                            ~waits_for_another(),
                            _MAY_GO_ON,
                        )
                        .order_by(col(DeletionRow.next_attempt_at), col(DeletionRow.id))
                        .limit(limit),
                        skip=True,
                    )
                )
            ).all()
            return [_leased(row, now + self.duration) for row in rows]

    async def anything_due(self) -> bool:
        """Whether `claim` is worth a write transaction. A hint: `claim` decides."""
        async with self.database.read() as session:
            now = await self.database.now(session)
            found = await session.exec(
                select(DeletionRow.id)
                .where(col(DeletionRow.next_attempt_at) <= now, _MAY_GO_ON)
                .limit(1)
            )
            return found.first() is not None

    async def still_held(
        self, session: AsyncSession, batch: Iterable[Leased]
    ) -> dict[int, DeletionRow]:
        """Those that are still these leases', by id, as they are now, locked by the session."""
        tokens = {leased.id: leased.token for leased in batch}
        rows: Sequence[DeletionRow] = (
            await session.exec(
                self.database.locked(
                    select(DeletionRow)
                    .where(col(DeletionRow.id).in_(tokens))
                    .order_by(col(DeletionRow.id))
                )
            )
        ).all()
        held = {row.id: row for row in rows if row.lease_token == tokens[row.id]}
        if current.recorder:
            for _ in tokens.keys() - held.keys():
                current.recorder.lease_lost()
        return held

    async def held(self, session: AsyncSession, leased: Leased) -> DeletionRow:
        """The deletion as it is now, locked by the session.

        Raises:
            LeaseLost: it is not this lease's any more.
        """
        rows = await self.still_held(session, [leased])
        if leased.id not in rows:
            raise LeaseLost
        return rows[leased.id]

    async def row(self, session: AsyncSession, leased: Leased) -> DeletionRow:
        """The same, whoever holds the lease: only to note what has been done already.

        Raises:
            LeaseLost: there is no such deletion any more.
        """
        row: DeletionRow | None = (
            await session.exec(
                self.database.locked(select(DeletionRow).where(col(DeletionRow.id) == leased.id))
            )
        ).first()
        if row is None:
            raise LeaseLost
        return row

    async def renew(self, tokens: Iterable[str]) -> None:
        """Keep the leases for another `duration`. A deletion that is being written at this moment
        is passed over: while it is, nobody can claim it either."""
        async with self.database.write(Lane.LEASES) as session:
            until = await self.database.now(session) + self.duration
            free: sa.Select[tuple[int]] = self.database.locked(
                sa.select(col(DeletionRow.id)).where(
                    col(DeletionRow.lease_token).in_(list(tokens))
                ),
                skip=True,
            )
            await session.exec(
                sa.update(DeletionRow)
                .where(col(DeletionRow.id).in_(free))
                .values(lease_until=until),
                execution_options=IN_THE_TABLE,
            )

    async def give_back(self, tokens: Iterable[str]) -> None:
        """End the leases, so that another worker can go on at once."""
        async with self.database.write() as session:
            await session.exec(
                sa.update(DeletionRow)
                .where(col(DeletionRow.lease_token).in_(list(tokens)))
                .values(lease_token=None, lease_until=None),
                execution_options=IN_THE_TABLE,
            )


def _leased(row: DeletionRow, until: datetime) -> Leased:
    row.lease_token, row.lease_until = uuid.uuid4().hex, until
    if row.customer_id is None:
        return Leased(row.id, row.lease_token, row)
    return Pinned(row.id, row.lease_token, row, row.customer_id)


def release(row: DeletionRow) -> None:
    """Take the deletion back from whatever worker holds it: that one can write no more."""
    row.lease_token = row.lease_until = None


def be_due(row: DeletionRow, now: datetime) -> None:
    """Have the deletion looked at as soon as may be."""
    row.next_attempt_at = due_at(row.snapshot(), now)


def finish(row: DeletionRow, leased: Leased, now: datetime) -> None:
    """End the lease. What has come in for the deletion meanwhile is looked at now."""
    release(row)
    if row.signals != leased.row.signals and next_action(row.snapshot()) is not None:
        be_due(row, now)
