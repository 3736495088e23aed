"""Importing entries of the mapping from a file, all or nothing."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import BinaryIO, Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import mapping
from sync.deletions.identity import (
    InvalidEntry,
    Problem,
    put_entries,
    read_entry,
    taken,
    unknown_fields,
)
from sync.deletions.mapping import Target
from sync.errors import InvalidInput
from sync.hashing import Hasher
from sync.store.database import Database
from sync.store.errors import StorageUnavailable

MAX_PROBLEMS = 20
"""An import that fails tells this many of its problems."""

_DELIMITERS = (",", ";", "\t")
_CHUNK = 65_536
"""Bytes that are read at once."""
_SPOOL = (
    # Nothing of it outlives the import.
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    # In KiB.
    "PRAGMA cache_size = -16000",
    "CREATE TABLE entry (user_id TEXT PRIMARY KEY, external_id TEXT UNIQUE,"
    " customer_id TEXT UNIQUE, line INTEGER) WITHOUT ROWID",
)

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

    UTF-8 or UTF-16; CSV with a header row (between commas, semicolons or tabs), or one JSON object
    a line; the names are user_id and one or both of external_id and customer_id (Polar's own id),
    of which each line sets one. No two users may have the same.

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
                await _check_stored(session, spool)
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
    for statement in _SPOOL:
        spool.execute(statement)
    lines = enumerate(_lines(stream), 1)
    table = _Table.of(*next(lines, (1, ""))) if file_format == "csv" else None
    problems: list[tuple[int, Problem]] = []
    total = 0
    for number, line in lines:
        try:
            _check_length(line)
            if line.strip() and (
                fields := _json_fields(line) if table is None else table.row(line)
            ):
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
    query = "SELECT user_id, external_id, customer_id, line FROM entry WHERE"
    for *earlier, line in spool.execute(f"{query} user_id = ?", (user_id,)):
        if tuple(earlier) != row:
            raise InvalidEntry(Problem("user_id", f"line {line} maps it to another customer"))
        return
    field = "external_id" if target.customer_id is None else "customer_id"
    named = spool.execute(f"{query} {field} = ?", (target.external_id or target.customer_id,))
    line = named.fetchone()[3]
    raise InvalidEntry(Problem(field, f"line {line} has it for another user: it is one user's"))


async def _check_stored(session: AsyncSession, spool: sqlite3.Connection) -> None:
    """Make sure that nobody else has what was imported. Only now: who had it may be in the file,
    with something else.

    Raises:
        ImportFailed: somebody has.
    """
    entries = spool.execute("SELECT user_id, external_id, customer_id, line FROM entry")
    problems: list[tuple[int, Problem]] = []
    while batch := entries.fetchmany(_BATCH):
        targets = {
            Target(external_id=external_id, customer_id=customer_id): (user_id, line)
            for user_id, external_id, customer_id, line in batch
        }
        for it in await mapping.shared(session, targets):
            user_id, line = targets[Target(**{it.field: it.value})]
            problems.append((line, taken(it, user_id)))
        if len(problems) > MAX_PROBLEMS:
            break
    if problems:
        raise ImportFailed(sorted(problems, key=itemgetter(0))[:MAX_PROBLEMS], len(problems))


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Each line, whichever way it ends; of one that is too long, its beginning, so that memory
    stays bounded. What is not of the encoding becomes surrogates, which no id may hold."""
    chunk = stream.read(_CHUNK)
    decoder = io.IncrementalNewlineDecoder(_decoder(chunk), translate=True)
    rest = ""
    while chunk:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from lines
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


def _check_length(line: str) -> None:
    if len(line) > _MAX_LINE:
        raise InvalidEntry(Problem("line", "is too long; put one entry on each line"))


def _json_fields(text: str) -> Mapping[str, object]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise InvalidEntry(Problem("line", "must be one JSON object"))
    return fields


@dataclass(frozen=True, slots=True)
class _Table:
    """How a CSV file is to be read, by its first line."""

    names: Sequence[str]
    delimiter: str

    @classmethod
    def of(cls, number: int, line: str) -> _Table:
        """What the first line says.

        Raises:
            ImportFailed: what the columns mean is not clear, so no row can be read.
        """
        # Of a spreadsheet it is what the language makes it. None of them is in a column's name.
        delimiter = next((it for it in _DELIMITERS if it in line), ",")
        try:
            _check_length(line)
            names = [it.strip() for it in _csv(line, delimiter)]
            problems = unknown_fields(names)
            missing = "user_id" not in names or len(names) < 2
            if not problems and (missing or len(set(names)) < len(names)):
                remedy = (
                    "must name user_id and one or both of external_id and customer_id, each once"
                )
                problems.append(Problem("header", remedy))
            if problems:
                raise InvalidEntry(*problems)
        except InvalidEntry as error:
            shown = [(number, problem) for problem in error.problems[:MAX_PROBLEMS]]
            raise ImportFailed(shown, len(error.problems)) from None
        return cls(names, delimiter)

    def row(self, line: str) -> Mapping[str, object] | None:
        """The fields of a line; None: it is the header once more, where files were put together.

        Raises:
            InvalidEntry: it does not fit the header.
        """
        values = _csv(line, self.delimiter)
        if len(values) != len(self.names):
            counts = f"has {len(values)} values, the header {len(self.names)}"
            raise InvalidEntry(Problem("line", counts))
        stripped = [value.strip() for value in values]
        if set(stripped) == set(self.names):
            if stripped == list(self.names):
                return None
            raise InvalidEntry(
                Problem("line", "is another header: import what follows it by itself")
            )
        fields = dict(zip(self.names, values, strict=True))
        if "customer_id" in fields:
            fields["customer_id"] = fields["customer_id"].strip()
        if fields["user_id"] != fields["user_id"].strip():
            remedy = "begins or ends with a blank: take it away, or give it as it is in JSON lines"
            raise InvalidEntry(Problem("user_id", remedy))
        return fields


def _csv(line: str, delimiter: str) -> list[str]:
    """Line by line, since no id holds a line break: a stray quote spoils one row and no others."""
    try:
        reader = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
        return next(reader, [])
    except csv.Error as error:
        raise InvalidEntry(Problem("line", f"is not CSV: {error}")) from None
