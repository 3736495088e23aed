"""Opening the database that the settings or a command name."""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from sync.database_url import usable
from sync.errors import install
from sync.settings import Settings, SettingsError
from sync.store.database import Database
from sync.store.place import is_on_volume


def database_of(settings: Settings) -> Database:
    """The database that the settings name, not looked at yet.

    Raises:
        SettingsError: the URL cannot be read, its driver is not installed, or it is a file that
            would go with the container.
    """
    url = settings.database_url.get_secret_value()
    database = database_at(url, "DATABASE_URL")
    parts = make_url(url_at(url, "DATABASE_URL"))
    file = parts.database if parts.get_backend_name() == "sqlite" else None
    if settings.database_on_volume and file and not is_on_volume(file):
        raise SettingsError(
            [
                f"DATABASE_URL names {file}, which is on no volume and goes with the container:"
                " mount one there (DATABASE_ON_VOLUME=false where it may go)"
            ]
        )
    return database


def database_at(url: str, origin: str) -> Database:
    """The database at the URL, not looked at yet. `origin`: the setting or option that names it.

    Raises:
        SettingsError: the URL cannot be read, or its driver is not installed.
    """
    try:
        return Database(url_at(url, origin))
    except (ArgumentError, ValueError):
        raise SettingsError(
            [
                f"{origin} is not a URL that can be read: write postgresql://USER:PASSWORD@HOST/NAME"
                " with the password percent-encoded"
            ]
        ) from None
    except ImportError:
        raise SettingsError(
            [f"{origin} needs a driver that is missing: {install('postgres')}"]
        ) from None


def url_at(url: str, origin: str) -> str:
    """The URL as it is understood here, whichever way it is written.

    Raises:
        SettingsError: it names no database that can be used.
    """
    try:
        return usable(url)
    except ValueError as error:
        raise SettingsError([f"{origin} {error}"]) from None
