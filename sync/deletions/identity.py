"""Local user id → who to delete at Polar.

The event's own external id comes first, then an explicit entry of the `mapping` table, then the
rule that MAPPING names. Entries are set one by one or imported from a file, all or nothing.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, assert_never

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.states import UNPINNED, State
from sync.deletions.tables import DeletionRow, MappingRow
from sync.errors import InvalidInput
from sync.hashing import Hasher
from sync.ids import MAX_ID
from sync.mirror.objects import PolarId
from sync.settings import Settings
from sync.store.columns import UtcDateTime
from sync.store.database import Database
from sync.store.errors import StorageUnavailable

MAX_PROBLEMS = 20
"""An import that fails tells this many of its problems."""

# A line that says all it may, every character of it escaped, is shorter.
_MAX_LINE = 16_384
_BATCH = 500
_FIELDS = ("user_id", "external_id", "customer_id")
_UNUSABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CUSTOMER_ID = TypeAdapter(PolarId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who to delete at Polar: exactly one of the two ids is set."""

    external_id: str | None = None
    customer_id: str | None = None

    def __post_init__(self) -> None:
        if bool(self.external_id) == bool(self.customer_id):
            raise ValueError("exactly one of external_id and customer_id")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of an entry, and what to do about it. Holds no ids."""

    field: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.remedy}"


class InvalidEntry(InvalidInput):
    """An entry of the mapping that cannot be used."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class ImportFailed(InvalidInput):
    """Nothing was imported. `problems`: the first `MAX_PROBLEMS`, each with its line (from 1)."""

    def __init__(self, problems: Sequence[tuple[int, Problem]], total: int) -> None:
        shown = [f"line {line}: {problem}" for line, problem in problems]
        if total > len(problems):
            shown.append(f"and {total - len(problems)} more")
        super().__init__("\n".join(shown))
        self.problems = list(problems)
        self.total = total


async def resolve(
    session: AsyncSession, user_id: str, override: str | None, settings: Settings
) -> Target | None:
    """Who the user is at Polar; None: not known.

    Args:
        override: the external id in the event itself, if any.
    """
    if override:
        return Target(external_id=override)
    entry = await get_entry(session, user_id)
    if entry is not None:
        return entry
    match settings.mapping:
        case "identity":
            return Target(external_id=user_id)
        case "template":
            # Polar sets no limit to the length of an external id, so none is set here.
            filled_in = settings.external_id_template.replace("{user_id}", user_id)
            return Target(external_id=filled_in)
        case "table":
            return None
        case _:
            assert_never(settings.mapping)


async def get_entry(session: AsyncSession, user_id: str) -> Target | None:
    """The mapping's explicit entry for the user, if there is one."""
    row = await session.get(MappingRow, user_id)
    if row is None:
        return None
    return Target(external_id=row.external_id, customer_id=row.customer_id)


async def set_entry(
    database: Database,
    hasher: Hasher,
    user_id: str,
    *,
    external_id: str | None = None,
    customer_id: str | None = None,
) -> None:
    """Set the user's entry, and wake a deletion that waits for one.

    Raises:
        InvalidEntry: an id cannot be used, or not exactly one of the two is given.
        StorageUnavailable: nothing was written.
    """
    given = (user_id, external_id, customer_id)
    user_id, target = _entry(dict(zip(_FIELDS, given, strict=True)))
    async with database.write() as session:
        await _put(database, session, hasher, [(user_id, target.external_id, target.customer_id)])


async def remove_entry(database: Database, user_id: str) -> bool:
    """Remove the user's entry. Returns whether there was one.

    Raises:
        StorageUnavailable: nothing was written.
    """
    async with database.write() as session:
        row = await session.get(MappingRow, user_id)
        if row is not None:
            await session.delete(row)
        return row is not None


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
                    await _put(database, session, hasher, batch)
                    count += len(batch)
    except sqlite3.Error as error:
        raise StorageUnavailable(f"the temporary file: {error}") from None
    return count


async def _put(
    database: Database,
    session: AsyncSession,
    hasher: Hasher,
    entries: Sequence[tuple[str, str | None, str | None]],
) -> None:
    now = await database.now(session)
    insert = database.insert(MappingRow)
    new = insert.excluded
    await session.exec(
        insert.on_conflict_do_update(
            index_elements=["user_id"],
            set_={
                "external_id": new.external_id,
                "customer_id": new.customer_id,
                "updated_at": new.updated_at,
            },
        ),
        params=[{**dict(zip(_FIELDS, entry, strict=True)), "updated_at": now} for entry in entries],
    )
    state = col(DeletionRow.state)
    await session.exec(
        sa.update(DeletionRow)
        .where(
            col(DeletionRow.user_hash).in_([hasher.user(entry[0]) for entry in entries]),
            col(DeletionRow.user_id).is_not(None),
            # A worker may be resolving one right now, about to find it unmapped: it sees by the
            # signal that it was too early. Only what is unmapped already has nothing else to
            # wait for.
            state.in_([*UNPINNED, State.BLOCKED, State.NO_CUSTOMER]),
        )
        .values(
            signals=col(DeletionRow.signals) + 1,
            next_attempt_at=sa.case(
                (
                    state.in_([State.UNMAPPED, State.NO_CUSTOMER]),
                    sa.literal(now, UtcDateTime()),
                ),
                else_=col(DeletionRow.next_attempt_at),
            ),
        ),
        execution_options={"synchronize_session": False},
    )


# --- what an entry, a line and a file must look like ----------------------------------------


def _entry(fields: Mapping[str, object]) -> tuple[str, Target]:
    problems = _unknown(fields)
    ids: dict[str, str] = {}
    for name in _FIELDS:
        value = fields.get(name)
        if value is None or value == "":
            continue
        try:
            ids[name] = _customer_id(value) if name == "customer_id" else _id(value)
        except ValueError as error:
            problems.append(Problem(name, str(error)))
    if not problems and "user_id" not in ids:
        problems.append(Problem("user_id", "is missing or empty"))
    if not problems and ("external_id" in ids) == ("customer_id" in ids):
        problems.append(Problem("external_id, customer_id", "give exactly one of the two"))
    if problems:
        raise InvalidEntry(*problems)
    return ids.pop("user_id"), Target(**ids)


def _unknown(names: Iterable[str]) -> list[Problem]:
    remedy = f"is not known; the names are {', '.join(_FIELDS)}"
    return [Problem(repr(name)[:40], remedy) for name in names if name not in _FIELDS]


def _id(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if len(value) > MAX_ID:
        raise ValueError(f"must have at most {MAX_ID} characters")
    if _UNUSABLE.search(value):
        raise ValueError("must be UTF-8 and hold no control characters")
    return value


def _customer_id(value: object) -> str:
    try:
        return _CUSTOMER_ID.validate_python(value)
    except ValidationError:
        raise ValueError("must be the customer's UUID at Polar") from None


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
                _keep(spool, number, *_entry(fields))
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
        problems = _unknown(names)
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
