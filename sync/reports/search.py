"""Deletions by whatever somebody has in hand: a number, a user's id, one of Polar's ids."""

from __future__ import annotations

from datetime import datetime

from sync.deletions import finding, memberships
from sync.deletions.finding import Group, Received
from sync.deletions.queries import Which
from sync.deletions.states import State
from sync.errors import InvalidInput
from sync.hashing import Hasher
from sync.mirror import rows as mirror_rows
from sync.mirror.objects import is_polar_id
from sync.reports import deletion
from sync.reports.told import DeletionPage
from sync.store.database import Database

_NO_PAGE = "There is no such page of this search: begin at the newest."
_MOST = 1_000
"""Deletions of one user or customer that are found, the newest."""


async def search(
    database: Database,
    hasher: Hasher,
    *,
    text: str,
    chosen: State | Group | None,
    received: Received | None,
    before: str,
    limit: int,
) -> DeletionPage:
    """A page of deletions, the newest first.

    Args:
        text: empty: all. Else a deletion's number, the id of a user (forgotten or not), an external
            id, or Polar's id of a customer, subscription, benefit grant, member or seat.
        chosen: only those in this state or group.
        received: only those whose first event came within that time.
        before: `next_cursor` of the page before; empty: the first page.

    Raises:
        InvalidInput: `before` is of no page of such a search.
        StorageUnavailable
    """
    among = await _numbers(database, hasher, text) if text else None
    # A group is of several states, and one after the other by their indexes is by the time.
    if received is not None or isinstance(chosen, Group):
        return await deletion.received_page(
            database,
            received or Received(),
            chosen=chosen,
            before=read_cursor(before) if before else None,
            limit=limit,
            among=among,
        )
    if before and not Which(before).is_number:
        raise InvalidInput(_NO_PAGE)
    number = int(before) if before else None
    return await deletion.page(
        database, user_hash=None, state=chosen, before=number, limit=limit, among=among
    )


def read_cursor(text: str) -> tuple[datetime, int]:
    """When the last one of a page was received, and its number."""
    at, _, number = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise InvalidInput(_NO_PAGE) from None
    if moment.tzinfo is None or not Which(number).is_number:
        raise InvalidInput(_NO_PAGE)
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
