"""Bringing a database's schema up to date. The only module that imports Alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from sync.migrations import views
from sync.store.exclusive import changing
from sync.store.schema import REVISIONS, SchemaMismatch, check_revision, revision_of


def migrate(url: str) -> None:
    """Bring the schema up to date; harmless when it already is.

    Where several processes do it at once, one does and the others find it done. A migration that
    fails leaves everything as it was.

    Raises:
        SchemaMismatch: the schema is a newer version's, or something in it is in the way.
        StorageUnavailable: the database cannot be reached or written.
    """
    with changing(url) as connection:
        upgrade(connection)


def upgrade(connection: sa.Connection) -> None:
    """Bring the schema up to date, in the connection's transaction.

    Raises:
        SchemaMismatch: it is a newer version's, or something in it is in the way.
    """
    current = revision_of(connection)
    if current == REVISIONS[-1]:
        return
    if current is not None and current not in REVISIONS:
        check_revision(current)

    # Only where there is something to do: at most starts there is not, and it takes a while.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    try:
        views.remove(connection)
        command.upgrade(config, "head")
        views.make(connection)
    except sa.exc.ProgrammingError as error:
        raise SchemaMismatch(f"the schema cannot be brought up to date: {error.orig}") from None
