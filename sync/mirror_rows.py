"""The mirror's tables: writing what was observed, reading what a deletion did, forgetting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.database import Database
from sync.deletion import Checked, GrantFact, SubscriptionFact, Tombstone
from sync.mirror import API, Customer, Grant, M, Mirrored, Subscription
from sync.tables import CustomerRow, GrantRow, InboxRow, InboxStatus, SubscriptionRow

_ROWS: Mapping[type[Mirrored], type[CustomerRow | SubscriptionRow | GrantRow]] = {
    Customer: CustomerRow,
    Subscription: SubscriptionRow,
    Grant: GrantRow,
}

_FORGOTTEN = (
    "external_id",
    "email",
    "name",
    "billing_name",
    "billing_address",
    "tax_id",
    "metadata",
)


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
    merged: dict[str, M] = dict(stored)
    for item in observed:
        merged[item.id] = merged[item.id].merge(item) if item.id in merged else item
    changed = [item for item in merged.values() if stored.get(item.id) != item]
    if not changed:
        return
    insert = database.insert(_ROWS[kind])
    columns = {field.name for field in fields(kind)} - {"id"} | {"written_at"}
    statement = insert.on_conflict_do_update(
        index_elements=["id"], set_={name: insert.excluded[name] for name in columns}
    )
    connection = await session.connection()
    await connection.execute(statement, [{**asdict(item), "written_at": now} for item in changed])


async def _load(
    database: Database, session: AsyncSession, kind: type[M], key: str, values: set[str]
) -> dict[str, M]:
    table = sa.inspect(_ROWS[kind]).local_table
    names = [field.name for field in fields(kind)]
    connection = await session.connection()
    result = await connection.execute(
        database.locked(
            sa.select(*(table.c[name] for name in names)).where(table.c[key].in_(values))
        )
    )
    return {row["id"]: kind(**row) for row in result.mappings()}


async def customer(session: AsyncSession, customer_id: str) -> CustomerRow | None:
    """The mirrored customer."""
    return await session.get(CustomerRow, customer_id)


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
    stored = await _load(database, session, Grant, "customer_id", set(customer_ids))
    return [
        replace(grant, is_granted=False, observed_at=read_at, written_by=API)
        for grant in stored.values()
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
        .values({**dict.fromkeys(_FORGOTTEN), "forgotten_at": now})
    )
    await session.exec(
        sa.update(InboxRow)
        .where(
            col(InboxRow.customer_id) == customer_id,
            col(InboxRow.status) != InboxStatus.PENDING,
        )
        .values(body=None)
    )
