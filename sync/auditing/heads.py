"""Heads of the log: how far it goes, signed. Whoever keeps one elsewhere can tell whether anything
up to there has been touched since."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.audit_log import queries
from sync.audit_log.entry import LOG_VERSION, Head
from sync.hash_chain import iso
from sync.receipts.document import SIGNATURE, Json
from sync.store.database import Database

if TYPE_CHECKING:
    from sync.receipts.signing import Signer

_log = logging.getLogger(__name__)

KEPT_EVERY = timedelta(days=1)


def document(head: Head, at: datetime | None, signer: Signer | None) -> Json:
    """The head as JSON, signed where somebody signs."""
    content: Json = {
        "log_version": LOG_VERSION,
        "size": head.size,
        "hash": head.hash,
        "at": iso(at) if at else None,
    }
    if signer is None:
        return content
    from sync.receipts.signing import Signed

    return signer.signed(content, Signed.HEAD)


async def newest(database: Database, signer: Signer | None) -> Json:
    """The log's head at this moment.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        return document(await queries.head_of(session), await database.now(session), signer)


async def keep(database: Database, signer: Signer | None) -> None:
    """Keep the log's head, once a day while the log grows, and say it in the process's own log,
    which is often carried away from the database. Where the last one that was kept is not the
    log's any more, say that.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        if not await _is_due(session, await database.now(session)):
            return
    async with database.write() as session:
        now = await database.now(session)
        # Another worker may have come first.
        if not await _is_due(session, now):
            return
        head = await queries.head_of(session)
        signed = document(head, now, signer)
        await queries.keep_head(session, head, now, signed.get(SIGNATURE))
    _log.info("the log over all deletions has %d entries: its head is %s", head.size, head.hash)


async def _is_due(session: AsyncSession, now: datetime) -> bool:
    head, last = await queries.head_of(session), await queries.newest_head(session)
    if last is None:
        return head.size > 0
    # By a clock that was ahead it may be of a time to come.
    if last.at and timedelta(0) <= now - last.at < KEPT_EVERY:
        return False
    if await queries.hash_at(session, last.head.size) != last.head.hash:
        _log.error(
            "the log over all deletions is not what it was at entry %d: polar-sync audit verify",
            last.head.size,
        )
        return False
    return head.size > last.head.size
