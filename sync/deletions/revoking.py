"""Ends what has outlived a customer, when an operator says so: as ON_SURVIVOR=revoke does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, pause, queries
from sync.deletions.facts import facts
from sync.deletions.ledger import Ledger
from sync.deletions.observations import SubscriptionFact
from sync.deletions.operator import Effect
from sync.deletions.pause import Paused
from sync.deletions.proof import revocable
from sync.deletions.queries import Which
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.deletions.waking import wake
from sync.errors import NotPossible
from sync.mirror import rows
from sync.mirror.objects import Subscription
from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.polar import subscriptions
from sync.polar.client import PolarClient
from sync.polar.errors import AlreadyCanceled, NotFound


class CannotRevoke(NotPossible):
    """Nothing can be ended; the message says why, and what to do."""


async def _revocable_of(
    ledger: Ledger, session: AsyncSession, row: DeletionRow, now: datetime
) -> Sequence[SubscriptionFact]:
    """The subscriptions that have outlived the deletion's customer and that a request ends."""
    if row.state is not State.INCOMPLETE:
        return ()
    known = await facts(session, [row])
    return revocable(row.snapshot(), known[row.id], ledger.policy, now)


async def why_not(
    ledger: Ledger, session: AsyncSession, row: DeletionRow, now: datetime
) -> str | None:
    """Why nothing that has outlived the deletion's customer can be ended; None: something can."""
    return None if await _revocable_of(ledger, session, row, now) else _none_left(row)


async def revoke(
    ledger: Ledger, polar: PolarClient, which: Which, person: Person | None = None
) -> Effect:
    """End the subscriptions that have outlived the customer: one request each. The deletion is then
    looked at again.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        CannotRevoke, Paused: nothing was done.
        NothingFound, Ambiguous
        Unavailable, Refused: those before this one have ended; to repeat it is harmless.
        StorageUnavailable: likewise.
    """
    async with ledger.database.read() as session:
        row = (await queries.find(session, ledger.hasher, which))[-1]
        now = await ledger.database.now(session)
        if await pause.current(session) is not None:
            raise Paused
        found = await _revocable_of(ledger, session, row, now)
    if not found:
        raise CannotRevoke(f"nothing of deletion {row.id} can be revoked: {_none_left(row)}")
    revoked: list[Subscription] = []
    try:
        for survivor in found:
            try:
                revoked.append(await subscriptions.revoke(polar, survivor.id))
            except (AlreadyCanceled, NotFound):
                # Then it has ended, or no request ends it: the next listing shows which.
                continue
    finally:
        row = await _noted(ledger, which, revoked, person)
    return Effect(row.id, row.state)


def _none_left(row: DeletionRow) -> str:
    return f"it is {row.state}, and no subscription is left that a request ends"


async def _noted(
    ledger: Ledger, which: Which, revoked: Sequence[Subscription], person: Person | None
) -> DeletionRow:
    async with ledger.database.write() as session:
        row = (await queries.find(session, ledger.hasher, which, lock=ledger.database))[-1]
        now = await ledger.database.now(session)
        if revoked:
            await rows.upsert(ledger.database, session, revoked, now)
            await evidence.append(
                session,
                row,
                "survivors.revoked",
                source="operator",
                at=now,
                revoked=[it.id for it in revoked],
                **({} if person is None else person.detail),
            )
            actions.note(session, person, Did.REVOKE, now, [row.id])
        wake(row, now)
        return row
