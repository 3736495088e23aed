"""What this process makes spans with. All that is imported, and asked, where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.traces.tracing import Tracing

tracing: Tracing | None = None
"""None: there are no spans. `sync.traces.tracing.tracing` sets it."""

_NO_SPAN: AbstractContextManager[None] = nullcontext()


def here() -> str | None:
    """The span that is open here, as W3C's `traceparent`, to be kept beside what is to be done
    later; None: there is none. Source: https://www.w3.org/TR/trace-context/."""
    return tracing.here() if tracing else None


def span(
    name: str, came_by: Sequence[str | None] = (), **about: str
) -> AbstractContextManager[None]:
    """A span for as long as the block runs.

    Args:
        came_by: what `here` said where this was begun. Of one, it is a child; with several it is
            linked.
        about: its attributes, which must hold nothing personal.
    """
    return tracing.span(name, came_by, about) if tracing else _NO_SPAN
