"""The mirror's tables: writing what was observed, reading what is known, forgetting.

Whoever writes here does so in `Lane.LEDGER`, alone: what was read in the transaction still holds
when it writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, assert_never

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.mirror import kinds, not_kept
from sync.mirror.kinds import (
    BEGINNING,
    CUSTOMER,
    MEMBER,
    NEVER,
    Condition,
    Is,
    IsNoneOf,
    IsSet,
    Kind,
    Parent,
    Span,
)
from sync.mirror.merge import contradict, merge, without_what_is_gone
from sync.mirror.objects import M, Mirrored
from sync.mirror.stored import Stored
from sync.store import meta
from sync.store.columns import Texts, any_of
from sync.store.database import Database

_AT_ONCE = 100
"""Rows read before others get a turn."""


# --- statements, made once for each kind: a reconciliation runs them for every page -----------


def table_of(kind: Kind[Any]) -> sa.Table:
    return SQLModel.metadata.tables[kind.name]


def _holds(table: sa.Table, condition: Condition) -> sa.ColumnElement[bool]:
    column = table.c[condition.field]
    match condition:
        case Is():
            return column == condition.value
        case IsNoneOf():
            return column.not_in(condition.values)
        case IsSet():
            return column.is_not(None)
        case _:
            assert_never(condition)


def _select(kind: Kind[Any], *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    table = table_of(kind)
    return sa.select(*(table.c[name] for name in ("id", "written_at", *kind.fields))).where(*where)


@cache
def _select_by(kind: Kind[Any], column: str) -> sa.Select[Any]:
    return _select(kind, any_of(table_of(kind).c[column], sa.bindparam("ids", type_=Texts())))


@cache
def _select_listed(kind: Kind[Any], *, to_the_end: bool) -> sa.CompoundSelect[Any]:
    table = table_of(kind)
    key = table.c[kind.sorted_by]
    after, until = (sa.bindparam(name, type_=key.type) for name in ("after", "until"))
    where = [key > after if to_the_end else sa.and_(key > after, key <= until)]
    if to_the_end and key.nullable:
        # Those without one stand last.
        where = [sa.or_(*where, key.is_(None))]
    where += [_holds(table, condition) for condition in kind.listed_when]
    return sa.union_all(_select(kind, *where), _select_by(kind, "id"))


# --- writing -----------------------------------------------------------------------------------


async def upsert(
    database: Database, session: AsyncSession, observed: Iterable[Mirrored], now: datetime
) -> set[str]:
    """Merge the observations into the mirror, in the session's transaction.

    Returns:
        The customers about whom two of one moment contradict each other: the API is to be asked.
    """
    by_kind: dict[Kind[Any], list[Any]] = {kind: [] for kind in kinds.KINDS}
    for item in observed:
        by_kind[kinds.kind_of(item)].append(item)
    doubtful: set[str] = set()
    for kind, items in by_kind.items():
        if items:
            doubtful |= await _upsert(database, session, kind, items, now)
    return doubtful


async def _upsert(
    database: Database, session: AsyncSession, kind: Kind[M], observed: Sequence[M], now: datetime
) -> set[str]:
    known = await stored(session, kind, [item.id for item in observed])
    before: dict[str, M] = {polar_id: item.row for polar_id, item in known.items()}
    merged = dict(before)
    doubtful: set[str] = set()
    for item in observed:
        other = merged.get(item.id, item)
        if contradict(kind, other, item):
            doubtful.add(getattr(item, kind.owner))
        merged[item.id] = merge(kind, other, item)
    changed = [item for polar_id, item in merged.items() if before.get(polar_id) != item]
    await overwrite(database, session, kind, changed, now)
    return doubtful


async def overwrite(
    database: Database, session: AsyncSession, kind: Kind[M], rows: Sequence[M], now: datetime
) -> None:
    """Write the rows as they are, whatever the mirror has. The caller has locked and judged it."""
    rows = await _without_what_is_forgotten(session, kind, rows, now)
    if kind.goes_with_customer:
        rows = await _gone_with_their_customers(session, kind, rows)
    if kind is CUSTOMER:
        await _take_along(session, rows)
    not_kept.tell(kind, rows)
    values = attrgetter(*kind.fields)
    columns = (*kind.fields, "written_at")
    await database.upsert(session, table_of(kind), columns, [(*values(row), now) for row in rows])


async def _without_what_is_forgotten(
    session: AsyncSession, kind: Kind[M], rows: Sequence[M], now: datetime
) -> Sequence[M]:
    """The rows, without what is personal where their customer is forgotten. A customer's own row
    says itself that it is."""
    if not rows or not kind.personal or kind is CUSTOMER:
        return rows
    gone = await forgotten(session, CUSTOMER, {getattr(row, kind.owner) for row in rows})
    hidden: dict[str, Any] = {"forgotten_at": now}
    return [
        without_what_is_gone(kind, replace(row, **hidden))
        if getattr(row, kind.owner) in gone
        else row
        for row in rows
    ]


async def _gone_with_their_customers(
    session: AsyncSession, kind: Kind[M], rows: Sequence[M]
) -> Sequence[M]:
    customers = await stored(session, CUSTOMER, {getattr(row, kind.owner) for row in rows})
    gone = {polar_id: it.row.deleted_at for polar_id, it in customers.items()}
    ended: list[M] = []
    for row in rows:
        deleted_at = gone.get(getattr(row, kind.owner))
        known: Any = {"deleted_at": getattr(row, "deleted_at") or deleted_at}  # noqa: B009
        ended.append(replace(row, **known))
    return ended


async def _take_along(session: AsyncSession, customers: Sequence[Any]) -> None:
    """Polar tells of each that goes with its customer; but a webhook can be lost."""
    gone = [{"owner": it.id, "at": it.deleted_at} for it in customers if it.deleted_at is not None]
    connection = await session.connection()
    for kind in kinds.KINDS if gone else ():
        if kind.goes_with_customer:
            table = table_of(kind)
            theirs = table.c[kind.owner] == sa.bindparam("owner")
            await connection.execute(
                table.update()
                .where(theirs, table.c.deleted_at.is_(None))
                .values(deleted_at=sa.bindparam("at", type_=table.c.deleted_at.type)),
                gone,
            )


async def remove(session: AsyncSession, kind: Kind[Any], ids: Sequence[str]) -> None:
    """Remove what Polar does not know of."""
    connection = await session.connection()
    table = table_of(kind)
    await connection.execute(table.delete().where(table.c.id.in_(ids)))


async def forget(session: AsyncSession, customer_ids: Collection[str], now: datetime) -> None:
    """Scrub what is personal of the customers and of what belongs to them; a late webhook brings
    none of it back."""
    for kind in kinds.KINDS:
        if kind.personal:
            await _scrub(session, kind, kind.owner, customer_ids, now)


async def forget_members(session: AsyncSession, member_ids: Collection[str], now: datetime) -> None:
    """Scrub what is personal of these members alone."""
    await _scrub(session, MEMBER, "id", member_ids, now)


async def _scrub(
    session: AsyncSession, kind: Kind[Any], column: str, ids: Collection[str], now: datetime
) -> None:
    connection = await session.connection()
    table = table_of(kind)
    await connection.execute(
        table.update()
        .where(table.c[column].in_(ids))
        .values({**dict.fromkeys((*kind.personal, "not_kept")), "forgotten_at": now})
    )


# --- reading -----------------------------------------------------------------------------------


async def forgotten(session: AsyncSession, kind: Kind[Any], ids: Collection[str]) -> set[str]:
    """Those of the kind, customers or members, whom the bridge has forgotten."""
    table = table_of(kind)
    statement = sa.select(table.c.id).where(table.c.id.in_(ids), table.c.forgotten_at.is_not(None))
    connection = await session.connection()
    return set((await connection.execute(statement)).scalars())


async def stored(session: AsyncSession, kind: Kind[M], ids: Iterable[str]) -> dict[str, Stored[M]]:
    """What the mirror has of these, by id."""
    return await _load(await session.connection(), kind, _select_by(kind, "id"), ids)


async def stored_of(
    session: AsyncSession, kind: Kind[M], customer_ids: Iterable[str]
) -> dict[str, Stored[M]]:
    """What belongs to these customers, by id."""
    statement = _select_by(kind, kind.owner)
    return await _load(await session.connection(), kind, statement, customer_ids)


async def listed(
    connection: AsyncConnection, kind: Kind[M], span: Span | None, items: Mapping[str, datetime]
) -> dict[str, Stored[M]]:
    """What the mirror has of what was listed, and what else a list should show in the span, by id.

    Args:
        items: what was listed, with what the list is sorted by.
    """
    found: dict[str, Stored[M]] = {}
    if span is not None and span.after != NEVER:
        # The span begins above its lowest item, which more of the same age may follow.
        ids = [polar_id for polar_id, key in items.items() if key == span.after]
        bounds = {"after": span.after or BEGINNING}
        if span.until is not None:
            bounds["until"] = span.until
        statement = _select_listed(kind, to_the_end=span.until is None)
        found = await _load(connection, kind, statement, ids, **bounds)
    # Where Polar and the mirror agree on when it was made, none is left to ask for.
    missing = items.keys() - found.keys()
    return found | await _load(connection, kind, _select_by(kind, "id"), missing)


async def all_with(
    session: AsyncSession, kind: Kind[M], column: str, values: Iterable[str]
) -> list[M]:
    """What the mirror has of the kind with one of these values there."""
    statement = _select_by(kind, column)
    found = await _load(await session.connection(), kind, statement, values)
    return [item.row for item in found.values()]


async def _load(
    connection: AsyncConnection,
    kind: Kind[M],
    statement: sa.Executable,
    ids: Iterable[str],
    **bounds: datetime,
) -> dict[str, Stored[M]]:
    found: dict[str, Stored[M]] = {}
    wanted = list(ids)
    if wanted or bounds:
        result = await connection.execute(statement, {"ids": wanted, **bounds})
        for lines in result.partitions(_AT_ONCE):
            found.update((line.id, Stored(kind, line, line.written_at)) for line in lines)
            # The lines are here already, but to make rows of many of them takes long.
            await asyncio.sleep(0)
    return found


async def unlisted(
    session: AsyncSession,
    kind: Kind[M],
    customer_ids: Sequence[str],
    there: Iterable[M],
    read_at: datetime,
) -> list[M]:
    """What the mirror takes to be in the customers' list and is not there, as the observation that
    Polar's silence about it is."""
    ids = {item.id for item in there}
    silent = []
    for item in (await stored_of(session, kind, customer_ids)).values():
        row = item.row
        # What a webhook brought after the list was read is not in it for another reason.
        if row.id not in ids and kind.is_listed(row) and row.version_at < read_at:
            silent.append(kind.after_silence(row, read_at))
    return [row for row in silent if row is not None]


