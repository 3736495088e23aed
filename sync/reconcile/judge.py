"""One mirrored row against what Polar lists: what differs, why, and what to write. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic

from sync.mirror.kinds import Kind
from sync.mirror.objects import M
from sync.mirror.stored import Stored
from sync.reconcile.report import Change, Difference, Finding

_HIDDEN = "(personal)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Generic[M]):
    """What to report and what to write; either may be None."""

    difference: Difference | None = None
    write: M | None = None


def judge(kind: Kind[M], stored: Stored[M] | None, listed: M) -> Judgement[M]:
    """Compare a row with what Polar listed.

    The mirror follows the API, unless the row has been written since the list was asked for, which
    is the `observed_at` of what was listed.
    """
    if stored is None:
        cause = "no webhook about it has been applied"
        found = Difference(kind=kind.name, id=listed.id, finding=Finding.MISSING, cause=cause)
        return Judgement(difference=found, write=listed)
    if stored.equals(listed):
        if listed.version_at <= stored.version_at:
            return Judgement()
        # Not a difference; but a late webhook from between the two versions must not win.
        return Judgement(write=_adopted(kind, stored.row, listed))
    mirrored = stored.row
    if stored.written_at >= listed.observed_at:
        return Judgement()
    if kind.personal and getattr(mirrored, "forgotten_at") is not None:  # noqa: B009 - not of all
        return Judgement(
            difference=Difference(
                kind=kind.name,
                id=listed.id,
                finding=Finding.OWED,
                cause="forgotten here as deleted, but alive at Polar: delete it in its dashboard",
                repaired=False,
            )
        )
    stale = mirrored.version_at > listed.version_at
    found = Difference(
        kind=kind.name,
        id=listed.id,
        finding=Finding.STALE if stale else Finding.CHANGED,
        cause=_cause(mirrored, listed, stale=stale),
        changes=_changes(kind, mirrored, listed),
    )
    return Judgement(difference=found, write=_adopted(kind, mirrored, listed))


def extra(kind: Kind[M], row: M) -> Difference:
    """The row is nowhere at Polar any more."""
    return Difference(
        kind=kind.name,
        id=row.id,
        finding=Finding.EXTRA,
        cause=f"gone at Polar; last written by {row.written_by}, and no webhook told of its end",
    )


def _adopted(kind: Kind[M], mirrored: M, listed: M) -> M:
    """Polar's content, with what only the mirror knows."""
    only_here: dict[str, Any] = {name: getattr(mirrored, name) for name in kind.only_mirrored}
    return replace(listed, **only_here) if only_here else listed


def _changes(kind: Kind[M], mirrored: M, listed: M) -> tuple[Change, ...]:
    return tuple(
        Change(field=name, old=_shown(kind, name, old), new=_shown(kind, name, new))
        for name in kind.content
        if (old := getattr(mirrored, name)) != (new := getattr(listed, name))
    )


def _shown(kind: Kind[M], field: str, value: object) -> str | None:
    if value is None:
        return None
    if field in kind.personal:
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
