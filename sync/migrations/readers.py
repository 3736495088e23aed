"""Roles of PostgreSQL's that may read the views and nothing else."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlmodel import SQLModel

import sync.migrations.tables  # noqa: F401 - fills the metadata
from sync.errors import NotPossible
from sync.migrations.views import VIEWS
from sync.store.exclusive import changing
from sync.store.schema import check_current

_ALL = ", ".join(VIEWS)


class NoReader(NotPossible):
    """Nothing was granted or revoked. The message says what to do."""


def grant(url: str, name: str) -> str | None:
    """Let the role read the views. Returns the password of one that was made; None: it was there.

    Raises:
        NoReader, SchemaMismatch, StorageUnavailable
    """
    with changing(url) as connection:
        role = _role(connection, name)
        password = None
        if not _exists(connection, name):
            password = secrets.token_urlsafe(24)
            _run(connection, f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
            _run(connection, f"ALTER ROLE {role} SET default_transaction_read_only = on")
        schema = connection.scalar(sa.text("SELECT quote_ident(current_schema())"))
        _run(connection, f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        _run(connection, f"GRANT SELECT ON {_ALL} TO {role}")
        if readable := _tables_it_can_read(connection, name):
            raise NoReader(
                f"the role {name} can read more than the views, such as the table {readable[0]}:"
                " name another"
            )
    return password


def revoke(url: str, name: str) -> None:
    """Take it back. The role stays.

    Raises:
        NoReader, SchemaMismatch, StorageUnavailable
    """
    with changing(url) as connection:
        role = _role(connection, name)
        if not _exists(connection, name):
            raise NoReader(f"there is no role {name}")
        _run(connection, f"REVOKE SELECT ON {_ALL} FROM {role}")  # noqa: S608 - quoted


def _role(connection: sa.Connection, name: str) -> str:
    if connection.dialect.name != "postgresql":
        raise NoReader("only PostgreSQL has roles: who can read a SQLite file can read all of it")
    check_current(connection)
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _exists(connection: sa.Connection, name: str) -> bool:
    found = connection.scalar(
        sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": name}
    )
    return bool(found)


def _tables_it_can_read(connection: sa.Connection, name: str) -> list[str]:
    may = sa.text("SELECT has_table_privilege(:name, :table, 'SELECT')")
    return [
        table.name
        for table in SQLModel.metadata.sorted_tables
        if connection.scalar(may, {"name": name, "table": table.name})
    ]


def _run(connection: sa.Connection, statement: str) -> None:
    try:
        # As it is: a name may hold a colon or a percent sign.
        connection.exec_driver_sql(statement.replace("%", "%%"))
    except sa.exc.ProgrammingError as error:
        raise NoReader(
            f"the server refuses it ({type(error.orig).__name__}): the bridge's role may not make"
            " roles; have an administrator make the role with CREATE ROLE, then run this again"
        ) from None
