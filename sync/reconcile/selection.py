"""One user, or the open deletions: compared without reading whole lists."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import identity, queries
from sync.deletions.states import State
from sync.mirror import customers as mirror_customers
from sync.mirror import kinds, rows
from sync.mirror.kinds import CUSTOMER, Kind
from sync.mirror.objects import M
from sync.polar.lists import MAX_IDS, Listing, batches
from sync.reconcile import owed
from sync.reconcile.context import Context
from sync.reconcile.repair import ask, follow, follow_silence, state_of

if TYPE_CHECKING:
    from sync.deletions.tables import DeletionRow


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
            known |= await mirror_customers.known_as(
                session, external_id=target.external_id, customer_id=target.customer_id
            )
    there: set[str] = set()
    if target is not None:
        there = await _take_customer(context, target.external_id, target.customer_id)
    listed_at, bad = await _compare(context, sorted(known | there), there)
    await _check(context, deletions, listed_at, bad)


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
        listed_at, bad = await _compare(context, pinned, there)
        await _check(context, deletions, listed_at, bad)


async def _check(
    context: Context, deletions: Sequence[DeletionRow], listed_at: datetime, bad: Set[str]
) -> None:
    """Show the deletions what was compared. `bad`: customers of whom not all could be read."""
    told = [row.id for row in deletions if row.customer_id not in bad]
    await owed.check_deletions(context, told, listed_at)


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


async def _compare(
    context: Context, customer_ids: Sequence[str], there: Set[str]
) -> tuple[datetime, Set[str]]:
    """Compare these customers and what belongs to them. Who is `there` has been compared already;
    of the others those are asked for whom the mirror has as living.

    Returns:
        When the listing of what belongs to them began, and those of whom not all can be read.
    """
    for batch in batches(customer_ids):
        read_at = datetime.now(UTC)
        async with context.database.read() as session:
            known = await rows.stored(session, CUSTOMER, batch)
        for item in known.values():
            if CUSTOMER.is_listed(item.row) and item.id not in there:
                await _settle_customer(context, item.id, read_at)
    listed_at = datetime.now(UTC)
    bad: set[str] = set()
    for batch in batches(customer_ids):
        read_at = datetime.now(UTC)
        listed = [(kind, await ask(context, kind, batch)) for kind in kinds.proved()]
        async with context.session() as session:
            now = await context.database.now(session)
            for kind, listing in listed:
                bad |= listing.refusals.keys()
                await _compare_with(context, session, kind, listing, batch, read_at, now)
    return listed_at, bad


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
    listing: Listing[M],
    customer_ids: Sequence[str],
    read_at: datetime,
    now: datetime,
) -> None:
    await follow(context, session, kind, listing.items, now)
    there = {item.id for item in listing.items}
    told = [it for it in customer_ids if it not in listing.refusals]
    known = await rows.stored_of(session, kind, told)
    silent = [
        polar_id
        for polar_id, item in known.items()
        if polar_id not in there and kind.is_listed(item.row)
    ]
    await follow_silence(context, session, kind, silent, read_at, now)
    context.report.count(kind.name, len(listing.items))
