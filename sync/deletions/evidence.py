"""The evidence's table: adding to a deletion's chain, and reading it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.audit_log import queries as audit_log
from sync.audit_log.entry import EntryKind
from sync.deletions.chain import link_hash
from sync.deletions.observations import Canceled, CustomerMissing, OrphanFound, SaidBy
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.hash_chain import GENESIS

SCRUBBED = "members.scrubbed"
"""The evidence that Polar has taken a name and an e-mail that say nothing in place of theirs."""
JOINED = "event.joined"
"""The evidence of a newer event about the user."""

_LAST = (
    sa.select(
        col(EvidenceRow.deletion_id).label("deletion_id"),
        sa.func.max(col(EvidenceRow.seq)).label("seq"),
    )
    .where(col(EvidenceRow.deletion_id).in_(sa.bindparam("wanted", expanding=True)))
    .group_by(col(EvidenceRow.deletion_id))
    .subquery()
)
_ENDS = sa.select(col(EvidenceRow.deletion_id), col(EvidenceRow.seq), col(EvidenceRow.hash)).join(
    _LAST,
    sa.and_(
        col(EvidenceRow.deletion_id) == _LAST.c.deletion_id,
        col(EvidenceRow.seq) == _LAST.c.seq,
    ),
)


async def append(
    session: AsyncSession,
    deletion: DeletionRow,
    kind: str,
    *,
    source: str,
    at: datetime,
    **detail: Any,
) -> None:
    """Add a link to the deletion's chain and to the log over all of them, in the session's
    transaction.

    Args:
        source: who says so: `app`, `audit`, `webhook`, `api`, `worker` or `operator`.
        detail: Polar's ids, statuses, times and digests. Never personal data: it stays for ever.
    """
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
    row.hash = link_hash(previous, row)
    links[deletion.id] = (row.seq, row.hash)
    session.add(row)
    await audit_log.append(session, EntryKind.EVIDENCE, deletion.id, row.seq, row.hash, at)


async def nobody_at(session: AsyncSession, deletion_id: int, external_hash: str) -> datetime | None:
    """When Polar first had nobody under the external id with that hash, since the user's last
    event."""
    found = None
    for link in await of(session, deletion_id):
        if link.kind == JOINED:
            found = None
        elif link.kind == CustomerMissing.evidence and found is None:
            found = link.at if link.detail.get("external_hash") == external_hash else None
    return found


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
        known.update(dict.fromkeys(wanted, (0, GENESIS)))
        known.update((deletion_id, (seq, digest)) for deletion_id, seq, digest in found)
    return known


async def canceled_by(
    session: AsyncSession, deletion_ids: Collection[int], source: str
) -> set[int]:
    """Those of the deletions that it has canceled."""
    found = await session.exec(
        select(EvidenceRow.deletion_id).where(
            col(EvidenceRow.deletion_id).in_(deletion_ids),
            col(EvidenceRow.kind) == Canceled.evidence,
            col(EvidenceRow.source) == source,
        )
    )
    return set(found)


async def is_by_audit(session: AsyncSession, deletion_id: int) -> bool:
    """Whether an audit has opened the deletion, and no event of the app's has come about it."""
    return said_by(await of(session, deletion_id)) is SaidBy.AUDIT


def said_by(links: Iterable[EvidenceRow]) -> SaidBy:
    """Who says that the user is gone, by the deletion's evidence."""
    kinds = {link.kind for link in links}
    by_audit = OrphanFound.evidence in kinds and JOINED not in kinds
    return SaidBy.AUDIT if by_audit else SaidBy.APP


def begin(session: AsyncSession, deletion_id: int) -> None:
    """A chain that this transaction begins need not be looked for."""
    _remembered(session)[deletion_id] = (0, GENESIS)


def _remembered(session: AsyncSession) -> dict[int, tuple[int, str]]:
    links: dict[int, tuple[int, str]] = session.info.setdefault("chain", {})
    return links


async def of(session: AsyncSession, deletion_id: int) -> Sequence[EvidenceRow]:
    """The deletion's evidence in order."""
    return (
        await session.exec(
            select(EvidenceRow)
            .where(col(EvidenceRow.deletion_id) == deletion_id)
            .order_by(col(EvidenceRow.seq))
        )
    ).all()
