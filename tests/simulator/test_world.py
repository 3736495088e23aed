"""The indexes of the simulated world agree with a plain look at its rows, whatever happens."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.simulator.inputs import Status
from sync.simulator.world import TakenError, World

START = datetime(2026, 8, 1, tzinfo=UTC)
STATUSES = st.sampled_from(get_args(Status))
NAMES = st.sampled_from("abc")
PICKS = st.integers(0, 9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), NAMES, st.lists(STATUSES, max_size=2)),
        st.tuples(st.just("bulk"), NAMES, st.lists(STATUSES, max_size=2)),
        st.tuples(st.just("rename"), NAMES, PICKS),
        st.tuples(st.just("delete"), st.booleans(), PICKS),
        st.tuples(st.just("status"), STATUSES, PICKS),
        st.tuples(st.just("start"), st.none() | st.integers(0, 99), PICKS),
        st.tuples(st.just("cancel"), st.none(), PICKS),
    ),
    max_size=25,
)


def take(world: World, step: tuple[str, object, object], now: datetime) -> None:
    live = list(world.live_customers)
    subscriptions = list(world.subscriptions.values())
    match step:
        case ("create", str(name), list(statuses)):
            customer = world.add_customer(now, {"external_id": name, "email": f"{name}@x.example"})
            for status in statuses:
                world.add_subscription(now, customer, {"status": status})
            world.add_grants(now, customer, len(statuses), [])
        case ("bulk", str(name), list(statuses)):
            each = [{"status": status} for status in statuses]
            names = [name, f"{name}{now.timestamp()}"]
            world.add_customers(now, [({"external_id": one}, each, 1) for one in names])
        case ("rename", str(name), int(pick)) if live:
            world.update_customer(live[pick % len(live)], now, {"email": f"{name}@x.example"})
        case ("delete", bool(anonymize), int(pick)) if live:
            world.delete_customer(live[pick % len(live)], now, anonymize=anonymize)
        case ("status", str(status), int(pick)) if subscriptions:
            row = subscriptions[pick % len(subscriptions)]
            world.update_subscription(row, now, {"status": status})
        case ("start", days, int(pick)) if subscriptions:
            at = START - timedelta(days=days) if isinstance(days, int) else None
            row = subscriptions[pick % len(subscriptions)]
            world.update_subscription(row, now, {"started_at": at})
        case ("cancel", None, int(pick)) if subscriptions:
            world.cancel_for_deletion(subscriptions[pick % len(subscriptions)], now)
        case _:
            pass


@given(STEPS)
@settings(deadline=None, max_examples=150)
def test_indexes_agree_with_the_rows(steps: list[tuple[str, object, object]]) -> None:
    world = World(START)
    for number, step in enumerate(steps, 1):
        try:
            take(world, step, START + timedelta(seconds=number))
        except TakenError:
            assert step[0] in ("create", "bulk", "rename")

    live = [row for row in world.customers.values() if row.deleted_at is None]
    assert list(world.live_customers) == sorted(live, key=lambda row: (row.created_at, row.seq))
    assert world.by_external_id == {row.external_id: row for row in live if row.external_id}
    assert world.by_email == {row.email: row for row in live if row.email}
    started = sorted(
        (row for row in world.subscriptions.values() if row.started_at is not None),
        key=lambda row: (row.started_at or START, row.seq),
    )
    assert list(world.subscriptions_by_start) == started
    held = {row.id for rows in world.subscriptions_of.values() for row in rows}
    assert held == set(world.subscriptions)
    rng = random.Random(1)  # noqa: S311 - repeatable
    for limit in (1, 3):
        pages = [
            row.started_at
            for offset in range(0, len(started) + limit, limit)
            for row in world.subscriptions_by_start.page(offset, limit, descending=True, rng=rng)
        ]
        # Which of those that tie is on which page is left open.
        assert pages == [row.started_at for row in started[::-1]]
