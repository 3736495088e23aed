"""Fills a migrated, empty database with deletions as two years of a large app leave them.

Nine in ten are verified; the rest is in every other state, some hundreds of them waiting for a
person. Each has its chain of evidence, its customer and subscription in the mirror, some a benefit
grant, or a membership in somebody else's team; the webhooks of the last 90 days are in the inbox.
The chains are whole by `sync.deletions.chain`, which is asked about some of each thousand. Rows are
made by all processors and written in bulk, some thousands at a time, with indexes made at the end.
The same number gives the same deletions. There is no log over them: `audit.py` fills one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import random
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.pool import AsyncResult
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from harness import parser
from pydantic import SecretStr
from sqlmodel import SQLModel

from sync.deletions.chain import unbroken
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow, EvidenceRow, MembershipRow
from sync.hash_chain import GENESIS
from sync.hashing import Hasher
from sync.inbox.tables import InboxRow
from sync.migrations.upgrade import migrate
from sync.mirror.tables import CustomerRow, GrantRow, MemberRow, SeatRow, SubscriptionRow

HASH_KEY = "0123456789abcdef" * 2
CHUNK = 2_000
AHEAD = 8
"""Chunks that are being made, or wait to be written."""
CHECKED = 20
"""Chains of each chunk that are checked."""
SPAN = timedelta(days=730)
KEPT = timedelta(days=90)
"""For which the inbox remembers webhooks."""
_OF_TEN_THOUSAND: dict[State, int] = {
    State.NO_CUSTOMER: 650,
    State.CANCELED: 180,
    State.SUPERSEDED: 60,
    State.INCOMPLETE: 20,
    State.HELD: 15,
    State.UNMAPPED: 4,
    State.BLOCKED: 4,
    State.DELETED: 10,
    State.RECEIVED: 4,
    State.RESOLVED: 2,
    State.DELETING: 1,
}
"""Of all others: verified."""
_CUMULATED = [state for state, share in _OF_TEN_THOUSAND.items() for _ in range(share)]
_STILL_OPEN = {State.DELETED, State.RECEIVED, State.RESOLVED, State.DELETING, State.BLOCKED}
_REASONS = {
    State.HELD: "the customer is a team with 2 other people in it: approve, cancel or transfer",
    State.INCOMPLETE: "a subscription is still paused: end it at Polar, then retry",
    State.UNMAPPED: "no external id is known for this user: `polar-sync map set`, or cancel",
    State.BLOCKED: "GET was answered 403: the token lacks the scope customers:read",
    State.SUPERSEDED: "the customer was created after the event: nothing was deleted",
}
_PINNED = {
    State.VERIFIED,
    State.INCOMPLETE,
    State.HELD,
    State.DELETED,
    State.RESOLVED,
    State.DELETING,
}
_GONE = {State.VERIFIED, State.INCOMPLETE, State.DELETED}
_ENDED = {State.VERIFIED, State.NO_CUSTOMER, State.CANCELED, State.SUPERSEDED}

Row = tuple[Any, ...]
Step = tuple[float, str, str, State, dict[str, Any]]
"""At which share of the time that the deletion took, kind, source, state, detail."""
_SEEN = ("version_at", "observed_at", "digest", "written_by", "written_at", "created_at")
_COLUMNS: Mapping[type[SQLModel], Sequence[str]] = {
    DeletionRow: (
        "id",
        "user_hash",
        "user_id",
        "external_id",
        "external_hash",
        "event_at",
        "received_at",
        "state",
        "resume",
        "reason",
        "approved",
        "customer_id",
        "customer_created_at",
        "pinned_at",
        "by_external_id",
        "delete_sent_at",
        "sent_by_external_id_at",
        "deleted_at",
        "ended_at",
        "forgotten_at",
        "others",
        "memberships_left",
        "attempts",
        "next_attempt_at",
        "signals",
    ),
    EvidenceRow: ("deletion_id", "seq", "at", "kind", "source", "state", "detail", "hash"),
    MembershipRow: (
        "deletion_id",
        "member_id",
        "customer_id",
        "found_at",
        "ended_at",
        "kept",
        "seats",
    ),
    CustomerRow: (*_SEEN, "id", "deleted_at", "external_id", "forgotten_at"),
    SubscriptionRow: (
        *_SEEN,
        "id",
        "customer_id",
        "status",
        "product_id",
        "amount",
        "currency",
        "recurring_interval",
        "started_at",
        "cancel_at_period_end",
        "ended_at",
    ),
    GrantRow: (
        *_SEEN,
        "id",
        "customer_id",
        "benefit_id",
        "is_granted",
        "granted_at",
        "revoked_at",
    ),
    MemberRow: (*_SEEN, "id", "customer_id", "role", "deleted_at", "forgotten_at"),
    SeatRow: (*_SEEN, "id", "customer_id", "status", "subscription_id", "member_id"),
    InboxRow: (
        "source",
        "webhook_id",
        "received_at",
        "digest",
        "status",
        "event_type",
        "event_at",
        "customer_id",
        "applied_at",
    ),
}
"""What is written of each table."""


def user_of(number: int) -> str:
    """The id of the user whose deletion has the number."""
    return f"user-{number}"


class _Deletions:
    """Makes deletions, by number, as rows that the driver takes.

    Args:
        zone: what a time in UTC ends with, as the engine has it.
    """

    def __init__(self, seed: str, total: int, now: datetime, zone: str) -> None:
        self.rows: dict[type[SQLModel], list[Row]] = {table: [] for table in _COLUMNS}
        self._rng = random.Random(seed)
        self._hasher = Hasher(SecretStr(HASH_KEY))
        self._now = now
        self._step = SPAN / total
        self._zone = zone

    def make(self, number: int) -> None:
        """The deletion with all its rows."""
        rng = self._rng
        draw = rng.randrange(10_000)
        state = _CUMULATED[draw] if draw < len(_CUMULATED) else State.VERIFIED
        received = self._now - SPAN + self._step * number
        if state in _STILL_OPEN:
            # Nothing is under way for long.
            received = self._now - timedelta(seconds=rng.uniform(1, 3_600))
        user_id, external_id = user_of(number), f"cus-{number}"
        # So many are members of somebody else's customer alone.
        is_member = state is State.VERIFIED and number % 100 == 0
        pinned = self._id() if state in _PINNED and not is_member else None
        took = timedelta(seconds=rng.expovariate(1 / 40) + 2)
        at = self._time(received)
        done = self._time(received + took)
        then = self._time(received - KEPT)
        self._chain(number, _steps(number, state, pinned), received, took)
        forgotten = state in (State.VERIFIED, State.NO_CUSTOMER)
        sent = done if state in _GONE and pinned else None
        later = self._time(self._now + timedelta(days=1))
        self.rows[DeletionRow].append(
            (
                number,
                self._hasher.user(user_id),
                None if forgotten else user_id,
                None if forgotten else external_id,
                self._hasher.external(external_id),
                at,
                at,
                state.value,
                State.RESOLVED.value if state is State.HELD else None,
                _REASONS.get(state),
                False,
                pinned,
                then if pinned else None,
                at if pinned else None,
                pinned is not None,
                sent,
                sent,
                sent,
                done if state in _ENDED else None,
                done if forgotten else None,
                2 if state is State.HELD else None,
                0,
                1 if state is State.BLOCKED else 0,
                later if state in _STILL_OPEN else None,
                0,
            )
        )
        seen = (done, done, "", "api", done, then)
        if pinned is not None:
            self._mirror(number, state, pinned, seen)
        if is_member:
            self._membership(number, seen)
        if self._now - received < KEPT:
            told = ("polar", self._id(), done, _digest(0), "applied", "customer.deleted", done)
            self.rows[InboxRow].append((*told, pinned, done))

    def _chain(
        self, number: int, steps: Sequence[Step], received: datetime, took: timedelta
    ) -> None:
        rows, last = self.rows[EvidenceRow], GENESIS
        for seq, (share, kind, source, state, detail) in enumerate(steps, start=1):
            at = (received + took * share).isoformat(timespec="microseconds")
            # As `chain.canonical` has it, in a fifth of the time.
            content = [last, number, seq, at, kind, source, state, detail]
            last = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
            time_, told = f"{at[:10]} {at[11:26]}{self._zone}", orjson.dumps(detail).decode()
            rows.append((number, seq, time_, kind, source, state.value, told, last))

    def _mirror(self, number: int, state: State, customer_id: str, seen: Row) -> None:
        done, then = seen[0], seen[-1]
        gone = done if state in _GONE else None
        forgotten = done if state is State.VERIFIED else None
        external_id = None if gone else f"cus-{number}"
        self.rows[CustomerRow].append((*seen, customer_id, gone, external_id, forgotten))
        is_open = gone is None or state is State.INCOMPLETE
        status, ended = ("paused", None) if is_open else ("canceled", done)
        product = (customer_id, 1_000, "eur", "month", then, False, ended)
        self.rows[SubscriptionRow].append((*seen, self._id(), customer_id, status, *product))
        if number % 10 == 0:
            granted = (customer_id, customer_id, gone is None, then, gone)
            self.rows[GrantRow].append((*seen, self._id(), *granted))

    def _membership(self, number: int, seen: Row) -> None:
        customer_id, subscription_id = self._id(), self._id()
        member_id, seat_id = self._id(), self._id()
        at = seen[0]
        self.rows[MemberRow].append((*seen, member_id, customer_id, "member", at, at))
        seat = (seat_id, customer_id, "revoked", subscription_id, member_id)
        self.rows[SeatRow].append((*seen, *seat))
        seats = json.dumps([{"seat_id": seat_id, "subscription_id": subscription_id}])
        membership = (number, member_id, customer_id, at, at, False, seats)
        self.rows[MembershipRow].append(membership)

    def _time(self, at: datetime) -> str:
        return at.isoformat(" ", "microseconds")[:26] + self._zone

    def _id(self) -> str:
        """As a UUID of version 4."""
        it = f"{self._rng.getrandbits(128):032x}"
        return f"{it[:8]}-{it[8:12]}-4{it[13:16]}-8{it[17:20]}-{it[20:]}"


def _steps(number: int, state: State, pinned: str | None) -> Sequence[Step]:
    """How the deletion has come into the state."""
    digest = {"payload_sha256": _digest(number)}
    steps: list[Step] = [(0, "event.received", "app", State.RECEIVED, digest)]
    if pinned is not None:
        found = {"customer_id": pinned, "identified_by": "identity"}
        steps.append((0.1, "customer.found", "api", State.RESOLVED, found))
        if state in {*_GONE, State.DELETING}:
            by = {"by": "external_id", "anonymize": True}
            steps.append((0.2, "delete.sent", "worker", State.DELETING, by))
        if state in _GONE:
            steps += [
                (0.3, "delete.answered", "api", State.DELETED, {}),
                (0.5, "webhook.customer.deleted", "webhook", State.DELETED, digest),
            ]
    if state is State.VERIFIED:
        steps += [
            (1, "checked", "webhook", State.VERIFIED, {}),
            (1, "forgotten", "worker", State.VERIFIED, {}),
        ]
    elif state is not steps[-1][3]:
        kinds = {State.HELD: "team.found", State.NO_CUSTOMER: "customer.missing"}
        steps.append((1, kinds.get(state, "checked"), "api", state, {}))
    return steps


def _digest(number: int) -> str:
    return hashlib.sha256(number.to_bytes(8)).hexdigest()


_Made = Mapping[type[SQLModel], Sequence[Row]]


def fill(url: str, deletions: int) -> float:
    """Fill the database at the URL, which is migrated and empty; returns the seconds it took."""
    started = time.perf_counter()
    now = datetime.now(UTC)
    chunks = deque(
        (first, min(first + CHUNK, deletions + 1), deletions, now, url)
        for first in range(1, deletions + 1, CHUNK)
    )
    with _bulk(url) as write, multiprocessing.Pool() as pool:
        making: deque[AsyncResult[_Made]] = deque()
        while chunks or making:
            while chunks and len(making) < AHEAD:
                making.append(pool.apply_async(_make, chunks.popleft()))
            for table, rows in making.popleft().get().items():
                write(str(table.__tablename__), _COLUMNS[table], rows)
    return time.perf_counter() - started


def _make(first: int, end: int, total: int, now: datetime, url: str) -> _Made:
    zone = "" if url.startswith("sqlite") else "+00"
    deletions = _Deletions(f"{total} {first}", total, now, zone)
    for number in range(first, end):
        deletions.make(number)
    _check(deletions.rows[EvidenceRow], first)
    return deletions.rows


def _check(rows: Sequence[Row], first: int) -> None:
    chains: dict[int, list[EvidenceRow]] = {}
    for row in rows:
        if row[0] >= first + CHECKED:
            break
        told = dict(zip(_COLUMNS[EvidenceRow], row, strict=True))
        at = datetime.fromisoformat(told["at"][:26]).replace(tzinfo=UTC)
        told |= {"at": at, "detail": json.loads(told["detail"]), "state": State(told["state"])}
        chains.setdefault(row[0], []).append(EvidenceRow(**told))
    assert all(unbroken(links) for links in chains.values())


_Write = Callable[[str, Sequence[str], Sequence[Row]], None]


@contextlib.contextmanager
def _bulk(url: str) -> Iterator[_Write]:
    """What writes rows of a table. The tables' indexes are made anew at the end."""
    dialect = sa.make_url(url).get_dialect()()
    names = [str(it.__tablename__) for it in _COLUMNS]
    indexes = [index for name in names for index in SQLModel.metadata.tables[name].indexes]
    with _connected(url) as (execute, write):
        for index in indexes:
            execute(f"DROP INDEX {index.name}")
        yield write
        for index in indexes:
            execute(str(sa.schema.CreateIndex(index).compile(dialect=dialect)))
        if not url.startswith("sqlite"):
            for name in names:
                # As its autovacuum does by itself.
                execute(f"VACUUM ANALYZE {name}")
            for name in ("deletion", "evidence", "inbox"):
                highest = f"(SELECT max(id) FROM {name})"  # noqa: S608
                execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {highest})")


