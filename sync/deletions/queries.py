"""What other rooms ask of the deletions' table.

The rows are to read: only the ledger and the leases write them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.states import ENDED, NEEDS_A_PERSON, OPEN, OVER, State
from sync.deletions.tables import DeletionRow
from sync.errors import InvalidInput, NothingFound
from sync.hashing import Hasher
from sync.store.columns import Texts, any_of
from sync.store.database import Database

_MAX_DIGITS = 18
"""Any number of so many digits fits the 64 bits of a deletion's id."""

_STATE = col(DeletionRow.state)
_OLDEST_FIRST = col(DeletionRow.id)


# --- those that a person names -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Which:
    """Which deletions are meant: a deletion's number, or a local user id."""

    text: str
    as_user: bool | None = None
    """True: a user id. False: a number. None: whichever of the two is there."""

    @property
    def is_number(self) -> bool:
        """Whether the text can be a deletion's number."""
        return self.text.isascii() and self.text.isdigit() and len(self.text) <= _MAX_DIGITS

    def __str__(self) -> str:
        if self.as_user is False:
            return f"with the number {self.text}"
        user = f"of a user {self.text}"
        if self.as_user is None and self.is_number:
            return f"with the number {self.text}, and none {user}"
        return user


class Ambiguous(InvalidInput):
    """The text is a deletion's number and also the id of a user who has other deletions."""


async def find(
    database: Database, session: AsyncSession, hasher: Hasher, which: Which, *, lock: bool = False
) -> Sequence[DeletionRow]:
    """The deletion with that number, or every deletion of that user; oldest first, never none.

    Args:
        lock: lock the rows until the transaction ends.

    Raises:
        NothingFound, Ambiguous
    """

    async def fetch(condition: sa.ColumnElement[bool]) -> Sequence[DeletionRow]:
        statement = select(DeletionRow).where(condition).order_by(_OLDEST_FIRST)
        return await _all(session, database.locked(statement) if lock else statement)

    text = which.text
    numbered: Sequence[DeletionRow] = ()
    of_user: Sequence[DeletionRow] = ()
    if which.as_user is not True and which.is_number:
        numbered = await fetch(col(DeletionRow.id) == int(text))
    if which.as_user is not False:
        of_user = await fetch(col(DeletionRow.user_hash) == hasher.user(text))
    if numbered and of_user and [row.id for row in numbered] != [row.id for row in of_user]:
        raise Ambiguous(f"{text} is a deletion's number and a user's id: add --deletion or --user")
    found = numbered or of_user
    if not found:
        raise NothingFound(f"there is no deletion {which}")
    return found


async def of_users(session: AsyncSession, user_hashes: Collection[str]) -> Sequence[DeletionRow]:
    """Every deletion of these users, oldest first."""
    return await _all(
        session,
        select(DeletionRow)
        .where(col(DeletionRow.user_hash).in_(user_hashes))
        .order_by(_OLDEST_FIRST),
    )


# --- how things stand ----------------------------------------------------------------------------


async def counts(session: AsyncSession) -> Mapping[State, int]:
    """How many deletions are in each state."""
    found = dict((await session.exec(select(_STATE, func.count()).group_by(_STATE))).all())
    return {state: found.get(state, 0) for state in State}


async def oldest_open(session: AsyncSession) -> DeletionRow | None:
    """The one that has waited longest."""
    found = await _all(
        session,
        # Not by the id alone: to find it PostgreSQL would go through all that have ended.
        select(DeletionRow)
        .where(_STATE.in_(OPEN))
        .order_by(col(DeletionRow.received_at), _OLDEST_FIRST)
        .limit(1),
    )
    return next(iter(found), None)


async def needing_a_person(session: AsyncSession, limit: int) -> Sequence[DeletionRow]:
    """Those in `NEEDS_A_PERSON`: the open ones, oldest first; after them, as they stay for ever,
    the superseded ones, newest first."""
    superseded = _STATE == State.SUPERSEDED
    return await _all(
        session,
        select(DeletionRow)
        .where(_STATE.in_(NEEDS_A_PERSON))
        .order_by(superseded, sa.case((superseded, -_OLDEST_FIRST), else_=_OLDEST_FIRST))
        .limit(limit),
    )


async def held(
    database: Database, session: AsyncSession, *, after: int, limit: int
) -> Sequence[DeletionRow]:
    """Those that the brake holds, by their numbers, locked."""
    return await _all(
        session,
        database.locked(
            select(DeletionRow)
            .where(_STATE == State.HELD, col(DeletionRow.id) > after)
            .order_by(_OLDEST_FIRST)
            .limit(limit)
        ),
    )


# --- what a step asks about ----------------------------------------------------------------------


