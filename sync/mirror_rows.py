"""The mirror's tables: writing what was observed, reading what a deletion did, forgetting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.compare import FIELDS, Stored
from sync.database import Database
from sync.deletion import Checked, GrantFact, SubscriptionFact, Tombstone
from sync.mirror import API, PERSONAL, Customer, Grant, M, Mirrored, Subscription
from sync.tables import CustomerRow, GrantRow, InboxRow, InboxStatus, SubscriptionRow
from sync.walk import NEVER, Window

_ROWS: Mapping[type[Mirrored], type[CustomerRow | SubscriptionRow | GrantRow]] = {
    Customer: CustomerRow,
    Subscription: SubscriptionRow,
    Grant: GrantRow,
}

_LISTED_BY: Mapping[type[Mirrored], str] = {
    Customer: "created_at",
    Subscription: "started_at",
    Grant: "created_at",
}
"""The order of Polar's lists."""


def _select(kind: type[Mirrored], key: str) -> sa.Select[Any]:
    table = sa.inspect(_ROWS[kind]).local_table
    columns = [table.c[name] for name in ("id", "written_at", *FIELDS[kind])]
    return sa.select(*columns).where(table.c[key].in_(sa.bindparam("wanted", expanding=True)))


# Made once: a reconciliation runs them for every page.
_SELECTS: Mapping[tuple[type, str], sa.Select[Any]] = {
    (Customer, "id"): _select(Customer, "id"),
    (Subscription, "id"): _select(Subscription, "id"),
    (Subscription, "customer_id"): _select(Subscription, "customer_id"),
    (Grant, "id"): _select(Grant, "id"),
    (Grant, "customer_id"): _select(Grant, "customer_id"),
}


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
    stored = await _load(database, session, kind, "id", {item.id for item in observed})
    before: dict[str, M] = {name: item.row for name, item in stored.items()}
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


async def stored(
    database: Database, session: AsyncSession, kind: type[M], ids: Iterable[str]
) -> dict[str, Stored[M]]:
    """What the mirror has of these, by id, locked."""
    return await _load(database, session, kind, "id", set(ids))


async def stored_of(
    database: Database, session: AsyncSession, kind: type[M], customer_ids: Iterable[str]
) -> dict[str, Stored[M]]:
    """The subscriptions, or the grants, of these customers, by id, locked."""
    return await _load(database, session, kind, "customer_id", set(customer_ids))


async def not_listed(
    session: AsyncSession, kind: type[M], window: Window, written_before: datetime
) -> list[tuple[str, str]]:
    """Rows that a list should have shown in the window and did not: ids, with the customer's.

    Tombstones and revoked grants are in no list. Nor is what was written only after the list was
    read: the list may be the older of the two.
    """
    table = sa.inspect(_ROWS[kind]).local_table
    key = table.c[_LISTED_BY[kind]]
    until = key <= window.until if window.until < NEVER else sa.or_(key <= NEVER, key.is_(None))
    conditions = [until, table.c.written_at < written_before]
    if window.after == NEVER:
        return []
    if window.after is not None:
        conditions.append(
            key > window.after
            if window.until < NEVER
            else sa.or_(key > window.after, key.is_(None))
        )
    if kind is Customer:
        conditions.append(table.c.deleted_at.is_(None))
    if kind is Grant:
        conditions.append(table.c.is_granted)
    owner = table.c.id if kind is Customer else table.c.customer_id
    connection = await session.connection()
    result = await connection.execute(sa.select(table.c.id, owner).where(*conditions))
    return [(name, customer_id) for name, customer_id in result if name not in window.seen]


async def remove_subscriptions(session: AsyncSession, ids: Sequence[str]) -> None:
    """Remove what Polar does not know of."""
    await session.exec(sa.delete(SubscriptionRow).where(col(SubscriptionRow.id).in_(ids)))


async def _load(
    database: Database, session: AsyncSession, kind: type[M], key: str, values: set[str]
) -> dict[str, Stored[M]]:
    connection = await session.connection()
    result = await connection.execute(
        database.locked(_SELECTS[kind, key]), {"wanted": list(values)}
    )
    return {line[0]: Stored(kind, line, line[1]) for line in result.all()}


