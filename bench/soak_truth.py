"""The checker of a soak: it knows what is true, and counts what the bridge has got wrong."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
from pydantic import SecretStr
from soak_bridge import HASH_KEY, SKEW, Store

from sync.deletions.states import ENDED, GOES_FIRST, NEEDS_A_PERSON, State
from sync.hashing import Hasher

PATIENCE = 180.0
"""Seconds for all to end once nothing goes wrong any more."""


@dataclass
class Customer:
    """One at Polar, as it really is."""

    id: str
    user_id: str
    born: datetime


@dataclass
class User:
    """One of the app's, by a name that nobody else has, which is in all that is personal."""

    id: str
    customers: list[Customer] = field(default_factory=list)
    deleted_at: list[datetime] = field(default_factory=list)
    """When, by the events that the bridge has taken."""
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    restored: bool = False
    resubscribed: bool = False

    @property
    def has_left(self) -> bool:
        """Whether the last that the app has said is that they left: nobody signed up since."""
        if not self.deleted_at or self.restored:
            return False
        until = max(self.deleted_at) + timedelta(seconds=SKEW)
        return all(customer.born <= until for customer in self.customers)


@dataclass
class Figures:
    """What a run has seen. The last five must be 0."""

    minutes: float
    events: int = 0
    customers: int = 0
    kills: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    wrong: int = 0
    unproved: int = 0
    stuck: int = 0
    personal_bytes: int = 0

    @property
    def bad(self) -> int:
        """How much is not as it should be."""
        return self.lost + self.wrong + self.unproved + self.stuck + self.personal_bytes


@dataclass
class Truth:
    """What is really so, at Polar and in the app, and what the bridge's database says of it."""

    store: Store
    polar: httpx.AsyncClient
    figures: Figures
    users: list[User] = field(default_factory=list)
    in_dashboard: set[str] = field(default_factory=set)
    """Customers that somebody has deleted in Polar's dashboard."""

    def ended(self) -> bool:
        """Whether everything has ended, or waits for a person."""
        return not self.left()

    def left(self) -> list[str]:
        """What neither has ended nor waits for a person."""
        for_a_person = NEEDS_A_PERSON - {State.BLOCKED}
        found = self.store.query("SELECT user_hash, id, state, reason FROM deletion ORDER BY id")
        under_way, waited_for = [], set()
        for user_hash, *deletion in found:
            state = State(deletion[1])
            # A later deletion of a user begins once the person has decided about the earlier one.
            if state not in ENDED | for_a_person and user_hash not in waited_for:
                under_way.append(f"{deletion}")
            if state in GOES_FIRST & for_a_person:
                waited_for.add(user_hash)
        waiting = self.store.query("SELECT id FROM inbox WHERE status = 'pending'")
        return under_way + [f"event {row[0]}" for row in waiting]

    async def check(self) -> list[str]:
        """What is not as it must be, in words."""
        stuck = self.left()
        self.figures.stuck = len(stuck)
        said = [f"stuck: {item}" for item in stuck]
        hasher = Hasher(SecretStr(HASH_KEY))
        by_hash: dict[str, list[tuple[Any, ...]]] = {}
        for row in self.store.query(
            "SELECT user_hash, state, customer_id, forgotten_at, reason FROM deletion"
        ):
            by_hash.setdefault(row[0], []).append(row)
        self.figures.states = dict(Counter(row[1] for rows in by_hash.values() for row in rows))
        clean: list[User] = []
        for user in self.users:
            rows = by_hash.get(hasher.user(user.id), [])
            alive = [it for it in user.customers if await self.is_alive(it)]
            said += self.lost(user, rows, alive)
            if user.has_left and not alive and _is_forgotten(rows):
                clean.append(user)
        said += await self.wrong()
        said += await self.unproved(by_hash)
        said += await self.personal(clean)
        return said

    async def is_alive(self, customer: Customer) -> bool:
        shown = (await self.polar.get(f"/_sim/customers/{customer.id}")).json()
        return shown["customer"]["deleted_at"] is None

    def lost(self, user: User, rows: list[tuple[Any, ...]], alive: list[Customer]) -> list[str]:
        if not user.deleted_at:
            return []
        if not rows:
            self.figures.lost += 1
            return [f"lost: there is no deletion of {user.id}"]
        owed = [it for it in alive if it.born <= max(user.deleted_at)]
        for_a_person = any(State(row[1]) in NEEDS_A_PERSON for row in rows)
        if not owed or user.restored or for_a_person:
            return []
        self.figures.lost += 1
        return [f"lost: {user.id}'s customer {owed[0].id} lives; {rows}"]

    async def wrong(self) -> list[str]:
        """Customers whom the bridge has deleted, and should not have."""
        answer = await self.polar.get("/_sim/requests", params={"effect": "true"})
        deleted = {
            request["customer_id"]: datetime.fromisoformat(request["started_at"])
            for request in answer.json()["requests"]
            if request["method"] == "DELETE" and "/members/" not in request["route"]
        }
        said = []
        skew = timedelta(seconds=SKEW)
        for user in self.users:
            for customer in user.customers:
                if customer.id not in deleted or customer.id in self.in_dashboard:
                    continue
                if not any(at + skew >= customer.born for at in user.deleted_at):
                    self.figures.wrong += 1
                    said.append(f"wrong: {customer.id} of {user.id} was deleted")
        return said

    async def unproved(self, by_hash: dict[str, list[tuple[Any, ...]]]) -> list[str]:
        said = []
        for row in itertools.chain.from_iterable(by_hash.values()):
            if row[1] != State.VERIFIED or row[2] is None:
                continue
            shown = (await self.polar.get(f"/_sim/customers/{row[2]}")).json()
            living = shown["customer"]["deleted_at"] is None
            # One that never started is nowhere at Polar, and cannot be asked about.
            open_ones = [
                it["id"] for it in shown["subscriptions"]
                if it["ended_at"] is None and it["status"] not in {"canceled", "incomplete"}
            ]  # fmt: skip
            granted = [it["id"] for it in shown["grants"] if it["is_granted"]]
            if living or open_ones or granted:
                self.figures.unproved += 1
                said.append(f"unproved: customer {row[2]}: {living=} {open_ones=} {granted=}")
        return said

    async def personal(self, clean: list[User]) -> list[str]:
        found: list[str] = []

        def left() -> bool:
            content = self.store.content()
            found[:] = [user.id for user in clean if user.id.encode() in content]
            return not found

        await until(left)
        self.figures.personal_bytes = sum(len(item) for item in found)
        tables = self.store.tables() if found else {}
        return [
            f"personal: {item} is still there, in {name}: {row[:2_000]}"
            for item in found
            for name, row in _places(tables, item)
        ]


async def until(condition: Callable[[], bool]) -> None:
    """Return once it holds, or patience ends. Meanwhile the database may not be there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(sqlite3.Error, psycopg.Error):
            if await asyncio.to_thread(condition):
                return
        await asyncio.sleep(0.5)


def _is_forgotten(rows: list[tuple[Any, ...]]) -> bool:
    """Whether nothing of the user may be left, by what the deletions say."""
    return bool(rows) and all(
        row[1] in {State.VERIFIED, State.NO_CUSTOMER} and row[3] is not None for row in rows
    )


def _places(tables: dict[str, list[str]], text: str) -> list[tuple[str, str]]:
    rows = [(name, row) for name, found in tables.items() for row in found if text in row]
    return rows or [("what is free", "")]
