"""Opening the database that the settings or a command name."""

from __future__ import annotations

import asyncio
import threading

from sqlalchemy.exc import ArgumentError

from sync.settings import Settings, SettingsError
from sync.store.database import Database

_DRIVER_SECONDS = 1.0


def database_of(settings: Settings) -> Database:
    """The database that the settings name, not looked at yet.

    Raises:
        SettingsError: the URL cannot be read, or its driver is not installed.
    """
    return database_at(settings.database_url.get_secret_value(), "DATABASE_URL")


def database_at(url: str, origin: str) -> Database:
    """The database at the URL, not looked at yet. `origin`: the setting or option that names it.

    Raises:
        SettingsError: the URL cannot be read, or its driver is not installed.
    """
    try:
        return Database(url)
    except (ArgumentError, ValueError, KeyError):
        raise SettingsError([f"{origin} is not a URL that can be read"]) from None
    except ImportError:
        raise SettingsError(
            [f"{origin} needs a driver that is missing: pip install 'polar-sync[postgres]'"]
        ) from None


async def driver_ended() -> None:
    """Wait for the thread of a SQLite connection that could not be opened.

    aiosqlite does not: the thread would find the event loop closed, and print a traceback.
    """
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, _DRIVER_SECONDS)
