"""The inbox: every signed event is kept here, durably and once, before it is answered 2xx.

Requests that arrive together are committed together (group commit): one sync to disk serves them
all, and each is answered only after the commit that holds it. A lone request is committed at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import SQLModel, col

from sync.errors import StorageError
from sync.inbox.announcements import CHANNEL
from sync.inbox.entry import Entry, InboxStatus, Outcome, Source
from sync.inbox.tables import InboxRow
from sync.logs import place_of
from sync.store.database import Database
from sync.store.errors import Interrupted, StatementFailed, StorageUnavailable
from sync.traces import current

_log = logging.getLogger(__name__)

_BATCH = 256
_BOUND = 4_096


class InboxFull(StorageError):
    """More is waiting to be committed than the bound allows; try again shortly."""


_Waiting = tuple[Entry, asyncio.Future[Outcome]]
_Key = tuple[Source, str]
_About = tuple[str | None, str | None, datetime | None]
"""Type, user and time of an event."""


class Inbox:
    """Accepts entries from many requests at once. `run()` must be running meanwhile."""

    def __init__(self, database: Database, *, on_commit: Callable[[], None] | None = None) -> None:
        self._database = database
        self._insert = database.bulk_insert(
            SQLModel.metadata.tables[InboxRow.__tablename__],
            _COLUMNS,
            key=("source", "webhook_id"),
            notify=CHANNEL,
        )
        self._on_commit = on_commit
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
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
        if self._loop is None:
            # Once: it costs a system call (before Python 3.12), which is a tenth of the whole.
            self._loop = asyncio.get_running_loop()
        stored: asyncio.Future[Outcome] = self._loop.create_future()
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
                        with current.span("inbox.commit", [it.traceparent for it, _ in batch]):
                            await self._commit(batch)
                    finally:
                        _fail(batch, StorageUnavailable("the server is shutting down"))
        finally:
            self._stopped = True
            _fail(self._waiting, StorageUnavailable("the server is shutting down"))
            self._waiting.clear()

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        entries = [entry for entry, _ in batch]
        try:
            try:
                outcomes = await self._write(entries)
            except Interrupted:
                # Perhaps it was committed all the same; then these are duplicates, and safe.
                outcomes = await self._write(entries)
        except Exception as error:  # noqa: BLE001 - whatever it is, the senders must hear of it
            is_doubtful = isinstance(error, StatementFailed)
            if isinstance(error, StorageUnavailable) and not (is_doubtful and len(batch) > 1):
                _log.error("the inbox cannot be written: %s", error)
                _fail(batch, error)
                return
            if len(batch) > 1:
                # One entry's fault must not cost the others their place.
                for item in batch:
                    await self._commit([item])
                return
            _log.error("an entry cannot be stored: %s", place_of(error))
            _fail(batch, StorageUnavailable(type(error).__name__))
            return
        for (_, stored), outcome in zip(batch, outcomes, strict=True):
            if not stored.done():
                stored.set_result(outcome)
        if self._on_commit is not None:
            self._on_commit()

    async def _write(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Insert those that are not known yet, and of several with one id the first.

        Another process may be inserting one of them at this moment: this waits until it is known
        whose row it is. In the order of their keys everywhere, so that no two wait for each other.
        """
        first: dict[_Key, Entry] = {}
        for entry in entries:
            first.setdefault(_key(entry), entry)
        rows = [_row(first[key]) for key in sorted(first)]
        inserted = await self._database.insert_many(self._insert, rows)
        if inserted is None and len(first) == len(entries):
            return [Outcome.ACCEPTED] * len(entries)
        new = set(first) if inserted is None else {(Source(it), name) for it, name in inserted}
        known = {key: _about(first[key]) for key in new}
        known |= await self._about_known(first.keys() - new)
        outcomes: list[Outcome] = []
        for entry in entries:
            key = _key(entry)
            if key in new:
                new.remove(key)
                outcomes.append(Outcome.ACCEPTED)
            else:
                outcomes.append(_repeated(entry, known.get(key)))
        return outcomes

    async def _about_known(self, keys: Collection[_Key]) -> dict[_Key, _About]:
        """What those that were stored before are about."""
        if not keys:
            return {}
        about = sa.select(
            col(InboxRow.source),
            col(InboxRow.webhook_id),
            col(InboxRow.event_type),
            col(InboxRow.user_hash),
            col(InboxRow.event_at),
        ).where(
            # The index begins with it: without it SQLite would read the whole inbox.
            col(InboxRow.source).in_({source for source, _ in keys}),
            col(InboxRow.webhook_id).in_({webhook_id for _, webhook_id in keys}),
        )
        async with self._database.read() as session:
            found = (await (await session.connection()).execute(about)).all()
        return {
            key: (event_type, user_hash, event_at)
            for source, webhook_id, event_type, user_hash, event_at in found
            if (key := (Source(source), webhook_id)) in keys
        }


def _key(entry: Entry) -> _Key:
    return entry.source, entry.webhook_id


def _about(entry: Entry) -> _About:
    return entry.event_type, entry.user_hash, entry.event_at


def _repeated(entry: Entry, known: _About | None) -> Outcome:
    """What an entry under a known webhook-id is. An app that gives two events one id would lose the
    second; Polar's ids are its own.

    `known`: None where the first one was removed at this moment, long after it was applied.
    """
    if entry.source is not Source.APP or known is None or known == _about(entry):
        return Outcome.DUPLICATE
    same = known[:2] == _about(entry)[:2]
    return Outcome.ANOTHER_TIME if same else Outcome.CONFLICT


def _fail(batch: Sequence[_Waiting], error: StorageUnavailable) -> None:
    """Nobody may be left waiting, or be told that it is stored."""
    for _, stored in batch:
        if not stored.done():
            stored.set_exception(error)


_COLUMNS = (
    "source",
    "webhook_id",
    "received_at",
    "body",
    "digest",
    "status",
    "event_type",
    "event_at",
    "user_hash",
    "applied_at",
    "traceparent",
)


def _row(entry: Entry) -> tuple[object, ...]:
    """The values of `_COLUMNS`."""
    return (
        entry.source,
        entry.webhook_id,
        entry.received_at,
        None if entry.ignored else entry.body,
        hashlib.sha256(entry.body).hexdigest(),
        InboxStatus.IGNORED if entry.ignored else InboxStatus.PENDING,
        entry.event_type,
        entry.event_at,
        entry.user_hash,
        entry.received_at if entry.ignored else None,
        None if entry.ignored else entry.traceparent,
    )
