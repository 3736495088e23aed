"""What a page of Polar's list holds against what the mirror has. Pure.

Most rows are equal, and are told so without being made into objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sync.mirror.objects import M
from sync.mirror.stored import Stored
from sync.reconcile.cursor import Window


class Sent(Protocol):
    """An item of a list as it was sent."""

    @property
    def id(self) -> str: ...

    @property
    def content(self) -> Mapping[str, Any]: ...


S = TypeVar("S", bound=Sent)


def differing(items: Iterable[S], known: Mapping[str, Stored[M]]) -> Iterator[S]:
    """Those that the mirror does not have exactly as they were sent: they are left to judge."""
    for item in items:
        stored = known.get(item.id)
        if stored is None or not stored.is_as_sent(item.content):
            yield item


def unseen(
    known: Mapping[str, Stored[M]], window: Window, read_at: datetime
) -> Iterator[Stored[M]]:
    """What should have been listed in the window and was not.

    Not what was written only after the list was read: the list may be the older of the two.
    """
    return (
        item
        for polar_id, item in known.items()
        if polar_id not in window.seen and item.written_at < read_at
    )
