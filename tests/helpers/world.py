"""A mirror that equals Polar, and every way to tamper with it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.helpers.bridge import ago
from tests.helpers.desk import NEW_ID, Desk, Found, bulk

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.000000")


@dataclass(frozen=True, slots=True)
class World:
    """A mirror that equals Polar, and in it one of each to be tampered with."""

    desk: Desk
    customer: str
    subscription: str
    never_started: str
    grant: str

    def sql(self, statement: str) -> None:
        """`:customer` and the like name the ones of this world."""
        names = ("customer", "subscription", "never_started", "grant")
        with contextlib.closing(sqlite3.connect(self.desk.path)) as connection, connection:
            values = {name: getattr(self, name) for name in names}
            values |= {"new": NEW_ID, "tomorrow": TOMORROW}
            assert connection.execute(statement, values).rowcount > 0

    def copy(self, table: str, which: str) -> None:
        """A row that is not at Polar."""
        columns = [row["name"] for row in self.desk.query(f"PRAGMA table_info({table})")]
        values = ", ".join(":new" if name == "id" else name for name in columns)
        self.sql(f"INSERT INTO {table} SELECT {values} FROM {table} WHERE id = {which}")  # noqa: S608


def world(desk: Desk) -> World:
    # On pages that overlap, and the one not among the newest.
    bulk(desk.sim, 30, created_at=ago(days=9), prefix="old-")
    made = desk.sim.customer(
        "user-1",
        name="Ada",
        created_at=ago(days=5),
        subscriptions=["active", "incomplete"],
        grants=2,
    )
    bulk(desk.sim, 120, created_at=ago(days=3), prefix="new-")
    desk.reconcile()
    desk.forget_requests()
    started, never_started = made["subscription_ids"]
    return World(desk, made["customer"]["id"], started, never_started, made["grant_ids"][0])


def patch_customer(it: World) -> None:
    answer = it.desk.sim.api.patch(f"/v1/customers/{it.customer}", json={"name": "Ada L."})
    assert answer.status_code == 200


def delete_customer(it: World) -> None:
    assert it.desk.sim.delete("user-1").status_code == 204
    it.desk.sim.settle()


def at_polar(path: str, **fields: Any) -> Callable[[World], None]:
    def plant(it: World) -> None:
        what, which = path.split("/")
        it.desk.sim.control("POST", f"/{what}/{getattr(it, which)}", {**fields, "webhooks": False})

    return plant


def sql(statement: str) -> Callable[[World], None]:
    return lambda it: it.sql(statement)


def copy(table: str, which: str) -> Callable[[World], None]:
    return lambda it: it.copy(table, which)


def regranted(it: World) -> None:
    at_polar("grants/grant", is_granted=False)(it)
    it.desk.reconcile()
    at_polar("grants/grant", is_granted=True)(it)


PLANTS: dict[str, tuple[Callable[[World], None], Found]] = {
    "customer missing": (
        sql("DELETE FROM customer WHERE id = :customer"),
        {("customer", "missing"): 1},
    ),
    "customer extra": (copy("customer", ":customer"), {("customer", "extra"): 1}),
    "customer changed": (patch_customer, {("customer", "changed"): 1}),
    "customer tampered with": (
        sql("UPDATE customer SET email = 'eve@example.com' WHERE id = :customer"),
        {("customer", "changed"): 1},
    ),
    "customer stale": (
        sql("UPDATE customer SET name = 'Eve', version_at = :tomorrow WHERE id = :customer"),
        {("customer", "stale"): 1},
    ),
    "tombstone of somebody alive": (
        sql("UPDATE customer SET deleted_at = created_at, email = NULL WHERE id = :customer"),
        {("customer", "changed"): 1},
    ),
    "customer created at another time": (
        sql("UPDATE customer SET created_at = '2020-01-01 00:00:00.000000' WHERE id = :customer"),
        {("customer", "changed"): 1},
    ),
    "customer deleted": (
        delete_customer,
        {
            ("customer", "extra"): 1,
            ("member", "extra"): 1,
            ("subscription", "changed"): 1,
            ("benefit_grant", "extra"): 2,
        },
    ),
    "subscription missing": (
        sql("DELETE FROM subscription WHERE id = :subscription"),
        {("subscription", "missing"): 1},
    ),
    "subscription extra": (
        copy("subscription", ":subscription"),
        {("subscription", "extra"): 1},
    ),
    "subscription changed": (
        at_polar("subscriptions/subscription", status="past_due"),
        {("subscription", "changed"): 1},
    ),
    # What never started is in no list, and so not in a mirror that lists have filled.
    "subscription started": (
        at_polar("subscriptions/never_started", status="active"),
        {("subscription", "missing"): 1},
    ),
    "subscription tampered with": (
        sql("UPDATE subscription SET status = 'canceled' WHERE id = :subscription"),
        {("subscription", "changed"): 1},
    ),
    "subscription stale": (
        sql(
            "UPDATE subscription SET status = 'canceled', ended_at = :tomorrow,"
            " version_at = :tomorrow WHERE id = :subscription"
        ),
        {("subscription", "stale"): 1},
    ),
    "subscription that has not started here": (
        sql("UPDATE subscription SET started_at = NULL WHERE id = :subscription"),
        {("subscription", "changed"): 1},
    ),
    "subscription started at another time": (
        sql(
            "UPDATE subscription SET started_at = '2020-01-01 00:00:00.000000'"
            " WHERE id = :subscription"
        ),
        {("subscription", "changed"): 1},
    ),
    "grant missing": (
        sql("DELETE FROM benefit_grant WHERE id = :grant"),
        {("benefit_grant", "missing"): 1},
    ),
    "grant extra": (copy("benefit_grant", ":grant"), {("benefit_grant", "extra"): 1}),
    "grant revoked": (
        at_polar("grants/grant", is_granted=False),
        {("benefit_grant", "extra"): 1},
    ),
    "grant granted again": (regranted, {("benefit_grant", "changed"): 1}),
    "grant tampered with": (
        sql("UPDATE benefit_grant SET benefit_id = :new WHERE id = :grant"),
        {("benefit_grant", "changed"): 1},
    ),
    "grant stale": (
        sql("UPDATE benefit_grant SET is_granted = 0, version_at = :tomorrow WHERE id = :grant"),
        {("benefit_grant", "stale"): 1},
    ),
}
