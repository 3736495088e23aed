"""A database as somebody beside the bridge sees it, on either engine."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

_connections: dict[str, psycopg.Connection[Any]] = {}
"""One for each database that is looked at, as a new one takes PostgreSQL milliseconds; the oldest
first."""
_KEPT = 10


class Row(dict[str, Any]):
    """A row by its columns' names or numbers, with values as SQLite stores them: times as text,
    booleans as 0 and 1, JSON as text."""

    def __getitem__(self, key: str | int) -> Any:
        return list(self.values())[key] if isinstance(key, int) else super().__getitem__(key)


@dataclass(frozen=True, slots=True)
class Store:
    """One test's database."""

    url: str
    directory: Path
    """A directory of its own: on SQLite the file's."""

    @classmethod
    def of(cls, path: Path) -> Store:
        """The SQLite file."""
        return cls(f"sqlite:///{path}", path.parent)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite:")

    @property
    def path(self) -> Path:
        """The SQLite file."""
        assert self.is_sqlite
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def name(self) -> str:
        """The PostgreSQL database's name."""
        return self.url.partition("?")[0].rpartition("/")[2]

    def query(self, sql: str, *parameters: Any) -> list[Any]:
        """Read it as another process does. Parameters are `?` on both engines."""
        if self.is_sqlite:
            connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
            with contextlib.closing(connection):
                connection.row_factory = sqlite3.Row
                return connection.execute(sql, parameters).fetchall()
        cursor = self._ask(sql, parameters)
        names = [column.name for column in cursor.description or ()]
        return [
            Row(zip(names, map(_as_sqlite_has_it, values), strict=True))
            for values in cursor.fetchall()
        ]

    def execute(self, sql: str, *parameters: Any) -> int:
        """Change it as another process does; returns how many rows were."""
        if self.is_sqlite:
            connection = sqlite3.connect(self.path)
            with contextlib.closing(connection), connection:
                return connection.execute(sql, parameters).rowcount
        return self._ask(sql, parameters).rowcount

    def stored(self) -> bytes:
        """Every byte of the file and of what belongs to it; on PostgreSQL, whose files are its own,
        every value in every table."""
        if self.is_sqlite:
            files = sorted(self.path.parent.glob(f"{self.path.name}*"))
            return b"".join(file.read_bytes() for file in files)
        tables = self._ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", ())
        rows = []
        for (name,) in tables.fetchall():
            rows += self._ask(f'SELECT * FROM "{name}"', ()).fetchall()  # noqa: S608
        values = [value for row in rows for value in row]
        return b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)

    def close(self) -> None:
        """Close what looked at it."""
        if connection := _connections.pop(self.url, None):
            connection.close()

    def _ask(self, sql: str, parameters: Sequence[Any]) -> psycopg.Cursor[Any]:
        in_postgres = sql.replace("%", "%%").replace("?", "%s") if parameters else sql
        try:
            return self._connection().execute(in_postgres, parameters or None)
        except psycopg.OperationalError:
            # A test has ended the connection, or the server.
            self.close()
            return self._connection().execute(in_postgres, parameters or None)

    def _connection(self) -> psycopg.Connection[Any]:
        connection = _connections.get(self.url)
        if connection is None or connection.closed:
            while len(_connections) >= _KEPT:
                _connections.pop(next(iter(_connections))).close()
            connection = psycopg.connect(self.url, autocommit=True)
            connection.adapters.register_loader("json", TextLoader)
            _connections[self.url] = connection
        return connection


def _as_sqlite_has_it(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return int(value) if isinstance(value, bool) else value


DatabaseFactory = Callable[[], Path]
StoreFactory = Callable[[], Store]


def store_at(database: Path | Store) -> Store:
    """The database, which may be given by its SQLite file's name."""
    return database if isinstance(database, Store) else Store.of(database)


def inbox_rows(database: Path | Store) -> list[Any]:
    """The inbox as another process finds it, oldest first."""
    return store_at(database).query("SELECT * FROM inbox ORDER BY id")
