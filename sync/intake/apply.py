"""From the inbox to the mirror and the deletions: each event is applied exactly once.

What an event changes and the inbox row's `applied_at` are one transaction. An event that cannot be
applied becomes a dead letter with its error, and never blocks the next.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import receipts
from sync.deletions.facts import facts
from sync.deletions.ledger import DELETED, Ledger, TooOld, snapshot, wake
from sync.deletions.machine import ask_api
from sync.deletions.observations import Checked, CustomerGone
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.errors import InvalidInput
from sync.inbox.tables import OPEN_INBOX, InboxRow, InboxStatus, Source
from sync.intake.app_events import EventError, UserEvent, parse_event
from sync.mirror import kinds
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import Kind
from sync.mirror.objects import Customer, Grant, M, Mirrored, Subscription
from sync.mirror.reading import parse
from sync.settings import Settings
from sync.store.database import Database, StorageUnavailable

_log = logging.getLogger(__name__)

BATCH = 32
"""Events applied in one transaction, at most."""
_MAX_ERROR_CHARS = 500
_TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)

_TYPE = re.compile(r"[a-z0-9_]{1,64}(\.[a-z0-9_]{1,64})+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Unusable(InvalidInput):
    """The event verified, but cannot be applied. The message holds nothing of its content."""


@dataclass(frozen=True, slots=True)
class Applier:
    """Applies what the inbox holds."""

    database: Database
    ledger: Ledger
    settings: Settings

    async def anything_pending(self) -> bool:
        """Whether `apply_batch` is worth a write transaction.

        Raises:
            StorageUnavailable
        """
        async with self.database.read() as session:
            found = await session.exec(
                select(InboxRow.id)
                .where(OPEN_INBOX, col(InboxRow.status) == InboxStatus.PENDING)
                .limit(1)
            )
            return found.first() is not None

    async def apply_batch(self) -> int:
        """Apply the oldest pending rows; returns how many there were.

        Raises:
            StorageUnavailable: some of them, or all, were not applied.
        """
        try:
            async with self.database.write() as session:
                rows = await self._pending(session)
                await self._apply(session, rows)
                return len(rows)
        except StorageUnavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - one event must never block the next
            _log.info("a batch cannot be applied as one: %s", type(problem).__name__)
            return await self._apply_one_by_one()

    async def _apply_one_by_one(self) -> int:
        """Apply each in a transaction of its own, so that the one at fault is found."""
        async with self.database.read() as session:
            ids = [row.id for row in await self._pending(session)]
        for row_id in ids:
            error: str | None = None
            try:
                await self._apply_only(row_id)
            except StorageUnavailable:
                raise
            except Exception as problem:  # noqa: BLE001 - as above
                # Where, but not the message: it could quote the event.
                frames = "".join(traceback.format_tb(problem.__traceback__))
                _log.error("inbox row %s: %s at\n%s", row_id, type(problem).__name__, frames)
                error = f"unexpected {type(problem).__name__}; see the worker's log"
            if error is not None:
                await self._apply_only(row_id, error)
        return len(ids)

    async def _apply_only(self, row_id: int | None, error: str | None = None) -> None:
        """Apply the row if it is still pending; with `error`, make it a dead letter."""
        async with self.database.write() as session:
            rows = [row for row in await self._pending(session) if row.id == row_id]
            if error is None:
                await self._apply(session, rows)
                return
            for row in rows:
                _bury(row, error, await self.database.now(session))
            await self._drop_forgotten(session, rows)

    async def _pending(self, session: AsyncSession) -> Sequence[InboxRow]:
        rows: Sequence[InboxRow] = (
            await session.exec(
                self.database.locked(
                    select(InboxRow)
                    .where(OPEN_INBOX, col(InboxRow.status) == InboxStatus.PENDING)
                    .order_by(col(InboxRow.id))
                    .limit(BATCH),
                    skip=True,
                )
            )
        ).all()
        return rows

    async def _apply(self, session: AsyncSession, rows: Sequence[InboxRow]) -> None:
        now = await self.database.now(session)
        events: list[_PolarEvent] = []
        for row in rows:
            row.status, row.applied_at = InboxStatus.APPLIED, now
            try:
                if row.source is Source.APP:
                    await self._apply_app_event(session, row, now)
                elif (event := _polar_event(row)) is not None:
                    events.append(event)
                else:
                    # Nothing here reads it, and Polar keeps it for 90 days: it is not hoarded.
                    row.status, row.body = InboxStatus.IGNORED, None
            except (_Unusable, EventError, TooOld) as problem:
                _bury(row, str(problem), now)
        if events:
            await self._apply_polar_events(session, events, now)
        await self._drop_forgotten(session, rows)

    async def _apply_app_event(self, session: AsyncSession, row: InboxRow, now: datetime) -> None:
        event = parse_event(row.body or b"", self.settings, row.received_at)
        if not isinstance(event, UserEvent):
            raise _Unusable("not a user event any more: have the EVENT_… settings been changed?")
        if event.type != DELETED:
            await self.ledger.restore(session, user_id=event.user_id, event_at=event.at, now=now)
            return
        deletion = await self.ledger.open(
            session,
            user_id=event.user_id,
            external_id=event.external_id,
            event_at=event.at,
            now=now,
            digest=row.digest,
        )
        if deletion.forgotten_at is not None:
            row.body = None

    async def _apply_polar_events(
        self, session: AsyncSession, events: Sequence[_PolarEvent], now: datetime
    ) -> None:
        ledger = self.ledger
        observed = [item for event in events for item in event.observed]
        await mirror_rows.upsert(self.database, session, observed, now)
        concerned: dict[str, list[DeletionRow]] = {}
        found = await ledger.concerning(session, {it.customer.id for it in events})
        await receipts.ends(session, [deletion.id for deletion in found if deletion.id])
        for deletion in found:
            concerned.setdefault(deletion.customer_id or "", []).append(deletion)
        for event in events:
            for deletion in concerned.get(event.customer.id, ()):
                await _show(ledger, session, deletion, event, now)
        if concerned:
            known = await facts(session, list(concerned))
            checks = [
                (deletion, known[customer_id])
                for customer_id, deletions in concerned.items()
                for deletion in deletions
            ]
            await _check(ledger, session, checks, now)
        living = (it.customer for it in events if it.customer.deleted_at is None)
        external_ids = {it.external_id for it in living if it.external_id is not None}
        await ledger.wake_if_missed(session, external_ids, now)

    async def _drop_forgotten(self, session: AsyncSession, rows: Sequence[InboxRow]) -> None:
        """Keep no payload about a customer who has been forgotten."""
        ids = {row.customer_id for row in rows if row.customer_id is not None}
        forgotten = await mirror_rows.forgotten(session, ids) if ids else set()
        for row in rows:
            if row.customer_id in forgotten:
                row.body = None
        if any(row.body is None for row in rows):
            # It may still be in the write-ahead log.
            self.database.overwritten()


@dataclass(frozen=True, slots=True)
class _PolarEvent:
    """A webhook about a customer, a subscription or a benefit grant."""

    row: InboxRow
    observed: Sequence[Mirrored]
    """Its subject first, then the customer nested in it, where that is another object."""
    customer: Customer


def _bury(row: InboxRow, error: str, now: datetime) -> None:
    row.status, row.applied_at = InboxStatus.DEAD, now
    row.error = error[:_MAX_ERROR_CHARS]
    _log.warning("inbox row %s is a dead letter: %s", row.id, row.error)


def _polar_event(row: InboxRow) -> _PolarEvent | None:
    """Read the row's body; None: an event of no concern."""
    event_type, observed_at, data = _envelope(row.body or b"")
    family = event_type.partition(".")[0]
    row.event_type, row.event_at = event_type, observed_at
    row.customer_id = _customer_id(family, data)
    kind = kinds.named(family)
    if kind is None:
        return None
    observed = _observed(kind, event_type, observed_at, data)
    customer = next(item for item in observed if isinstance(item, Customer))
    row.customer_id = customer.id
    return _PolarEvent(row, observed, customer)


