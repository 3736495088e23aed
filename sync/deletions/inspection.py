"""Deletions and their evidence as they are stored, for whoever checks them: nothing here relies on
what a row says."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from sync.deletions.stored import StoredDeletion, StoredLink
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.store.columns import Readable, UtcDateTime

_ID, _SEQ = col(EvidenceRow.deletion_id), col(EvidenceRow.seq)
_STORED = sa.select(
    _ID,
    _SEQ,
    sa.type_coerce(EvidenceRow.at, Readable(UtcDateTime())),
    col(EvidenceRow.kind),
    col(EvidenceRow.source),
    sa.type_coerce(EvidenceRow.state, sa.String),
    sa.type_coerce(EvidenceRow.detail, Readable(sa.JSON())),
    col(EvidenceRow.hash),
)
_LAST_STATE = (
    sa.select(sa.type_coerce(EvidenceRow.state, sa.String))
    .where(col(DeletionRow.id) == _ID)
    .order_by(_SEQ.desc())
    .limit(1)
    .scalar_subquery()
)


async def links_after(
    connection: AsyncConnection, deletion_id: int, limit: int
) -> Sequence[StoredLink]:
    """The evidence of deletions with a greater number, by deletion and number."""
    some = _STORED.where(deletion_id < _ID).order_by(_ID, _SEQ).limit(limit)
    return [StoredLink(*row) for row in await connection.execute(some)]


async def links(
    connection: AsyncConnection, places: Collection[tuple[int, int]]
) -> dict[tuple[int, int], StoredLink]:
    """Those pieces of evidence, at least one, as far as they are there, by deletion and number."""
    columns = (sa.column("deletion_id", sa.BigInteger), sa.column("seq", sa.Integer))
    # In an IN, SQLite would look for such pairs in the whole table.
    place = sa.values(*columns).data(list(places)).cte("place")
    some = _STORED.join(place, sa.and_(place.c.deletion_id == _ID, place.c.seq == _SEQ))
    found = [StoredLink(*row) for row in await connection.execute(some)]
    return {(it.deletion_id, it.seq): it for it in found}


async def deletions_after(
    connection: AsyncConnection, deletion_id: int, limit: int
) -> Sequence[StoredDeletion]:
    """The deletions with a greater number, in order."""
    some = (
        sa.select(
            col(DeletionRow.id),
            sa.type_coerce(DeletionRow.state, sa.String),
            _LAST_STATE,
            col(DeletionRow.user_hash),
            col(DeletionRow.customer_id),
        )
        .where(col(DeletionRow.id) > deletion_id)
        .order_by(col(DeletionRow.id))
        .limit(limit)
    )
    return [StoredDeletion(*row) for row in await connection.execute(some)]
