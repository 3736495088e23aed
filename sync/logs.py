"""How the log speaks: a line for a person at a terminal, a JSON object for a platform that collects
them, each with the ids of what it is about.

What a line says of an error that nobody foresaw is its type and its place, never its message, which
may hold data: a user's id, a statement's parameters, a body.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

_log = logging.getLogger(__name__)

# Their messages quote URLs and parameters, in which there are users' ids.
_TOO_TALKATIVE = ("aiosqlite", "httpcore", "httpx")


# --- what a line is about ------------------------------------------------------------------------

Ids = Mapping[str, int | str]
_ids: ContextVar[Callable[[], Ids]] = ContextVar("ids", default=dict)


@contextlib.contextmanager
def about(**ids: int | str) -> Iterator[None]:
    """What is logged meanwhile, here and in what is started here, is about these: `deletion=12`.
    Numbers and ids of our own, nothing personal."""
    around = _ids.get()
    token = _ids.set(lambda: {**around(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def of(**ids: int | str) -> Mapping[str, Ids]:
    """`extra` of one line that is about these as well."""
    return {"about": ids}


def about_from_here(ids: Callable[[], Ids]) -> None:
    """What this task logs from now on is about these; they are asked for once there is a line."""
    _ids.set(ids)


class _About(logging.Filter):
    """Notes the ids when the line is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.about = {**_ids.get()(), **_about(record)}
        return True


class _WithoutQuery(logging.Filter):
    """Of uvicorn's lines about requests: a query can hold a user's id."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                it.partition("?")[0] if isinstance(it, str) else it for it in record.args
            )
        return True


# --- what a line looks like ----------------------------------------------------------------------


class Text(logging.Formatter):
    """Time in UTC, level, logger, message, and those ids that the message does not name itself."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        more = [
            f" {name}={value}"
            for name, value in _about(record).items()
            if f"{name} {value}" not in message
        ]
        if record.exc_info:
            more.append(f"\n{place_of(record.exc_info[1])}")
        line = f"{_time(record)} {record.levelname} {record.name}: {message}{''.join(more)}"
        # What could rewrite the terminal.
        return "".join(
            it if it.isprintable() or it in "\n\t" else "\N{REPLACEMENT CHARACTER}" for it in line
        )


class Json(logging.Formatter):
    """One object a line: `timestamp` (ISO 8601, UTC), `level`, `logger`, `message`, the ids, and
    `exception` with the place of an error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "timestamp": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_about(record),
        }
        if record.exc_info:
            line["exception"] = place_of(record.exc_info[1])
        return json.dumps(line)


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _about(record: logging.LogRecord) -> Ids:
    ids: Ids = getattr(record, "about", {})
    return ids


def configure(level: str, form: Literal["auto", "text", "json"]) -> None:
    """Log to stderr from that level up, everything that this process says. `auto`: as text on a
    terminal, else as JSON."""
    is_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Text() if is_text else Json())
    handler.addFilter(_About())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").addFilter(_WithoutQuery())


# --- errors that nobody foresaw ------------------------------------------------------------------


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


def log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """For an event loop: its own handler would print the error in the task's description."""
    _log.error("%s: %s", context["message"], place_of(context.get("exception")))
