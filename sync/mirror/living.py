"""Who lives at Polar by the mirror, some at a time: for whoever looks at all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.mirror.kinds import CUSTOMER, MEMBER

_CUSTOMER = SQLModel.metadata.tables[CUSTOMER.name]
_MEMBER = SQLModel.metadata.tables[MEMBER.name]


@dataclass(slots=True)  # not frozen, which takes longer to make
class Living:
    """A living customer, or a member of one."""

    id: str
    customer_id: str
    """A customer's own."""
    external_id: str | None
    created_at: datetime
    version_at: datetime
    """When Polar last changed it, or made it."""
    not_kept: dict[str, str] | None
    """Fields that cannot be kept as Polar has them."""

    @property
    def is_member(self) -> bool:
        """Whether it is a member."""
        return self.id != self.customer_id


def _some(table: sa.Table, customer_id: sa.Column[str]) -> sa.Select[Any]:
    return (
        sa.select(
            table.c.id,
            customer_id,
            table.c.external_id,
            table.c.created_at,
            table.c.version_at,
            table.c.not_kept,
        )
        .where(table.c.id > sa.bindparam("after"))
        .order_by(table.c.id)
        .limit(sa.bindparam("number"))
    )


# A forgotten one has no external id any more, whatever it has at Polar.
_CUSTOMERS = _some(_CUSTOMER, _CUSTOMER.c.id).where(
    _CUSTOMER.c.deleted_at.is_(None), _CUSTOMER.c.forgotten_at.is_(None)
)
_GUESTS = (
    _some(_MEMBER, _MEMBER.c.customer_id)
    .join(_CUSTOMER, _CUSTOMER.c.id == _MEMBER.c.customer_id)
    .where(
        _MEMBER.c.deleted_at.is_(None),
        _MEMBER.c.external_id.is_not(None),
        _CUSTOMER.c.deleted_at.is_(None),
        sa.or_(
            _MEMBER.c.role != "owner",
            _CUSTOMER.c.external_id.is_(None),
            _CUSTOMER.c.external_id != _MEMBER.c.external_id,
        ),
    )
)


async def customers(session: AsyncSession, after: str, limit: int) -> Sequence[Living]:
    """The next customers, in the order of their ids."""
    return await _read(session, _CUSTOMERS, after, limit)


async def guests(session: AsyncSession, after: str, limit: int) -> Sequence[Living]:
    """The next members, in the order of their ids, who have an external id: not the owner with that
    of the customer itself, which is how a customer begins."""
    return await _read(session, _GUESTS, after, limit)


async def _read(
    session: AsyncSession, statement: sa.Select[Any], after: str, limit: int
) -> Sequence[Living]:
    connection = await session.connection()
    found = await connection.execute(statement, {"after": after, "number": limit})
    return [Living(*row) for row in found]