async def _show(
    ledger: Ledger,
    session: AsyncSession,
    deletion: DeletionRow,
    event: _PolarEvent,
    now: datetime,
) -> None:
    """Let a deletion see a webhook about its customer."""
    seen, row = event.observed[0], event.row
    detail: dict[str, Any] = {"id": seen.id, "payload_digest": row.digest}
    if isinstance(seen, Subscription):
        detail["status"] = seen.status
    elif isinstance(seen, Grant):
        detail["is_granted"] = seen.is_granted
    await receipts.append(
        session, deletion, f"webhook.{row.event_type}", source="webhook", at=now, **detail
    )
    unsettled = snapshot(deletion).stage in {State.RESOLVED, State.DELETING}
    if event.customer.deleted_at is not None and unsettled:
        await ledger.record(
            session, deletion, CustomerGone(), now, source="webhook", payload_digest=row.digest
        )


async def _check(
    ledger: Ledger,
    session: AsyncSession,
    checks: Sequence[tuple[DeletionRow, Checked]],
    now: datetime,
) -> None:
    """See what the webhooks shown to the deletions prove."""
    proved = []
    for deletion, checked in checks:
        if snapshot(deletion).stage not in {State.DELETED, State.INCOMPLETE}:
            continue
        if ask_api(snapshot(deletion), checked, ledger.policy, now):
            wake(deletion, now)
        else:
            proved.append((deletion, checked))
    await ledger.record_all(session, proved, now, source="webhook")


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
    kind: Kind[Any], event_type: str, observed_at: datetime, data: Mapping[str, Any]
) -> list[Mirrored]:
    """What the event says: of its subject first, then of what is nested in it."""
    seen: list[Mirrored] = [_parse(kind, "data", data, observed_at, event_type)]
    for field, name in kind.nested.items():
        nested = kinds.named(name)
        if nested is not None:
            at = f"data.{field}"
            seen.append(_parse(nested, at, data.get(field), observed_at, event_type))
    return seen


def _parse(kind: Kind[M], where: str, data: object, observed_at: datetime, by: str) -> M:
    if not isinstance(data, dict):
        raise _Unusable(f"{where} is not an object")
    try:
        return parse(kind, data, observed_at=observed_at, by=by)
    except ValidationError as error:
        raise _Unusable(_explain(where, error)) from None


def _explain(where: str, error: ValidationError) -> str:
    """Which fields and why, without pydantic's copy of their values."""
    return "; ".join(
        f"{'.'.join([where, *map(str, item['loc'])])}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    )
