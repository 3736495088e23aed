"""Reads a whole list of Polar's, pages ahead of whoever judges them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from sync.cancellation import cancel_and_wait
from sync.mirror.kinds import Kind
from sync.mirror.objects import M
from sync.polar import lists
from sync.polar.lists import Item, Unreadable
from sync.reconcile.calls import Calls
from sync.reconcile.cursor import ListCursor, Window

_TOGETHER = 10
"""Pages given out together, at most."""
_SOON = 0.1
"""Seconds that are waited for them: at Polar's own rate limit, little more than for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Generic[M]):
    """A page that was read, what it proves, and where the cursor stands after it."""

    items: Sequence[Item[M]]
    """Those that were on no page before."""
    unreadable: Sequence[Unreadable]
    """Those of which not even id and sort key can be read."""
    read_at: datetime
    window: Window | None
    cursor: ListCursor


Batches = AsyncIterator[Sequence[Read[M]]]


@asynccontextmanager
async def reading(
    calls: Calls, kind: Kind[M], cursor: ListCursor, since: datetime | None
) -> AsyncIterator[Batches[M]]:
    """Batches of pages, from where the cursor stands to the end of the list.

    While calls are counted, one at a time: what a page leads to needs calls too, or the next run
    would come no further.

    Args:
        since: stop at the first page that goes back beyond this.

    Raises:
        CallsUsedUp, PolarError, StorageUnavailable: from the iteration.
    """
    async with aclosing(_pages(calls, kind, cursor.model_copy(), since)) as pages:
        if calls.limit is not None or cursor.done:
            yield _one_by_one(pages)
            return
        ahead: asyncio.Queue[Read[M] | Exception] = asyncio.Queue(_TOGETHER)
        reader = asyncio.create_task(_read_ahead(pages, ahead))
        try:
            yield _gathered(ahead)
        finally:
            await cancel_and_wait([reader])


async def _pages(
    calls: Calls, kind: Kind[M], cursor: ListCursor, since: datetime | None
) -> AsyncGenerator[Read[M], None]:
    while not cursor.done:
        page = await calls.ask(
            lambda polar: lists.page(
                polar, kind, cursor.page, order=kind.order(descending=cursor.descending)
            )
        )
        keys = [(item.id, item.key) for item in page.items]
        repeated = cursor.repeated(keys)
        window = cursor.read(keys, page.total, page.pages, lists.PAGE)
        if since is not None and any(key < since for _, key in keys):
            cursor.finish()
        yield Read(
            items=[item for item in page.items if item.id not in repeated],
            unreadable=page.unreadable,
            read_at=page.read_at,
            window=window,
            cursor=cursor.model_copy(),
        )


async def _one_by_one(pages: AsyncIterator[Read[M]]) -> Batches[M]:
    async for page in pages:
        yield [page]


async def _read_ahead(
    pages: AsyncIterator[Read[M]], ahead: asyncio.Queue[Read[M] | Exception]
) -> None:
    try:
        async for page in pages:
            await ahead.put(page)
    except Exception as error:  # noqa: BLE001 - raised by whoever waits for the page
        await ahead.put(error)


async def _gathered(ahead: asyncio.Queue[Read[M] | Exception]) -> Batches[M]:
    """Each time the page that is next, and those that come soon after it."""
    done = False
    while not done:
        batch = [_or_raise(await ahead.get())]
        with suppress(TimeoutError):
            async with asyncio.timeout(_SOON):
                while len(batch) < _TOGETHER and not batch[-1].cursor.done:
                    following = await ahead.get()
                    if isinstance(following, Exception):
                        # First what was read before it.
                        ahead.put_nowait(following)
                        break
                    batch.append(following)
        done = batch[-1].cursor.done
        yield batch


def _or_raise(read: Read[M] | Exception) -> Read[M]:
    if isinstance(read, Exception):
        raise read
    return read
