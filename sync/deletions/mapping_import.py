"""Importing entries of the mapping from a file, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import mapping
from sync.deletions.id_file import (
    MAX_PROBLEMS,
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
from sync.deletions.identity import (
    InvalidEntry,
    Problem,
    put_entries,
    read_entry,
    taken,
    unknown_fields,
)
from sync.deletions.mapping import Target
from sync.hashing import Hasher
from sync.store.database import Database

_SPOOL = (
    # In KiB.
    "PRAGMA cache_size = -16000",
    "CREATE TABLE entry (user_id TEXT PRIMARY KEY, external_id TEXT UNIQUE,"
    " customer_id TEXT UNIQUE, line INTEGER) WITHOUT ROWID",
)

_BATCH = 500


class ImportFailed(FileRefused):
    """Nothing was imported."""


async def import_entries(
    database: Database, hasher: Hasher, stream: Stream, file_format: Literal["csv", "jsonl"]
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
    # The stream may be slow, and the database is locked only once all of it has been read and found
    # good.
    count = 0
    with spooled(*_SPOOL) as spool:
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
    return count


def _validate(
    stream: Stream, file_format: Literal["csv", "jsonl"], spool: sqlite3.Connection
) -> None:
    """Read the whole stream into the spool's table `entry`.

    Raises:
        ImportFailed: as for `import_entries`.
    """
    numbered = enumerate(lines(stream), 1)
    table = _Table.of(*next(numbered, (1, ""))) if file_format == "csv" else None
    problems = Problems()
    for number, line in numbered:
        try:
            check_length(line)
            if line.strip() and (fields := json_fields(line) if table is None else table.row(line)):
                _keep(spool, number, *read_entry(fields))
        except InvalidEntry as error:
            problems.add(number, error)
    problems.check(ImportFailed)


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
        delimiter = delimiter_of(line)
        try:
            check_length(line)
            names = [it.strip() for it in csv_values(line, delimiter)]
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
        values = csv_values(line, self.delimiter)
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
