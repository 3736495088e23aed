"""The sums over all processes: added to, and read."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.metrics.recorder import Key, Recorder
from sync.metrics.tables import CounterRow
from sync.store.database import Database, Lane


async def write(database: Database, taken: Recorder) -> None:
    """Add what was counted to the sums.

    Raises:
        StorageUnavailable: it was not, or (where the connection broke) perhaps was.
    """
    async with database.write(Lane.METRICS) as session:
        connection = await session.connection()
        for rows, replace in ((taken.added, False), (taken.latest, True)):
            if not rows:
                continue
            insert = database.insert(CounterRow)
            new = insert.excluded.value
            insert = insert.on_conflict_do_update(
                index_elements=["name", "labels"],
                set_={"value": new if replace else col(CounterRow.value) + new},
            )
            # In one order everywhere, so that no two processes wait for each other.
            values = [
                {"name": name, "labels": orjson.dumps(labels).decode(), "value": rows[name, labels]}
                for name, labels in sorted(rows)
            ]
            await connection.execute(insert, values)


async def read(session: AsyncSession) -> Mapping[Key, float]:
    """All sums."""
    found = await session.exec(select(CounterRow.name, CounterRow.labels, CounterRow.value))
    return {(name, tuple(orjson.loads(labels))): value for name, labels, value in found}
