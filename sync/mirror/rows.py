"""The mirror's tables: writing what was observed, reading what a deletion did, forgetting.

Whoever writes here does so in `Lane.LEDGER`, alone: what was read in the transaction still holds
when it writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.mirror.kinds import BEGINNING, NEVER
from sync.mirror.objects import API, ENDED_STATUSES, PERSONAL, Customer, Grant, M, Mirrored, Subscription
from sync.mirror.tables import CustomerRow, GrantRow, SubscriptionRow
from sync.reconcile.compare import FIELDS, Stored
from sync.reconcile.cursor import PAGE, Window
from sync.store.columns import Texts, any_of
from sync.store.database import Database

_ROWS: Mapping[type[Mirrored], type[CustomerRow | SubscriptionRow | GrantRow]] = {
    Customer: CustomerRow,
    Subscription: SubscriptionRow,
    Grant: GrantRow,
}

_TABLES = {kind: sa.inspect(row).local_table for kind, row in _ROWS.items()}

_LISTED_BY: Mapping[type[Mirrored], str] = {
    Customer: "created_at",
    Subscription: "started_at",
    Grant: "created_at",
}
"""The order of Polar's lists."""


def _select(kind: type[Mirrored], *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    table = _TABLES[kind]
    names = ("id", "written_at", *FIELDS[kind])
    return sa.select(*(table.c[name] for name in names)).where(*where)


def _select_by(kind: type[Mirrored], key: str) -> sa.Select[Any]:
    return _select(kind, any_of(_TABLES[kind].c[key], sa.bindparam("names", type_=Texts())))


def _select_listed(kind: type[Mirrored], *, to_the_end: bool) -> sa.CompoundSelect[Any]:
    table = _TABLES[kind]
    key = table.c[_LISTED_BY[kind]]
    after, until = (sa.bindparam(name, type_=key.type) for name in ("after", "until"))
    where = [key > after if to_the_end else sa.and_(key > after, key <= until)]
    if to_the_end and key.nullable:
        # Those without one stand last.
        where = [sa.or_(*where, key.is_(None))]
    if kind is Customer:
        where.append(table.c.deleted_at.is_(None))
    if kind is Grant:
        where.append(table.c.is_granted)
    return sa.union_all(_select(kind, *where), _select_by(kind, "id"))


# Made once: a reconciliation runs them for every page.
_BY_ID = {kind: _select_by(kind, "id") for kind in _ROWS}
_BY_CUSTOMER: Mapping[type, sa.Select[Any]] = {
    kind: _select_by(kind, "customer_id") for kind in (Subscription, Grant)
}
_LISTED = {kind: _select_listed(kind, to_the_end=False) for kind in _ROWS}
_LISTED_TO_THE_END = {kind: _select_listed(kind, to_the_end=True) for kind in _ROWS}


async def upsert(
    database: Database, session: AsyncSession, observed: Iterable[Mirrored], now: datetime
) -> None:
    """Merge the observations into the mirror, in the session's transaction."""
    items = list(observed)
    customers = [item for item in items if isinstance(item, Customer)]
    subscriptions = [item for item in items if isinstance(item, Subscription)]
    grants = [item for item in items if isinstance(item, Grant)]
    await _upsert(database, session, Customer, customers, now)
    await _upsert(database, session, Subscription, subscriptions, now)
    await _upsert(database, session, Grant, grants, now)


async def _upsert(
    database: Database, session: AsyncSession, kind: type[M], observed: Sequence[M], now: datetime
) -> None:
    if not observed:
        return
    known = await stored(session, kind, [item.id for item in observed])
    before: dict[str, M] = {name: item.row for name, item in known.items()}
    merged = dict(before)
    for item in observed:
        merged[item.id] = merged[item.id].merge(item) if item.id in merged else item
    changed = [item for name, item in merged.items() if before.get(name) != item]
    await overwrite(database, session, kind, changed, now)


async def overwrite(
    database: Database, session: AsyncSession, kind: type[M], rows: Sequence[M], now: datetime
) -> None:
    """Write the rows as they are, whatever the mirror has. The caller has locked and judged it."""
    if not rows:
        return
    insert = database.insert(_ROWS[kind])
    names: Sequence[str] = FIELDS[kind]
    columns = {*names, "written_at"} - {"id"}
    statement = insert.on_conflict_do_update(
        index_elements=["id"], set_={name: insert.excluded[name] for name in columns}
    )
    values = [{name: getattr(row, name) for name in names} | {"written_at": now} for row in rows]
    connection = await session.connection()
    await connection.execute(statement, values)


async def stored(session: AsyncSession, kind: type[M], ids: Iterable[str]) -> dict[str, Stored[M]]:
    """What the mirror has of these, by id."""
    return await _load(await session.connection(), kind, _BY_ID[kind], ids)


async def stored_of(
    session: AsyncSession, kind: type[M], customer_ids: Iterable[str]
) -> dict[str, Stored[M]]:
    """The subscriptions, or the grants, of these customers, by id."""
    return await _load(await session.connection(), kind, _BY_CUSTOMER[kind], customer_ids)


async def listed(
    connection: AsyncConnection,
    kind: type[M],
    window: Window | None,
    items: Mapping[str, datetime],
) -> dict[str, Stored[M]]:
    """What the mirror has of what was listed, and what else a list should show in the window, by
    id. Tombstones and revoked grants are in no list.

    Args:
        items: what was listed, with what the list is sorted by.
    """
    found: dict[str, Stored[M]] = {}
    if window is not None and window.after != NEVER:
        # The window begins above its lowest item, which more of the same age may follow.
        names = [name for name, key in items.items() if key == window.after]
        to_the_end = window.until == NEVER
        statement = (_LISTED_TO_THE_END if to_the_end else _LISTED)[kind]
        bounds = {"after": window.after or BEGINNING}
        if not to_the_end:
            bounds["until"] = window.until
        found = await _load(connection, kind, statement, names, **bounds)
    # Where Polar and the mirror agree on when it was made, none is left to ask for.
    missing = items.keys() - found.keys()
    return found | await _load(connection, kind, _BY_ID[kind], missing)


async def remove_subscriptions(session: AsyncSession, ids: Sequence[str]) -> None:
    """Remove what Polar does not know of."""
    await session.exec(sa.delete(SubscriptionRow).where(col(SubscriptionRow.id).in_(ids)))


async def _load(
    connection: AsyncConnection,
    kind: type[M],
    statement: sa.Executable,
    names: Iterable[str],
    **bounds: datetime,
) -> dict[str, Stored[M]]:
    found: dict[str, Stored[M]] = {}
    wanted = list(names)
    if wanted or bounds:
        result = await connection.execute(statement, {"names": wanted, **bounds})
        for lines in result.partitions(PAGE):
            found.update((line.id, Stored(kind, line, line.written_at)) for line in lines)
            # The lines are here already, but to make rows of many of them takes long.
            await asyncio.sleep(0)
    return found


async def forgotten(session: AsyncSession, customer_ids: Iterable[str]) -> set[str]:
    """Those of the customers whom the bridge has forgotten."""
    found = await session.exec(
        select(CustomerRow.id).where(
            col(CustomerRow.id).in_(list(customer_ids)), col(CustomerRow.forgotten_at).is_not(None)
        )
    )
    return set(found)


async def newest_tombstone(
    session: AsyncSession,
    *,
    external_id: str | None,
    customer_id: str | None,
    created_by: datetime,
) -> CustomerRow | None:
    """The newest deleted customer that the mirror knows under either id, not younger than that."""
    which = (
        col(CustomerRow.id) == customer_id
        if customer_id is not None
        else col(CustomerRow.external_id) == external_id
    )
    row: CustomerRow | None = (
        await session.exec(
            select(CustomerRow)
            .where(
                which,
                col(CustomerRow.deleted_at).is_not(None),
                col(CustomerRow.created_at) <= created_by,
            )
            .order_by(col(CustomerRow.deleted_at).desc())
            .limit(1)
        )
    ).first()
    return row


async def has_appeared(session: AsyncSession, external_id: str, since: datetime) -> bool:
    """Whether a living customer under that external id was written since then."""
    found = await session.exec(
        select(CustomerRow.id)
        .where(
            col(CustomerRow.external_id) == external_id,
            col(CustomerRow.deleted_at).is_(None),
            col(CustomerRow.written_at) >= since,
        )
        .limit(1)
    )
    return found.first() is not None


async def final_states(
    session: AsyncSession, customer_ids: Sequence[str]
) -> Mapping[str, int | None]:
    """How much the newest `customer.state_changed` about each deleted customer listed as open."""
    found = await session.exec(
        select(CustomerRow.id, CustomerRow.final_state_open).where(
            col(CustomerRow.id).in_(customer_ids)
        )
    )
    return dict(found.all())


def anything_open(customer_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether something that should have ended is open for the customer with that id."""
    open_subscription = (
        sa.select(col(SubscriptionRow.id))
        .where(
            col(SubscriptionRow.customer_id) == customer_id,
            col(SubscriptionRow.ended_at).is_(None),
            col(SubscriptionRow.status).not_in(ENDED_STATUSES),
        )
        .exists()
    )
    granted = (
        sa.select(col(GrantRow.id))
        .where(col(GrantRow.customer_id) == customer_id, col(GrantRow.is_granted))
        .exists()
    )
    return sa.or_(open_subscription, granted)


async def unlisted_grants(
    session: AsyncSession,
    customer_ids: Sequence[str],
    granted: Iterable[Grant],
    read_at: datetime,
) -> list[Grant]:
    """The customers' grants that the mirror takes for granted and Polar's list of granted ones does
    not hold, as observations that they are revoked."""
    listed = {grant.id for grant in granted}
    known = await stored_of(session, Grant, customer_ids)
    return [
        replace(grant, is_granted=False, observed_at=read_at, written_by=API)
        for grant in (item.row for item in known.values())
        # A grant that a webhook brought after the list was read is not in it for another reason.
        if grant.is_granted and grant.id not in listed and grant.version_at < read_at
    ]


async def forget(session: AsyncSession, customer_ids: Sequence[str], now: datetime) -> None:
    """Scrub the customers' personal fields; a late webhook brings none back."""
    table = cast(sa.Table, sa.inspect(CustomerRow).local_table)
    connection = await session.connection()
    await connection.execute(
        table.update()
        .where(table.c.id.in_(customer_ids))
        .values({**dict.fromkeys(PERSONAL), "forgotten_at": now})
    )
