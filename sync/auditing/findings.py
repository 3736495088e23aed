"""What can be found of the log and the evidence. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

_KEPT = 1_000
"""Findings that are named. Of more, only the number is told."""


class What(StrEnum):
    """What has happened to it."""

    ENTRY_MISSING = "entry_missing"
    """Entries of the log are gone."""
    ENTRY_CHANGED = "entry_changed"
    """An entry does not follow from the one before: one of the two was changed, moved or put in."""
    ENTRY_REPEATED = "entry_repeated"
    """An entry is about a piece of evidence that another one is about."""
    HEAD_DIFFERS = "head_differs"
    """A head or a receipt has another hash than the log there: all before it may be forged."""
    LOG_CUT_OFF = "log_cut_off"
    """A head or a receipt says that the log went further than it does."""
    WRONG_SIGNATURE = "wrong_signature"
    """The signature of a head or a receipt is not one of the known keys' over it."""
    EVIDENCE_MISSING = "evidence_missing"
    """A piece of evidence is gone."""
    EVIDENCE_CHANGED = "evidence_changed"
    """A piece of evidence is not the one that was logged."""
    EVIDENCE_NOT_LOGGED = "evidence_not_logged"
    """A piece of evidence came into the database by another way than the ledger."""
    DELETION_MISSING = "deletion_missing"
    """A deletion is gone, or all of its evidence, without having been removed for its age."""
    DELETION_BACK = "deletion_back"
    """A deletion that was removed for its age has evidence."""
    STATE_DIFFERS = "state_differs"
    """The deletion's state is not the one that its evidence says."""
    ROW_DIFFERS = "row_differs"
    """A deletion's row has another customer than its evidence, or another user or customer than a
    receipt that was kept."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold."""

    what: What
    detail: str
    deletion: int | None = None
    seq: int | None = None
    """Of the piece of evidence."""
    index: int | None = None
    """Of the log's entry."""


@dataclass(slots=True)
class Findings:
    """What has been found so far, in bounded memory."""

    total: int = 0
    named: list[Finding] = field(default_factory=list)

    def add(self, what: What, detail: str, **place: int | None) -> None:
        """Note a finding. `place`: `deletion`, `seq` and `index`, as far as there are any."""
        self.total += 1
        if len(self.named) < _KEPT:
            self.named.append(Finding(what, detail, **place))
