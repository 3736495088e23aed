"""Deletions by whatever somebody has in hand: a number, a user's id, one of Polar's ids."""

from __future__ import annotations

from datetime import datetime

from sync.deletions import finding, memberships
from sync.deletions.finding import Received
from sync.deletions.queries import Which
from sync.deletions.states import State
from sync.hashing import Hasher
from sync.mirror import rows as mirror_rows
from sync.mirror.objects import is_polar_id
from sync.reports import deletion
from sync.reports.told import DeletionPage
from sync.store.database import Database

_MOST = 1_000
"""Deletions of one user or customer that are found, the newest."""


async def search(
    database: Database,
    hasher: Hasher,
    *,
    text: str,
    state: State | None,
    received: Received | None,
    before: str,
    limit: int,
) -> DeletionPage:
    """A page of deletions, the newest first.

    Args:
        text: empty: all. Else a deletion's number, the id of a user (forgotten or not), an external
            id, or Polar's id of a customer, subscription, benefit grant, member or seat.
        state: only those in it.
        received: only those whose first event came within that time.
        before: `next_cursor` of the page before; empty, or what it cannot be: the first page.

    Raises:
        StorageUnavailable
    """
    among = await _numbers(database, hasher, text) if text else None
    if received is not None:
        return await deletion.received_page(
            database,
            received,
            state=state,
            before=read_cursor(before),
            limit=limit,
            among=among,
        )
    number = int(before) if Which(before).is_number else None
    return await deletion.page(
        database, user_hash=None, state=state, before=number, limit=limit, among=among
    )


def read_cursor(text: str) -> tuple[datetime, int] | None:
    """When the last one of a page was received, and its number; None: it says neither."""
    at, _, number = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    if moment.tzinfo is None or not Which(number).is_number:
        return None
    return moment, int(number)


async def _numbers(database: Database, hasher: Hasher, text: str) -> set[int]:
    which, polar_id = Which(text), text.lower()
    async with database.read() as session:
        customers: set[str] = set()
        found: set[int] = set()
        if is_polar_id(polar_id):
            customers = {polar_id} | await mirror_rows.customers_of(session, polar_id)
            found |= set(await memberships.numbers_of(session, polar_id, _MOST))
        if which.is_number:
            found.add(int(text))
        return found | await finding.known_by(
            session,
            user_hash=hasher.user(text),
            external_hash=hasher.external(text),
            customer_ids=customers,
            limit=_MOST,
        )
