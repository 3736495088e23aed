"""A real PgBouncer in front of the tests' PostgreSQL, pooling transactions."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.helpers.postgres import Postgres
from tests.helpers.waiting import wait_for

# Debian has it where only root looks.
_PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


def needed() -> None:
    """Skip the test where it is not installed; where everything must run, fail."""
    if _PROGRAM is None:
        assert not os.environ.get("NOTHING_SKIPPED"), "pgbouncer is not installed: see .ci/run"
        pytest.skip("pgbouncer is not installed: apt-get install pgbouncer")


@contextlib.contextmanager
def pooling(server: Postgres, database: str, *, mode: str = "transaction") -> Iterator[str]:
    """A pooler with a few connections to the database; gives the DATABASE_URL that leads to it."""
    assert _PROGRAM is not None
    # It does not run as root. Who runs the server may use its socket.
    owner = Path(parse_qs(urlsplit(server.url(database)).query)["host"][0]).owner()
    user = f"user = {owner}" if os.geteuid() == 0 else ""
    [sockets] = parse_qs(urlsplit(server.url(database)).query)["host"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="polar-sync-pgbouncer-") as directory:
        settings = Path(directory) / "pgbouncer.ini"
        settings.write_text(
            f"""
            [databases]
            * = host={sockets} user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = {mode}
            default_pool_size = 4
            max_client_conn = 200
            logfile = {directory}/log
            {user}
            """.replace("    ", "")
        )
        # It gives up being root, and reads and writes there all the same.
        Path(directory).chmod(0o777)
        url = f"postgresql://postgres@127.0.0.1:{port}/{database}"
        with subprocess.Popen([_PROGRAM, str(settings)], stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(lambda: _answers(url), "pgbouncer")
                yield url
            finally:
                process.terminate()


def _answers(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), asking(url) as ask:
        return bool(ask("SELECT 1") == 1)
    return False


@contextlib.contextmanager
def asking(url: str) -> Iterator[Callable[[str], Any]]:
    """Ask by the pooler as anybody would: gives what returns the first value of an answer."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:

        def ask(query: str) -> Any:
            row = connection.execute(query).fetchone()
            assert row is not None
            return row[0]

        yield ask
