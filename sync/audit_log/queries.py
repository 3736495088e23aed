"""The log's tables: adding to the log, and reading it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Session
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.audit_log.entry import NOTHING, Entry, EntryKind, Head, KeptHead, entry_hash
from sync.audit_log.tables import LogEntryRow, LogHeadRow
from sync.store.columns import Readable, UtcDateTime

_INDEX = col(LogEntryRow.index)
_LAST = sa.select(_INDEX, col(LogEntryRow.hash)).order_by(_INDEX.desc()).limit(1)
_ENTRIES = sa.select(
    _INDEX,
    sa.type_coerce(LogEntryRow.at, Readable(UtcDateTime())),
    sa.type_coerce(LogEntryRow.kind, sa.String),
    col(LogEntryRow.deletion_id),
    col(LogEntryRow.seq),
    col(LogEntryRow.link_hash),
    col(LogEntryRow.hash),
)
_HEADS = select(
    LogHeadRow.size,
    LogHeadRow.hash,
    sa.type_coerce(LogHeadRow.at, Readable(UtcDateTime())),
    LogHeadRow.signature,
)
_COLUMNS = ("index", "at", "kind", "deletion_id", "seq", "link_hash", "hash")
_HEAD, _ADDED = "log_head", "log_added"
"""In a session's `info`: how far the log goes, with what this transaction adds; and that."""


async def append(
    session: AsyncSession,
    kind: EntryKind,
    deletion_id: int,
    seq: int,
    link_hash: str,
    at: datetime,
) -> None:
    """Add an entry, in the session's transaction, which must be one in `Lane.LEDGER`: all that is
    written there is in one line already, so the log costs no deletion another wait."""
    head: Head = session.info.get(_HEAD) or await head_of(session)
    index = head.size + 1
    hash_ = entry_hash(head.hash, index, at, kind, deletion_id, seq, link_hash)
    session.info[_HEAD] = Head(index, hash_)
    if _ADDED not in session.info:
        session.info[_ADDED] = []
        sa.event.listen(session.sync_session, "before_commit", _write, once=True)
    session.info[_ADDED].append((index, at, kind, deletion_id, seq, link_hash, hash_))


def _write(session: Session) -> None:
    """Write what the transaction adds. As objects of the session's it takes four times as long."""
    rows = [dict(zip(_COLUMNS, values, strict=True)) for values in session.info.pop(_ADDED)]
    session.connection().execute(sa.insert(LogEntryRow), rows)


async def head_of(session: AsyncSession) -> Head:
    """How far the log goes by now."""
    # Not through the session, which would write first what this transaction has to add.
    connection = await session.connection()
    last = (await connection.execute(_LAST)).first()
    return NOTHING if last is None else Head(*last)


async def place_of(session: AsyncSession, deletion_id: int, seq: int) -> tuple[int, str] | None:
    """Index and hash of the entry about that piece of evidence."""
    connection = await session.connection()
    found = await connection.execute(
        sa.select(_INDEX, col(LogEntryRow.hash))
        .where(
            col(LogEntryRow.deletion_id) == deletion_id,
            col(LogEntryRow.seq) == seq,
            col(LogEntryRow.kind) == EntryKind.EVIDENCE,
        )
        .order_by(_INDEX)
        .limit(1)
    )
    place = found.first()
    return None if place is None else (place[0], place[1])


# --- reading all of it ---------------------------------------------------------------------------


async def entries_after(connection: AsyncConnection, index: int, limit: int) -> Sequence[Entry]:
    """Entries with a greater index, in order."""
    some = _ENTRIES.where(index < _INDEX).order_by(_INDEX).limit(limit)
    return [Entry(*row) for row in await connection.execute(some)]


async def entries_of_deletions_after(
    connection: AsyncConnection, deletion_id: int, limit: int
) -> Sequence[Entry]:
    """Entries about deletions with a greater number, by deletion, number and index."""
    number = col(LogEntryRow.deletion_id)
    order = (number, col(LogEntryRow.seq), _INDEX)
    some = _ENTRIES.where(number > deletion_id).order_by(*order).limit(limit)
    return [Entry(*row) for row in await connection.execute(some)]


# --- heads ---------------------------------------------------------------------------------------


async def keep_head(session: AsyncSession, head: Head, at: datetime, signature: str | None) -> None:
    """Keep the head, in the session's transaction."""
    session.add(LogHeadRow(size=head.size, hash=head.hash, at=at, signature=signature))


async def newest_head(session: AsyncSession) -> KeptHead | None:
    """The one kept last."""
    found = await session.exec(_HEADS.order_by(col(LogHeadRow.size).desc()).limit(1))
    return next(map(_kept, found), None)


async def heads(session: AsyncSession) -> Sequence[KeptHead]:
    """All that have been kept, the oldest first."""
    return [_kept(row) for row in await session.exec(_HEADS.order_by(col(LogHeadRow.size)))]


def _kept(row: tuple[int, str, datetime | None, str | None]) -> KeptHead:
    size, hash_, at, signature = row
    return KeptHead(Head(size, hash_), at, signature)


async def hash_at(session: AsyncSession, index: int) -> str | None:
    """The hash of the entry with that index; None: there is no such entry."""
    return (await session.exec(select(LogEntryRow.hash).where(index == _INDEX))).first()