async def forgotten(session: AsyncSession, customer_ids: Iterable[str]) -> set[str]:
    """Those of the customers whom the bridge has forgotten."""
    found = await session.exec(
        select(CustomerRow.id).where(
            col(CustomerRow.id).in_(list(customer_ids)), col(CustomerRow.forgotten_at).is_not(None)
        )
    )
    return set(found)


async def tombstone(
    session: AsyncSession,
    *,
    external_id: str | None,
    customer_id: str | None,
    created_by: datetime,
) -> Tombstone | None:
    """The newest deleted customer that the mirror knows under either id, not younger than that."""
    which = (
        col(CustomerRow.id) == customer_id
        if customer_id is not None
        else col(CustomerRow.external_id) == external_id
    )
    row = (
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
    if row is None or row.deleted_at is None:
        return None
    return Tombstone(customer_id=row.id, created_at=row.created_at, deleted_at=row.deleted_at)


async def facts(
    session: AsyncSession, customer_ids: Sequence[str], listed_at: datetime | None = None
) -> dict[str, Checked]:
    """What the mirror knows of what each customer's deletion did.

    Args:
        listed_at: when the API listing that was just merged in began.
    """
    subscriptions: dict[str, list[SubscriptionFact]] = {item: [] for item in customer_ids}
    grants: dict[str, list[GrantFact]] = {item: [] for item in customer_ids}
    for row in await session.exec(
        select(SubscriptionRow)
        .where(col(SubscriptionRow.customer_id).in_(customer_ids))
        .order_by(col(SubscriptionRow.id))
    ):
        subscriptions[row.customer_id].append(
            SubscriptionFact(id=row.id, status=row.status, ended=row.ended)
        )
    for grant in await session.exec(
        select(GrantRow)
        .where(col(GrantRow.customer_id).in_(customer_ids))
        .order_by(col(GrantRow.id))
    ):
        grants[grant.customer_id].append(GrantFact(id=grant.id, is_granted=grant.is_granted))
    final_states = dict(
        (
            await session.exec(
                select(CustomerRow.id, CustomerRow.final_state_open).where(
                    col(CustomerRow.id).in_(customer_ids)
                )
            )
        ).all()
    )
    return {
        item: Checked(
            subscriptions=subscriptions[item],
            grants=grants[item],
            final_state_open=final_states.get(item),
            listed_at=listed_at,
        )
        for item in customer_ids
    }


async def unlisted_grants(
    database: Database,
    session: AsyncSession,
    customer_ids: Sequence[str],
    granted: Iterable[Grant],
    read_at: datetime,
) -> list[Grant]:
    """The customers' grants that the mirror takes for granted and Polar's list of granted ones does
    not hold, as observations that they are revoked."""
    listed = {grant.id for grant in granted}
    known = await stored_of(database, session, Grant, customer_ids)
    return [
        replace(grant, is_granted=False, observed_at=read_at, written_by=API)
        for grant in (item.row for item in known.values())
        # A grant that a webhook brought after the list was read is not in it for another reason.
        if grant.is_granted and grant.id not in listed and grant.version_at < read_at
    ]


async def forget_customer(session: AsyncSession, customer_id: str, now: datetime) -> None:
    """Scrub the customer's personal fields and raw payloads; a late webhook brings none back.

    What is still pending in the inbox is left to be applied first; it is scrubbed then.
    """
    table = cast(sa.Table, sa.inspect(CustomerRow).local_table)
    connection = await session.connection()
    await connection.execute(
        table.update()
        .where(table.c.id == customer_id)
        .values({**dict.fromkeys(PERSONAL), "forgotten_at": now})
    )
    await session.exec(
        sa.update(InboxRow)
        .where(
            col(InboxRow.customer_id) == customer_id,
            col(InboxRow.status) != InboxStatus.PENDING,
        )
        .values(body=None)
    )
