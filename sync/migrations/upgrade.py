"""Bringing a database's schema up to date. The only module that imports Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import col

from sync.migrations import views
from sync.store.exclusive import changing
from sync.store.meta import MetaRow
from sync.store.schema import (
    REVISIONS,
    USABLE_FROM,
    SchemaMismatch,
    check_own,
    check_usable,
    revision_of,
)

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

PROMISED_FROM = "0017"
"""Code of older revisions refuses every schema but its own."""


def migrate(url: str) -> None:
    """Bring the schema up to date; harmless when it already is.

    Where several processes do it at once, one does and the others find it done. A migration that
    fails leaves everything as it was.

    Raises:
        SchemaMismatch: the schema is a newer version's, the database another application's, or
            something in it is in the way.
        StorageUnavailable: the database cannot be reached or written.
    """
    with changing(url) as connection:
        upgrade(connection)


def upgrade(connection: sa.Connection) -> None:
    """Bring the schema up to date, in the connection's transaction.

    Raises:
        SchemaMismatch: it is a newer version's and not usable by this one, the database is another
            application's, or something in it is in the way.
    """
    current = revision_of(connection)
    if current == REVISIONS[-1]:
        return
    if current is not None and current not in REVISIONS:
        check_usable(connection)
        return
    if current is None:
        check_own(connection)

    # Only where there is something to do: at most starts there is not, and it takes a while.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    try:
        views.remove(connection)
        command.upgrade(config, "head")
        views.make(connection)
        if current is not None:
            _note(connection, _usable_from(ScriptDirectory.from_config(config)))
    except sa.exc.ProgrammingError as error:
        raise SchemaMismatch(f"the schema cannot be brought up to date: {error.orig}") from None


def _usable_from(scripts: ScriptDirectory) -> str:
    """The revision of the newest migration that takes something away from the code before it: its
    module says `contracts = True`."""
    contracting = [
        it.revision for it in scripts.walk_revisions() if getattr(it.module, "contracts", False)
    ]
    return max([PROMISED_FROM, *contracting])


def _note(connection: sa.Connection, usable_from: str) -> None:
    connection.execute(sa.delete(MetaRow).where(col(MetaRow.name) == USABLE_FROM))
    connection.execute(sa.insert(MetaRow).values(name=USABLE_FROM, value=usable_from))
