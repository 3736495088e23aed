"""Whether a database has this code's schema. `sync.migrations` brings it up to date."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from sync.errors import StorageError

_VERSIONS = Path(__file__).parent.parent / "migrations" / "versions"
REVISIONS = tuple(sorted(path.name[:4] for path in _VERSIONS.glob("[0-9]*.py")))
"""Of the schema, oldest first. The name of each migration's file begins with its revision."""

_FIRST = "inbox"
"""A table that each schema has had."""
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))
"""Alembic's table, with one row. Read as it is: to import Alembic takes longer than to start."""
USABLE_FROM = "schema_usable_from"
"""The fact's name in `sync.store.meta`: the oldest revision whose code can work with the schema as
it is now. Where there is none, only the newest can."""
_META = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.String))


class SchemaMismatch(StorageError):
    """The database's schema is not the one this version of the code works with."""


def revision_of(connection: sa.Connection) -> str | None:
    """The schema's revision; None where none of this code's tables are there yet."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    found = connection.scalar(sa.select(_VERSION.c.version_num))
    # Another application may use Alembic, too.
    is_own = found in REVISIONS or sa.inspect(connection).has_table(_FIRST)
    return found if is_own else None


def check_usable(connection: sa.Connection) -> None:
    """Make sure that this code can work with the schema: it is its own, or says so.

    Raises:
        SchemaMismatch: as `check_current()`.
    """
    current = revision_of(connection)
    if current is None or current in REVISIONS or not _is_usable(connection):
        _check(connection, current)


def _is_usable(connection: sa.Connection) -> bool:
    if not sa.inspect(connection).has_table(_META.name):
        return False
    noted = sa.select(_META.c.value).where(_META.c.name == USABLE_FROM)
    usable_from = connection.scalar(noted)
    return usable_from is not None and usable_from <= REVISIONS[-1]


def check_current(connection: sa.Connection) -> None:
    """Make sure that the schema is this code's.

    Raises:
        SchemaMismatch: it is older, newer, not there, or another application's; the message says
            what to do.
    """
    _check(connection, revision_of(connection))


def _check(connection: sa.Connection, current: str | None) -> None:
    *older, newest = REVISIONS
    if current is None:
        check_own(connection)
        raise no_tables(connection.engine.url.database)
    if current in older:
        raise SchemaMismatch("the database is older than this version; run: polar-sync migrate")
    if current != newest:
        raise SchemaMismatch(
            "the database was migrated by a newer version of polar-sync; install that version"
        )


def check_own(connection: sa.Connection) -> None:
    """Make sure that a database without this code's tables has nobody else's either.

    Raises:
        SchemaMismatch: it has; the message says what to do.
    """
    if others := sorted({*sa.inspect(connection).get_table_names()} - {_VERSION.name}):
        raise SchemaMismatch(
            f"the database {connection.engine.url.database} is another application's: it has the"
            f" table {others[0]}; have DATABASE_URL name a database of polar-sync's own,"
            " or a schema (docs/postgresql.md)"
        )


def no_tables(database: str | None) -> SchemaMismatch:
    """What is wrong with a database of that name, or at that path, that is empty or not there."""
    return SchemaMismatch(f"the database {database} has no tables yet; run: polar-sync migrate")
