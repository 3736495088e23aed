"""What other rooms ask of the deletions' table.

The rows are to read: only the ledger and the leases write them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.observations import Brake
from sync.deletions.states import ENDED, GOES_FIRST, NEEDS_A_PERSON, OPEN, OVER, REMOVABLE, State
from sync.deletions.tables import REMOVABLE_DELETIONS, DeletionRow, EvidenceRow
from sync.errors import InvalidInput, NothingFound
from sync.hashing import Hasher
from sync.store.columns import Texts, any_of
from sync.store.database import Database

_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
"""Any number of so many digits fits the 64 bits of a deletion's id."""

_STATE = col(DeletionRow.state)
_ID = col(DeletionRow.id)


# --- which goes first ----------------------------------------------------------------------------


def waits_for_another() -> sa.ColumnElement[bool]:
    """Whether an earlier deletion of the same user, which could still meet the customer, goes
    first."""
    earlier = aliased(DeletionRow)
    return (
        sa.select(col(earlier.id))
        .where(
            col(earlier.user_hash) == col(DeletionRow.user_hash),
            col(earlier.id) < _ID,
            col(earlier.state).in_(GOES_FIRST),
        )
        .exists()
    )


async def goes_before(session: AsyncSession, row: DeletionRow) -> int | None:
    """The number of the deletion that this one waits for."""
    if row.state in ENDED:
        return None
    found = await session.exec(
        select(DeletionRow.id)
        .where(col(DeletionRow.user_hash) == row.user_hash, row.id > _ID, _STATE.in_(GOES_FIRST))
        .order_by(_ID)
        .limit(1)
    )
    return found.first()


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
        return _NUMBER.fullmatch(self.text) is not None

    def __str__(self) -> str:
        if self.as_user is False:
            return f"with the number {self.text}"
        user = f"of a user {self.text}"
        if self.as_user is None and self.is_number:
            return f"with the number {self.text}, and none {user}"
        return user


class Ambiguous(InvalidInput):
    """The text can be a deletion's number and a user's id, and nothing says which is meant."""


async def find(
    session: AsyncSession,
    hasher: Hasher,
    which: Which,
    *,
    lock: Database | None = None,
    to_look: bool = False,
) -> Sequence[DeletionRow]:
    """The deletion with that number, or every deletion of that user; oldest first, never none.

    Args:
        lock: lock the rows, which are this database's, until the transaction ends.
        to_look: nothing is done to them. A number is then taken for what is there; otherwise it
            must be said what it is, where a user's id can be a number as well.

    Raises:
        NothingFound, Ambiguous
    """
    text = which.text
    numbered: Sequence[DeletionRow] = ()
    of_user: Sequence[DeletionRow] = ()
    if which.as_user is not True and which.is_number:
        numbered = await _rows(session, int(text) == _ID, lock=lock)
    if which.as_user is not False:
        of_user = await of_users(session, [hasher.user(text)], lock=lock)
    if numbered and of_user and [row.id for row in numbered] != [row.id for row in of_user]:
        raise Ambiguous(f"{text} is a deletion's number and a user's id: add --deletion or --user")
    found = numbered or of_user
    if not found:
        raise NothingFound(f"there is no deletion {which}")
    could_be_either = which.is_number and (bool(of_user) or _ids_are_numbers(found))
    if which.as_user is None and not to_look and could_be_either:
        raise Ambiguous(
            f"{text} can be a deletion's number or a user's id, because users' ids here are numbers"
            " too: add --deletion or --user"
        )
    return found


def _ids_are_numbers(rows: Sequence[DeletionRow]) -> bool:
    # One that looked again after its user was forgotten has the external id alone.
    return any(Which(row.user_id or row.external_id or "").is_number for row in rows)


async def of_users(
    session: AsyncSession, user_hashes: Collection[str], *, lock: Database | None = None
) -> Sequence[DeletionRow]:
    """Every deletion of these users, oldest first."""
    return await _rows(session, col(DeletionRow.user_hash).in_(user_hashes), lock=lock)


async def of_event(session: AsyncSession, user_hash: str, event_at: datetime) -> int | None:
    """The number of the deletion that goes for a `user.deleted` of then already; None: there is
    none, or not yet. `Ledger.open` chooses it."""
    found = await session.exec(
        select(DeletionRow.id)
        .where(col(DeletionRow.user_hash) == user_hash, col(DeletionRow.event_at) >= event_at)
        .order_by(_ID.desc())
        .limit(1)
    )
    return found.first()


