"""How much slower a webhook is applied as the mirror grows. Prints ratios of one run.

For each number of mirrored customers (10,000, 100,000 and 1,000,000 unless given), each with a
subscription and a benefit grant: the time to apply a webhook about one of them, in batches as the
worker does. Goal: at most 1.3 times from the first to the last.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from harness import parser, settings_for
from sqlmodel import SQLModel

from sync.deletions.ledger import Ledger
from sync.inbox.entry import Entry, Source
from sync.inbox.group_commit import Inbox
from sync.intake.apply import Applier
from sync.migrations.upgrade import migrate
from sync.mirror.tables import CustomerRow, GrantRow, SubscriptionRow
from sync.store.database import Database

ROUNDS = 5
WEBHOOKS = 320
CHUNK = 5_000
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def name(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}"))


def provenance(number: int) -> dict[str, Any]:
    at = THEN + timedelta(seconds=number)
    written = {"version_at": at, "observed_at": at, "written_at": at, "created_at": at}
    return {**written, "digest": "", "written_by": "api"}


def customer(number: int) -> dict[str, Any]:
    own = {"id": name("customer", number), "external_id": f"user-{number}"}
    return {**provenance(number), **own, "email": f"{number}@example.com", "name": "Somebody"}


def subscription(number: int) -> dict[str, Any]:
    return {
        **provenance(number),
        "id": name("subscription", number),
        "customer_id": name("customer", number),
        "status": "active",
        "product_id": name("product", 1),
        "amount": 1_000,
        "currency": "eur",
        "recurring_interval": "month",
        "started_at": THEN,
        "cancel_at_period_end": False,
    }


def grant(number: int) -> dict[str, Any]:
    return {
        **provenance(number),
        "id": name("grant", number),
        "customer_id": name("customer", number),
        "benefit_id": name("benefit", 1),
        "is_granted": True,
    }


async def fill(database: Database, first: int, last: int) -> None:
    kinds: tuple[tuple[type[SQLModel], Any], ...] = (
        (CustomerRow, customer),
        (SubscriptionRow, subscription),
        (GrantRow, grant),
    )
    for start in range(first, last, CHUNK):
        numbers = range(start, min(start + CHUNK, last))
        async with database.write() as session:
            connection = await session.connection()
            for table, row in kinds:
                insert = database.insert(table)
                await connection.execute(insert, [row(number) for number in numbers])


def webhook(number: int) -> Entry:
    now, then = datetime.now(UTC).isoformat(), THEN.isoformat()
    person: dict[str, Any] = {
        "id": name("customer", number),
        "created_at": then,
        "modified_at": now,
        "external_id": f"user-{number}",
        "email": "new@example.com",
        "name": "Somebody",
        "metadata": {},
        "deleted_at": None,
    }
    data: dict[str, Any] = {
        "id": name("subscription", number),
        "created_at": then,
        "modified_at": now,
        "customer_id": person["id"],
        "customer": person,
        "status": "past_due",
        "product_id": name("product", 1),
        "amount": 1_000,
        "currency": "eur",
        "recurring_interval": "month",
        "cancel_at_period_end": False,
    }
    event = {"type": "subscription.updated", "timestamp": now, "data": data}
    return Entry(source=Source.POLAR, webhook_id=uuid.uuid4().hex, body=json.dumps(event).encode())


async def measure(sizes: list[int]) -> dict[int, float]:
    rng, found, filled = random.Random(1), {}, 0
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/bench.db"
        migrate(url)
        database = Database(url)
        settings = settings_for(url)
        applier = Applier(database, Ledger.of(database, settings), settings)
        inbox = Inbox(database)
        accepting = asyncio.create_task(inbox.run())
        for size in sorted(sizes):
            await fill(database, filled, size)
            filled = size
            rounds = []
            for _ in range(ROUNDS + 1):
                numbers = [rng.randrange(size) for _ in range(WEBHOOKS)]
                await asyncio.gather(*(inbox.put(webhook(number)) for number in numbers))
                started = time.perf_counter()
                while await applier.apply_batch():
                    pass
                rounds.append((time.perf_counter() - started) / WEBHOOKS)
            # The first fills the caches.
            found[size] = statistics.median(rounds[1:])
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        await database.close()
    return found


def main() -> None:
    command = parser(__doc__)
    sizes = [10_000, 100_000, 1_000_000]
    command.add_argument("rows", nargs="*", type=int, default=sizes, help="default: %(default)s")
    given = command.parse_args()
    found = asyncio.run(measure(given.rows))
    first = found[min(found)]
    if given.json:
        rows = [{"rows": n, "seconds": it, "of_first": it / first} for n, it in found.items()]
        print(json.dumps(rows, indent=2))
        return
    print("mirrored rows of each kind   time for a webhook / the first")
    for size, seconds in found.items():
        print(f"{size:>26,}   {seconds / first:>6.2f}     ({seconds * 1e3:.2f} ms)")


if __name__ == "__main__":
    main()
