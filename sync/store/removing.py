"""What is old goes in batches, so that others can write in between."""

from __future__ import annotations

from collections.abc import AsyncIterator

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlmodel import SQLModel, select

from sync.store.columns import IN_THE_TABLE
from sync.store.database import Database

_BATCH = 500


async def remove_in_batches(
    database: Database, model: type[SQLModel], row_id: Mapped[int], old: sa.ColumnElement[bool]
) -> AsyncIterator[int]:
    """Remove the rows that are old. Yields after every batch how many.

    Raises:
        StorageUnavailable
    """
    some = select(row_id).where(old).limit(_BATCH)
    while True:
        async with database.read() as session:
            ids = (await session.exec(some)).all()
        if not ids:
            return
        async with database.write() as session:
            # One of them may have become a new one meanwhile.
            await session.exec(
                sa.delete(model).where(row_id.in_(ids), old), execution_options=IN_THE_TABLE
            )
            database.overwritten()
        yield len(ids)