async def newest(
    session: AsyncSession,
    *,
    user_hash: str | None,
    state: State | None,
    before: int | None,
    limit: int,
    among: Collection[int] | None = None,
) -> Sequence[DeletionRow]:
    """A page of all deletions, of this user, in this state and `among` these numbers where those
    are given, by their numbers from the highest below `before` down."""
    where: list[sa.ColumnElement[bool]] = []
    if among is not None:
        where.append(_ID.in_(among))
    if user_hash is not None:
        where.append(col(DeletionRow.user_hash) == user_hash)
    if state is not None:
        where.append(_STATE.in_([state]))
    if before is not None:
        where.append(before > _ID)
    return await _rows(session, *where, order=(_ID.desc(),), limit=limit)


# --- how things stand ----------------------------------------------------------------------------


async def counts(session: AsyncSession) -> Mapping[State, int]:
    """How many deletions are in each state."""
    # Nearly all are verified. To count all rows takes two thirds of the time that it takes to count
    # those of a state; in one statement, lest one ends in between.
    rest = [state for state in State if state is not State.VERIFIED]
    others = sa.select(_STATE, func.count()).where(_STATE.in_(rest)).group_by(_STATE)
    everything = sa.select(sa.null(), func.count()).select_from(DeletionRow)
    connection = await session.connection()
    found = (await connection.execute(others.union_all(everything))).all()
    known = {state: number for state, number in found if state is not None}
    total = next(number for state, number in found if state is None)
    return {**dict.fromkeys(State, 0), **known, State.VERIFIED: total - sum(known.values())}


async def needing_a_person_by_state(
    session: AsyncSession,
) -> Mapping[State, tuple[int, int]]:
    """Of each state that waits for a person and has deletions: how many, and the sum of their
    numbers, which is another one once it is not the same deletions any more."""
    found = await session.exec(
        select(_STATE, func.count(), func.sum(_ID))
        .where(_STATE.in_(NEEDS_A_PERSON - ENDED))
        .group_by(_STATE)
    )
    return {state: (number, int(total)) for state, number, total in sorted(found.all())}


async def oldest_open(session: AsyncSession) -> DeletionRow | None:
    """The one that has waited longest."""
    order = (col(DeletionRow.received_at), _ID)
    # Each state's first by the index alone; among all of them, both engines would sort them all.
    first = [
        sa.select(
            sa.select(_ID).where(_STATE.in_([state])).order_by(*order).limit(1).scalar_subquery()
        )
        for state in sorted(OPEN)
    ]
    where = _ID.in_(sa.union_all(*first))
    return next(iter(await _rows(session, where, order=order, limit=1)), None)


async def needing_a_person(
    session: AsyncSession, limit: int, *, but_for_brake: bool = False
) -> Sequence[DeletionRow]:
    """Those in `NEEDS_A_PERSON`: the open ones, oldest first; after them, as they stay for ever,
    the superseded ones, newest first.

    Args:
        but_for_brake: without what the brake holds.
    """
    left_out = sa.and_(_STATE == State.HELD, held_by_brake()) if but_for_brake else sa.false()
    superseded = _STATE == State.SUPERSEDED
    order = (superseded, sa.case((superseded, -_ID), else_=_ID))
    where = (_STATE.in_(NEEDS_A_PERSON), ~left_out)
    return await _rows(session, *where, order=order, limit=limit)


def held_by_brake() -> sa.ColumnElement[bool]:
    """Of the held ones: not for the people in it, not for what is new since the event, and not
    because no event has come."""
    no_others = sa.func.coalesce(col(DeletionRow.others), 0) == 0
    return sa.and_(no_others, col(DeletionRow.active_since).is_(None), ~held_by_audit())


def held_by_audit() -> sa.ColumnElement[bool]:
    """Of the held ones: an audit has opened it, and nobody has said a word yet."""
    return col(DeletionRow.resume) == State.RECEIVED


async def count(session: AsyncSession, *where: sa.ColumnElement[bool]) -> tuple[int, int]:
    """How many deletions are like that, and the number of the newest, or 0."""
    counted = select(func.count(), func.coalesce(func.max(_ID), 0)).where(*where)
    number, newest = (await session.exec(counted)).one()
    return number, newest


async def batch(
    database: Database,
    session: AsyncSession,
    *where: sa.ColumnElement[bool],
    after: int,
    limit: int,
) -> Sequence[DeletionRow]:
    """Those that are like that, by their numbers, locked."""
    return await _rows(session, *where, after < _ID, limit=limit, lock=database)


