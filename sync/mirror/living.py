"""Who lives at Polar by the mirror, a few at a time: for whoever looks at all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.mirror.kinds import CUSTOMER, MEMBER

_CUSTOMER = SQLModel.metadata.tables[CUSTOMER.name]
_MEMBER = SQLModel.metadata.tables[MEMBER.name]


@dataclass(slots=True)  # not frozen, which takes longer to make
class LivingCustomer:
    """A living customer."""

    id: str
    external_id: str | None
    created_at: datetime
    not_kept: dict[str, str] | None
    """Fields that cannot be kept as Polar has them."""


@dataclass(slots=True)
class Guest:
    """A living member of a living customer who is not that customer itself."""

    id: str
    customer_id: str
    external_id: str
    created_at: datetime
    not_kept: dict[str, str] | None


_CUSTOMERS = (
    sa.select(*(_CUSTOMER.c[it] for it in ("id", "external_id", "created_at", "not_kept")))
    # A forgotten one has no external id any more, whatever it is at Polar.
    .where(_CUSTOMER.c.deleted_at.is_(None), _CUSTOMER.c.forgotten_at.is_(None))
    .where(_CUSTOMER.c.id > sa.bindparam("after"))
    .order_by(_CUSTOMER.c.id)
    .limit(sa.bindparam("number"))
)
_GUESTS = (
    sa.select(
        *(_MEMBER.c[it] for it in ("id", "customer_id", "external_id", "created_at", "not_kept"))
    )
    .join(_CUSTOMER, _CUSTOMER.c.id == _MEMBER.c.customer_id)
    .where(_MEMBER.c.deleted_at.is_(None), _MEMBER.c.external_id.is_not(None))
    .where(_CUSTOMER.c.deleted_at.is_(None))
    .where(
        sa.or_(
            _MEMBER.c.role != "owner",
            _CUSTOMER.c.external_id.is_(None),
            _CUSTOMER.c.external_id != _MEMBER.c.external_id,
        )
    )
    .where(_MEMBER.c.id > sa.bindparam("after"))
    .order_by(_MEMBER.c.id)
    .limit(sa.bindparam("number"))
)


async def customers(session: AsyncSession, after: str, limit: int) -> Sequence[LivingCustomer]:
    """The next living customers, in the order of their ids."""
    connection = await session.connection()
    found = await connection.execute(_CUSTOMERS, {"after": after, "number": limit})
    return [LivingCustomer(*row) for row in found]


async def guests(session: AsyncSession, after: str, limit: int) -> Sequence[Guest]:
    """The next members, in the order of their ids, who have an external id and are not the
    customer's owner of the same id, which is how an individual begins."""
    connection = await session.connection()
    found = await connection.execute(_GUESTS, {"after": after, "number": limit})
    return [Guest(*row) for row in found]
