"""Deletions for whom an audit has found as a customer, and not as a user of the app's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, queries
from sync.deletions.ledger import Ledger
from sync.deletions.states import OPEN, State
from sync.deletions.tables import DeletionRow
from sync.hashing import Hasher

_OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A living customer whose user the app does not have, or a member."""

    customer_id: str | None
    """None: of a member, who is in somebody else's."""
    created_at: datetime
    external_id: str | None
    user_id: str | None
    """Whose it was by the mapping; None: nobody can tell."""


@dataclass(frozen=True, slots=True)
class Known:
    """A deletion about an orphan."""

    id: int
    state: State

    @property
    def is_kept(self) -> bool:
        """Whether a person has said that the customer is to be left alone."""
        return self.state is State.CANCELED


async def known(
    session: AsyncSession, hasher: Hasher, orphans: Sequence[Orphan]
) -> Mapping[int, Known]:
    """The deletions by which the orphans are taken care of, by their places: one that is under way,
    or else one that a person has canceled. Users who are forgotten are found by their hashes."""
    users = {hasher.user(it.user_id) for it in orphans if it.user_id is not None}
    customers = {it.customer_id for it in orphans if it.customer_id is not None}
    external = {hasher.external(it.external_id) for it in orphans if it.external_id is not None}
    found = {row.id: row for row in await queries.of_users(session, users)}
    found |= {
        row.id: row for row in await queries.concerned(session, customers, external, lock=None)
    }
    canceled = [row.id for row in found.values() if row.state is State.CANCELED]
    by_person = await evidence.canceled_by(session, canceled, _OPERATOR) if canceled else set()
    by_id: dict[str, list[DeletionRow]] = {}
    for row in found.values():
        for it in {row.user_hash, row.external_hash, row.customer_id}:
            if it is not None:
                by_id.setdefault(it, []).append(row)
    taken_care_of: dict[int, Known] = {}
    for place, orphan in enumerate(orphans) if found else ():
        rows = {row.id: row for it in _ids(hasher, orphan) for row in by_id.get(it, ())}
        about = [row for row in rows.values() if _is_about(row, orphan)]
        chosen = [row for row in about if _is_under_way(row)] or [
            row for row in about if row.id in by_person and _has_ended_since(row, orphan.created_at)
        ]
        if chosen:
            newest = max(chosen, key=lambda row: row.id)
            taken_care_of[place] = Known(newest.id, newest.state)
    return taken_care_of


def _ids(hasher: Hasher, orphan: Orphan) -> Iterator[str]:
    """By which a deletion about it can be known."""
    if orphan.customer_id is not None:
        yield orphan.customer_id
    if orphan.user_id is not None:
        yield hasher.user(orphan.user_id)
    if orphan.external_id is not None:
        yield hasher.external(orphan.external_id)


def _is_about(row: DeletionRow, orphan: Orphan) -> bool:
    # One that has pinned another customer leaves this one alone; members go with any.
    return orphan.customer_id is None or row.customer_id in {None, orphan.customer_id}


def _is_under_way(row: DeletionRow) -> bool:
    will_look = row.state is State.NO_CUSTOMER and row.next_attempt_at is not None
    return row.state in OPEN or will_look


def _has_ended_since(row: DeletionRow, moment: datetime) -> bool:
    return row.ended_at is not None and moment <= row.ended_at


async def open_held(
    ledger: Ledger,
    session: AsyncSession,
    orphans: Sequence[Orphan],
    *,
    gone_by: datetime,
    digest: str,
) -> Mapping[int, int]:
    """Open a deletion, `held`, for each orphan that has none to take care of it.

    Args:
        gone_by: by then the app did not have the users any more.
        digest: SHA-256 of the file that says so, in hex.

    Returns:
        Their numbers, by the orphans' places.
    """
    there = await known(session, ledger.hasher, orphans)
    now = await ledger.database.now(session)
    opened: dict[int, int] = {}
    for place, it in enumerate(orphans):
        if place not in there and it.user_id is not None and it.customer_id is not None:
            row = await ledger.open_held(
                session,
                user_id=it.user_id,
                customer_id=it.customer_id,
                gone_by=gone_by,
                now=now,
                digest=digest,
            )
            opened[place] = row.id
    return opened
