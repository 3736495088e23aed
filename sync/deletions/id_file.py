"""Files of ids from elsewhere, line by line: their encoding, CSV and JSON, what is wrong with them,
and where it is kept meanwhile what they say."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sync.deletions.identity import InvalidEntry, Problem
from sync.errors import InvalidInput
from sync.store.errors import StorageUnavailable

MAX_PROBLEMS = 20
"""A file that cannot be used tells this many of its problems."""
DELIMITERS = (",", ";", "\t")
"""Of CSV: what a spreadsheet writes depends on its language."""

_CHUNK = 65_536
"""Bytes that are read at once."""
# A line that says all it may, every character of it escaped, is shorter.
_MAX_LINE = 16_384

_SPOOL = (
    # Nothing of it outlives the process.
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
)


@contextlib.contextmanager
def spooled(*statements: str) -> Iterator[sqlite3.Connection]:
    """A temporary file of SQLite's own, gone when it is closed: what a file says may be of any
    length. `statements` set it up.

    Raises:
        StorageUnavailable: also of the block, perhaps for want of room in the temporary directory.
    """
    try:
        with contextlib.closing(sqlite3.connect("")) as spool:
            for statement in (*_SPOOL, *statements):
                spool.execute(statement)
            yield spool
    except sqlite3.Error as error:
        raise StorageUnavailable(f"the temporary file: {error}") from None


class Stream(Protocol):
    """Of bytes; it need not have an end that one can seek."""

    def read(self, size: int, /) -> bytes:
        """At most so many; none at the end."""


class FileRefused(InvalidInput):
    """The file cannot be used, and nothing was done. `problems`: the first `MAX_PROBLEMS`, each
    with its line (from 1)."""

    def __init__(self, problems: Sequence[tuple[int, Problem]], total: int) -> None:
        shown = [f"line {line}: {problem}" for line, problem in problems]
        if total > len(problems):
            shown.append(f"and {total - len(problems)} more")
        super().__init__("\n".join(shown))
        self.problems = list(problems)
        self.total = total


class Problems:
    """What is wrong with a file, as far as it has been read."""

    def __init__(self) -> None:
        self._first: list[tuple[int, Problem]] = []
        self._total = 0

    def add(self, line: int, error: InvalidEntry) -> None:
        """The line cannot be used."""
        room = MAX_PROBLEMS - len(self._first)
        self._first += [(line, problem) for problem in error.problems[:room]]
        self._total += len(error.problems)

    def check(self, refused: type[FileRefused]) -> None:
        """Make sure that there are none.

        Raises:
            FileRefused: of that type.
        """
        if self._first:
            raise refused(self._first, self._total)


def lines(stream: Stream) -> Iterator[str]:
    """Each line, whichever way it ends; of one that is too long, its beginning, so that memory
    stays bounded. UTF-8 or UTF-16. What is not of the encoding becomes surrogates, which no id may
    hold."""
    chunk = stream.read(_CHUNK)
    decoder = io.IncrementalNewlineDecoder(_decoder(chunk), translate=True)
    rest = ""
    while chunk:
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from whole
        rest = rest[: _MAX_LINE + 1]
        chunk = stream.read(_CHUNK)
    try:
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        rest += "\udc00"
    yield from rest.split("\n")


def _decoder(beginning: bytes) -> codecs.IncrementalDecoder:
    """By the mark at the beginning of the file, or else by where its first NUL is: in UTF-8 there
    is none, and the first character is ASCII."""
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("surrogatepass")
    match beginning[:2].find(b"\0"):
        case 0:
            return codecs.getincrementaldecoder("utf-16-be")("surrogatepass")
        case 1:
            return codecs.getincrementaldecoder("utf-16-le")("surrogatepass")
    return codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")


def check_length(line: str) -> None:
    """Make sure that the line is whole.

    Raises:
        InvalidEntry
    """
    if len(line) > _MAX_LINE:
        raise InvalidEntry(Problem("line", "is too long; put one entry on each line"))


def json_fields(line: str) -> Mapping[str, object]:
    """The object that a line of JSON lines is.

    Raises:
        InvalidEntry
    """
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InvalidEntry(Problem("line", "must be one JSON object"))
    return fields


def delimiter_of(header: str) -> str:
    """What stands between the values of a CSV file, by its first line."""
    # None of them is in a column's name.
    return next((it for it in DELIMITERS if it in header), DELIMITERS[0])


def csv_values(line: str, delimiter: str) -> list[str]:
    """The values on a line. Line by line, since no id holds a line break: a stray quote spoils one
    row and no others.

    Raises:
        InvalidEntry
    """
    try:
        reader = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
        return next(reader, [])
    except csv.Error as error:
        raise InvalidEntry(Problem("line", f"is not CSV: {error}")) from None
