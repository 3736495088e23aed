"""The schema's revisions, and the migrations that lead from one to the next."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from sync.errors import StorageError


class SchemaMismatch(StorageError):
    """The database's schema is not the one this version of the code works with."""


def revision_of(connection: sa.Connection) -> str | None:
    """The schema's revision; None where there are no tables yet."""
    return MigrationContext.configure(connection).get_current_revision()


def check_revision(current: str | None) -> None:
    """Make sure that a schema of this revision is this code's.

    Raises:
        SchemaMismatch: it is older, newer or not there; the message says what to do.
    """
    newest, *older = _revisions()
    if current is None:
        raise SchemaMismatch("the database has no tables yet; run: polar-sync migrate")
    if current in older:
        raise SchemaMismatch("the database is older than this version; run: polar-sync migrate")
    if current != newest:
        raise SchemaMismatch(
            "the database was migrated by a newer version of polar-sync; install that version"
        )


def upgrade(connection: sa.Connection) -> None:
    """Bring the schema up to date, in the connection's transaction.

    Raises:
        SchemaMismatch: it is a newer version's, or something in it is in the way.
    """
    current = revision_of(connection)
    if current is not None and current not in _revisions():
        check_revision(current)
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except sa.exc.ProgrammingError as error:
        raise SchemaMismatch(f"the schema cannot be brought up to date: {error.orig}") from None


def _revisions() -> list[str]:
    """All that this version knows, the newest first."""
    script = ScriptDirectory.from_config(_config())
    return [item.revision for item in script.walk_revisions()]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    return config
