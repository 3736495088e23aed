"""Whatever Polar says, what is made of it is written and comes back as it was, on both engines."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.mirror import rows
from sync.mirror.kinds import CUSTOMER, SUBSCRIPTION, Kind
from sync.mirror.objects import API
from sync.mirror.reading import parse
from sync.store.database import Database
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.store import Store

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=[])) | st.sampled_from(["x" * 3_000, "é" * 1_500])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
SCALARS |= st.sampled_from([2**63, 2**70, 10**400, -(2**63), -0.0])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
TIMES = st.sampled_from(
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-10-01T12:00:00.000001+02:00"]
)
AT = "2026-10-01T12:00:00Z"


def given_fields(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


CUSTOMERS = given_fields(
    created_at=TIMES,
    modified_at=TIMES,
    external_id=st.none() | TEXT,
    email=JSON,
    name=JSON,
    billing_name=TEXT,
    billing_address=st.dictionaries(TEXT, JSON, max_size=3) | JSON,
    tax_id=st.lists(JSON, max_size=3) | JSON,
    metadata=st.dictionaries(TEXT, JSON, max_size=3) | JSON,
)
SUBSCRIPTIONS = given_fields(
    created_at=TIMES,
    started_at=TIMES,
    ended_at=TIMES,
    current_period_end=TIMES | JSON,
    amount=JSON,
    currency=JSON,
    seats=st.integers(),
)


def read(kind: Kind[Any], fields: Mapping[str, Any]) -> Any:
    ids = {name: str(uuid.uuid4()) for name in ("id", "customer_id", "product_id")}
    words = {"status": "active", "amount": 1, "currency": "usd", "recurring_interval": "month"}
    whole = {"created_at": AT, **ids, **words, **fields}
    return parse(kind, whole, observed_at=NOW, by=API)


@pytest.mark.slow
@BOTH_ENGINES
@pytest.mark.parametrize(("kind", "made"), [(CUSTOMER, CUSTOMERS), (SUBSCRIPTION, SUBSCRIPTIONS)])
def test_it_comes_back_as_it_was(
    store: Store, kind: Kind[Any], made: st.SearchStrategy[dict[str, Any]]
) -> None:
    async def write_and_read(seen: list[Any]) -> None:
        database = Database(store.url)
        try:
            async with database.write() as session:
                await rows.upsert(database, session, seen, NOW)
            async with database.read() as session:
                stored = await rows.stored(session, kind, [item.id for item in seen])
        finally:
            await database.close()
        assert {item.id: item for item in seen} == {name: it.row for name, it in stored.items()}
        assert all(stored[item.id].equals(item) for item in seen)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(made, min_size=1, max_size=20))
    def try_it(fields: list[dict[str, Any]]) -> None:
        asyncio.run(write_and_read([read(kind, some) for some in fields]))

    try_it()
