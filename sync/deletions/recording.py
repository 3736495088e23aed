"""Writing down what a step has learnt: in one transaction, under the lease."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, memberships
from sync.deletions.deletion import IllegalTransition, may_be_there
from sync.deletions.facts import facts
from sync.deletions.leases import Leased, Leases, finish
from sync.deletions.ledger import Ledger
from sync.deletions.observations import (
    CustomerFound,
    CustomerMissing,
    Failed,
    FailureKind,
    Observation,
    SubscribedAnew,
    TeamFound,
)
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.deletions.waking import wake_blocked
from sync.errors import NotPossible, PolarError, StorageError
from sync.logs import of
from sync.mirror import customers, rows
from sync.mirror.objects import Member, Mirrored
from sync.polar.client import PolarClient
from sync.polar.errors import Unavailable
from sync.settings import Settings
from sync.store.database import Database
from sync.store.errors import StatementFailed, ValueRefused
from sync.store.retry import until_answered

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AsMirrored:
    """What is known of the deletion's effects once it is to be written down."""

    listed_at: datetime | None
    """When the API listing that was merged in began, if the API was asked."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is to be written about a deletion."""

    leased: Leased
    observation: Observation | AsMirrored
    observed: Sequence[Mirrored] = ()
    external_id: str | None = None
    """Under which the customer was looked for."""
    member_id: str | None = None
    """The external id under which the user's memberships are looked for."""
    asked_at: datetime | None = None
    """When, where there was none."""
    holds: Sequence[TeamFound | SubscribedAnew] = ()
    """What a person is to be asked about the customer that was found."""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorder:
    """What the steps have at hand."""

    database: Database
    ledger: Ledger
    leases: Leases
    polar: PolarClient
    settings: Settings

    async def now(self) -> datetime:
        """By the database's clock."""
        async with self.database.read() as session:
            return await self.database.now(session)

    @asynccontextmanager
    async def under(
        self, leased: Leased
    ) -> AsyncGenerator[tuple[AsyncSession, DeletionRow, datetime], None]:
        """A write transaction under the lease: with the deletion as it is now, locked, and the
        database's time.

        Raises:
            LeaseLost: the deletion was taken back meanwhile; nothing may be written.
        """
        async with self.database.write() as session:
            now = await self.database.now(session)
            yield session, await self.leases.held(session, leased), now

    async def scrubbed(self, leased: Leased, member_ids: Sequence[str]) -> None:
        """Note that Polar has taken over what these members are called now.

        Raises:
            LeaseLost
        """
        async with self.under(leased) as (session, row, now):
            await evidence.append(
                session, row, evidence.SCRUBBED, source="api", at=now, member_ids=list(member_ids)
            )

    async def record(
        self, leased: Leased, observation: Observation | AsMirrored, **detail: Any
    ) -> None:
        """Write what was learnt about one deletion."""
        await self.record_all([Learnt(leased, observation, detail=detail)])

    async def record_all(self, learnt: Sequence[Learnt]) -> None:
        """Write what was learnt in one transaction and end the leases; nothing where a lease has
        been lost. What Polar has answered is kept until the database takes it."""
        ids = ", ".join(str(item.leased.id) for item in learnt)
        async for attempt in until_answered(f"recording deletion {ids}"):
            with attempt:
                try:
                    async with self.database.write() as session:
                        await self._write(session, learnt)
                except (IllegalTransition, ValueRefused, StatementFailed) as error:
                    if len(learnt) > 1:
                        # One deletion's fault must not cost the others their answers.
                        for item in learnt:
                            await self.record_all([item])
                    elif isinstance(error, IllegalTransition):
                        await self.overtaken(learnt[0].leased, error)
                    elif learnt[0].observed:
                        await self.refused(learnt[0].leased, error)
                    else:
                        raise

    async def refused(self, leased: Leased, error: StorageError) -> None:
        """The database does not take what Polar says, and takes this: the deletion waits, and says
        why."""
        reason = f"the database does not take what Polar says of the customer: {error}"
        await self.record(leased, Failed(kind=FailureKind.BLOCKED, reason=reason))

    async def overtaken(self, leased: Leased, error: NotPossible) -> None:
        """What was to be done or written fits the deletion no more: leave it to whoever is next."""
        _log.info("deletion %s: %s", leased.id, error, extra=of(deletion=leased.id))
        await self.leases.give_back([leased.token])

    async def _write(self, session: AsyncSession, learnt: Sequence[Learnt]) -> None:
        """What `record_all` does in its transaction.

        Raises:
            IllegalTransition: all of it is to be rolled back.
        """
        now = await self.database.now(session)
        held = await self.leases.still_held(session, [item.leased for item in learnt])
        for item in learnt:
            if item.leased.id not in held:
                _log.info(
                    "deletion %s was taken back meanwhile; its answer is dropped",
                    item.leased.id,
                    extra=of(deletion=item.leased.id),
                )
        learnt = [item for item in learnt if item.leased.id in held]
        observed = [seen for item in learnt for seen in item.observed]
        await rows.upsert(self.database, session, observed, now)
        await evidence.ends(session, held)
        looked_for = {item.member_id for item in learnt if item.member_id is not None}
        members = await customers.memberships_known_as(session, looked_for)
        unblocked = False
        for item in learnt:
            row, leased = held[item.leased.id], item.leased
            theirs = [it for it in members if it.external_id == item.member_id]
            await self._write_one(session, row, item, theirs, now)
            finish(row, leased, now)
            if item.asked_at is not None and item.external_id is not None:
                await self.ledger.wake_if_overtaken(session, item.external_id, item.asked_at, now)
            unblocked |= leased.row.state is State.BLOCKED and row.state is not State.BLOCKED
        if unblocked:
            await wake_blocked(session, now)

    async def hold(
        self,
        session: AsyncSession,
        row: DeletionRow,
        holds: Sequence[TeamFound | SubscribedAnew],
        now: datetime,
    ) -> None:
        """Write down each thing that a person is to be asked about the pinned customer."""
        for seen in holds:
            detail = _what_holds(seen)
            await self.ledger.record(session, row, seen, now, source="api", **detail)

    async def _write_one(
        self,
        session: AsyncSession,
        row: DeletionRow,
        item: Learnt,
        members: Sequence[Member],
        now: datetime,
    ) -> None:
        if item.external_id is not None:
            await self.ledger.looked_up(session, row, item.external_id)
        seen = item.observation
        if isinstance(seen, AsMirrored):
            seen = (await facts(session, [row], seen.listed_at))[row.id]
        if isinstance(seen, CustomerFound | CustomerMissing):
            pinned = seen.customer_id if isinstance(seen, CustomerFound) else None
            left = await memberships.note(session, row, members, pinned, now)
            seen = replace(seen, memberships=left)
        await self.ledger.record(session, row, seen, now, source="api", **item.detail)
        if may_be_there(row.snapshot()) and row.customer_id is not None:
            await self.hold(session, row, item.holds, now)


def _what_holds(seen: TeamFound | SubscribedAnew) -> dict[str, Any]:
    """As evidence."""
    if isinstance(seen, TeamFound):
        return {"others": seen.others}
    return {"subscriptions": {item: at.isoformat() for item, at in seen.made_at.items()}}


def failed(error: PolarError) -> Failed:
    """What the error says of the request, as the decisions see it."""
    reason, jitter = str(error), random.random()  # noqa: S311 - it only spreads retries
    if isinstance(error, Unavailable):
        return Failed(
            kind=FailureKind.TRANSIENT,
            reason=reason,
            retry_after=error.retry_after,
            jitter=jitter,
            answered=error.answered,
        )
    return Failed(kind=FailureKind.BLOCKED, reason=reason, jitter=jitter, answered=True)