async def ended_between(
    session: AsyncSession, mornings: Sequence[datetime]
) -> Mapping[tuple[int, State], int]:
    """How many have ended, in each of the states that need nobody any more, from one of the
    moments, given in their order, to the next, and from the last one on: by the moment's place and
    the state."""
    ended_at = col(DeletionRow.ended_at)
    # Each by the index alone: to tell for each of a month's in which day it is takes ten times as
    # long.
    counted = [
        sa.select(
            sa.literal(place, sa.Integer).label("place"),
            sa.literal(state, sa.String).label("state"),
            func.count().label("number"),
        ).where(
            REMOVABLE_DELETIONS,
            _STATE.in_([state]),
            ended_at >= morning,
            *([ended_at < mornings[place + 1]] if place + 1 < len(mornings) else []),
        )
        for place, morning in enumerate(mornings)
        for state in sorted(REMOVABLE)
    ]
    found = await (await session.connection()).execute(sa.union_all(*counted))
    return {(place, State(state)): number for place, state, number in found}


async def seconds_to_verify(session: AsyncSession, limit: int) -> Sequence[float]:
    """From the event to the proof, of the newest verified ones."""
    found = await session.exec(
        select(DeletionRow.event_at, DeletionRow.ended_at)
        .where(_STATE == State.VERIFIED)
        .order_by(_ID.desc())
        .limit(limit)
    )
    return [
        max(0.0, (ended_at - event_at).total_seconds())
        for event_at, ended_at in found.all()
        if ended_at is not None
    ]


# --- what a step asks about ----------------------------------------------------------------------


async def sent_between(
    session: AsyncSession, moment: datetime, now: datetime, up_to: int | None = None
) -> int:
    """How many DELETEs have been sent from then until now; no more than `up_to` are counted."""
    sent_at = col(DeletionRow.delete_sent_at)
    sent = select(DeletionRow.id).where(sent_at > moment, sent_at <= now).limit(up_to)
    return (await session.exec(select(func.count()).select_from(sent.subquery()))).one()


async def count_held_by_brake(session: AsyncSession, up_to: int) -> int:
    """How many the brake holds; no more than `up_to` are counted."""
    held = select(DeletionRow.id).where(_STATE.in_([State.HELD]), held_by_brake()).limit(up_to)
    return (await session.exec(select(func.count()).select_from(held.subquery()))).one()


async def brake_holds_since(session: AsyncSession, up_to: int) -> datetime | None:
    """Since when it holds the first of them; no more than `up_to` are looked at, the oldest."""
    held = select(DeletionRow.id).where(_STATE.in_([State.HELD]), held_by_brake())
    first = held.order_by(_ID).limit(up_to).subquery()
    at = func.min(col(EvidenceRow.at))
    tripped = col(EvidenceRow.kind) == Brake.evidence
    found = await session.exec(
        select(at).where(col(EvidenceRow.deletion_id).in_(sa.select(first.c.id)), tripped)
    )
    return found.one()


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


async def due_too_late(
    database: Database,
    session: AsyncSession,
    now: datetime,
    longest: Mapping[State | None, timedelta],
    limit: int,
) -> Sequence[DeletionRow]:
    """Those whose next attempt is further away than it can be, locked.

    Args:
        longest: how far away it can be, by state; None: in any other.
    """
    due = col(DeletionRow.next_attempt_at)
    named = [state for state in longest if state is not None]
    too_late: list[sa.ColumnElement[bool]] = []
    for state, wait in longest.items():
        in_state = _STATE.not_in(named) if state is None else _STATE.in_([state])
        too_late.append(sa.and_(in_state, due > now + wait))
    nearest = due > now + min(longest.values())
    return await _rows(session, nearest, sa.or_(*too_late), limit=limit, lock=database)


async def under_way(
    database: Database, session: AsyncSession, customer_ids: Collection[str]
) -> Sequence[DeletionRow]:
    """Those that have pinned one of these customers and have not ended, locked."""
    pinned = col(DeletionRow.customer_id).in_(customer_ids)
    return await _rows(session, pinned, _STATE.not_in(ENDED), lock=database)


async def without_customer(
    database: Database, session: AsyncSession, external_hashes: Collection[str]
) -> Sequence[DeletionRow]:
    """Those that found nobody under these external ids, locked."""
    looked_for = col(DeletionRow.external_hash).in_(external_hashes)
    return await _rows(session, looked_for, _STATE == State.NO_CUSTOMER, lock=database)


