"""What several tests need: signatures made independently of the code under test, real servers on
loopback, and a look into the database from outside."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp

from app.main import create_app
from sync.settings import Settings
from tests.store import Store
from tests.waiting import WAIT

EVENT_KEY = b"the key that the app signs with."
EVENT_SECRET = "whsec_" + base64.b64encode(EVENT_KEY).decode()
POLAR_SECRET = "polar_whs_bG9vcGJhY2sgb25seSwgbm9ib2R5"
HASH_KEY = "0123456789abcdef" * 4

BOTH_ENGINES = pytest.mark.engines("sqlite", "postgresql")
SQLITE = pytest.mark.engines("sqlite")
POSTGRESQL = pytest.mark.engines("postgresql")


def store_at(database: Path | Store) -> Store:
    """The database, which may be given by its SQLite file's name."""
    return database if isinstance(database, Store) else Store.of(database)


def environment(database: Path | Store, **overrides: str) -> dict[str, str]:
    """The variables of a deployment that accepts only, on this database."""
    return {
        "POLAR_ACCESS_TOKEN": "polar_oat_test",
        "POLAR_WEBHOOK_SECRETS": POLAR_SECRET,
        "EVENT_SECRETS": EVENT_SECRET,
        "HASH_KEY": HASH_KEY,
        "DATABASE_URL": store_at(database).url,
        "WORKER": "separate",
        **overrides,
    }


def load_settings(database: Path | Store, **overrides: Any) -> Settings:
    """The same as a settings object. Overrides are fields."""
    values: dict[str, Any] = {k.lower(): v for k, v in environment(database).items()}
    return Settings.load(_env_file=None, **(values | overrides))


def database_path(settings: Settings) -> Path:
    """The settings' SQLite file."""
    return Path(settings.database_url.get_secret_value().removeprefix("sqlite:///"))


def inbox_rows(database: Path | Store) -> list[Any]:
    """The inbox as another process finds it, oldest first."""
    return store_at(database).query("SELECT * FROM inbox ORDER BY id")


def new_id() -> str:
    """A webhook id nobody has used."""
    return f"msg_{uuid.uuid4().hex}"


def signature(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """One `webhook-signature` entry, straight from the specification."""
    content = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def signed_headers(
    body: bytes,
    *,
    key: bytes = EVENT_KEY,
    webhook_id: str | None = None,
    at: float | None = None,
    family: str = "webhook",
) -> dict[str, str]:
    """Headers that sign `body`. `at`: seconds since 1970, now unless given."""
    webhook_id = webhook_id or new_id()
    timestamp = str(int(time.time() if at is None else at))
    return {
        f"{family}-id": webhook_id,
        f"{family}-timestamp": timestamp,
        f"{family}-signature": signature(key, webhook_id, timestamp, body),
        "content-type": "application/json",
    }


def polar_headers(
    body: bytes, *, key: bytes = POLAR_SECRET.encode(), webhook_id: str | None = None
) -> dict[str, str]:
    """Headers that sign `body` as Polar does."""
    return signed_headers(body, key=key, webhook_id=webhook_id)


def event_body(
    type: str = "user.deleted",  # noqa: A002 - the field's name
    user_id: Any = "user-1",
    *,
    timestamp: Any = None,
    **data: Any,
) -> bytes:
    """An event of the standard preset; `data` goes beside the user id."""
    return json.dumps(
        {
            "type": type,
            "timestamp": time.time() if timestamp is None else timestamp,
            "data": {"user_id": user_id, **data},
        }
    ).encode()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()


@contextlib.contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Run an application under uvicorn in a thread; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.ready.wait(WAIT)
            assert server.started, "the application did not start"
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def serve_settings(settings: Settings) -> Iterator[str]:
    """Run the real application in a thread; gives its URL."""
    with serve(create_app(settings)) as url:
        yield url


@dataclass(frozen=True, slots=True)
class Process:
    """A server in a process of its own."""

    url: str
    pid: int
    popen: subprocess.Popen[str]
    log: list[str]
    """What it has written so far, line by line."""


@contextlib.contextmanager
def serve_process(variables: Mapping[str, str], cwd: Path) -> Iterator[Process]:
    """Run the application the way a deployment does, in `cwd`. Killed at the end."""
    popen = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--port", "0"],
        cwd=cwd,
        env={**os.environ, **variables, "PYTHONPATH": str(Path(__file__).parent.parent)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert popen.stderr is not None
    log: list[str] = []
    started = threading.Event()

    def drain(lines: Iterator[str]) -> None:
        for line in lines:
            log.append(line)
            if "running on" in line:
                started.set()
        started.set()

    reader = threading.Thread(target=drain, args=(popen.stderr,))
    reader.start()
    try:
        assert started.wait(WAIT)
        found = re.search(r"running on (http://127\.0\.0\.1:\d+)", "".join(log))
        assert found, "".join(log)
        yield Process(found[1], popen.pid, popen, log)
    finally:
        popen.kill()
        popen.wait()
        reader.join()
        popen.stderr.close()


def exchange(url: str, request: bytes, *, finish: bool = False) -> bytes:
    """Send bytes over a raw socket and return the first thing that comes back, b"" where the server
    closes without a word. `finish`: close our sending side after them."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=WAIT) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            return connection.recv(65_536)
        return b""
