"""Reading settings from the environment and from `.env`, and what is said where that fails."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sync.errors import InvalidInput, install
from sync.settings.values import QUOTED, is_quoted

_FILE = Path(".env")
_NOT_UTF8 = ".env is not UTF-8: save it as UTF-8, and not UTF-16"
_NEARLY = 0.85
_REMEDIES: Mapping[str, str] = {
    "polar_access_token": "create an organization access token in Polar's dashboard",
    "polar_webhook_secrets": "copy the secret of the webhook endpoint from Polar's dashboard",
    "event_secrets": "make one with `openssl rand -base64 32` and give it to your app too",
    "hash_key": "make one with `openssl rand -hex 32`, once, and keep it",
    "relay_database_url": "write postgresql://polar_sync_relay:PASSWORD@HOST/NAME, of your app's"
    " own database",
}
_IN_PLAIN_WORDS: Mapping[str, str] = {
    "int_parsing": "a whole number, in digits",
    "int_from_float": "a whole number, in digits",
    "float_parsing": "a number, in digits",
    "bool_parsing": "true or false",
}
"""For what pydantic says of a value that is of another type."""


class SettingsError(InvalidInput):
    """The configuration cannot be used. `problems`: one line for each variable, no values."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@contextmanager
def extra(name: str, variable: str) -> Iterator[None]:
    """What is imported in the block takes packages that not everybody has: those of the extra.

    Raises:
        SettingsError: they are missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"app", "sync"}:
            raise
        raise SettingsError(
            [f"{variable} needs packages that are missing: {install(name)}"]
        ) from None


class Environment(BaseSettings):
    """Settings as they are read, whatever they are about."""

    model_config = SettingsConfigDict(
        env_file=_FILE,
        # As UTF-8, of which some editors mark the beginning.
        env_file_encoding="utf-8-sig",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment and `.env`.

        Raises:
            SettingsError: a variable is missing or unusable.
        """
        try:
            settings = cls(**overrides)
        except ValidationError as error:
            if _has_nul(_FILE):
                raise SettingsError([_NOT_UTF8]) from None
            raise SettingsError([cls._problem(item) for item in error.errors()]) from None
        except UnicodeDecodeError:
            raise SettingsError([_NOT_UTF8]) from None
        except OSError as error:
            raise SettingsError([f".env cannot be read: {error.strerror}"]) from None
        if problems := list(settings.problems()):
            raise SettingsError(problems)
        return settings

    def problems(self) -> Iterator[str]:
        """What is wrong beside the settings, one line each."""
        yield from ()

    @field_validator("*", mode="before")
    @classmethod
    def _unquoted(cls, value: object, info: ValidationInfo) -> object:
        # Of a key any character counts, and it must never change.
        if info.field_name != "hash_key" and is_quoted(value):
            raise ValueError(QUOTED)
        return value

    @classmethod
    def _problem(cls, error: Any) -> str:
        """One line for one variable: pydantic's message without the value it was given."""
        name = str(error["loc"][0]) if error["loc"] else "settings"
        variable = name.upper()
        if error["type"] == "missing":
            # What is written there is mostly this one, by nearly its name.
            names = {name.upper() for name in os.environ} | _names_in_file()
            close = _nearest(variable, names - cls.variables())
            hint = f"; is {close}, which is set, meant to be it?" if close else ""
            return f"{variable} is not set: {_REMEDIES[name]}{hint}"
        message = str(error["msg"]).removeprefix("Value error, ")
        if error["type"] == "value_error":
            return f"{variable} {message}"
        if error["type"] == "literal_error":
            choices = [str(choice) for choice in get_args(cls.model_fields[name].annotation)]
            meant = get_close_matches(str(error["input"]).lower(), choices, 1)
            hint = f"; did you mean {meant[0]}?" if meant else ""
            return f"{variable} must be {' or '.join(choices)}{hint}"
        if error["type"] in _IN_PLAIN_WORDS:
            return f"{variable} must be {_IN_PLAIN_WORDS[error['type']]}"
        return f"{variable} cannot be used: {message}"

    @classmethod
    def variables(cls) -> set[str]:
        """Of all its settings."""
        return {name.upper() for name in cls.model_fields}


def file_warnings(known: set[str]) -> Iterator[str]:
    """What should be looked at in `.env`, one line each.

    Args:
        known: all variables that are settings.
    """
    for name in sorted(_names_in_file() - known):
        if close := _nearest(name, known):
            yield f"{name} in .env is no setting: is {close} meant?"
    if _FILE.is_file() and (mode := _FILE.stat().st_mode & 0o777) & 0o077:
        yield f"others can read .env ({mode:04o}), which holds secrets: chmod 600 .env"


def _nearest(name: str, names: set[str]) -> str | None:
    """That of the names which is nearly the same."""
    return next(iter(get_close_matches(name, names, 1, _NEARLY)), None)


def _has_nul(path: Path) -> bool:
    """Whether it is UTF-16 of ASCII alone, which is UTF-8 too, with other names in it."""
    return path.is_file() and b"\0" in path.read_bytes()


def _names_in_file() -> set[str]:
    from dotenv import dotenv_values

    if not _FILE.is_file():
        return set()
    return {name.upper() for name in dotenv_values(_FILE, encoding="utf-8-sig")}
