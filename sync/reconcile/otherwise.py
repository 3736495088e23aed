"""Fetches in other ways what a whole list has not shown.

Items that tie in a list's order can come on none of its pages: see `sync.reconcile.cursor`. In
another order others tie; and what a customer has is asked for by the customer's id.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.mirror import customers as mirror_customers
from sync.mirror import rows
from sync.mirror.kinds import CUSTOMER, Kind
from sync.mirror.objects import Customer, M
from sync.polar import lists
from sync.polar.lists import MAX_IDS, apart
from sync.reconcile import owed
from sync.reconcile.compare import differing
from sync.reconcile.context import Context
from sync.reconcile.cursor import ListCursor
from sync.reconcile.repair import ask, follow
from sync.reconcile.shortfall import Shortfall

Keep = Callable[[AsyncSession, Shortfall], Awaitable[None]]
"""Writes how far it has come, in a transaction."""


async def fetch_missing(
    context: Context, kind: Kind[M], cursor: ListCursor, shortfall: Shortfall, keep: Keep
) -> AsyncGenerator[Shortfall, None]:
    """Look for what the list has not shown until nothing is missing, or nothing is left to try.
    Yields how far it has come, each time that has been written.

    Args:
        cursor: of the list, which has been read.
        shortfall: how far it had come.

    Raises:
        CallsUsedUp, PolarError, StorageUnavailable
    """

    async def take(listed: Sequence[M], read_at: datetime, then: Shortfall) -> Shortfall:
        async with context.session() as session:
            now = await context.database.now(session)
            new = await follow(context, session, kind, listed, now)
            # What is newer than the list is none of what it lacks.
            missed = sum(kind.key(item) <= cursor.highest for item in new)
            context.report.count(kind.name, missed)
            customers = {it.id: it.external_id for it in listed if isinstance(it, Customer)}
            await owed.owed(context, session, customers, read_at, now)
            then = then.and_found(missed)
            await keep(session, then)
        return then

    async with context.database.reading() as connection:
        while shortfall.left(cursor.short) and (order := shortfall.next_order(kind.other_orders)):
            ask_for = partial(lists.page, kind=kind, number=shortfall.page, order=order)
            page = await context.calls.ask(ask_for)
            keys = {item.id: item.key for item in page.items}
            known = await rows.listed(connection, kind, None, keys)
            to_judge, unreadable = apart(item.parsed() for item in differing(page.items, known))
            context.tell_unreadable(kind, unreadable)
            shortfall = await take(to_judge, page.read_at, shortfall.after_page(page.pages))
            yield shortfall
        if kind is CUSTOMER:
            return
        at_once, lacking = (1, kind) if kind.one_customer_a_request else (MAX_IDS, None)
        while shortfall.left(cursor.short) and (
            owners := await mirror_customers.customers_after(
                connection, shortfall.customer_id, at_once, lacking=lacking
            )
        ):
            read_at = datetime.now(UTC)
            listing = await ask(context, kind, owners)
            shortfall = await take(listing.items, read_at, shortfall.after_customer(owners[-1]))
            yield shortfall
