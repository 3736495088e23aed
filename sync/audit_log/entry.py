"""An entry of the log over all deletions, and a head: how far the log goes. Pure.

Each entry holds the hash of the one before. So the hash of any one stands for all up to it: whoever
has kept that can tell whether one of them has been changed, removed, moved or put in since.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync.hash_chain import GENESIS, canonical, iso

LOG_VERSION = 1


class EntryKind(StrEnum):
    """What an entry says."""

    EVIDENCE = "evidence"
    """This link was added to the deletion's chain."""
    REMOVED = "removed"
    """The deletion has been removed for its age, with its chain; this link was the last."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far the log goes, and the hash that stands for all of it."""

    size: int
    """The newest entry's index."""
    hash: str


NOTHING = Head(0, GENESIS)
"""The head of a log without entries."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is stored."""

    index: int
    """From 1, without a gap."""
    at: datetime | None
    """None: what is stored is no time."""
    kind: str
    deletion_id: int
    seq: int
    """Of the link in the deletion's chain."""
    link_hash: str
    """The link's."""
    hash: str

    @property
    def head(self) -> Head:
        """The log's when it was the newest."""
        return Head(self.index, self.hash)


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head as a worker has kept it."""

    head: Head
    at: datetime | None
    """None: what is stored is no time."""
    signature: str | None


def entry_hash(
    previous: str,
    index: int,
    at: datetime,
    kind: str,
    deletion_id: int,
    seq: int,
    link_hash: str,
) -> str:
    """SHA-256 over the hash before it and the entry's content, in hex."""
    content = [previous, index, iso(at), kind, deletion_id, seq, link_hash]
    return hashlib.sha256(canonical(content)).hexdigest()
