"""The inbox: every signed event is kept here, durably and once, before it is answered 2xx.

Requests that arrive together are committed together (group commit): one sync to disk serves them
all, and each is answered only after the commit that holds it. A lone request is committed at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.database import Database, StorageUnavailable
from sync.tables import InboxRow, InboxStatus, Source

_log = logging.getLogger(__name__)

_BATCH = 256
_BOUND = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A verified event on its way into the inbox."""

    source: Source
    webhook_id: str
    body: bytes
    event_type: str | None = None
    event_at: datetime | None = None
    user_hash: str | None = None
    ignored: bool = False
    """Of no concern to the bridge: recorded by its digest, its body not kept."""
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Outcome(Enum):
    """What the inbox did with an entry. Durable in each case but `CONFLICT`."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    """The webhook-id is taken by an event about somebody or something else; nothing was stored."""


class InboxFull(Exception):
    """More is waiting to be committed than the bound allows; try again shortly."""


_Waiting = tuple[Entry, asyncio.Future[Outcome]]


class Inbox:
    """Accepts entries from many requests at once. `run()` must be running meanwhile."""

    def __init__(self, database: Database, *, on_commit: Callable[[], None] | None = None) -> None:
        self._database = database
        self._on_commit = on_commit
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._stopped = False

    async def put(self, entry: Entry) -> Outcome:
        """Store the entry. Returns once it is on disk.

        Raises:
            InboxFull: the bound is reached; nothing was stored.
            StorageUnavailable: the database did not take it, or `run()` has ended; the sender must
                try again.
        """
        if self._stopped:
            raise StorageUnavailable("the inbox has stopped")
        if len(self._waiting) >= _BOUND:
            raise InboxFull
        stored: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, stored))
        self._arrived.set()
        return await stored

    async def run(self) -> None:
        """Commit what arrives, until cancelled. What still waits then is told to try again."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._waiting:
                    size = min(len(self._waiting), _BATCH)
                    batch = [self._waiting.popleft() for _ in range(size)]
                    try:
                        await self._commit(batch)
                    finally:
                        _fail(batch, StorageUnavailable("the server is shutting down"))
        finally:
            self._stopped = True
            _fail(self._waiting, StorageUnavailable("the server is shutting down"))
            self._waiting.clear()

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            async with self._database.write() as session:
                outcomes = await self._store(session, [entry for entry, _ in batch])
        except StorageUnavailable as error:
            _log.error("the inbox cannot be written: %s", error)
            _fail(batch, error)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the senders must hear of it
            if len(batch) > 1:
                # One entry's fault must not cost the others their place.
                for item in batch:
                    await self._commit([item])
                return
            _log.exception("an entry cannot be stored")
            _fail(batch, StorageUnavailable(type(error).__name__))
            return
        for (_, stored), outcome in zip(batch, outcomes, strict=True):
            if not stored.done():
                stored.set_result(outcome)
        if self._on_commit is not None:
            self._on_commit()

    async def _store(self, session: AsyncSession, entries: Sequence[Entry]) -> list[Outcome]:
        webhook_ids = {entry.webhook_id for entry in entries}
        known = {
            (source, webhook_id): (event_type, user_hash)
            for source, webhook_id, event_type, user_hash in await session.exec(
                select(
                    InboxRow.source, InboxRow.webhook_id, InboxRow.event_type, InboxRow.user_hash
                ).where(col(InboxRow.webhook_id).in_(webhook_ids))
            )
        }
        outcomes: list[Outcome] = []
        rows: list[dict[str, object]] = []
        for entry in entries:
            key = (entry.source, entry.webhook_id)
            # An app that gives two events one id would lose the second; Polar's ids are its own.
            about = (entry.event_type, entry.user_hash)
            if key not in known:
                known[key] = about
                rows.append(_row(entry))
                outcomes.append(Outcome.ACCEPTED)
            elif entry.source is Source.APP and known[key] != about:
                outcomes.append(Outcome.CONFLICT)
            else:
                outcomes.append(Outcome.DUPLICATE)
        if rows:
            await session.exec(
                self._database.insert(InboxRow).on_conflict_do_nothing(), params=rows
            )
        return outcomes


def _fail(batch: Sequence[_Waiting], error: StorageUnavailable) -> None:
    """Nobody may be left waiting, or be told that it is stored."""
    for _, stored in batch:
        if not stored.done():
            stored.set_exception(error)


def _row(entry: Entry) -> dict[str, object]:
    return {
        "source": entry.source,
        "webhook_id": entry.webhook_id,
        "received_at": entry.received_at,
        "body": None if entry.ignored else entry.body,
        "digest": hashlib.sha256(entry.body).hexdigest(),
        "status": InboxStatus.IGNORED if entry.ignored else InboxStatus.PENDING,
        "event_type": entry.event_type,
        "event_at": entry.event_at,
        "user_hash": entry.user_hash,
        "applied_at": entry.received_at if entry.ignored else None,
    }
