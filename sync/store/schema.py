"""Whether a database has this code's schema. `sync.migrations` brings it up to date."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from sync.errors import StorageError

_VERSIONS = Path(__file__).parent.parent / "migrations" / "versions"
REVISIONS = tuple(sorted(path.name[:4] for path in _VERSIONS.glob("[0-9]*.py")))
"""Of the schema, oldest first. The name of each migration's file begins with its revision."""

_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))
"""Alembic's table, with one row. Read as it is: to import Alembic takes longer than to start."""
USABLE_FROM = "schema_usable_from"
"""The fact's name in `sync.store.meta`: the oldest revision whose code can work with the schema as
it is now. Where there is none, only the newest can."""
_META = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.String))


class SchemaMismatch(StorageError):
    """The database's schema is not the one this version of the code works with."""


def revision_of(connection: sa.Connection) -> str | None:
    """The schema's revision; None where there are no tables yet."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(sa.select(_VERSION.c.version_num))


def check_usable(connection: sa.Connection) -> None:
    """Make sure that this code can work with the schema: it is its own, or says so.

    Raises:
        SchemaMismatch: as `check_revision()`.
    """
    current = revision_of(connection)
    if current is not None and current not in REVISIONS and _is_usable(connection):
        return
    check_revision(current)


def _is_usable(connection: sa.Connection) -> bool:
    if not sa.inspect(connection).has_table(_META.name):
        return False
    noted = sa.select(_META.c.value).where(_META.c.name == USABLE_FROM)
    usable_from = connection.scalar(noted)
    return usable_from is not None and usable_from <= REVISIONS[-1]


def check_revision(current: str | None) -> None:
    """Make sure that a schema of this revision is this code's.

    Raises:
        SchemaMismatch: it is older, newer or not there; the message says what to do.
    """
    *older, newest = REVISIONS
    if current is None:
        raise SchemaMismatch("the database has no tables yet; run: polar-sync migrate")
    if current in older:
        raise SchemaMismatch("the database is older than this version; run: polar-sync migrate")
    if current != newest:
        raise SchemaMismatch(
            "the database was migrated by a newer version of polar-sync; install that version"
        )
