"""What a reconciliation has found. Holds no personal data. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

LISTED = 100
"""Differences that a report tells one by one; it counts all of them."""


class Finding(StrEnum):
    """How the mirror and Polar disagree."""

    MISSING = "missing"
    """Polar has it, the mirror has not."""
    EXTRA = "extra"
    """The mirror has it as living, Polar has not."""
    CHANGED = "changed"
    """Polar's is newer."""
    STALE = "stale"
    """The mirror claims to be newer than what Polar now says, though nothing came meanwhile."""
    UNREADABLE = "unreadable"
    """Polar has it, and what it says of it cannot be read."""
    OWED = "owed"
    """A user was deleted, and what should have gone with them is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field. Personal values are not repeated: a report outlives the person's data."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row on which the mirror and Polar disagree, or one deletion that Polar contradicts."""

    kind: str
    """A mirrored kind's name, or `deletion`."""
    id: str
    finding: Finding
    cause: str
    changes: tuple[Change, ...] = ()
    repaired: bool = True
    """False: a person must act; `cause` says how."""


class Report(BaseModel):
    """What a reconciliation found."""

    model_config = ConfigDict(extra="forbid")

    started_at: datetime
    dry_run: bool = False
    calls: int = 0
    """Requests to Polar."""
    compared: dict[str, int] = {}
    """Rows that Polar listed, by kind."""
    found: dict[str, dict[str, int]] = {}
    """Differences by kind and finding."""
    left: int = 0
    """Differences that a person must see to."""
    differences: list[Difference] = []
    """The first `LISTED` of them."""
    moved_on: dict[str, int] = {}
    """Deletions that the evidence moved into these states."""
    deleted_elsewhere: int = 0
    """Customers deleted at Polar without a deletion here: in its dashboard, as a rule."""
    incomplete: dict[str, int] = {}
    """Rows that Polar counts and that could not be fetched or read, by kind; empty: all were."""
    brake: str | None = None
    """On the first run of everything, where MAX_DELETIONS_PER_HOUR is not set: what goes by itself,
    and how to set it."""
    finished: bool = False
    stopped: str | None = None
    """Why it did not finish."""

    @property
    def total(self) -> int:
        """Differences found."""
        return sum(sum(of_kind.values()) for of_kind in self.found.values())

    def add(self, difference: Difference) -> None:
        """Count a difference, and tell it while there is room."""
        of_kind = self.found.setdefault(difference.kind, {})
        of_kind[difference.finding] = of_kind.get(difference.finding, 0) + 1
        if not difference.repaired:
            self.left += 1
        if len(self.differences) < LISTED:
            self.differences.append(difference)

    def count(self, kind: str, number: int) -> None:
        """So many rows of the kind were compared."""
        self.compared[kind] = self.compared.get(kind, 0) + number

    def unreadable(self, kind: str) -> int:
        """How many rows of the kind could not be read."""
        return self.found.get(kind, {}).get(Finding.UNREADABLE, 0)

    def moved(self, state: str) -> None:
        """A deletion was moved into the state."""
        self.moved_on[state] = self.moved_on.get(state, 0) + 1
