"""From the inbox to the mirror and the deletions: each event is applied exactly once.

What an event changes and the inbox row's `applied_at` are one transaction. An event that cannot be
applied becomes a dead letter with its error, and never blocks the next.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync import mirror_rows, receipts
from sync.database import Database
from sync.deletion import CustomerGone, State, ask_api
from sync.events import EventError, UserEvent, parse_event
from sync.ledger import DELETED, Ledger, snapshot, wake
from sync.mirror import Customer, Grant, Mirrored, Subscription, parse
from sync.settings import Settings
from sync.tables import OPEN_INBOX, DeletionRow, InboxRow, InboxStatus, Source

_log = logging.getLogger(__name__)

_BATCH = 32
_MAX_ERROR_CHARS = 500
_TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)

_TYPE = re.compile(r"[a-z0-9_]{1,64}(\.[a-z0-9_]{1,64})+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_PARSERS: Mapping[str, Callable[..., Mirrored]] = {
    "customer": partial(parse, Customer),
    "subscription": partial(parse, Subscription),
    "benefit_grant": partial(parse, Grant),
}

_Apply = Callable[["Applier", AsyncSession, InboxRow, datetime], Awaitable[bool]]
"""Writes what an event changes; returns whether its body may be kept."""


class _Unusable(Exception):
    """The event verified, but cannot be applied. The message holds nothing of its content."""


@dataclass(frozen=True, slots=True)
class Applier:
    """Applies what the inbox holds."""

    database: Database
    ledger: Ledger
    settings: Settings

    async def apply_batch(self) -> int:
        """Apply the oldest pending rows; returns how many there were.

        Raises:
            StorageUnavailable: none of them was applied.
        """
        async with self.database.write() as session:
            rows = (
                await session.exec(
                    self.database.locked(
                        select(InboxRow)
                        .where(OPEN_INBOX, col(InboxRow.status) == InboxStatus.PENDING)
                        .order_by(col(InboxRow.id))
                        .limit(_BATCH),
                        skip=True,
                    )
                )
            ).all()
            for row in rows:
                await self._apply(session, row, await self.database.now(session))
        return len(rows)

    async def _apply(self, session: AsyncSession, row: InboxRow, now: datetime) -> None:
        try:
            apply = self._app_event(row) if row.source is Source.APP else _polar_event(row)
            # Written before the savepoint, so that undoing what follows does not undo this.
            row.status, row.applied_at = InboxStatus.APPLIED, now
            await session.flush()
            async with session.begin_nested():
                keep_body = await apply(self, session, row, now)
            if not keep_body:
                row.body = None
        except (_Unusable, EventError) as problem:
            await self._bury(session, row, str(problem), now)
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError):
            # The database's fault, not the event's: the whole batch stays pending.
            raise
        except Exception as problem:  # noqa: BLE001 - one event must never block the next
            # Where, but not the message: it could quote the event.
            frames = "".join(traceback.format_tb(problem.__traceback__))
            _log.error("inbox row %s: %s at\n%s", row.id, type(problem).__name__, frames)
            error = f"unexpected {type(problem).__name__}; see the worker's log"
            await self._bury(session, row, error, now)
        if row.body is None:
            # It may still be in the write-ahead log.
            self.database.scrub_due = True
        await session.flush()

    async def _bury(self, session: AsyncSession, row: InboxRow, error: str, now: datetime) -> None:
        row.status, row.applied_at = InboxStatus.DEAD, now
        row.error = error[:_MAX_ERROR_CHARS]
        if await _is_forgotten(session, row.customer_id):
            row.body = None
        _log.warning("inbox row %s is a dead letter: %s", row.id, row.error)

    def _app_event(self, row: InboxRow) -> _Apply:
        event = parse_event(row.body or b"", self.settings, row.received_at)
        if not isinstance(event, UserEvent):
            raise _Unusable("not a user event any more: have the EVENT_… settings been changed?")
        return partial(_apply_app_event, event)


async def _apply_app_event(
    event: UserEvent, applier: Applier, session: AsyncSession, row: InboxRow, now: datetime
) -> bool:
    if event.type != DELETED:
        await applier.ledger.restore(session, user_id=event.user_id, event_at=event.at, now=now)
        return True
    deletion = await applier.ledger.open(
        session,
        user_id=event.user_id,
        external_id=event.external_id,
        event_at=event.at,
        now=now,
        digest=row.digest,
    )
    return deletion.forgotten_at is None


def _polar_event(row: InboxRow) -> _Apply:
    event_type, observed_at, data = _envelope(row.body or b"")
    family = event_type.partition(".")[0]
    row.event_type, row.event_at = event_type, observed_at
    row.customer_id = _customer_id(family, data)
    if family not in _PARSERS:
        return _ignore
    return partial(_apply_polar_event, _observed(family, event_type, observed_at, data))


async def _ignore(applier: Applier, session: AsyncSession, row: InboxRow, now: datetime) -> bool:
    # Nothing here reads it, and Polar keeps it for 90 days: its body is not hoarded.
    row.status = InboxStatus.IGNORED
    return False


async def _apply_polar_event(
    observed: list[Mirrored],
    applier: Applier,
    session: AsyncSession,
    row: InboxRow,
    now: datetime,
) -> bool:
    ledger = applier.ledger
    customer = next(item for item in observed if isinstance(item, Customer))
    await mirror_rows.upsert(applier.database, session, observed, now)
    for deletion in await ledger.concerning(session, customer.id):
        await _show(ledger, session, deletion, row, observed, now)
    if customer.deleted_at is None and customer.external_id is not None:
        await ledger.wake_if_missed(session, customer.external_id, now)
    return not await _is_forgotten(session, customer.id)


async def _is_forgotten(session: AsyncSession, customer_id: str | None) -> bool:
    if customer_id is None:
        return False
    mirrored = await mirror_rows.customer(session, customer_id)
    return mirrored is not None and mirrored.forgotten_at is not None


async def _show(
    ledger: Ledger,
    session: AsyncSession,
    deletion: DeletionRow,
    row: InboxRow,
    observed: list[Mirrored],
    now: datetime,
) -> None:
    """Let a deletion see a webhook about its customer."""
    seen, customer = observed[0], next(item for item in observed if isinstance(item, Customer))
    detail: dict[str, Any] = {"id": seen.id, "payload_digest": row.digest}
    if isinstance(seen, Subscription):
        detail["status"] = seen.status
    elif isinstance(seen, Grant):
        detail["is_granted"] = seen.is_granted
    await receipts.append(
        session, deletion, f"webhook.{row.event_type}", source="webhook", at=now, **detail
    )
    unsettled = snapshot(deletion).stage in {State.RESOLVED, State.DELETING}
    if customer.deleted_at is not None and unsettled:
        await ledger.record(
            session, deletion, CustomerGone(), now, source="webhook", payload_digest=row.digest
        )
    if snapshot(deletion).stage not in {State.DELETED, State.INCOMPLETE}:
        return
    checked = (await mirror_rows.facts(session, [customer.id]))[customer.id]
    if ask_api(snapshot(deletion), checked, ledger.policy, now):
        wake(deletion, now)
    else:
        await ledger.record(session, deletion, checked, now, source="webhook")


def _envelope(body: bytes) -> tuple[str, datetime, dict[str, Any]]:
    """`{"type", "timestamp", "data"}`. Source: Polar's webhook payloads."""
    try:
        event = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise _Unusable("the body is not JSON") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise _Unusable("the body has no type: set the endpoint's format at Polar to raw")
    if not _TYPE.fullmatch(event["type"]):
        raise _Unusable("type is not one that Polar could have sent")
    data = event.get("data")
    if not isinstance(data, dict):
        raise _Unusable("data is not an object")
    try:
        observed_at = _TIMESTAMP.validate_python(event.get("timestamp"))
    except ValidationError:
        raise _Unusable("timestamp is not an ISO 8601 time with a zone") from None
    return event["type"], observed_at.astimezone(UTC), data


