"""A mirrored row as it comes from the table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, Generic

from sync.mirror.kinds import Kind
from sync.mirror.objects import M

_BEFORE = 2
"""`Stored.values` begins with the id and `written_at`."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a kind's fields are in `Stored.values`."""

    version_at: int
    owner: int
    content: Callable[[Sequence[Any]], tuple[Any, ...]]
    content_of_object: Callable[[object], tuple[Any, ...]]
    times: tuple[tuple[str, int], ...]
    others: Callable[[Sequence[Any]], tuple[Any, ...]]
    others_as_sent: Callable[[Mapping[str, Any]], tuple[Any, ...]]


@cache
def _layout(kind: Kind[Any]) -> _Layout:
    position = {name: number for number, name in enumerate(kind.fields, _BEFORE)}
    others = [name for name in kind.content if name not in kind.times]
    compared = (*kind.content, "not_kept")
    return _Layout(
        version_at=position["version_at"],
        owner=position[kind.owner],
        content=itemgetter(*(position[name] for name in compared)),
        content_of_object=attrgetter(*compared),
        times=tuple((name, position[name]) for name in kind.content if name in kind.times),
        others=itemgetter(*(position[name] for name in others)),
        others_as_sent=itemgetter(*others),
    )


@dataclass(slots=True)  # not frozen, which takes longer to make
class Stored(Generic[M]):
    """A mirrored row. Most are equal to what Polar lists, and are never made into an object."""

    kind: Kind[M]
    values: Sequence[Any]
    """The id, `written_at`, then what `Kind.fields` names."""
    written_at: datetime
    """By our clock."""

    @property
    def id(self) -> str:
        """Polar's."""
        polar_id: str = self.values[0]
        return polar_id

    @property
    def customer_id(self) -> str:
        """Whose it is."""
        owner: str = self.values[_layout(self.kind).owner]
        return owner

    @property
    def row(self) -> M:
        """The row as an object."""
        return self.kind.object(**dict(zip(self.kind.fields, self.values[_BEFORE:], strict=True)))

    @property
    def version_at(self) -> datetime:
        """As the row's."""
        version_at: datetime = self.values[_layout(self.kind).version_at]
        return version_at

    def equals(self, listed: M) -> bool:
        """Whether Polar's content is the same."""
        layout = _layout(self.kind)
        return layout.content(self.values) == layout.content_of_object(listed)

    def is_as_sent(self, item: Mapping[str, Any]) -> bool:
        """Whether this is what Polar sent, and of no older version: nothing is left to judge.

        False also where that cannot be told of the item as it was sent, without parsing it.
        """
        layout, values = _layout(self.kind), self.values
        try:
            if layout.others_as_sent(item) != layout.others(values):
                return False
            for name, position in layout.times:
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
