"""What the mirror knows of customers, and of the members and seats that make people one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.mirror.kinds import CUSTOMER, CUSTOMER_SEAT, MEMBER, Kind
from sync.mirror.objects import Customer, Member, Seat
from sync.mirror.rows import all_with, stored, table_of
from sync.mirror.tables import CustomerRow


async def memberships_known_as(
    session: AsyncSession, external_ids: Collection[str]
) -> list[Member]:
    """The memberships of whoever has these external ids."""
    found = await all_with(session, MEMBER, "external_id", external_ids)
    return await memberships_among(session, found)


async def memberships_among(session: AsyncSession, members: Iterable[Member]) -> list[Member]:
    """The living members who are guests of a living customer. Not an owner with the external id of
    the customer itself, nor one of a customer that is not mirrored yet: that is how a customer
    begins, and it is found by its own id."""
    listed = [member for member in members if MEMBER.is_listed(member)]
    if not listed:
        return []
    known = await stored(session, CUSTOMER, {member.customer_id for member in listed})
    customers = {polar_id: item.row for polar_id, item in known.items()}
    return [member for member in listed if _is_guest(member, customers.get(member.customer_id))]


def _is_guest(member: Member, customer: Customer | None) -> bool:
    if customer is None:
        return member.role != "owner"
    is_itself = member.role == "owner" and member.external_id == customer.external_id
    return CUSTOMER.is_listed(customer) and not is_itself


async def seats_of_members(session: AsyncSession, member_ids: Collection[str]) -> list[Seat]:
    """The seats on which these members sit, or sat."""
    found = await all_with(session, CUSTOMER_SEAT, "member_id", member_ids)
    return sorted(found, key=attrgetter("id"))


async def seats_taken(session: AsyncSession, subscription_ids: Collection[str]) -> dict[str, int]:
    """How many seats of each subscription somebody has."""
    seats = await all_with(session, CUSTOMER_SEAT, "subscription_id", subscription_ids)
    return Counter(it.subscription_id or "" for it in seats if CUSTOMER_SEAT.is_listed(it))


async def newest_gone(
    session: AsyncSession,
    *,
    external_id: str | None,
    customer_id: str | None,
    created_by: datetime,
    missing_at: datetime,
) -> Customer | None:
    """The newest customer that the mirror knows under either id, not younger than that, and who is
    deleted, or was written before Polar had nobody under the id."""
    found = await session.exec(
        select(CustomerRow.id)
        .where(
            _known_as(external_id, customer_id),
            sa.or_(
                col(CustomerRow.deleted_at).is_not(None), col(CustomerRow.written_at) < missing_at
            ),
            col(CustomerRow.created_at) <= created_by,
        )
        .order_by(sa.func.coalesce(col(CustomerRow.deleted_at), missing_at).desc())
        .limit(1)
    )
    ids = found.all()
    return (await stored(session, CUSTOMER, ids))[ids[0]].row if ids else None


async def known_as(
    session: AsyncSession, *, external_id: str | None, customer_id: str | None
) -> set[str]:
    """The customers whom the mirror has under either id."""
    found = await session.exec(select(CustomerRow.id).where(_known_as(external_id, customer_id)))
    return set(found)


async def customers_after(
    connection: AsyncConnection, customer_id: str, limit: int, *, lacking: Kind[Any] | None
) -> list[str]:
    """The next customers, in the order of their ids. `lacking`: only those of whom the mirror has
    nothing of that kind."""
    customer = table_of(CUSTOMER)
    statement = sa.select(customer.c.id).where(customer.c.id > customer_id)
    if lacking is not None:
        table = table_of(lacking)
        having = sa.select(table.c.id).where(table.c[lacking.owner] == customer.c.id)
        statement = statement.where(~having.exists())
    found = await connection.execute(statement.order_by(customer.c.id).limit(limit))
    return list(found.scalars())


async def living_as(session: AsyncSession, external_id: str) -> list[str]:
    """The customers whom the mirror has as living under that external id, the newest first."""
    found = await session.exec(
        select(CustomerRow.id)
        .where(col(CustomerRow.external_id) == external_id, col(CustomerRow.deleted_at).is_(None))
        .order_by(col(CustomerRow.created_at).desc())
    )
    return list(found)


async def gone_as(session: AsyncSession, external_ids: Collection[str]) -> list[Customer]:
    """The deleted customers who were under one of these external ids and are not forgotten yet."""
    found = await all_with(session, CUSTOMER, "external_id", external_ids)
    return [customer for customer in found if customer.deleted_at is not None]


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


async def count_living(session: AsyncSession, up_to: int) -> int:
    """How many living customers there are; no more than `up_to` are counted."""
    some = select(CustomerRow.id).where(col(CustomerRow.deleted_at).is_(None)).limit(up_to)
    return (await session.exec(select(sa.func.count()).select_from(some.subquery()))).one()


async def count_deleted(
    session: AsyncSession,
    *,
    unless: Callable[[sa.SQLColumnExpression[Any]], sa.ColumnElement[bool]],
) -> int:
    """How many customers are deleted. `unless`: whom not to count, given a column of their ids."""
    found = await session.exec(
        select(sa.func.count())
        .select_from(CustomerRow)
        .where(col(CustomerRow.deleted_at).is_not(None), ~unless(col(CustomerRow.id)))
    )
    return found.one()


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


def _known_as(external_id: str | None, customer_id: str | None) -> sa.ColumnElement[bool]:
    if customer_id is not None:
        return col(CustomerRow.id) == customer_id
    return col(CustomerRow.external_id) == external_id
