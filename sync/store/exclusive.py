"""A database for oneself, without asyncio: to change its schema, or to move it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from sync.store.backend import backend_of, storage_errors


@contextlib.contextmanager
def changing(url: str) -> Iterator[sa.Connection]:
    """A transaction that may change the schema: one process has it at a time.

    Raises:
        StorageUnavailable: the database cannot be reached or written.
    """
    parsed = sa.make_url(url)
    backend = backend_of(parsed.get_backend_name())
    with storage_errors(backend), backend.changing(parsed) as connection:
        yield connection


@contextlib.contextmanager
def standing_still(url: str, tables: Sequence[sa.Table]) -> Iterator[sa.Connection]:
    """A transaction to read the tables in while nobody else has the database open.

    On PostgreSQL somebody may still connect, and then wait: `check_alone` tells.

    Raises:
        InUse: somebody has.
        SchemaMismatch: the schema is another version's.
        StorageUnavailable: the database cannot be read.
    """
    parsed = sa.make_url(url)
    backend = backend_of(parsed.get_backend_name())
    with storage_errors(backend), backend.standing_still(parsed, tables) as connection:
        yield connection


def check_alone(connection: sa.Connection) -> None:
    """Make sure that no other process of the bridge is connected to the database.

    Raises:
        InUse: one is.
    """
    backend_of(connection.dialect.name).check_alone(connection)