@contextlib.contextmanager
def _connected(url: str) -> Iterator[tuple[Callable[[str], object], _Write]]:
    """What executes a statement, and what writes many rows."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            file.execute("PRAGMA synchronous = OFF")
            file.execute("PRAGMA cache_size = -200000")

            def insert(table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
                marks = ", ".join("?" * len(names))
                into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
                file.executemany(into, rows)
                file.commit()

            yield file.execute, insert
            file.commit()
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        with psycopg.connect(url, autocommit=True) as server:

            def copied(table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
                into = f"COPY {table} ({', '.join(names)}) FROM STDIN"
                with server.cursor().copy(into) as copy:
                    for row in rows:
                        copy.write_row(row)

            # What is executed is this module's own.
            yield lambda statement: server.execute(statement.encode()), copied


def main() -> None:
    options = parser(__doc__)
    options.add_argument("url", help="DATABASE_URL of a database that has no tables yet")
    options.add_argument("--deletions", type=int, default=1_000_000, help="default: 1,000,000")
    given = options.parse_args()
    migrate(given.url)
    seconds = fill(given.url, given.deletions)
    figures = {"deletions": given.deletions, "seconds": seconds, "HASH_KEY": HASH_KEY}
    if given.json:
        print(json.dumps(figures, indent=2))
    else:
        print(f"{given.deletions:,} deletions in {seconds:.0f} s; HASH_KEY={HASH_KEY}")


if __name__ == "__main__":
    main()
