"""What the command line shows: the tables read into plain dicts, and those as tables for people.

The dicts are what `--json` prints. Their keys are stable and times are ISO 8601 in UTC. The id of a
user who has been forgotten is in none of them, nor anything of a customer's personal data.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlmodel import SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import operator as operations
from sync.deletions import receipts
from sync.deletions.operator import Wanted
from sync.deletions.states import ENDED, NEEDS_PERSON, State
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.hashing import Hasher
from sync.inbox.tables import OPEN_INBOX, InboxRow, InboxStatus
from sync.mirror.tables import CustomerRow, GrantRow, SubscriptionRow
from sync.store.database import Database

DEAD_LETTERS = 5
"""The newest dead letters that a status names."""

ASKS: Mapping[State, str] = {
    State.RECEIVED: "nothing; it waits for its delay or its turn",
    State.RESOLVED: "nothing; the DELETE is next",
    State.DELETING: "nothing; Polar's answer is awaited or found out",
    State.DELETED: "nothing; the evidence is being gathered",
    State.VERIFIED: "nothing; `receipt` prints the proof",
    State.NO_CUSTOMER: "nothing; Polar has no such customer",
    State.SUPERSEDED: "a look: the customer was kept, since it is newer than the event",
    State.CANCELED: "nothing; the customer was left alone",
    State.HELD: "`approve` or `cancel`: the brake tripped",
    State.UNMAPPED: "`map set`, or `cancel`: nobody knows who that is at Polar",
    State.BLOCKED: "mend what the reason names; it is tried again by itself",
    State.INCOMPLETE: "end at Polar what the reason names, then `retry`",
}
"""What each state asks of a person."""

_OPEN = frozenset(State) - ENDED

_DELETION_FIELDS = (
    "id",
    "state",
    "reason",
    "user_id",
    "user_hash",
    "external_id",
    "event_at",
    "received_at",
    "approved",
    "customer_id",
    "customer_created_at",
    "pinned_at",
    "delete_sent_at",
    "deleted_at",
    "ended_at",
    "forgotten_at",
    "attempts",
    "next_attempt_at",
    "lease_until",
)
_LISTED_FIELDS = ("id", "state", "reason", "user_id", "user_hash", "event_at", "received_at")
_DEAD_FIELDS = ("id", "source", "event_type", "received_at", "error")
_EVIDENCE_FIELDS = ("seq", "at", "kind", "source", "state", "detail", "hash")
_MIRROR_FIELDS = ("observed_at", "written_by", "written_at")
_CUSTOMER_FIELDS = ("id", "created_at", "deleted_at", *_MIRROR_FIELDS)
_SUBSCRIPTION_FIELDS = ("id", "status", "ended", "ended_at", "product_id", *_MIRROR_FIELDS)
_GRANT_FIELDS = ("id", "benefit_id", "is_granted", "revoked_at", *_MIRROR_FIELDS)


_OUTCOME_STYLES = {"pass": "green", "warn": "yellow", "fail": "bold red"}


# --- reading --------------------------------------------------------------------------------


async def status(database: Database, limit: int) -> dict[str, Any]:
    """How things stand. `limit`: how many of the deletions that need a person are listed.

    Raises:
        StorageUnavailable
    """
    state, oldest_first = col(DeletionRow.state), col(DeletionRow.id)
    pending = col(InboxRow.status) == InboxStatus.PENDING
    dead = col(InboxRow.status) == InboxStatus.DEAD
    async with database.read() as session:
        counts = dict((await session.exec(select(state, func.count()).group_by(state))).all())
        waiting = await session.exec(
            # Not by the id alone: to find it PostgreSQL would walk through all that have ended.
            select(DeletionRow)
            .where(state.in_(_OPEN))
            .order_by(col(DeletionRow.received_at), oldest_first)
            .limit(1)
        )
        # Superseded ones stay for ever: the newest of them, after all that is still open.
        superseded = state == State.SUPERSEDED
        need_person = await session.exec(
            select(DeletionRow)
            .where(state.in_(NEEDS_PERSON))
            .order_by(superseded, sa.case((superseded, -oldest_first), else_=oldest_first))
            .limit(limit)
        )
        backlog = await session.exec(
            select(func.count(), func.min(col(InboxRow.received_at))).where(OPEN_INBOX, pending)
        )
        dead_count = await session.exec(
            select(func.count()).select_from(InboxRow).where(OPEN_INBOX, dead)
        )
        newest_dead = await session.exec(
            select(InboxRow)
            .where(OPEN_INBOX, dead)
            .order_by(col(InboxRow.id).desc())
            .limit(DEAD_LETTERS)
        )
        oldest = waiting.first()
        pending_count, pending_since = backlog.one()
        return {
            "states": {item.value: counts.get(item, 0) for item in State},
            "oldest_waiting": _fields(oldest, _LISTED_FIELDS) if oldest else None,
            "need_person": {
                "total": sum(counts.get(item, 0) for item in NEEDS_PERSON),
                "deletions": [_fields(row, _LISTED_FIELDS) for row in need_person],
            },
            "inbox": {"pending": pending_count, "oldest_pending_at": _plain(pending_since)},
            "dead_letters": {
                "total": dead_count.one(),
                "newest": [_fields(row, _DEAD_FIELDS) for row in newest_dead],
            },
        }


async def user(database: Database, hasher: Hasher, wanted: Wanted) -> dict[str, Any]:
    """Everything known about the wanted user's deletions, oldest first.

    Raises:
        NothingFound, Ambiguous, StorageUnavailable
    """
    async with database.read() as session:
        user_hash = (await operations.find(database, session, hasher, wanted))[0].user_hash
        rows = await session.exec(
            select(DeletionRow)
            .where(col(DeletionRow.user_hash) == user_hash)
            .order_by(col(DeletionRow.id))
        )
        return {
            "user_hash": user_hash,
            "deletions": [await _deletion(session, row) for row in rows],
        }


async def receipt(
    database: Database, hasher: Hasher, deletion_id: int
) -> tuple[DeletionRow, dict[str, Any]]:
    """The deletion and its receipt.

    Raises:
        NothingFound, StorageUnavailable
    """
    async with database.read() as session:
        wanted = Wanted(str(deletion_id), as_user=False)
        row = (await operations.find(database, session, hasher, wanted))[0]
        return row, receipts.receipt(row, await receipts.chain(session, deletion_id), hasher)


async def _deletion(session: AsyncSession, row: DeletionRow) -> dict[str, Any]:
    assert row.id is not None  # noqa: S101 - it came from the table
    evidence: Sequence[EvidenceRow] = await receipts.chain(session, row.id)
    customer = await session.get(CustomerRow, row.customer_id) if row.customer_id else None
    subscriptions = await session.exec(
        select(SubscriptionRow)
        .where(col(SubscriptionRow.customer_id) == row.customer_id)
        .order_by(col(SubscriptionRow.id))
    )
    grants = await session.exec(
        select(GrantRow)
        .where(col(GrantRow.customer_id) == row.customer_id)
        .order_by(col(GrantRow.id))
    )
    return {
        **_fields(row, _DELETION_FIELDS),
        "asks": ASKS[row.state],
        "evidence": [_fields(item, _EVIDENCE_FIELDS) for item in evidence],
        "chain_unbroken": receipts.unbroken(evidence),
        "customer": _fields(customer, _CUSTOMER_FIELDS) if customer else None,
        "subscriptions": [_fields(item, _SUBSCRIPTION_FIELDS) for item in subscriptions],
        "grants": [_fields(item, _GRANT_FIELDS) for item in grants],
    }


def _fields(row: SQLModel, names: Iterable[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


# --- for people -----------------------------------------------------------------------------


def print_status(console: Console, report: Mapping[str, Any]) -> None:
    """The report of `status`."""
    states = _table("deletions", "number", "what it asks of you")
    for state, count in report["states"].items():
        if count:
            states.add_row(_state(state), _cell(count), _cell(ASKS[State(state)]))
    console.print(states if states.row_count else "no deletions yet")
    if oldest := report["oldest_waiting"]:
        console.print(
            f"oldest under way: deletion {oldest['id']}, {oldest['state']},"
            f" received {_when(oldest['received_at'])}"
        )
    inbox = report["inbox"]
    since = f", since {_when(inbox['oldest_pending_at'])}" if inbox["pending"] else ""
    console.print(f"inbox: {inbox['pending']} waiting{since}")
    needed = report["need_person"]
    if needed["total"]:
        console.print()
        listed = _table("deletion", "state", "user", "deleted (UTC)", "reason")
        for row in needed["deletions"]:
            listed.add_row(
                _cell(row["id"]),
                _state(row["state"]),
                _cell(_user(row)),
                _cell(_when(row["event_at"])),
                _cell(row["reason"]),
            )
        console.print(listed)
        _print_rest(console, needed["total"] - len(needed["deletions"]))
    dead = report["dead_letters"]
    if dead["total"]:
        console.print()
        letters = _table("dead letter", "from", "type", "received (UTC)", "error")
        for row in dead["newest"]:
            letters.add_row(
                *(_cell(row[name]) for name in ("id", "source", "event_type")),
                _cell(_when(row["received_at"])),
                _cell(row["error"]),
            )
        console.print(letters)
        _print_rest(console, dead["total"] - len(dead["newest"]))


def print_user(console: Console, report: Mapping[str, Any]) -> None:
    """The report of `user`."""
    for number, deletion in enumerate(report["deletions"]):
        if number:
            console.print()
        _print_deletion(console, deletion)


def print_mapping(console: Console, report: Mapping[str, Any]) -> None:
    """Who a user is at Polar: `user_id`, `external_id` or `customer_id`, and `by` what."""
    table = _table("user", "at Polar", "id", "by")
    by_external_id = report["external_id"] is not None
    table.add_row(
        _cell(report["user_id"]),
        _cell("external id" if by_external_id else "customer id"),
        _cell(report["external_id"] if by_external_id else report["customer_id"]),
        _cell(report["by"]),
    )
    console.print(table)


def print_checks(console: Console, report: Mapping[str, Any]) -> None:
    """What a doctor has found: `checks`, each with `name`, `outcome`, `detail` and `remedy`."""
    table = _table("check", "", "found", "remedy")
    for check in report["checks"]:
        outcome = Text(check["outcome"], _OUTCOME_STYLES.get(check["outcome"], ""))
        table.add_row(_cell(check["name"]), outcome, _cell(check["detail"]), _cell(check["remedy"]))
    console.print(table)


def _print_deletion(console: Console, deletion: Mapping[str, Any]) -> None:
    header = Table.grid(padding=(0, 2))
    for name, value in (
        ("deletion", deletion["id"]),
        ("state", _state(deletion["state"])),
        ("asks for", deletion["asks"]),
        ("reason", deletion["reason"]),
        ("user", _user(deletion)),
        ("external id", deletion["external_id"]),
        ("user deleted", _when(deletion["event_at"])),
        ("received", _when(deletion["received_at"])),
        ("Polar customer", deletion["customer_id"]),
        ("DELETE sent", _when(deletion["delete_sent_at"])),
        ("customer deleted", _when(deletion["deleted_at"])),
        ("ended", _when(deletion["ended_at"])),
        ("ids forgotten", _when(deletion["forgotten_at"])),
        ("next attempt", _when(deletion["next_attempt_at"])),
        ("failures in a row", deletion["attempts"] or None),
    ):
        if value is not None:
            header.add_row(name, value if isinstance(value, Text) else _cell(value))
    console.print(header)
    timeline = _table("#", "at (UTC)", "evidence", "from", "state", "detail")
    for item in deletion["evidence"]:
        timeline.add_row(
            _cell(item["seq"]),
            _cell(_when(item["at"])),
            _cell(item["kind"]),
            _cell(item["source"]),
            _state(item["state"]),
            _cell(_detail(item["detail"])),
        )
    console.print(timeline)
    unbroken = deletion["chain_unbroken"]
    console.print(
        "the chain of evidence is unbroken" if unbroken else "THE CHAIN OF EVIDENCE IS BROKEN",
        style="green" if unbroken else "bold red",
    )
    left = _table("the customer's", "id", "status", "ended", "as of (UTC)", "by")
    for item in deletion["subscriptions"]:
        _add_mirrored(left, "subscription", item, item["status"], ended=item["ended"])
    for item in deletion["grants"]:
        granted = item["is_granted"]
        _add_mirrored(
            left, "benefit grant", item, "granted" if granted else "revoked", ended=not granted
        )
    if left.row_count:
        console.print(left)


def _add_mirrored(
    table: Table, what: str, item: Mapping[str, Any], status: str, *, ended: bool
) -> None:
    table.add_row(
        _cell(what),
        _cell(item["id"]),
        _cell(status),
        Text("yes", "green") if ended else Text("no", "yellow"),
        _cell(_when(item["observed_at"])),
        _cell(item["written_by"]),
    )


def _print_rest(console: Console, count: int) -> None:
    if count:
        console.print(f"and {count} more")


def _table(*columns: str) -> Table:
    table = Table(header_style="bold")
    for column in columns:
        # An id cut short is of no use: what is too wide goes on in the next line.
        table.add_column(column, overflow="fold")
    return table


def _cell(value: object) -> Text:
    """The value as text without control characters, which could rewrite the terminal."""
    text = "" if value is None else str(value)
    return Text(
        "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    )


def _state(state: str) -> Text:
    style = "yellow" if state in NEEDS_PERSON else "green" if state == State.VERIFIED else ""
    return Text(state, style)


def _user(row: Mapping[str, Any]) -> str:
    return row["user_id"] or f"forgotten, {row['user_hash'][:16]}…"


def _when(iso: str | None) -> str | None:
    return None if iso is None else iso[:19].replace("T", " ")


def _detail(detail: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in detail.items()
    )
