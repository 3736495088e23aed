"""The database of an app that has a kit."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg.rows import dict_row

from tests.helpers.postgres import Postgres

_numbers = itertools.count(1)


@dataclass
class AppDatabase:
    """What the app needs to know of it, and what is in it."""

    variables: Mapping[str, str]
    url: str

    def sql(self, statement: str) -> list[dict[str, Any]]:
        if self.url.startswith("postgresql:"):
            with psycopg.connect(self.url, row_factory=dict_row, autocommit=True) as connection:
                cursor = connection.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        with contextlib.closing(sqlite3.connect(self.url, timeout=60)) as database, database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(statement)]


def on_sqlite(directory: Path) -> AppDatabase:
    path = str(directory / "app.db")
    return AppDatabase({"DATABASE": path}, path)


def on_postgres(postgres: Postgres) -> AppDatabase:
    """An empty database of the server's; `pg` reads the variables by itself."""
    name = f"kit_{next(_numbers)}"
    postgres.sql(f"CREATE DATABASE {name}")
    url = postgres.url(name)
    (host,) = parse_qs(urlsplit(url).query)["host"]
    return AppDatabase({"PGHOST": host, "PGUSER": "postgres", "PGDATABASE": name}, url)
