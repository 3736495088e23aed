"""The whole log with all evidence as JSON lines, for whoever checks it without the database.

Of each entry, a line: `index`, `at`, `kind`, `deletion`, `seq`, `link_hash` and `hash`; and
`evidence`, which is null where it is not there any more. The last line is the head.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel, StrictInt, StrictStr, ValidationError

from sync.audit_log import queries as audit_log
from sync.audit_log.entry import NOTHING, Entry, EntryKind
from sync.auditing import kept
from sync.auditing.checking import LogCheck, follows
from sync.auditing.findings import What
from sync.auditing.heads import document
from sync.auditing.inspecting import Inspection
from sync.auditing.kept import Kept
from sync.deletions import inspection
from sync.deletions.stored import StoredLink
from sync.hash_chain import GENESIS, iso
from sync.receipts.document import MAX_BYTES, Json, NotReadable, read_object
from sync.store.database import Database

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey

    from sync.receipts.signing import Signer

_BATCH = 500


class _Evidence(BaseModel):
    """A piece of evidence."""

    previous: StrictStr | None
    """The hash before it in the deletion's chain; null where that is not there any more."""
    at: datetime | None
    kind: StrictStr
    source: StrictStr
    state: StrictStr
    detail: Json | None


class _Line(BaseModel):
    """An entry."""

    index: StrictInt
    at: datetime | None
    kind: StrictStr
    deletion: StrictInt
    seq: StrictInt
    link_hash: StrictStr
    hash: StrictStr
    evidence: _Evidence | None


async def lines(database: Database, signer: Signer | None) -> AsyncIterator[str]:
    """The export, a line at a time. What is removed for its age meanwhile is told as well: it ends
    only where nothing has come.

    Raises:
        StorageUnavailable
    """
    head = NOTHING
    async with database.reading() as connection:
        while page := await audit_log.entries_after(connection, head.size, _BATCH):
            places = {(it.deletion_id, it.seq - back) for it in page for back in (0, 1)}
            links = await inspection.links(connection, places)
            for entry in page:
                yield _written(_told(entry, links))
            head = page[-1].head
    async with database.read() as session:
        now = await database.now(session)
    yield _written(document(head, now, signer))


def _told(entry: Entry, links: Mapping[tuple[int, int], StoredLink]) -> Json:
    link = links.get((entry.deletion_id, entry.seq))
    before = links.get((entry.deletion_id, entry.seq - 1))
    evidence = link and {
        "previous": GENESIS if entry.seq == 1 else before and before.hash,
        "at": iso(link.at) if link.at else None,
        "kind": link.kind,
        "source": link.source,
        "state": link.state,
        "detail": link.detail,
    }
    return {
        "index": entry.index,
        "at": iso(entry.at) if entry.at else None,
        "kind": entry.kind,
        "deletion": entry.deletion_id,
        "seq": entry.seq,
        "link_hash": entry.link_hash,
        "hash": entry.hash,
        "evidence": evidence if entry.kind == EntryKind.EVIDENCE else None,
    }


def _written(line: Json) -> str:
    return f"{json.dumps(line)}\n"


def check(file: BinaryIO, keys: Mapping[str, OKPKey], elsewhere: Sequence[Kept]) -> Inspection:
    """Look at all of an export.

    Args:
        keys: public keys by their id; none: no signature is checked.
        elsewhere: what somebody has kept of the log.

    Raises:
        NotReadable: it is none, or has no end.
        ExtraMissing
    """
    it = Inspection(against=len(elsewhere))
    it.signed = sum([one.is_signed(keys, it.findings) for one in elsewhere])
    log = LogCheck(it.findings)
    log.expect(one.claim for one in elsewhere)
    gone: dict[int, int] = {}
    """Deletions of which evidence is not there, each with the first such entry."""
    last: Kept | None = None
    while content := file.readline(MAX_BYTES + 1):
        line = read_object(content, "export of the log")
        if last is not None:
            raise NotReadable("it is no export of the log: there is more after its head")
        if "log_version" in line:
            last = kept.head(line, "the export's head")
            continue
        entry, evidence = _read(line)
        log.see(entry)
        _check_evidence(entry, evidence, gone, it)
    log.end()
    if last is None:
        raise NotReadable("it is no whole export of the log: its last line is no head")
    it.heads, it.signed = 1, it.signed + last.is_signed(keys, it.findings)
    if last.claim.head != log.head:
        it.findings.add(What.HEAD_DIFFERS, "it is not that of the last entry", index=log.head.size)
    for deletion, index in gone.items():
        detail = "evidence is missing, and no entry says that it was removed for its age"
        it.findings.add(What.EVIDENCE_MISSING, detail, deletion=deletion, index=index)
    it.entries, it.hash = log.head.size, log.head.hash
    return it


def _read(line: Json) -> tuple[Entry, _Evidence | None]:
    try:
        it = _Line.model_validate(line)
    except ValidationError:
        raise NotReadable("it is no export of the log: a line is no entry") from None
    entry = Entry(it.index, it.at, it.kind, it.deletion, it.seq, it.link_hash, it.hash)
    return entry, it.evidence


def _check_evidence(
    entry: Entry, evidence: _Evidence | None, gone: dict[int, int], it: Inspection
) -> None:
    if entry.kind == EntryKind.REMOVED:
        gone.pop(entry.deletion_id, None)
        return
    if evidence is None:
        gone.setdefault(entry.deletion_id, entry.index)
        return
    it.evidence += 1
    it.deletions += entry.seq == 1
    link = StoredLink(
        deletion_id=entry.deletion_id,
        seq=entry.seq,
        hash=entry.link_hash,
        **evidence.model_dump(exclude={"previous"}),
    )
    if evidence.previous is None or not follows(evidence.previous, link):
        it.findings.add(
            What.EVIDENCE_CHANGED,
            "it is not the one that was logged",
            deletion=entry.deletion_id,
            seq=entry.seq,
            index=entry.index,
        )
