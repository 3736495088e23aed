"""Rows of the mirror that two transactions write at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import CUSTOMER
from sync.mirror.objects import Customer
from sync.mirror.reading import parse
from sync.store.database import Database
from tests.helpers.engines import POSTGRESQL
from tests.helpers.store import Store

pytestmark = POSTGRESQL


def customer(number: int, name: str, modified_at: datetime) -> Customer:
    data: dict[str, Any] = {
        "id": f"6f2c1d0e-3f43-4f5e-9a55-{number:012d}",
        "created_at": "2026-09-01T00:00:00Z",
        "modified_at": modified_at.isoformat(),
        "deleted_at": None,
        "external_id": f"user-{number}",
        "email": "ada@example.com",
        "name": name,
        "billing_name": None,
        "billing_address": None,
        "tax_id": None,
        "metadata": {},
    }
    return parse(CUSTOMER, data, observed_at=modified_at, by="customer.updated")


def test_two_that_write_the_same_new_row_lose_nothing(store: Store) -> None:
    old, new = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC)

    async def main() -> None:
        one, two = Database(store.url), Database(store.url)

        async def write(database: Database, *observed: Customer) -> None:
            async with database.write() as session:
                await mirror_rows.upsert(database, session, observed, await database.now(session))

        try:
            for number in range(25):
                pair = (2 * number, 2 * number + 1)
                newer = [customer(item, "new", new) for item in pair]
                older = [customer(item, "old", old) for item in reversed(pair)]
                await asyncio.gather(write(one, *newer), write(two, *older))
        finally:
            await one.close()
            await two.close()

    asyncio.run(main())
    names_ = [row["name"] for row in store.query("SELECT name FROM customer")]
    assert names_ == ["new"] * 50
