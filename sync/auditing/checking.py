"""Whether entries follow from each other, and whether evidence is what they say. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sync.audit_log.entry import NOTHING, Entry, EntryKind, Head, entry_hash
from sync.auditing.findings import Findings, What
from sync.deletions.chain import content_hash, is_of_its_evidence
from sync.deletions.stored import StoredDeletion, StoredLink
from sync.hash_chain import GENESIS


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody has kept of the log: that its entry `head.size` had that hash."""

    head: Head
    origin: str
    """What says so, for people."""


@dataclass(frozen=True, slots=True)
class Named:
    """Whose a deletion is by a receipt that somebody has kept."""

    origin: str
    """What says so, for people."""
    user_hash: str
    customer_id: str | None
    """None: the receipt was made before the deletion was verified, or it names none."""


@dataclass(slots=True)
class LogCheck:
    """Looks at the log from its beginning, one entry after the other."""

    found: Findings
    claims: dict[int, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    """What has been kept of entries that have not come yet, by their index."""
    head: Head = NOTHING
    """How far it has looked."""

    def expect(self, claims: Iterable[Claim]) -> None:
        """Compare with these too. To be said before the first entry."""
        for claim in claims:
            self.claims[claim.head.size].append(claim)
        self._compare()

    def see(self, entry: Entry) -> None:
        """The next entry."""
        following = self.head.size + 1
        if entry.index == following:
            if entry.at is None or entry.hash != entry_hash(
                self.head.hash,
                entry.index,
                entry.at,
                entry.kind,
                entry.deletion_id,
                entry.seq,
                entry.link_hash,
            ):
                self.found.add(
                    What.ENTRY_CHANGED,
                    "its hash is not that of its content and the entry before",
                    deletion=entry.deletion_id,
                    seq=entry.seq,
                    index=entry.index,
                )
        elif entry.index > following:
            last = entry.index - 1
            which = f"entry {last}" if last == following else f"entries {following} to {last}"
            self.found.add(What.ENTRY_MISSING, f"{which} missing", index=following)
        else:
            self.found.add(What.ENTRY_CHANGED, "there is no such index", index=entry.index)
            return
        self.head = entry.head
        self._compare()

    def end(self) -> None:
        """There are no more entries."""
        for size in sorted(self.claims):
            # What is within the log is missing there, and found already.
            for claim in self.claims[size] if size > self.head.size else ():
                self.found.add(
                    What.LOG_CUT_OFF,
                    f"{claim.origin} has entry {size}; the log ends with {self.head.size}",
                    index=size,
                )

    def _compare(self) -> None:
        for claim in self.claims.pop(self.head.size, ()):
            if claim.head.hash != self.head.hash:
                self.found.add(
                    What.HEAD_DIFFERS,
                    f"{claim.origin} has another hash of entry {claim.head.size}",
                    index=claim.head.size,
                )


def check_deletion(
    links: Sequence[StoredLink],
    row: StoredDeletion | None,
    entries: Sequence[Entry],
    upto: int,
    found: Findings,
    named: Iterable[Named] = (),
) -> None:
    """Hold one deletion against the log. At least one of the three must be there.

    Args:
        links: its evidence, in order.
        row: read after that.
        entries: about it, by number and index, read last. So what they do not know of is no
            evidence that has just come, and what they say was removed may have gone meanwhile.
        upto: the newest entry when the looking began.
        named: whose it is by what was kept.
    """
    logged: dict[int, Entry] = {}
    removal: Entry | None = None
    for entry in entries:
        if entry.kind == EntryKind.REMOVED:
            removal = entry
        elif entry.seq in logged:
            found.add(
                What.ENTRY_REPEATED,
                f"entry {logged[entry.seq].index} is about the same evidence",
                deletion=entry.deletion_id,
                seq=entry.seq,
                index=entry.index,
            )
        else:
            logged[entry.seq] = entry
    _check_links(links, logged, found)
    deletion_id = (*links, *entries, *([row] if row else ()))[0].deletion_id
    if removal is None:
        _check_all_there(deletion_id, links, row, logged, upto, found)
    elif removal.index <= upto and (links or row):
        found.add(
            What.DELETION_BACK,
            "it is there, though the log says that it was removed for its age",
            deletion=deletion_id,
            index=removal.index,
        )
    if row is not None and row.state != row.said and (row.said or not logged):
        said = row.said or "is missing"
        found.add(
            What.STATE_DIFFERS,
            f"its row says {row.state}, its newest evidence {said}",
            deletion=deletion_id,
        )
    if row is not None:
        _check_whose(links, row, named, found)


def _check_whose(
    links: Sequence[StoredLink], row: StoredDeletion, named: Iterable[Named], found: Findings
) -> None:
    # Whoever has touched it may have put there what is no object.
    details = [(link.kind, link.detail) for link in links if isinstance(link.detail, dict)]
    if not is_of_its_evidence(row.state, row.customer_id, details):
        found.add(
            What.ROW_DIFFERS,
            "its row has another Polar customer than its evidence",
            deletion=row.deletion_id,
        )
    for it in named:
        if it.user_hash != row.user_hash or it.customer_id not in {None, row.customer_id}:
            found.add(
                What.ROW_DIFFERS,
                f"its row has another user or Polar customer than {it.origin.rstrip(',')}",
                deletion=row.deletion_id,
            )


def _check_links(links: Sequence[StoredLink], logged: dict[int, Entry], found: Findings) -> None:
    following, before = 1, GENESIS
    for link in links:
        place = {"deletion": link.deletion_id, "seq": link.seq}
        if link.seq != following and following not in logged:
            # Its entry is gone as well.
            found.add(
                What.EVIDENCE_MISSING,
                "there is later evidence, and neither this nor its entry in the log",
                deletion=link.deletion_id,
                seq=following,
            )
        entry, earlier = logged.get(link.seq), logged.get(link.seq - 1)
        if earlier is not None:
            before = earlier.link_hash
        if entry is None:
            found.add(What.EVIDENCE_NOT_LOGGED, "no entry of the log is about it", **place)
        elif entry.link_hash != link.hash:
            found.add(
                What.EVIDENCE_CHANGED, "the log has another hash of it", **place, index=entry.index
            )
        elif not follows(before, link):
            found.add(
                What.EVIDENCE_CHANGED,
                "its hash is not that of its content and the evidence before",
                **place,
                index=entry.index,
            )
        following, before = link.seq + 1, link.hash


def follows(before: str, link: StoredLink) -> bool:
    """Whether the link's hash is that of its content and the hash before it."""
    if link.at is None or link.detail is None:
        return False
    return link.hash == content_hash(
        before,
        link.deletion_id,
        link.seq,
        link.at,
        link.kind,
        link.source,
        link.state,
        link.detail,
    )


def _check_all_there(
    deletion_id: int,
    links: Sequence[StoredLink],
    row: StoredDeletion | None,
    logged: dict[int, Entry],
    upto: int,
    found: Findings,
) -> None:
    """It has not been removed."""
    there = {link.seq for link in links}
    gone = [entry for seq, entry in logged.items() if seq not in there and entry.index <= upto]
    if gone and not links:
        found.add(
            What.DELETION_MISSING,
            f"all its evidence is gone: {len(gone)} pieces by the log",
            deletion=deletion_id,
            index=gone[0].index,
        )
        return
    for entry in gone:
        found.add(
            What.EVIDENCE_MISSING,
            "it is in the log alone",
            deletion=deletion_id,
            seq=entry.seq,
            index=entry.index,
        )
    if links and row is None:
        found.add(What.DELETION_MISSING, "there is evidence, and no row", deletion=deletion_id)
