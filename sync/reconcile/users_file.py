"""The users whom the app has, as a file of their ids says.

CSV whose header names `user_id` or `id`, one id a line, or JSON lines with one of the two names; in
UTF-8 or UTF-16. What else a line holds is nobody's concern here.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import orjson

from sync.deletions.id_file import (
    DELIMITERS,
    FileRefused,
    Problems,
    Stream,
    check_length,
    csv_values,
    delimiter_of,
    json_fields,
    lines,
    spooled,
)
from sync.deletions.identity import InvalidEntry, Problem, by_rule, read_id
from sync.settings import Settings

_NAMES = ("userid", "id")
"""Of the column with the ids, without capitals and underscores; the first of them goes first."""
_ONE_A_LINE = "a file without a header has one id on each line"
_BATCH = 5_000
"""Ids that are written to the spool together."""
_TABLE = (
    # In KiB: of ten thousand ids it holds all, so that memory is the same for a million.
    "PRAGMA cache_size = -2000",
    "CREATE TABLE user (external_id TEXT, user_id TEXT, PRIMARY KEY (external_id, user_id))"
    " WITHOUT ROWID",
)
_UNDER = (
    "SELECT external_id, user_id FROM user WHERE external_id IN (SELECT value FROM json_each(?))"
)


class UsersRefused(FileRefused):
    """The file of users cannot be used; nothing was compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """The users in a file."""

    spool: sqlite3.Connection
    settings: Settings
    number: int
    repeated: int
    """Ids that had come before."""
    sha256: str
    """Of the file, in hex."""

    def under(self, external_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Those who by the rule of MAPPING have these external ids at Polar."""
        found: dict[str, list[str]] = {}
        for external_id, user_id in self.spool.execute(_UNDER, (orjson.dumps([*external_ids]),)):
            found.setdefault(external_id, []).append(user_id)
        return found

    def has(self, user_id: str) -> bool:
        """Whether the user is one of them."""
        where = (_external_id(user_id, self.settings), user_id)
        query = "SELECT 1 FROM user WHERE external_id = ? AND user_id = ?"
        return self.spool.execute(query, where).fetchone() is not None


def _external_id(user_id: str, settings: Settings) -> str:
    """By the rule alone; "": there is none, which is nobody's external id."""
    known = by_rule(user_id, settings)
    return "" if known is None else known.target.external_id or ""


@contextlib.contextmanager
def reading(stream: Stream, settings: Settings) -> Iterator[Users]:
    """Read the whole file; what it says is kept in a temporary file, until the block ends.

    Raises:
        UsersRefused: something in it cannot be used, or it holds nobody.
        StorageUnavailable: also of the block: the temporary file.
    """
    with spooled(*_TABLE) as spool:
        hashed = _Hashed(stream)
        read = 0
        for batch in _batches(_ids(hashed)):
            rows = [(_external_id(user_id, settings), user_id) for user_id in batch]
            spool.executemany("INSERT OR IGNORE INTO user VALUES (?, ?)", rows)
            read += len(rows)
        number = spool.total_changes
        yield Users(
            spool=spool,
            settings=settings,
            number=number,
            repeated=read - number,
            sha256=hashed.digest.hexdigest(),
        )


class _Hashed:
    """Reads a stream, and takes its digest."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self.digest.update(chunk)
        return chunk


def _batches(ids: Iterator[str]) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    for user_id in ids:
        batch.append(user_id)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


class _Format(Protocol):
    """How a line holds an id."""

    def id(self, line: str) -> object:
        """What stands where the id is; None: the line is a header.

        Raises:
            InvalidEntry
        """


def _ids(stream: _Hashed) -> Iterator[str]:
    """Every id.

    Raises:
        UsersRefused: after the last of them.
    """
    numbered = ((number, line) for number, line in enumerate(lines(stream), 1) if line.strip())
    problems = Problems()
    first = next(numbered, None)
    if first is None:
        raise _refused(1, "file", "is empty: by it every customer's user would be gone")
    found = False
    form = _format(*first)
    for number, line in chain([first], numbered):
        try:
            check_length(line)
            value = form.id(line)
            if value is not None:
                yield _read(value)
                found = True
        except InvalidEntry as error:
            problems.add(number, error)
    problems.check(UsersRefused)
    if not found:
        raise _refused(first[0], "file", "has a header and nobody below it")


def _read(value: object) -> str:
    try:
        user_id = read_id(value)
    except ValueError as error:
        raise InvalidEntry(Problem("id", str(error))) from None
    if not user_id:
        raise InvalidEntry(Problem("id", "is missing or empty"))
    return user_id


def _refused(line: int, field: str, remedy: str) -> UsersRefused:
    return UsersRefused([(line, Problem(field, remedy))], 1)


def _format(number: int, line: str) -> _Format:
    """What the first line shows the file to be.

    Raises:
        UsersRefused: it does not say where the ids are.
    """
    beginning = line.lstrip()[:1]
    if beginning == "{":
        return _JsonLines()
    if beginning == "[":
        raise _refused(number, "file", "is one JSON array: give its items a line each: jq -c '.[]'")
    delimiter = delimiter_of(line)
    try:
        check_length(line)
        names = [it.strip() for it in csv_values(line, delimiter)]
    except InvalidEntry as error:
        raise UsersRefused([(number, it) for it in error.problems], len(error.problems)) from None
    keys = [_key(name) for name in names]
    wanted = next((name for name in _NAMES if name in keys), None)
    if wanted is not None and keys.count(wanted) > 1:
        raise _refused(number, "header", "names two columns of ids: leave one of them out")
    if wanted is None and len(names) > 1:
        raise _refused(
            number,
            "header",
            f"there are {len(names)} columns and no header that says which has the ids: name it"
            f" user_id or id; {_ONE_A_LINE}",
        )
    if len(names) > 1 and wanted is not None:
        return _Table(names, delimiter, keys.index(wanted))
    return _OneALine(None if wanted is None else names[0])


def _key(name: str) -> str:
    return name.casefold().replace("_", "").replace(" ", "")


class _JsonLines:
    def id(self, line: str) -> object:
        fields = {_key(name): value for name, value in json_fields(line).items()}
        return next((fields[name] for name in _NAMES if fields.get(name) is not None), "")


@dataclass(frozen=True, slots=True)
class _Table:
    header: Sequence[str]
    delimiter: str
    column: int

    def id(self, line: str) -> object:
        values = [it.strip() for it in csv_values(line, self.delimiter)]
        if len(values) != len(self.header):
            counts = f"has {len(values)} values, the header {len(self.header)}"
            remedy = "make sure that the file is whole, or export the column of the ids alone"
            raise InvalidEntry(Problem("line", f"{counts}: {remedy}"))
        # Where files were put together, the header comes again.
        return None if values == self.header else values[self.column]


@dataclass(frozen=True, slots=True)
class _OneALine:
    header: str | None

    def id(self, line: str) -> object:
        value = line.strip()
        if '"' in value or any(it in value for it in DELIMITERS):
            for delimiter in DELIMITERS:
                values = csv_values(value, delimiter)
                if len(values) > 1:
                    more = f"has {len(values)} values, and {_ONE_A_LINE}"
                    raise InvalidEntry(
                        Problem("line", f"{more}, in quotes if the id holds one of ,;")
                    )
            value = values[0].strip()
        return None if value == self.header else value