async def sent_since(session: AsyncSession, moment: datetime) -> int:
    """How many DELETEs have been sent since then."""
    return (
        await session.exec(
            select(func.count())
            .select_from(DeletionRow)
            .where(col(DeletionRow.delete_sent_at) > moment)
        )
    ).one()


async def following_earlier(
    session: AsyncSession, pinned: Sequence[tuple[DeletionRow, str]]
) -> set[int]:
    """Those of the deletions, by id, of whose user an earlier one pinned another customer than the
    one that is given with it."""
    if not pinned:
        return set()
    others = (
        await session.exec(
            select(DeletionRow.id, DeletionRow.user_hash, DeletionRow.customer_id).where(
                col(DeletionRow.user_hash).in_({row.user_hash for row, _ in pinned}),
                col(DeletionRow.customer_id).is_not(None),
            )
        )
    ).all()
    earlier: dict[str, set[tuple[int, str | None]]] = {}
    for deletion_id, user_hash, customer_id in others:
        earlier.setdefault(user_hash, set()).add((deletion_id, customer_id))
    return {
        row.id
        for row, customer_id in pinned
        if any(
            other_id != row.id and other_customer != customer_id
            for other_id, other_customer in earlier.get(row.user_hash, ())
        )
    }


async def under_way(
    database: Database, session: AsyncSession, customer_ids: Collection[str]
) -> Sequence[DeletionRow]:
    """Those that have pinned one of these customers and have not ended, locked."""
    return await _all(
        session,
        database.locked(
            select(DeletionRow)
            .where(col(DeletionRow.customer_id).in_(customer_ids), _STATE.not_in(ENDED))
            .order_by(_OLDEST_FIRST)
        ),
    )


# --- what a reconciliation asks about ------------------------------------------------------------

# No word of the state: SQLite would look it up, and read through all that have been verified.
_CONCERNED = sa.or_(
    any_of(col(DeletionRow.customer_id), sa.bindparam("customers", type_=Texts())),
    any_of(col(DeletionRow.external_hash), sa.bindparam("hashes", type_=Texts())),
)
# Without a LIMIT: for one row PostgreSQL would rather begin to read the table.
_ANY_CONCERNED = sa.select(col(DeletionRow.id)).where(_CONCERNED)


async def any_concerned(
    connection: AsyncConnection, customer_ids: Collection[str], external_hashes: Collection[str]
) -> bool:
    """Whether there are deletions of these customers, or of whoever had these external ids."""
    found = await connection.execute(
        _ANY_CONCERNED, {"customers": customer_ids, "hashes": external_hashes}
    )
    return found.first() is not None


async def concerned(
    database: Database,
    session: AsyncSession,
    customer_ids: Collection[str],
    external_hashes: Collection[str],
    *,
    lock: bool,
) -> Sequence[DeletionRow]:
    """Those deletions, in whatever state."""
    statement = select(DeletionRow).where(_CONCERNED)
    found = await session.exec(
        database.locked(statement) if lock else statement,
        params={"customers": customer_ids, "hashes": external_hashes},
    )
    rows: Sequence[DeletionRow] = found.all()
    return rows


async def not_over(session: AsyncSession, *, after: int, limit: int) -> Sequence[DeletionRow]:
    """Those that have not ended, and those that found nobody, by their numbers."""
    return await _all(
        session,
        select(DeletionRow)
        .where(col(DeletionRow.id) > after, _STATE.not_in(OVER))
        .order_by(_OLDEST_FIRST)
        .limit(limit),
    )


async def to_be_checked(
    database: Database,
    session: AsyncSession,
    ids: Collection[int] | None,
    *,
    contradicted: Callable[[sa.SQLColumnExpression[Any]], sa.ColumnElement[bool]],
    after: int,
    limit: int,
    lock: bool,
) -> Sequence[DeletionRow]:
    """Those whose customer is gone, by their numbers; but of the verified ones only those that
    something open contradicts: there may be a million.

    Args:
        ids: only of these; None: of all.
        contradicted: whether something is open for the customer with that id.
    """
    statement = (
        select(DeletionRow)
        .where(
            col(DeletionRow.id) > after,
            sa.or_(
                _STATE.in_([State.DELETED, State.INCOMPLETE]),
                sa.and_(_STATE == State.VERIFIED, contradicted(col(DeletionRow.customer_id))),
            ),
            sa.true() if ids is None else col(DeletionRow.id).in_(ids),
        )
        .order_by(_OLDEST_FIRST)
        .limit(limit)
    )
    return await _all(session, database.locked(statement) if lock else statement)


def is_pinned(customer_id: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """Whether a deletion has pinned the customer with that id."""
    return (
        sa.select(col(DeletionRow.id)).where(col(DeletionRow.customer_id) == customer_id).exists()
    )


async def _all(session: AsyncSession, statement: Any) -> Sequence[DeletionRow]:
    rows: Sequence[DeletionRow] = (await session.exec(statement)).all()
    return rows
