"""Telling of what cannot be kept as Polar has it: in the log once, and for as long as it is so."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.mirror import kinds
from sync.mirror.kinds import Kind
from sync.mirror.objects import M
from sync.mirror.tables import NOT_KEPT

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NotKept:
    """One of Polar's objects, and the fields of it that stand in the mirror as something else."""

    kind: str
    id: str
    fields: Sequence[str]


def tell(kind: Kind[M], rows: Iterable[M]) -> None:
    """Log what of these rows, which are written now, cannot be kept."""
    for row in rows:
        if row.not_kept:
            names = ", ".join(sorted(row.not_kept))
            _log.warning("%s %s: cannot be kept as Polar has it: %s", kind.name, row.id, names)


async def find(session: AsyncSession, limit: int) -> tuple[int, Sequence[NotKept]]:
    """How many such rows there are, and the first of them."""
    total, first = 0, list[NotKept]()
    connection = await session.connection()
    for kind in kinds.KINDS:
        table = SQLModel.metadata.tables[kind.name]
        counting = sa.select(sa.func.count()).select_from(table).where(NOT_KEPT)
        count: int = (await connection.execute(counting)).scalar_one()
        total += count
        if count and len(first) < limit:
            rows = sa.select(table.c.id, table.c.not_kept).where(NOT_KEPT).order_by(table.c.id)
            found = await connection.execute(rows.limit(limit - len(first)))
            first += (NotKept(kind.name, row.id, sorted(row.not_kept)) for row in found)
    return total, first
