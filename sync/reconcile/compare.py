"""One mirrored row against what Polar lists. Pure: says what differs, why, and what to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import Any, Generic

from sync.mirror.objects import PERSONAL, POLARS, Customer, Grant, M, Subscription

KINDS: Mapping[type, str] = {
    Customer: "customer",
    Subscription: "subscription",
    Grant: "benefit_grant",
}
"""What each kind is called in a report: as in Polar's event types."""

_HIDDEN = "(personal)"


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
    id: str
    finding: Finding
    cause: str
    changes: tuple[Change, ...] = ()
    repaired: bool = True
    """False: a person must act; `cause` says how."""


FIELDS: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind)) for kind in KINDS
}
_LISTED_CONTENT = {kind: attrgetter(*names) for kind, names in POLARS.items()}
_BEFORE = 2
"""`Stored.values` begins with the id and `written_at`."""


def _position(kind: type, name: str) -> int:
    """Of the field, in `Stored.values`."""
    return FIELDS[kind].index(name) + _BEFORE


_STORED_CONTENT = {
    kind: itemgetter(*(_position(kind, name) for name in names)) for kind, names in POLARS.items()
}
_TIMES: Mapping[type, tuple[tuple[str, int], ...]] = {
    kind: tuple(
        (field.name, _position(kind, field.name))
        for field in fields(kind)
        if field.name in POLARS[kind] and str(field.type).startswith("AwareDatetime")
    )
    for kind in KINDS
}
_NOT_TIMES = {
    kind: tuple(name for name in names if name not in dict(_TIMES[kind]))
    for kind, names in POLARS.items()
}
_SENT_CONTENT = {kind: itemgetter(*names) for kind, names in _NOT_TIMES.items()}
_STORED_NOT_TIMES = {
    kind: itemgetter(*(_position(kind, name) for name in names))
    for kind, names in _NOT_TIMES.items()
}
_VERSION = {kind: _position(kind, "version_at") for kind in KINDS}


@dataclass(slots=True)  # not frozen, which takes longer to make
class Stored(Generic[M]):
    """A mirrored row as it comes from the table. Most are equal to what Polar lists, and are never
    made into an object."""

    kind: type[M]
    values: Sequence[Any]
    """The id, `written_at`, then what `FIELDS` names."""
    written_at: datetime
    """By our clock."""

    @property
    def id(self) -> str:
        """Polar's."""
        name: str = self.values[0]
        return name

    @property
    def customer_id(self) -> str:
        """Whose it is."""
        owner = "id" if self.kind is Customer else "customer_id"
        name: str = self.values[_position(self.kind, owner)]
        return name

    @property
    def row(self) -> M:
        """The row as an object."""
        return self.kind(**dict(zip(FIELDS[self.kind], self.values[_BEFORE:], strict=True)))

    @property
    def version_at(self) -> datetime:
        """As the row's."""
        version_at: datetime = self.values[_VERSION[self.kind]]
        return version_at

    def equals(self, listed: M) -> bool:
        """Whether Polar's content is the same."""
        content: bool = _STORED_CONTENT[self.kind](self.values) == _LISTED_CONTENT[self.kind](
            listed
        )
        return content

    def is_as_sent(self, item: Mapping[str, Any]) -> bool:
        """Whether this is what Polar sent, and of no older version: nothing is left to judge.

        False also where that cannot be told of the item as it was sent, without parsing it.
        """
        kind, values = self.kind, self.values
        try:
            if _SENT_CONTENT[kind](item) != _STORED_NOT_TIMES[kind](values):
                return False
            for name, position in _TIMES[kind]:
                sent, at = item[name], values[position]
                if sent is None or at is None:
                    if sent is not at:
                        return False
                elif datetime.fromisoformat(sent) != at:
                    return False
            version_at = datetime.fromisoformat(item["modified_at"] or item["created_at"])
            return version_at <= self.version_at
        except (KeyError, TypeError, ValueError):
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Generic[M]):
    """What to report and what to write; either may be None."""

    difference: Difference | None = None
    write: M | None = None


def judge(stored: Stored[M] | None, listed: M) -> Judgement[M]:
    """Compare a row with what Polar listed.

    The mirror follows the API, unless the row has been written since the list was asked for, which
    is the `observed_at` of what was listed.
    """
    kind = KINDS[type(listed)]
    if stored is None:
        cause = "no webhook about it has been applied"
        found = Difference(kind=kind, id=listed.id, finding=Finding.MISSING, cause=cause)
        return Judgement(difference=found, write=listed)
    if stored.equals(listed):
        if listed.version_at <= stored.version_at:
            return Judgement()
        # Not a difference; but a late webhook from between the two versions must not win.
        return Judgement(write=_adopt(stored.row, listed))
    mirrored = stored.row
    if stored.written_at >= listed.observed_at:
        return Judgement()
    if isinstance(mirrored, Customer) and mirrored.forgotten_at is not None:
        return Judgement(
            difference=Difference(
                kind=kind,
                id=listed.id,
                finding=Finding.OWED,
                cause="forgotten here as deleted, but alive at Polar: delete it in its dashboard",
                repaired=False,
            )
        )
    stale = mirrored.version_at > listed.version_at
    found = Difference(
        kind=kind,
        id=listed.id,
        finding=Finding.STALE if stale else Finding.CHANGED,
        cause=_cause(mirrored, listed, stale=stale),
        changes=_changes(mirrored, listed),
    )
    return Judgement(difference=found, write=_adopt(mirrored, listed))


def extra(row: M) -> Difference:
    """The row is nowhere at Polar any more."""
    return Difference(
        kind=KINDS[type(row)],
        id=row.id,
        finding=Finding.EXTRA,
        cause=f"gone at Polar; last written by {row.written_by}, and no webhook told of its end",
    )


def _adopt(mirrored: M, listed: M) -> M:
    """Polar's content, with what only the mirror knows."""
    if isinstance(listed, Customer) and isinstance(mirrored, Customer):
        return replace(
            listed,
            final_state_at=mirrored.final_state_at,
            final_state_open=mirrored.final_state_open,
        )
    return listed


def _changes(mirrored: M, listed: M) -> tuple[Change, ...]:
    return tuple(
        Change(field=name, old=_shown(name, old), new=_shown(name, new))
        for name in POLARS[type(listed)]
        if (old := getattr(mirrored, name)) != (new := getattr(listed, name))
    )


def _shown(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if name in PERSONAL:
        return _HIDDEN
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cause(mirrored: M, listed: M, *, stale: bool) -> str:
    source = f"last written by {mirrored.written_by}, observed {_time(mirrored.observed_at)}"
    if stale:
        return f"{source}; it claims a later change than Polar knows of"
    if listed.version_at == mirrored.version_at:
        return f"{source}; Polar has not changed it since, so something else wrote to the mirror"
    behind = _span(listed.version_at - mirrored.version_at)
    return f"{source}; Polar changed it {behind} after that version, and no webhook was applied"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _span(span: timedelta) -> str:
    return str(timedelta(seconds=round(span.total_seconds())))
