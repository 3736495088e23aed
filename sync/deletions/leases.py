"""Leases: a due deletion is worked on by one worker at a time.

A lease has a token of its own. Whatever is written under it checks the token in the same
transaction (fencing), so a worker that was thought dead, or that an operator took the deletion
from, writes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.ledger import release
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.errors import NotPossible
from sync.store.database import Database, Lane

_GOES_FIRST = (State.RESOLVED, State.DELETING, State.HELD, State.BLOCKED)
"""While a user's earlier deletion is in one of these, a later one would find the same customer."""


class LeaseLost(NotPossible):
    """The lease ended, or the deletion was taken back: nothing more may be written under it."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A deletion that may be acted on. `row` is as it was when it was leased."""

    id: int
    token: str
    row: DeletionRow


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
        earlier = aliased(DeletionRow)
        waits_for_another = (
            sa.select(col(earlier.id))
            .where(
                col(earlier.user_hash) == col(DeletionRow.user_hash),
                col(earlier.id) < col(DeletionRow.id),
                col(earlier.state).in_(_GOES_FIRST),
            )
            .exists()
        )
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
                            ),
                            ~waits_for_another,
                        )
                        .order_by(col(DeletionRow.next_attempt_at), col(DeletionRow.id))
                        .limit(limit),
                        skip=True,
                    )
                )
            ).all()
            leased = []
            for row in rows:
                assert row.id is not None  # noqa: S101 - it came from the table
                row.lease_token = uuid.uuid4().hex
                row.lease_until = now + self.duration
                leased.append(Leased(row.id, row.lease_token, row))
        return leased

    async def anything_due(self) -> bool:
        """Whether `claim` is worth a write transaction. A hint: `claim` decides."""
        async with self.database.read() as session:
            now = await self.database.now(session)
            found = await session.exec(
                select(DeletionRow.id).where(col(DeletionRow.next_attempt_at) <= now).limit(1)
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
        return {row.id: row for row in rows if row.id and row.lease_token == tokens[row.id]}

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
                execution_options={"synchronize_session": False},
            )

    async def give_back(self, tokens: Iterable[str]) -> None:
        """End the leases, so that another worker can go on at once."""
        async with self.database.write() as session:
            for row in await session.exec(
                select(DeletionRow).where(col(DeletionRow.lease_token).in_(list(tokens)))
            ):
                release(row)
