"""Has the mirror follow Polar: in what Polar lists, and in what it is silent about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.sightings import Observer
from sync.errors import StorageError
from sync.mirror import kinds, rows
from sync.mirror.kinds import CUSTOMER, Kind
from sync.mirror.merge import merge
from sync.mirror.objects import API, M, Member
from sync.polar import customers, lists
from sync.polar.errors import NotFound
from sync.polar.lists import Listing, Unreadable
from sync.reconcile import owed
from sync.reconcile.context import Context
from sync.reconcile.judge import extra, judge
from sync.store.errors import StatementFailed, ValueRefused


async def follow(
    context: Context, session: AsyncSession, kind: Kind[M], listed: Sequence[M], now: datetime
) -> Sequence[M]:
    """Judge what Polar lists, report it, and write what that leads to.

    Returns:
        Those that the mirror did not have, or not as being there.
    """
    known = await rows.stored(session, kind, [item.id for item in listed])
    judged = [judge(kind, known.get(item.id), item) for item in listed]
    write = [it.write for it in judged if it.write is not None]
    refused: Collection[str] = ()
    if not context.dry_run:
        refused = await _overwrite(context, session, kind, write, now)
        members = [item for item in write if isinstance(item, Member) and item.id not in refused]
        await Observer(context.ledger).see_members(session, members, now, source=API)
    for it in judged:
        if it.difference is not None and it.difference.id not in refused:
            context.tell(kind, it.difference)
    there = {polar_id for polar_id, it in known.items() if kind.is_listed(it.row)}
    return [item for item in write if item.id not in there]


async def _overwrite(
    context: Context, session: AsyncSession, kind: Kind[M], write: Sequence[M], now: datetime
) -> Collection[str]:
    """Write the rows; one by one where the database does not take them together.

    Returns:
        The ids of those that it does not take, which are reported.
    """
    if not write:
        return ()
    try:
        async with session.begin_nested():
            await rows.overwrite(context.database, session, kind, write, now)
        return ()
    except (ValueRefused, StatementFailed):
        refused: dict[str, StorageError] = {}
    for row in write:
        try:
            async with session.begin_nested():
                await rows.overwrite(context.database, session, kind, [row], now)
        except (ValueRefused, StatementFailed) as error:
            refused[row.id] = error
    if len(refused) == len(write) > 1:
        # Not one bad row: the database does not take this table's.
        raise next(iter(refused.values()))
    problem = "the database does not take it: {}".format
    context.tell_unreadable(
        kind,
        [Unreadable(id=it, owner=None, problem=problem(error)) for it, error in refused.items()],
    )
    return refused


async def follow_silence(
    context: Context,
    session: AsyncSession,
    kind: Kind[M],
    ids: Iterable[str],
    read_at: datetime,
    now: datetime,
) -> None:
    """The same for rows of which Polar has nothing."""
    known = await rows.stored(session, kind, ids)
    silent = [item.row for item in known.values() if item.written_at < read_at]
    if kind.goes_with_customer:
        silent = [row for row in silent if getattr(row, kind.owner) not in context.not_taken_along]
    for row in silent:
        context.tell(kind, extra(kind, row))
    if kind is CUSTOMER:
        await _tell_what_goes_along(context, session, [row.id for row in silent])
    if context.dry_run:
        if kind is CUSTOMER:
            context.not_taken_along |= {row.id for row in silent}
        return
    left = {row.id: kind.after_silence(row, now) for row in silent}
    stay = [merge(kind, after, row) for row in silent if (after := left[row.id]) is not None]
    await rows.overwrite(context.database, session, kind, stay, now)
    if gone := [polar_id for polar_id, after in left.items() if after is None]:
        await rows.remove(session, kind, gone)
    if kind is CUSTOMER:
        for row in silent:
            await owed.customer_gone(context, session, row.id, now)


async def _tell_what_goes_along(
    context: Context, session: AsyncSession, customer_ids: Sequence[str]
) -> None:
    """The mirror ends it together with the customer: nobody has to be asked about it."""
    for kind in kinds.KINDS if customer_ids else ():
        if kind.goes_with_customer:
            for item in (await rows.stored_of(session, kind, customer_ids)).values():
                if kind.is_listed(item.row):
                    context.tell(kind, extra(kind, item.row))


async def ask(context: Context, kind: Kind[Any], customer_ids: Sequence[str]) -> Listing[Any]:
    """What Polar has of this kind for these customers; of customers, for one. What cannot be read
    is reported.

    Raises:
        CallsUsedUp, PolarError, StorageUnavailable
    """
    if kind is CUSTOMER:
        [customer_id] = customer_ids
        state = await state_of(context, customer_id=customer_id)
        return Listing([] if state is None else [state.customer])
    listing = await context.calls.ask(
        lambda polar: lists.readable_of_customers(polar, kind, customer_ids)
    )
    context.tell_unreadable(kind, listing.unreadable)
    return listing


async def state_of(
    context: Context, *, external_id: str | None = None, customer_id: str | None = None
) -> customers.CustomerState | None:
    """The customer who is at Polar under one of the ids, if any.

    Raises:
        CallsUsedUp, PolarError, StorageUnavailable
    """
    try:
        return await context.calls.ask(
            lambda polar: customers.state_of(
                polar, external_id=external_id, customer_id=customer_id
            )
        )
    except NotFound:
        return None
