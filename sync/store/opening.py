"""Opening the database that the settings or a command name."""

from __future__ import annotations

from sqlalchemy.exc import ArgumentError

from sync.database_url import usable
from sync.settings import Settings, SettingsError
from sync.store.database import Database


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
            [f"{origin} needs a driver that is missing: pip install 'polar-sync[postgres]'"]
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
