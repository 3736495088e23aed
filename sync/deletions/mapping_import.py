"""Importing entries of the mapping from a file, all or nothing."""

from __future__ import annotations

import codecs
import contextlib
import csv
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Literal

from sync.deletions.identity import (
    InvalidEntry,
    Problem,
    put_entries,
    read_entry,
    unknown_fields,
)
from sync.deletions.mapping import Target
from sync.errors import InvalidInput
from sync.hashing import Hasher
from sync.store.database import Database, StorageUnavailable

MAX_PROBLEMS = 20
"""An import that fails tells this many of its problems."""

# A line that says all it may, every character of it escaped, is shorter.
_MAX_LINE = 16_384
_BATCH = 500


class ImportFailed(InvalidInput):
    """Nothing was imported. `problems`: the first `MAX_PROBLEMS`, each with its line (from 1)."""

    def __init__(self, problems: Sequence[tuple[int, Problem]], total: int) -> None:
        shown = [f"line {line}: {problem}" for line, problem in problems]
        if total > len(problems):
            shown.append(f"and {total - len(problems)} more")
        super().__init__("\n".join(shown))
        self.problems = list(problems)
        self.total = total


async def import_entries(
    database: Database, hasher: Hasher, stream: BinaryIO, file_format: Literal["csv", "jsonl"]
) -> int:
    """Set an entry for each line of a file, all or nothing, and wake the deletions that wait for
    one. Returns the number of users.

    UTF-8; CSV with a header row, or one JSON object a line; the names are user_id and one or both
    of external_id and customer_id (Polar's own id), of which each line sets one.

    Raises:
        ImportFailed: something in the file cannot be used; nothing was written.
        StorageUnavailable: nothing was written, perhaps for want of room in the temporary
            directory.
    """
    # A temporary file of SQLite's own, gone when it is closed. The stream may be slow or of any
    # length, and the database is locked only once all of it has been read and found good.
    count = 0
    try:
        with contextlib.closing(sqlite3.connect("")) as spool:
            _validate(stream, file_format, spool)
            entries = spool.execute("SELECT user_id, external_id, customer_id FROM entry")
            async with database.write() as session:
                while batch := entries.fetchmany(_BATCH):
                    await put_entries(
                        database,
                        session,
                        hasher,
                        [
                            (user_id, Target(external_id=external_id, customer_id=customer_id))
                            for user_id, external_id, customer_id in batch
                        ],
                    )
                    count += len(batch)
    except sqlite3.Error as error:
        raise StorageUnavailable(f"the temporary file: {error}") from None
    return count


def _validate(
    stream: BinaryIO, file_format: Literal["csv", "jsonl"], spool: sqlite3.Connection
) -> None:
    """Read the whole stream into the spool's table `entry`.

    Raises:
        ImportFailed: as for `import_entries`.
    """
    spool.execute(
        "CREATE TABLE entry (user_id TEXT PRIMARY KEY, external_id TEXT, customer_id TEXT,"
        " line INTEGER) WITHOUT ROWID"
    )
    lines = enumerate(_lines(stream), 1)
    header = _header(*next(lines, (1, b""))) if file_format == "csv" else None
    problems: list[tuple[int, Problem]] = []
    total = 0
    for number, line in lines:
        try:
            text = _text(line)
            if text.strip():
                fields = _json_fields(text) if header is None else _csv_fields(header, text)
                _keep(spool, number, *read_entry(fields))
        except InvalidEntry as error:
            total += len(error.problems)
            room = MAX_PROBLEMS - len(problems)
            problems += [(number, problem) for problem in error.problems[:room]]
    if problems:
        raise ImportFailed(problems, total)


def _keep(spool: sqlite3.Connection, number: int, user_id: str, target: Target) -> None:
    row = (user_id, target.external_id, target.customer_id)
    insert = "INSERT INTO entry VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    if spool.execute(insert, (*row, number)).rowcount:
        return
    query = "SELECT user_id, external_id, customer_id, line FROM entry WHERE user_id = ?"
    *earlier, line = spool.execute(query, (user_id,)).fetchone()
    if tuple(earlier) != row:
        raise InvalidEntry(Problem("user_id", f"line {line} maps it to another customer"))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Each line; of one that is too long, its beginning, so that memory stays bounded."""
    while line := stream.readline(_MAX_LINE):
        yield line
        rest = line
        while len(rest) == _MAX_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(_MAX_LINE)


def _text(line: bytes) -> str:
    if len(line) == _MAX_LINE:
        raise InvalidEntry(Problem("line", "is too long; put one entry on each line"))
    # What is not UTF-8 becomes surrogates, which no id may hold.
    return line.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape").rstrip("\r\n")


def _json_fields(text: str) -> Mapping[str, object]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InvalidEntry(Problem("line", "must be one JSON object"))
    return fields


def _header(number: int, line: bytes) -> list[str]:
    """The columns' names.

    Raises:
        ImportFailed: what the columns mean is not clear, so no row can be read.
    """
    try:
        names = _csv_row(_text(line))
        problems = unknown_fields(names)
        missing = "user_id" not in names or len(names) < 2
        if not problems and (missing or len(set(names)) < len(names)):
            remedy = "must name user_id and one or both of external_id and customer_id, each once"
            problems.append(Problem("header", remedy))
        if problems:
            raise InvalidEntry(*problems)
    except InvalidEntry as error:
        shown = [(number, problem) for problem in error.problems[:MAX_PROBLEMS]]
        raise ImportFailed(shown, len(error.problems)) from None
    return names


def _csv_fields(header: Sequence[str], text: str) -> Mapping[str, object]:
    row = _csv_row(text)
    if len(row) != len(header):
        raise InvalidEntry(Problem("line", f"has {len(row)} values, the header {len(header)}"))
    return dict(zip(header, row, strict=True))


def _csv_row(text: str) -> list[str]:
    """Line by line, since no id holds a line break: a stray quote spoils one row and no others."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise InvalidEntry(Problem("line", f"is not CSV: {error}")) from None
