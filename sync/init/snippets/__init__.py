"""What an app sends its events with, in a few languages: a text file for each."""

from __future__ import annotations

from enum import StrEnum
from importlib.resources import files


class Language(StrEnum):
    """Which there are."""

    PYTHON = "python"
    NODE = "node"
    BASH = "bash"


def snippet(language: Language) -> str:
    """The code, as it is put into the app."""
    return files(__name__).joinpath(f"{language}.txt").read_text(encoding="utf-8")
