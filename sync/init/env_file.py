"""The `.env` that is made or completed: what it holds and nobody asked for stays as it is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values, set_key

from sync.errors import InvalidInput

_PLAIN = re.compile(r"[^\s#'\"\\$`]+")
_HEADER = "# Made by `polar-sync init`. Every setting is in docs/reference/settings.md.\n"


class NotWritable(InvalidInput):
    """The file cannot hold that, or cannot be written. Says what to do instead."""


class EnvFile:
    """The settings where commands will find them: the process's environment, then the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def value(self, variable: str) -> str | None:
        """What the variable is set to; None: nowhere, or to nothing."""
        return os.environ.get(variable) or self._values().get(variable) or None

    def where(self, variable: str) -> str:
        """For a person: where a variable that has a value is set."""
        if self._values().get(variable):
            return "set"
        return "set in the environment and not in .env: what runs elsewhere needs it too"

    def is_in_environment(self, variable: str) -> bool:
        """Whether the environment sets it, so that what the file says of it does not count."""
        return bool(os.environ.get(variable))

    def put(self, values: Mapping[str, str]) -> None:
        """Have the file hold these, readable by its owner alone. What is stopped half-way leaves it
        as it was before one of them.

        Raises:
            NotWritable
        """
        for variable, value in values.items():
            if not _PLAIN.fullmatch(value):
                raise NotWritable(
                    f"{variable} has a blank, a quote or another character that .env may read"
                    " otherwise: set it in the environment"
                )
        try:
            if not self.exists:
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                self.path.write_text(_HEADER, encoding="utf-8")
            self.path.chmod(0o600)
            for variable, value in values.items():
                set_key(
                    self.path,
                    variable,
                    value,
                    quote_mode="never",
                    encoding=self._encoding(),
                    follow_symlinks=True,
                )
        except OSError as error:
            raise NotWritable(f".env cannot be written: {error.strerror}") from None

    def _values(self) -> Mapping[str, str | None]:
        try:
            return dotenv_values(self.path, encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise NotWritable(".env is not UTF-8: save it as UTF-8, and not UTF-16") from None
        except OSError as error:
            raise NotWritable(f".env cannot be read: {error.strerror}") from None

    def _encoding(self) -> str:
        return "utf-8-sig" if self.path.read_bytes().startswith(b"\xef\xbb\xbf") else "utf-8"
