"""The tree of everything that the bridge foresees going wrong.

    BridgeError
    ├── InvalidInput    what was given cannot be used: whoever gave it changes it
    ├── NothingFound    what was asked about is not there
    ├── NotPossible     what was asked for does not fit how things stand
    ├── StorageError    the database: whoever runs it
    └── PolarError      Polar's answer, or the lack of one

Each room derives its own from these, beside the code that raises them. A message says what
happened, then what to do; it holds no secret and no personal data. The command line and the HTTP
side each map this tree once, to exit codes and to statuses.
"""

from __future__ import annotations


def install(extra: str) -> str:
    """The remedy where the packages of an extra are missing."""
    return f"in a clone, uv tool install or pip install '.[{extra}]'"


class BridgeError(Exception):
    """Something that the bridge foresees going wrong."""


class InvalidInput(BridgeError):
    """What was given cannot be used. Nothing was changed."""


class NothingFound(BridgeError):
    """What was asked about is not there."""


class NotPossible(BridgeError):
    """What was asked for does not fit how things stand. Nothing was changed."""


class StorageError(BridgeError):
    """The database cannot be used as it is."""


class PolarError(BridgeError):
    """A request to Polar did not do what it was for."""
