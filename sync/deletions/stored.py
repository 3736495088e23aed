"""Rows of the ledger as they stand in the database, whoever has written them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredLink:
    """One piece of evidence."""

    deletion_id: int
    seq: int
    at: datetime | None
    """None: what is stored is no time."""
    kind: str
    source: str
    state: str
    detail: dict[str, Any] | None
    """None: what is stored is no JSON."""
    hash: str


@dataclass(frozen=True, slots=True)
class StoredDeletion:
    """A deletion's row, as far as its evidence says the same."""

    deletion_id: int
    state: str
    said: str | None
    """The state by the newest evidence at the same moment; None: there is none."""
    user_hash: str
    customer_id: str | None
