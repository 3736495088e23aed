"""Whether a database has this code's schema. `sync.migrations` brings it up to date."""

from __future__ import annotations

import sqlalchemy as sa

from sync.errors import StorageError

REVISIONS = ("0001", "0002", "0003")
"""Of the schema, oldest first: one for each file in `sync/migrations/versions`."""

_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))
"""Alembic's table, with one row. Read as it is: to import Alembic takes longer than to start."""


class SchemaMismatch(StorageError):
    """The database's schema is not the one this version of the code works with."""


def revision_of(connection: sa.Connection) -> str | None:
    """The schema's revision; None where there are no tables yet."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(sa.select(_VERSION.c.version_num))


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
