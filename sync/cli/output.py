"""What the commands share: the deployment that they work on, and how they speak."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO, TypeVar

import typer
from rich.console import Console
from sqlalchemy.exc import ArgumentError

from sync import garbage_collector as garbage
from sync.deletions.ledger import Ledger
from sync.settings import Settings, SettingsError
from sync.store.database import Database
from sync.store.errors import StorageUnavailable
from sync.store.hash_key import check_hash_key

_DRIVER_SECONDS = 1.0
_PIPE_WIDTH = 200
"""Columns of a table where no terminal says how many there are."""
# Their messages quote URLs and parameters, in which there are users' ids.
_TOO_TALKATIVE = ("aiosqlite", "httpcore", "httpx")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the settings describe, checked and open."""

    settings: Settings
    database: Database
    ledger: Ledger


def in_deployment(work: Callable[[Deployment], Awaitable[T]]) -> T:
    """Do the work on the deployment's database, once it is known to be the right one.

    Raises:
        SettingsError, SchemaMismatch, StorageUnavailable
    """

    async def run() -> T:
        try:
            return await _with_database(work)
        except StorageUnavailable:
            await driver_ended()
            raise

    with garbage.spared():
        return asyncio.run(run())


async def _with_database(work: Callable[[Deployment], Awaitable[T]]) -> T:
    settings = Settings.load()
    database = database_of(settings)
    try:
        await database.check_schema()
        ledger = Ledger.of(database, settings)
        await check_hash_key(database, ledger.hasher)
        return await work(Deployment(settings, database, ledger))
    finally:
        await database.close()


async def driver_ended() -> None:
    """Wait for the thread of a SQLite connection that could not be opened.

    aiosqlite does not: the thread would find the event loop closed, and print a traceback.
    """
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, _DRIVER_SECONDS)


def database_of(settings: Settings) -> Database:
    """The database that the settings name, not looked at yet.

    Raises:
        SettingsError: the URL cannot be read, or its driver is not installed.
    """
    return database_at(settings.database_url.get_secret_value(), "DATABASE_URL")


def database_at(url: str, name: str) -> Database:
    """The database at the URL, not looked at yet. `name`: where the URL is from.

    Raises:
        SettingsError: the URL cannot be read, or its driver is not installed.
    """
    try:
        return Database(url)
    except (ArgumentError, ValueError, KeyError):
        raise SettingsError([f"{name} is not a URL that can be read"]) from None
    except ImportError:
        raise SettingsError(
            [f"{name} needs a driver that is missing: pip install 'polar-sync[postgres]'"]
        ) from None


def fail(code: int, *problems: str) -> NoReturn:
    """Exit with the code, after one line on stderr for each problem."""
    for problem in problems:
        typer.echo(f"error: {' '.join(problem.split())}", err=True)
    sys.exit(code)


def console_on(stream: TextIO) -> Console:
    # FORCE_COLOR and the like must not put colour codes into a pipe.
    is_terminal = stream.isatty()
    return Console(
        file=stream,
        force_terminal=is_terminal,
        width=None if is_terminal else _PIPE_WIDTH,
        markup=False,
        emoji=False,
        highlight=False,
    )


def print_report(
    report: Mapping[str, Any],
    as_json: bool,
    for_people: Callable[[Console, Mapping[str, Any]], None],
) -> None:
    """Print the report on stdout, as JSON or with `for_people`."""
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        for_people(console_on(sys.stdout), report)


def configure_logging(settings: Settings) -> None:
    """Log to stderr, from LOG_LEVEL up, with times in UTC."""
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
