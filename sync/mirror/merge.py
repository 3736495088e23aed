"""Two observations of one object made one. Pure.

Merging is commutative, associative and idempotent, so any order and repetition of webhooks and API
reads leaves the same row; but for a third observation beside two that contradict each other, which
`contradict` tells of: then the API is asked.

Which of two observations is newer is decided by Polar's own `modified_at`, then by the payload's
`timestamp`. `modified_at` comes first because an API read has no timestamp of Polar's making:
compared by clock alone, a webhook sent just before the read could undo it. Of two at one moment the
one stays that is worse for the claim: that it has not ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync.mirror.kinds import Kind
from sync.mirror.objects import M, Mirrored


def merge(kind: Kind[M], one: M, other: M) -> M:
    """The object after both observations, in whichever order they came."""
    newest = max(one, other, key=lambda observed: _order(kind, observed))
    stays: dict[str, Any] = {}
    if not contradict(kind, one, other):
        stays = {
            name: _earliest(getattr(one, name), getattr(other, name)) for name in kind.earliest
        }
    for names in kind.greatest:
        values = ([getattr(item, name) for name in names] for item in (one, other))
        stays.update(zip(names, max(values, key=_set_first), strict=True))
    return without_what_is_gone(kind, replace(newest, **stays) if stays else newest)


def contradict(kind: Kind[M], one: M, other: M) -> bool:
    """Whether one of two observations of the same moment says that it has ended, and the other that
    it has not."""
    if not kind.open_when or _moment(one) != _moment(other):
        return False
    return kind.goes_on(one) is not kind.goes_on(other)


def _moment(observed: Mirrored) -> tuple[datetime, datetime]:
    return observed.version_at, observed.observed_at


def _order(kind: Kind[M], observed: M) -> tuple[datetime, datetime, bool, str, str]:
    """The last two make ties fall the same way always."""
    return (*_moment(observed), kind.goes_on(observed), observed.digest, observed.written_by)


def without_what_is_gone(kind: Kind[M], row: M) -> M:
    """A tombstone without personal fields; any other object as it is."""
    if not kind.personal:
        return row
    deleted_at, forgotten_at = (getattr(row, name) for name in ("deleted_at", "forgotten_at"))
    if deleted_at is None and forgotten_at is None:
        return row
    kept = () if forgotten_at else kind.kept_until_forgotten
    gone: dict[str, Any] = dict.fromkeys(name for name in kind.personal if name not in kept)
    # Nor a digest, by which it could be recognized.
    named = {name: it for name, it in (row.not_kept or {}).items() if name not in gone}
    return replace(row, **gone, not_kept=named or None)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """Of two the first, so that the order of arrival does not matter."""
    if one is None or other is None:
        return one or other
    return min(one, other)


def _set_first(values: Iterable[Any]) -> list[tuple[bool, Any]]:
    """To compare values of which some are not set."""
    return [(value is not None, value) for value in values]