def anything_open(customer_id: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[bool]:
    """Whether something that should have ended is open for the customer with that id."""
    return sa.or_(
        *(
            sa.select(table.c.id)
            .where(
                table.c[kind.owner] == customer_id,
                *(_holds(table, condition) for condition in kind.open_when),
            )
            .exists()
            for kind in kinds.KINDS
            if kind.open_when
            for table in [table_of(kind)]
        )
    )


async def listed_at(session: AsyncSession, kind: Kind[Any]) -> datetime | None:
    """When a reconciliation last read all that Polar lists of the kind; None: it never has."""
    value = await meta.get(session, f"{kind.name}_listed_at")
    return None if value is None else datetime.fromisoformat(value)


async def note_listed(
    database: Database, session: AsyncSession, kind: Kind[Any], read_at: datetime
) -> None:
    """All that Polar lists of the kind was read, from that time on."""
    text = read_at.isoformat(timespec="microseconds")
    await meta.advance(database, session, f"{kind.name}_listed_at", text)


async def customers_of(session: AsyncSession, polar_id: str) -> set[str]:
    """The customers whose object of any kind that is: themselves, a subscription, a member, …"""
    connection = await session.connection()
    found: set[str] = set()
    for kind in kinds.KINDS:
        table = table_of(kind)
        owners = sa.select(table.c[kind.owner]).where(table.c.id == polar_id)
        found |= set((await connection.execute(owners)).scalars())
    return found


async def parents(
    session: AsyncSession, parent: Parent, *, after: str, limit: int
) -> Sequence[str]:
    """Ids, in order, of the mirrored objects that can have children."""
    kind = kinds.named(parent.kind)
    assert kind is not None  # noqa: S101 - `Parent.kind` names one
    table = table_of(kind)
    conditions = [_holds(table, condition) for condition in parent.when]
    statement = sa.select(table.c.id).where(table.c.id > after, *conditions)
    connection = await session.connection()
    return (await connection.execute(statement.order_by(table.c.id).limit(limit))).scalars().all()


async def children(session: AsyncSession, kind: Kind[M], parent: Parent, parent_id: str) -> list[M]:
    """What the mirror has of the kind for this parent."""
    return await all_with(session, kind, parent.field, [parent_id])


async def set_right(session: AsyncSession, now: datetime) -> None:
    """Have no row claim to be newer than now: a clock that was ahead has written such times, and
    nothing that is learnt from now on would count against them."""
    for kind in kinds.KINDS:
        table = table_of(kind)
        for name in ("observed_at", "written_at"):
            column = table.c[name]
            await session.exec(
                sa.update(table).where(column > now).values({name: sa.literal(now, column.type)})
            )
