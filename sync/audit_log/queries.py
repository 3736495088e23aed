"""The log's tables: adding to the log, and reading it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.audit_log.entry import EntryKind, Head, entry_hash
from sync.audit_log.tables import LogEntryRow
from sync.hash_chain import GENESIS

_INDEX = col(LogEntryRow.index)
_LAST = sa.select(_INDEX, col(LogEntryRow.hash)).order_by(_INDEX.desc()).limit(1)
_HEAD = "log_head"
"""In a session's `info`: how far the log goes, with what this transaction has added."""


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
    session.add(
        LogEntryRow(
            index=index,
            at=at,
            kind=kind,
            deletion_id=deletion_id,
            seq=seq,
            link_hash=link_hash,
            hash=hash_,
        )
    )


async def head_of(session: AsyncSession) -> Head:
    """How far the log goes by now."""
    # Not through the session, which would write first what this transaction has to add.
    connection = await session.connection()
    last = (await connection.execute(_LAST)).first()
    return Head(0, GENESIS) if last is None else Head(*last)


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