def _customer_id(family: str, data: Mapping[str, Any]) -> str | None:
    """Whose event it is, as far as it can be told: so that forgetting reaches it."""
    nested = data.get("customer")
    found = (
        data.get("id")
        if family == "customer"
        else data.get("customer_id") or (nested.get("id") if isinstance(nested, dict) else None)
    )
    if isinstance(found, str) and _UUID.fullmatch(found.lower()):
        return found.lower()
    return None


def _observed(
    family: str, event_type: str, observed_at: datetime, data: Mapping[str, Any]
) -> list[Mirrored]:
    """What the event says: of its subject first, then of the customer nested in it."""
    seen = [_parse(_PARSERS[family], "data", data, observed_at, event_type)]
    if family != "customer":
        parser = _PARSERS["customer"]
        seen.append(_parse(parser, "data.customer", data.get("customer"), observed_at, event_type))
    return seen


def _parse(
    parser: Callable[..., Mirrored], where: str, data: object, observed_at: datetime, by: str
) -> Mirrored:
    if not isinstance(data, dict):
        raise _Unusable(f"{where} is not an object")
    try:
        return parser(data, observed_at=observed_at, by=by)
    except ValidationError as error:
        raise _Unusable(_explain(where, error)) from None


def _explain(where: str, error: ValidationError) -> str:
    """Which fields and why, without pydantic's copy of their values."""
    return "; ".join(
        f"{'.'.join([where, *map(str, item['loc'])])}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    )
