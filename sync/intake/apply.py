"""From the inbox to the mirror and the deletions: each event is applied exactly once.

What an event changes and the inbox row's `applied_at` are one transaction. An event that cannot be
applied becomes a dead letter with its error, and never blocks the next.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.forgetting import any_forgotten
from sync.deletions.ledger import Ledger, TooOld
from sync.deletions.sightings import Observer, Sighting
from sync.errors import InvalidInput
from sync.inbox import queries as inbox
from sync.inbox.entry import InboxStatus, Source
from sync.inbox.mentions import Mentions
from sync.intake.app_events import EVENTS, Applying, UserEvent, parse_event
from sync.intake.event_fields import EventError
from sync.intake.polar_events import PolarEvent, Unreadable, read_envelope, read_event
from sync.logs import of, place_of
from sync.metrics import current
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import CUSTOMER, MEMBER
from sync.mirror.objects import Member, is_polar_id
from sync.polar.organization import Organization
from sync.settings import Settings
from sync.store.database import Database, on_commit
from sync.store.errors import StatementFailed, StorageUnavailable, ValueRefused
from sync.traces import current as traces

if TYPE_CHECKING:
    from sync.inbox.tables import InboxRow

_log = logging.getLogger(__name__)

BATCH = 32
"""Events applied in one transaction, at most."""


class _NotUnderstood(InvalidInput):
    """The app's event was understood when it was taken, and is not any more."""


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
            return await inbox.anything_pending(session)

    async def apply_batch(self) -> int:
        """Apply the oldest pending rows; returns how many there were.

        Raises:
            StorageUnavailable: some of them, or all, were not applied; they are still pending.
        """
        try:
            async with self.database.write() as session:
                rows = await inbox.pending(self.database, session, BATCH)
                with traces.span("inbox.apply", [row.traceparent for row in rows]):
                    await self._apply(session, rows)
                return len(rows)
        except Exception as problem:
            doubtful = isinstance(problem, StatementFailed)
            if isinstance(problem, StorageUnavailable) and not doubtful:
                raise
            _log.info("a batch cannot be applied as one: %s", type(problem).__name__)
            return await self._apply_one_by_one()

    async def _apply_one_by_one(self) -> int:
        """Apply each in a transaction of its own, so that the one at fault is found.

        Raises:
            StorageUnavailable: the database is at fault. Where it does not say so, it is if nothing
                else of the same sender's can be applied either.
        """
        async with self.database.read() as session:
            pending = await inbox.pending(self.database, session, BATCH)
        applied: set[Source] = set()
        refused: list[tuple[int, Source, StatementFailed]] = []
        for row_id, source in [(row.id, row.source) for row in pending]:
            try:
                if await self._apply_only(row_id):
                    applied.add(source)
            except StatementFailed as problem:
                refused.append((row_id, source, problem))
            except StorageUnavailable:
                raise
            except ValueRefused as problem:
                await self._bury_only(row_id, f"the database does not take it: {problem}")
            except Exception as problem:  # noqa: BLE001 - one event must never block the next
                _log.error("inbox row %s: %s", row_id, place_of(problem), extra=of(inbox=row_id))
                error = f"unexpected {type(problem).__name__}; see the worker's log"
                await self._bury_only(row_id, error)
        for row_id, source, refusal in refused:
            if source not in applied:
                raise refusal
            await self._bury_only(row_id, f"the database does not take it: {refusal}")
        return len(pending)

    async def _apply_only(self, row_id: int) -> bool:
        """Apply the row if it is still pending. Returns whether that changed anything."""
        async with self.database.write() as session:
            rows = await self._only(session, row_id)
            with traces.span("inbox.apply", [row.traceparent for row in rows]):
                await self._apply(session, rows)
            return any(row.status is InboxStatus.APPLIED for row in rows)

    async def _bury_only(self, row_id: int, error: str) -> None:
        """Make the row a dead letter if it is still pending."""
        async with self.database.write() as session:
            rows = await self._only(session, row_id)
            for row in rows:
                _bury(row, error, await self.database.now(session))
            await self._drop_forgotten(session, rows)
            _count(session, rows)

    async def _only(self, session: AsyncSession, row_id: int) -> Sequence[InboxRow]:
        pending = await inbox.pending(self.database, session, BATCH)
        return [row for row in pending if row.id == row_id]

    async def _apply(self, session: AsyncSession, rows: Sequence[InboxRow]) -> None:
        now = await self.database.now(session)
        from_app = any(row.source is Source.APP for row in rows)
        anything_lost = from_app and await inbox.anything_lost(session)
        events: list[tuple[InboxRow, PolarEvent]] = []
        for row in rows:
            row.status, row.applied_at = InboxStatus.APPLIED, now
            try:
                if row.source is Source.APP:
                    with traces.span("event.apply", [row.traceparent], type=row.event_type or ""):
                        await self._apply_app_event(session, row, now, anything_lost=anything_lost)
                elif (event := _polar_event(row)) is not None:
                    events.append((row, event))
                else:
                    # Nothing here reads it, and Polar keeps it for 90 days: it is not hoarded.
                    row.status, row.body = InboxStatus.IGNORED, None
            except (Unreadable, EventError, TooOld, _NotUnderstood) as problem:
                _bury(row, str(problem), now)
        if events:
            await self._apply_polar_events(session, events, now)
        await self._drop_forgotten(session, rows)
        for row in rows:
            # A dead letter can be applied once more.
            if row.status is not InboxStatus.DEAD:
                row.traceparent = None
        _count(session, rows)

    async def _apply_app_event(
        self, session: AsyncSession, row: InboxRow, now: datetime, *, anything_lost: bool
    ) -> None:
        event = parse_event(row.body or b"", self.settings, row.received_at)
        if not isinstance(event, UserEvent):
            raise _NotUnderstood(
                "not a user event any more: have SYNC_EVENTS or the EVENT_… settings been changed?"
            )
        applying = Applying(self.ledger, session, now, row.digest, anything_lost)
        if await EVENTS[event.type].handle(applying, event):
            row.body = None

    async def _apply_polar_events(
        self, session: AsyncSession, events: Sequence[tuple[InboxRow, PolarEvent]], now: datetime
    ) -> None:
        observed = [item for _, event in events for item in event.observed]
        doubtful = await mirror_rows.upsert(self.database, session, observed, now)
        observer = Observer(self.ledger)
        await observer.see(session, [_sighting(row, event) for row, event in events], now)
        await observer.doubt(session, doubtful, now)
        customers = (event.customer for _, event in events)
        living = (it for it in customers if it is not None and it.deleted_at is None)
        external_ids = {it.external_id for it in living if it.external_id is not None}
        members = [item for item in observed if isinstance(item, Member)]
        await observer.see_members(session, members, now, source="webhook")
        await self.ledger.wake_if_missed(session, external_ids, now)
        named = (event.organization_id for _, event in events)
        if organization_id := next(filter(None, named), None):
            await Organization(self.database).learn(session, organization_id)

    async def _drop_forgotten(self, session: AsyncSession, rows: Sequence[InboxRow]) -> None:
        """Keep no payload about somebody who has been forgotten. What could not be applied may name
        them anywhere."""
        ids = {row.id: {it for it in (row.customer_id, row.member_id) if it} for row in rows}
        said: dict[int, set[str]] = {}
        for row in rows:
            if row.status is InboxStatus.DEAD and row.body is not None:
                said[row.id] = Mentions(row.body).ids
                ids[row.id] |= {it.lower() for it in said[row.id] if is_polar_id(it)}
        named = set[str]().union(*ids.values())
        forgotten: set[str] = set()
        for kind in (CUSTOMER, MEMBER) if named else ():
            forgotten |= await mirror_rows.forgotten(session, kind, named)
        for row in rows:
            # An event of the app's can be about one who has come back and left again.
            unknown = row.id in said and row.source is Source.POLAR
            if not forgotten.isdisjoint(ids[row.id]) or (
                unknown and await any_forgotten(session, said[row.id], self.ledger.hasher)
            ):
                row.body = None
        if any(row.body is None for row in rows):
            # It may still be in the write-ahead log.
            self.database.overwritten()


