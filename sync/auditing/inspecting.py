"""Holding the database's log and evidence against each other and against what was kept, while the
bridge runs. What comes or goes meanwhile is no finding. Memory does not grow with the number of
rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from sync.audit_log import queries as audit_log
from sync.audit_log.entry import Entry, KeptHead
from sync.auditing import kept
from sync.auditing.checking import LogCheck, Named, check_deletion
from sync.auditing.findings import Findings
from sync.auditing.heads import document
from sync.auditing.kept import Kept
from sync.deletions import inspection
from sync.deletions.stored import StoredDeletion, StoredLink
from sync.receipts.document import SIGNATURE
from sync.store.database import Database

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey

_BATCH = 2_000
"""Rows of one table in memory, if no deletion has more."""
_LINKS_EACH = 8
"""Pieces of evidence that a deletion has, about."""
_LEAST, _MOST = -(2**63), 2**63 - 1

T = TypeVar("T", Entry, StoredLink, StoredDeletion)


@dataclass(slots=True)
class Inspection:
    """What has been looked at, and what was found."""

    entries: int = 0
    hash: str = ""
    """Of the newest entry when the looking began."""
    evidence: int = 0
    deletions: int = 0
    heads: int = 0
    """Heads that were kept in the database."""
    against: int = 0
    """Heads and receipts that were kept elsewhere."""
    signed: int = 0
    """Of both, those whose signature was checked and holds."""
    findings: Findings = field(default_factory=Findings)

    def told(self) -> dict[str, Any]:
        """As the command prints it."""
        return {"holds": self.findings.total == 0, **asdict(self)}


async def inspect(
    database: Database, keys: Mapping[str, OKPKey], elsewhere: Sequence[Kept]
) -> Inspection:
    """Look at all of it.

    Args:
        keys: public keys by their id; none: no signature is checked.
        elsewhere: what somebody has kept of the log.

    Raises:
        StorageUnavailable, ExtraMissing
    """
    it = Inspection(against=len(elsewhere))
    async with database.read() as session:
        rows = await audit_log.heads(session)
    stored = [_kept(row) for row in rows]
    it.heads = len(stored)
    it.signed = sum([one.is_signed(keys, it.findings) for one in (*stored, *elsewhere)])
    check = LogCheck(it.findings)
    check.expect(one.claim for one in (*stored, *elsewhere))
    named: dict[int, list[Named]] = defaultdict(list)
    for one in elsewhere:
        if one.deletion is not None and one.named is not None:
            named[one.deletion].append(one.named)
    async with database.reading() as connection:
        after = _LEAST
        while page := await audit_log.entries_after(connection, after, _BATCH):
            for entry in page:
                check.see(entry)
            after = page[-1].index
        check.end()
        it.entries, it.hash = check.head.size, check.head.hash
        async for links, row, entries in _deletions(connection):
            whose = named.get(row.deletion_id, ()) if row else ()
            check_deletion(links, row, entries, it.entries, it.findings, whose)
            it.evidence += len(links)
            it.deletions += row is not None
    return it


def _kept(it: KeptHead) -> Kept:
    content = document(it.head, it.at, None)
    if it.signature is not None:
        content[SIGNATURE] = it.signature
    return kept.head(content, f"the head kept at {content['at']}")


async def _deletions(
    connection: AsyncConnection,
) -> AsyncIterator[tuple[Sequence[StoredLink], StoredDeletion | None, Sequence[Entry]]]:
    """Of each deletion its evidence, its row and its entries, read in that order."""
    after, size = _LEAST, _BATCH
    while True:
        links = await inspection.links_after(connection, after, size)
        rows = await inspection.deletions_after(connection, after, size // _LINKS_EACH)
        entries = await audit_log.entries_of_deletions_after(connection, after, size)
        # The last deletion of a page that is full may have more.
        cut = [
            page[-1].deletion_id - 1
            for page, is_full in (
                (links, len(links) == size),
                (rows, len(rows) == size // _LINKS_EACH),
                (entries, len(entries) == size),
            )
            if is_full
        ]
        upto = min(cut, default=_MOST)
        by_id = {row.deletion_id: row for row in rows if row.deletion_id <= upto}
        links_of, entries_of = _by_deletion(links, upto), _by_deletion(entries, upto)
        for number in sorted(by_id.keys() | links_of.keys() | entries_of.keys()):
            yield links_of.get(number, []), by_id.get(number), entries_of.get(number, [])
        if not cut:
            return
        # One deletion alone may have more than a page.
        after, size = upto, _BATCH if upto > after else 2 * size


def _by_deletion(page: Iterable[T], upto: int) -> dict[int, list[T]]:
    grouped = groupby(page, key=attrgetter("deletion_id"))
    return {number: list(those) for number, those in grouped if number <= upto}
