"""What the log says of an error that nobody foresaw: its type and its place, never its message,
which may hold data: a user's id, a statement's parameters, a body.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Any

_log = logging.getLogger(__name__)


def place_of(error: BaseException | None) -> str:
    """Type and traceback of the error, and of those that it came from."""
    places: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        places.append(f"{type(error).__name__}, its traceback:\n{frames}")
        if isinstance(error, BaseExceptionGroup):
            places += [f"in it {place_of(it)}" for it in error.exceptions]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "from ".join(places)


class Formatter(logging.Formatter):
    """For the errors that libraries log."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return place_of(ei[1])


def log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For an event loop: its own handler would print the error in the task's description."""
    _log.error("%s: %s", context["message"], place_of(context.get("exception")))