def _count(session: AsyncSession, rows: Sequence[InboxRow]) -> None:
    """Count what has become of the rows, once it is committed."""
    if recorder := current.recorder:
        done = [(row.source.value, row.event_type, row.status.value) for row in rows]
        on_commit(session, lambda: recorder.events_applied(done))


def _bury(row: InboxRow, error: str, now: datetime) -> None:
    inbox.bury(row, error, now)
    _log.warning("inbox row %s is a dead letter: %s", row.id, row.error, extra=of(inbox=row.id))


def _polar_event(row: InboxRow) -> PolarEvent | None:
    """Read the row's body, and note in the row whose event it is."""
    envelope = read_envelope(row.body or b"")
    row.event_type, row.event_at = envelope.type, envelope.at
    row.customer_id, row.member_id = envelope.customer_id, envelope.member_id
    event = read_event(envelope)
    if event is not None:
        row.customer_id = event.customer_id
        row.body = None if envelope.hides_somebody else row.body
    return event


def _sighting(row: InboxRow, event: PolarEvent) -> Sighting:
    subject = event.subject
    return Sighting(
        customer_id=event.customer_id,
        event_type=subject.written_by,
        gone=event.customer is not None and event.customer.deleted_at is not None,
        member_gone=subject.id if isinstance(subject, Member) and subject.deleted_at else None,
        payload_digest=row.digest,
        detail=event.evidence,
    )
