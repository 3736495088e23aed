"""Evidence and receipts.

Each deletion has an audit chain: every link holds the hash of the one before it, so none can be
changed, removed or put in without it showing. The receipt is the chain with a seal over it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.hashing import Hasher

RECEIPT_VERSION = 1
_GENESIS = "0" * 64


def _ends() -> sa.Select[Any]:
    table = sa.inspect(EvidenceRow).local_table
    last = (
        sa.select(table.c.deletion_id, sa.func.max(table.c.seq).label("seq"))
        .where(table.c.deletion_id.in_(sa.bindparam("wanted", expanding=True)))
        .group_by(table.c.deletion_id)
        .subquery()
    )
    is_last = sa.and_(table.c.deletion_id == last.c.deletion_id, table.c.seq == last.c.seq)
    return sa.select(table.c.deletion_id, table.c.seq, table.c.hash).join(last, is_last)


_ENDS = _ends()


async def append(
    session: AsyncSession,
    deletion: DeletionRow,
    kind: str,
    *,
    source: str,
    at: datetime,
    **detail: Any,
) -> None:
    """Add a link to the deletion's chain, in the session's transaction.

    Args:
        source: who says so: `app`, `webhook`, `api`, `worker` or `operator`.
        detail: Polar's ids, statuses, times and digests. Never personal data: it stays for ever.
    """
    assert deletion.id is not None  # noqa: S101 - flushed by whoever opened it
    links = await ends(session, [deletion.id])
    seq, previous = links[deletion.id]
    row = EvidenceRow(
        deletion_id=deletion.id,
        seq=seq + 1,
        at=at,
        kind=kind,
        source=source,
        state=deletion.state,
        detail=detail,
        hash="",
    )
    row.hash = _link(previous, row)
    links[deletion.id] = (row.seq, row.hash)
    session.add(row)


async def ends(session: AsyncSession, deletion_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """The last link of each chain: its number and hash. The deletions must be locked.

    They are remembered until the transaction ends, and `append` keeps them up to date: whoever is
    going to add to many chains asks for all of them at once.
    """
    known = _remembered(session)
    wanted = [item for item in deletion_ids if item not in known]
    if wanted:
        connection = await session.connection()
        # Not through the session, which would write first what this transaction has to add. That
        # is remembered.
        found = await connection.execute(_ENDS, {"wanted": wanted})
        known.update(dict.fromkeys(wanted, (0, _GENESIS)))
        known.update((deletion_id, (seq, digest)) for deletion_id, seq, digest in found)
    return known


def begin(session: AsyncSession, deletion_id: int) -> None:
    """A chain that this transaction begins need not be looked for."""
    _remembered(session)[deletion_id] = (0, _GENESIS)


def _remembered(session: AsyncSession) -> dict[int, tuple[int, str]]:
    links: dict[int, tuple[int, str]] = session.info.setdefault("chain", {})
    return links


async def chain(session: AsyncSession, deletion_id: int) -> Sequence[EvidenceRow]:
    """The deletion's evidence in order."""
    return (
        await session.exec(
            select(EvidenceRow)
            .where(col(EvidenceRow.deletion_id) == deletion_id)
            .order_by(col(EvidenceRow.seq))
        )
    ).all()


def unbroken(evidence: Sequence[EvidenceRow]) -> bool:
    """Whether the chain is whole and as it was written."""
    previous = _GENESIS
    for seq, row in enumerate(evidence, start=1):
        if row.seq != seq or row.hash != _link(previous, row):
            return False
        previous = row.hash
    return True


def receipt(
    deletion: DeletionRow, evidence: Sequence[EvidenceRow], hasher: Hasher
) -> dict[str, Any]:
    """What can be shown to whoever asks for proof. Holds no personal data.

    `user_hash` is the keyed hash of the local user id: given the id, the holder of HASH_KEY can say
    whether this receipt is that user's. `seal` is keyed too and covers everything else.
    """
    content: dict[str, Any] = {
        "receipt_version": RECEIPT_VERSION,
        "deletion": deletion.id,
        "state": deletion.state,
        "user_hash": deletion.user_hash,
        "polar_customer_id": deletion.customer_id,
        "user_deleted_at": _iso(deletion.event_at),
        "delete_sent_at": _iso(deletion.delete_sent_at),
        "customer_deleted_at": _iso(deletion.deleted_at),
        "ended_at": _iso(deletion.ended_at),
        "personal_data_forgotten_at": _iso(deletion.forgotten_at),
        "evidence": [
            {
                "seq": row.seq,
                "at": _iso(row.at),
                "kind": row.kind,
                "source": row.source,
                "state": row.state,
                "detail": row.detail,
                "hash": row.hash,
            }
            for row in evidence
        ],
        "chain_unbroken": unbroken(evidence),
    }
    return {**content, "seal": hasher.seal(_canonical(content))}


def _link(previous: str, row: EvidenceRow) -> str:
    content = [
        previous,
        row.deletion_id,
        row.seq,
        _iso(row.at),
        row.kind,
        row.source,
        row.state,
        row.detail,
    ]
    return hashlib.sha256(_canonical(content)).hexdigest()


def _canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds")
