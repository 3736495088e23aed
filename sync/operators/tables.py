"""The table of what operators did."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from sync.store.columns import BigId, UtcDateTime


class OperatorActionRow(SQLModel, table=True):
    """One thing that was done."""

    __tablename__ = "operator_action"

    id: int = Field(default=None, sa_column=sa.Column(BigId, primary_key=True))
    """Given by the database, once the row is flushed."""
    at: datetime = Field(sa_type=UtcDateTime)
    did: str
    """A `Did`."""
    numbers: list[int] = Field(default_factory=list, sa_type=sa.JSON)
    """What it was done to, by number; of many the first."""
    total: int = 0
    """To how many it was done; 0: to all that the deployment does."""
    name: str | None = None
    """Who had logged in; None: whoever may run commands."""
    why: str | None = None