async def of_external(
    database: Database, session: AsyncSession, external_hashes: Collection[str]
) -> Sequence[DeletionRow]:
    """Those that have looked for their user under one of these external ids and have neither ended
    without result nor been canceled, locked."""
    looked_for = col(DeletionRow.external_hash).in_(external_hashes)
    closed = ENDED - {State.VERIFIED}
    return await _rows(session, looked_for, _STATE.not_in(closed), lock=database)


async def looked_for_under(
    database: Database, session: AsyncSession, external_hashes: Collection[str]
) -> Sequence[DeletionRow]:
    """Those that have looked for their user under one of these external ids, locked."""
    return await _rows(session, col(DeletionRow.external_hash).in_(external_hashes), lock=database)


async def any_pinned(session: AsyncSession, customer_id: str) -> bool:
    """Whether any deletion has pinned the customer."""
    return bool(await _rows(session, col(DeletionRow.customer_id) == customer_id, limit=1))


async def pinned_elsewhere(
    session: AsyncSession, customer_ids: Collection[str], ids: Collection[int]
) -> set[str]:
    """Those of the customers whom deletions other than these have pinned and not forgotten."""
    found = await session.exec(
        select(DeletionRow.customer_id).where(
            col(DeletionRow.customer_id).in_(customer_ids),
            col(DeletionRow.id).not_in(ids),
            col(DeletionRow.forgotten_at).is_(None),
        )
    )
    return {it for it in found if it is not None}


_OF_HASHES = sa.or_(
    any_of(col(DeletionRow.user_hash), sa.bindparam("hashes", type_=Texts())),
    any_of(col(DeletionRow.external_hash), sa.bindparam("hashes", type_=Texts())),
)


async def forgotten_among(session: AsyncSession, hashes: Collection[str]) -> set[str]:
    """Those of these hashes, of user ids or external ids, of which only forgotten deletions are
    known."""
    rows = await _rows(session, _OF_HASHES, order=(), parameters={"hashes": list(hashes)})
    of = {True: set[str](), False: set[str]()}
    for row in rows:
        theirs = {row.user_hash, row.external_hash}
        of[row.forgotten_at is not None].update(it for it in theirs if it in hashes and it)
    return of[True] - of[False]


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
    session: AsyncSession,
    customer_ids: Collection[str],
    external_hashes: Collection[str],
    *,
    lock: Database | None,
) -> Sequence[DeletionRow]:
    """Those deletions, in whatever state."""
    parameters = {"customers": customer_ids, "hashes": external_hashes}
    return await _rows(session, _CONCERNED, order=(), lock=lock, parameters=parameters)


async def not_over(session: AsyncSession, *, after: int, limit: int) -> Sequence[DeletionRow]:
    """Those that have not ended, and those that found nobody, by their numbers."""
    return await _rows(session, after < _ID, _STATE.not_in(OVER), limit=limit)


async def to_be_checked(
    session: AsyncSession,
    ids: Collection[int] | None,
    *,
    contradicted: Callable[[sa.SQLColumnExpression[Any]], sa.ColumnElement[bool]],
    after: int,
    limit: int,
    lock: Database | None,
) -> Sequence[DeletionRow]:
    """Those whose customer is gone, by their numbers; but of the verified ones only those that
    something open contradicts: there may be a million.

    Args:
        ids: only of these; None: of all.
        contradicted: whether something is open for the customer with that id.
    """
    return await _rows(
        session,
        after < _ID,
        sa.or_(
            _STATE.in_([State.DELETED, State.INCOMPLETE]),
            sa.and_(_STATE == State.VERIFIED, contradicted(col(DeletionRow.customer_id))),
        ),
        sa.true() if ids is None else _ID.in_(ids),
        limit=limit,
        lock=lock,
    )


def is_pinned(customer_id: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """Whether a deletion has pinned the customer with that id."""
    return (
        sa.select(col(DeletionRow.id)).where(col(DeletionRow.customer_id) == customer_id).exists()
    )


async def _rows(
    session: AsyncSession,
    *where: sa.ColumnElement[bool] | bool,
    order: Sequence[Any] = (_ID,),
    limit: int | None = None,
    lock: Database | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Sequence[DeletionRow]:
    statement = select(DeletionRow).where(*where).order_by(*order).limit(limit)
    locked = statement if lock is None else lock.locked(statement)
    rows: Sequence[DeletionRow] = (await session.exec(locked, params=parameters)).all()
    return rows
