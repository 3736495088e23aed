"""Moving a deployment to another database, from one engine to the other or within one.

All that is written is one transaction on the target, which is committed only once every row has
been read back and found equal. The source is only read, and nobody writes to it meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel, col

import sync.migrations.tables  # noqa: F401 - fills the metadata
from sync.errors import NotPossible
from sync.migrations.upgrade import upgrade
from sync.store.exclusive import changing, check_alone, standing_still
from sync.store.hash_key import HASH_KEY_CHECK
from sync.store.meta import MetaRow

_BATCH = 200
"""Rows in memory at once; one may hold a payload of up to a megabyte."""
_VERSION_TABLE = "alembic_version"


class MoveRefused(NotPossible):
    """The deployment was not moved, and the target is as it was. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One table, equal on both sides."""

    table: str
    rows: int
    digest: str
    """SHA-256 over all rows in the order of their keys, in hex."""


def move(source_url: str, target_url: str) -> list[Moved]:
    """Copy everything from one database to another that is empty.

    Raises:
        MoveRefused: the target is not empty, or does not take or give back a row as it is.
        InUse: the source is being used.
        SchemaMismatch: the source's schema is not this version's.
        StorageUnavailable: either database cannot be reached, read or written.
    """
    if _is_same_file(source_url, target_url):
        raise MoveRefused("source and target are the same file")
    tables = SQLModel.metadata.sorted_tables
    with standing_still(source_url, tables) as source, changing(target_url) as target:
        _check_empty(target, tables)
        upgrade(target)
        # It has been noted by that, perhaps; the source has its own.
        target.execute(sa.delete(MetaRow))
        moved = [_move(source, target, table) for table in tables]
        if target.dialect.name == "postgresql":
            _reset_sequences(target, tables)
        check_alone(source)
    return moved


def _is_same_file(source_url: str, target_url: str) -> bool:
    urls = [make_url(source_url), make_url(target_url)]
    files = {Path(url.database or "").resolve() for url in urls}
    return {url.get_backend_name() for url in urls} == {"sqlite"} and len(files) == 1


def _check_empty(target: sa.Connection, tables: Sequence[sa.Table]) -> None:
    there = set(sa.inspect(target).get_table_names()) - {_VERSION_TABLE}
    known = {table.name: table for table in tables}
    foreign = sorted(there - known.keys())
    if foreign:
        raise MoveRefused(
            f"the target is not empty: it has the table {foreign[0]}, which is not one of the"
            " bridge's; give it a database of its own"
        )
    if MetaRow.__tablename__ in there:
        # It comes of looking at a new database, before anything is in it; the source has its own.
        target.execute(sa.delete(MetaRow).where(col(MetaRow.name) == HASH_KEY_CHECK))
    for name in sorted(there):
        if target.execute(sa.select(sa.literal(1)).select_from(known[name]).limit(1)).first():
            raise MoveRefused(
                f"the target is not empty: its table {name} has rows; give it a new database"
            )


def _move(source: sa.Connection, target: sa.Connection, table: sa.Table) -> Moved:
    sent = _Digest()
    try:
        for batch in _batches(source, table):
            sent.add(batch)
            target.execute(table.insert(), [dict(row) for row in batch])
    except sa.exc.DataError as error:
        raise MoveRefused(f"the target does not take a row of {table.name}: {error.orig}") from None
    there = _Digest()
    for batch in _batches(target, table):
        there.add(batch)
    if (there.rows, there.hex()) != (sent.rows, sent.hex()):
        raise MoveRefused(f"the target does not give back the rows of {table.name} as they were")
    return Moved(table.name, sent.rows, sent.hex())


def _batches(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    """All rows in the order of their keys, which is the same on both engines."""
    keys: list[sa.ColumnElement[Any]] = []
    for column in table.primary_key:
        is_text = connection.dialect.name == "postgresql" and isinstance(column.type, sa.String)
        # PostgreSQL would sort text by the rules of some language, SQLite sorts it by its bytes.
        keys.append(sa.collate(column, "C") if is_text else column)
    found = connection.execute(
        sa.select(table).order_by(*keys), execution_options={"yield_per": _BATCH}
    )
    for batch in found.mappings().partitions():
        yield cast(Sequence[Mapping[str, Any]], batch)


class _Digest:
    """Over rows in their order, of whichever engine."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()

    def add(self, batch: Sequence[Mapping[str, Any]]) -> None:
        self.rows += len(batch)
        for row in batch:
            text = json.dumps(list(row.values()), default=_plain, sort_keys=True)
            self._hash.update(text.encode() + b"\n")

    def hex(self) -> str:
        return self._hash.hexdigest()


def _plain(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat(timespec="microseconds")
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case _:
            raise TypeError(type(value).__name__)


def _reset_sequences(target: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """Have PostgreSQL give new rows ids after those that came with the old ones."""
    for table in tables:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = target.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        if sequence is not None:
            following = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            target.execute(sa.select(sa.func.setval(sequence, following, False)))
