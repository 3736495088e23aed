"""What can be kept of what comes from outside, and read back as it was, on either engine. Pure.

Whatever writes something of Polar's asks here first. What cannot be kept stands in the row as its
digest, or, where the column holds no text, as the nearest value that can; the row names it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

MAX_TEXT = 2_000
"""Bytes of a text in UTF-8: PostgreSQL has room for 2,704 in an index."""
MAX_DEPTH = 32
"""Objects and lists within each other. Python writes some 900 of them, where it has the stack."""
MAX_INTEGER = 2**63 - 1
"""Of a column of 64 bits; likewise below zero."""
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""A day within the calendar's edges: in no time zone is either beyond them."""

# PostgreSQL takes no NUL in a text, and UTF-8 no half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_OPENED_OR_CLOSED = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_DIGITS = 20
"""With its sign, of an integer of 64 bits."""
_READ_DEPTH = 2 * MAX_DEPTH
"""Of a whole body, which has what is kept somewhere within."""


@dataclass(frozen=True, slots=True)
class Huge:
    """A number that is too large for a double, as JSON has it."""

    text: str

    def __str__(self) -> str:
        return self.text


# --- reading -------------------------------------------------------------------------------------


def from_json(text: bytes | str) -> Any:
    """What the JSON says, also where it holds numbers, texts or nestings that JSON allows and few
    readers take.

    Raises:
        ValueError: it is not JSON, or not UTF-8.
    """
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError):
        # A NaN, half of a surrogate pair, 1e400; or it is no JSON at all.
        text = text.decode() if isinstance(text, bytes) else text
    try:
        return _exactly(text)
    except RecursionError:
        return _exactly(_shallow(text))


def from_database(text: bytes | str) -> Any:
    """What JSON in the database says. What an older version wrote there and cannot be kept is its
    digest now."""
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError):
        return kept(from_json(text))


def _exactly(text: str) -> Any:
    return json.loads(text, parse_int=_integer, parse_float=_number)


def _integer(text: str) -> int | float | Huge:
    # Beyond 64 bits as orjson has it, so that one value has one digest.
    if len(text) <= _DIGITS and -(2**63) <= (number := int(text)) < 2**64:
        return number
    return _number(text)


def _number(text: str) -> float | Huge:
    number = float(text)
    return number if math.isfinite(number) else Huge(text)


def _shallow(text: str) -> str:
    """The JSON with the digest of what is nested too deeply in its place."""
    pieces: list[str] = []
    depth = taken = begun = 0
    for token in _OPENED_OR_CLOSED.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == _READ_DEPTH:
                begun = token.start()
        elif token[0] in "]}":
            if depth == _READ_DEPTH:
                pieces += (text[taken:begun], f'"{digest(text[begun : token.end()])}"')
                taken = token.end()
            depth -= 1
    if depth:
        raise ValueError("what is opened and what is closed do not match")
    return "".join((*pieces, text[taken:]))


# --- keeping -------------------------------------------------------------------------------------


def kept(value: Any, depth: int = 0) -> Any:
    """The same value, if JSON in the database gives it back as it is; otherwise a copy in which
    each part that cannot be kept is its digest."""
    match value:
        case None | bool():
            return value
        case str():
            return value if is_text(value) else digest(value)
        case int() | float():
            # Of a larger one it is not known if it was whole, and it may be rounded.
            return value if abs(value) <= MAX_INTEGER else digest(value)
        case dict() if depth < MAX_DEPTH:
            fields = {kept(key): kept(item, depth + 1) for key, item in value.items()}
            return value if fields == value else fields
        case list() if depth < MAX_DEPTH:
            items = [kept(item, depth + 1) for item in value]
            return value if items == value else items
        case _:
            return digest(value)


def is_text(value: str) -> bool:
    """Whether both engines keep the text, in an index too."""
    if _UNSTORABLE.search(value):
        return False
    return len(value) * 4 <= MAX_TEXT or len(value.encode()) <= MAX_TEXT


def nearest(value: Any) -> Any:
    """What comes nearest to a value and can be kept in a column of its type."""
    match value:
        case datetime():
            return min(max(value, EARLIEST), LATEST)
        case Huge():
            return -MAX_INTEGER if value.text.startswith("-") else MAX_INTEGER
        case float() if math.isfinite(value):
            return nearest(int(value))
        case int():
            return min(max(value, -MAX_INTEGER), MAX_INTEGER)
        case _:
            return kept(value)


def digest(value: object) -> str:
    """`sha256:` and the hex of it over canonical JSON. It names what is not kept."""
    return f"sha256:{sha256(value)}"


def sha256(value: object) -> str:
    """SHA-256 in hex over canonical JSON; where that is nested too deeply, over its parts."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    except RecursionError:
        text = "\n".join(_parts(value))
    return hashlib.sha256(text.encode()).hexdigest()


def _parts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as found:
                yield f"{{{len(found)}"
                waiting += (part for pair in sorted(found.items(), key=_key) for part in pair)
            case list() as found:
                yield f"[{len(found)}"
                waiting += found
            case scalar:
                yield json.dumps(scalar, default=str)


def _key(pair: tuple[str, object]) -> str:
    return pair[0]
