"""Kinds of which Polar has no list of all: asked for each parent in turn, one request each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.mirror import rows
from sync.mirror.kinds import Kind, Parent
from sync.polar import lists
from sync.reconcile.context import Context
from sync.reconcile.repair import follow, follow_silence

_AT_ONCE = 100
"""Parents read from the mirror together."""


async def compare_children(
    context: Context,
    kind: Kind[Any],
    parent: Parent,
    reached: str,
    keep: Callable[[AsyncSession, str], Awaitable[None]],
) -> None:
    """Compare what the mirrored parents have.

    Args:
        reached: the last parent, by id, whose children have been compared.
        keep: notes that in the transaction that writes what was found.

    Raises:
        CallsUsedUp, PolarError, StorageUnavailable
    """
    while True:
        async with context.database.read() as session:
            parents = await rows.parents(session, parent, after=reached, limit=_AT_ONCE)
        if not parents:
            return
        for parent_id in parents:
            read_at = datetime.now(UTC)
            asking = partial(lists.of_parent, kind=kind, parent_id=parent_id)
            listing = await context.calls.ask(asking)
            context.tell_unreadable(kind, listing.unreadable)
            listed = listing.items
            async with context.session() as session:
                now = await context.database.now(session)
                await follow(context, session, kind, listed, now)
                known = await rows.children(session, kind, parent, parent_id)
                silent = {it.id for it in known if kind.is_listed(it)} - {it.id for it in listed}
                if not listing.unreadable:
                    await follow_silence(context, session, kind, silent, read_at, now)
                context.report.count(kind.name, len(listed))
                await keep(session, parent_id)
            reached = parent_id
