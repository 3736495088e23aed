"""One user, or the open deletions: compared without reading whole lists."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import identity, queries
from sync.deletions.states import State
from sync.mirror import kinds, rows
from sync.mirror.kinds import CUSTOMER, Kind
from sync.mirror.objects import M
from sync.polar.lists import MAX_IDS, batches
from sync.reconcile import owed
from sync.reconcile.context import Context
from sync.reconcile.repair import ask, follow, follow_silence, state_of


async def user(context: Context, user_id: str) -> None:
    """Compare one user's customer and deletions.

    Raises:
        CallsUsedUp, PolarError, StorageUnavailable
    """
    async with context.database.read() as session:
        identified = await identity.resolve(session, user_id, None, context.settings)
        target = None if identified is None else identified.target
        deletions = await queries.of_users(session, [context.ledger.hasher.user(user_id)])
        known = {row.customer_id for row in deletions if row.customer_id}
        if target is not None:
            known |= await rows.known_as(
                session, external_id=target.external_id, customer_id=target.customer_id
            )
    there: set[str] = set()
    if target is not None:
        there = await _take_customer(context, target.external_id, target.customer_id)
    listed_at = await _compare(context, sorted(known | there), there)
    await owed.check_deletions(context, [row.id for row in deletions], listed_at)


async def open_deletions(context: Context) -> None:
    """Compare the deletions that have not ended, and those that found nobody.

    Raises:
        CallsUsedUp, PolarError, StorageUnavailable
    """
    last = 0
    while True:
        async with context.database.read() as session:
            deletions = await queries.not_over(session, after=last, limit=MAX_IDS)
        if not deletions:
            return
        last = deletions[-1].id
        there: set[str] = set()
        for row in deletions:
            if row.state is State.NO_CUSTOMER and row.external_id is not None:
                there |= await _take_customer(context, row.external_id, None)
        pinned = sorted({row.customer_id for row in deletions if row.customer_id})
        listed_at = await _compare(context, pinned, there)
        await owed.check_deletions(context, [row.id for row in deletions], listed_at)


async def _take_customer(
    context: Context, external_id: str | None, customer_id: str | None
) -> set[str]:
    """Compare the customer who is at Polar under one of the ids, if any; returns Polar's id."""
    state = await state_of(context, external_id=external_id, customer_id=customer_id)
    if state is None:
        return set()
    customer = state.customer
    async with context.session() as session:
        now = await context.database.now(session)
        await follow(context, session, CUSTOMER, [customer], now)
        there = {customer.id: customer.external_id}
        await owed.owed(context, session, there, customer.observed_at, now)
    context.report.count(CUSTOMER.name, 1)
    return {customer.id}


async def _compare(context: Context, customer_ids: Sequence[str], there: Set[str]) -> datetime:
    """Compare these customers and what belongs to them. Who is `there` has been compared already;
    of the others those are asked for whom the mirror has as living.

    Returns:
        When the listing of what belongs to them began.
    """
    for batch in batches(customer_ids):
        read_at = datetime.now(UTC)
        async with context.database.read() as session:
            known = await rows.stored(session, CUSTOMER, batch)
        for item in known.values():
            if CUSTOMER.is_listed(item.row) and item.id not in there:
                await _settle_customer(context, item.id, read_at)
    listed_at = datetime.now(UTC)
    for batch in batches(customer_ids):
        read_at = datetime.now(UTC)
        listed = [(kind, await ask(context, kind, batch)) for kind in kinds.proved()]
        async with context.session() as session:
            now = await context.database.now(session)
            for kind, items in listed:
                await _compare_with(context, session, kind, items, batch, read_at, now)
    return listed_at


async def _settle_customer(context: Context, customer_id: str, read_at: datetime) -> None:
    if await _take_customer(context, None, customer_id):
        return
    async with context.session() as session:
        now = await context.database.now(session)
        await follow_silence(context, session, CUSTOMER, [customer_id], read_at, now)


async def _compare_with(
    context: Context,
    session: AsyncSession,
    kind: Kind[M],
    listed: Sequence[M],
    customer_ids: Sequence[str],
    read_at: datetime,
    now: datetime,
) -> None:
    await follow(context, session, kind, listed, now)
    there = {item.id for item in listed}
    known = await rows.stored_of(session, kind, customer_ids)
    silent = [
        polar_id
        for polar_id, item in known.items()
        if polar_id not in there and kind.is_listed(item.row)
    ]
    await follow_silence(context, session, kind, silent, read_at, now)
    context.report.count(kind.name, len(listed))
