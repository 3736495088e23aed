"""What can go wrong with a database."""

from __future__ import annotations

from sync.errors import StorageError


class StorageUnavailable(StorageError):
    """The database did not take the write or answer the read: full, locked, or out of reach."""


class Interrupted(StorageUnavailable):
    """The connection was lost, or the transaction gave way to another: worth one more try."""


class StatementFailed(StorageUnavailable):
    """The database refused a statement, and does not say whether that is its own fault or that of
    what was written. Where the same without some row succeeds, it was that row's."""


class ValueRefused(StorageError):
    """The database does not take a value: that row's fault, and nobody else's."""


class Replaced(StorageUnavailable):
    """The database's file is not the one that was opened."""


class InUse(StorageError):
    """Another process of the bridge has the database open."""
