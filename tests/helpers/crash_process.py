"""`python -m tests.helpers.crash_process`: the real application, killed at a chosen moment.

Nothing of the product is replaced: every write transaction and every request to Polar is wrapped,
so that the process can kill itself just before or just after one. Each line on stdin, a `Run` as
JSON, forks a process that serves; so what takes long, importing everything, is done once. Two lines
come back: the process's pid, and how it ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypedDict

import httpx
import sqlalchemy as sa
import uvicorn
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from app.main import create_app
from sync.deletions import ledger
from sync.settings import Settings
from sync.store.bulk_insert import BulkInsert, Keys, Rows
from sync.store.database import Database, Lane


class Run(TypedDict):
    """One process: its variables, and the moment at which it is killed."""

    variables: dict[str, str]
    listener: int
    """File descriptor of a listening socket."""
    points: str
    """A file to which the name of each moment is added as it passes."""
    crash_at: str | None
    """Name of the moment at which to die."""
    nth: int
    """Which occurrence of it, from 1."""


class Points:
    """Sees the moments pass, and kills this process at the chosen one."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: Counter[str] = Counter()
        self._file = os.open(run["points"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def reach(self, name: str) -> None:
        self._seen[name] += 1
        os.write(self._file, f"{name}\n".encode())
        if name == self._run["crash_at"] and self._seen[name] == self._run["nth"]:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Transaction:
    """What a write transaction has done so far."""

    lane: Lane
    tables: list[str] = field(default_factory=list)
    """Those that it has written to, in order."""
    evidence: list[str] = field(default_factory=list)
    """The kinds of evidence that it has added."""
    facts: list[str] = field(default_factory=list)
    """The facts about the database that it has written."""

    @property
    def name(self) -> str:
        """Where in the data flow it is, by what it writes."""
        if self.lane is not Lane.LEDGER:
            name: str = self.lane.value
        elif "inbox" in self.tables:
            name = "intake"
        elif self.evidence:
            name = f"evidence {self.evidence[0]}"
        elif self.facts:
            name = f"fact {self.facts[0]}"
        else:
            name = self.tables[0] if self.tables else "nothing"
        return name

    def executes(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Note what a statement writes. `rows`: its parameters by name."""
        if (found := _WRITE.match(statement)) is None:
            return
        self.tables.append(found[1])
        if found[1] == "evidence":
            self.evidence += [row["kind"] for row in rows if "kind" in row]
        elif found[1] == "meta":
            # In an INSERT and in an UPDATE.
            self.facts += [row.get("name") or row["meta_name"] for row in rows]


_WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
_transaction: ContextVar[Transaction | None] = ContextVar("_transaction", default=None)


def _observe_statement(
    _connection: object,
    _cursor: object,
    statement: str,
    _parameters: object,
    context: sa.engine.interfaces.ExecutionContext,
    _executemany: bool,
) -> None:
    transaction = _transaction.get()
    if transaction is not None:
        transaction.executes(statement, getattr(context, "compiled_parameters", ()))


def wrap(points: Points) -> None:
    """Have the moments seen."""
    write: Callable[[Database, Lane], AbstractAsyncContextManager[AsyncSession]] = Database.write
    insert_many = Database.insert_many
    request = httpx.AsyncClient.request

    @contextlib.asynccontextmanager
    async def observed_write(
        database: Database, lane: Lane = Lane.LEDGER
    ) -> AsyncIterator[AsyncSession]:
        transaction = Transaction(lane)
        async with write(database, lane) as session:
            token = _transaction.set(transaction)
            try:
                yield session
                await session.flush()
            finally:
                _transaction.reset(token)
            points.reach(f"before commit of {transaction.name}")
        points.reach(f"after commit of {transaction.name}")

    async def observed_request(
        client: httpx.AsyncClient, method: str, url: str, **options: Any
    ) -> httpx.Response:
        name = f"{method} {_route(url)}"
        points.reach(f"before {name}")
        response = await request(client, method, url, **options)
        points.reach(f"after {name}")
        return response

    async def observed_insert(database: Database, insert: BulkInsert, rows: Rows) -> Keys:
        points.reach(f"before commit of {Lane.INBOX.value}")
        keys = await insert_many(database, insert, rows)
        points.reach(f"after commit of {Lane.INBOX.value}")
        return keys

    event.listen(sa.Engine, "before_cursor_execute", _observe_statement)
    Database.write = observed_write  # type: ignore[method-assign, assignment]
    Database.insert_many = observed_insert  # type: ignore[method-assign, assignment]
    httpx.AsyncClient.request = observed_request  # type: ignore[method-assign, assignment]


def _route(url: str) -> str:
    """The path without what names a customer or a subscription."""
    words = {"customers", "external", "state", "members", "subscriptions", "benefit-grants"}
    return "/".join(part for part in url.split("/") if part in words)


def serve(run: Run) -> None:
    """Serve until killed or told to stop."""
    os.environ.update(run["variables"])
    wrap(Points(run))
    config = uvicorn.Config(
        create_app(Settings.load(_env_file=None)), log_level="warning", access_log=False
    )
    with socket.socket(fileno=run["listener"]) as listener:
        uvicorn.Server(config).run(sockets=[listener])


def main() -> None:
    # A request that died with its process has arrived, or never will.
    ledger.STRAY = timedelta(seconds=0.2)
    for line in sys.stdin:
        run: Run = json.loads(line)
        pid = os.fork()
        if pid == 0:
            try:
                log = Path(run["points"]).with_suffix(".log")
                os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 2)
                os.close(0)
                serve(run)
            finally:
                os._exit(1 if sys.exc_info()[0] else 0)
        print(pid, flush=True)  # noqa: T201 - the protocol
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
