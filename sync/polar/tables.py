"""The table of the shared rate budget."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from sync.store.columns import UtcDateTime


class BudgetRow(SQLModel, table=True):
    """The rate budget towards Polar, shared by every process: `id` 1. `id` 2 counts the share of it
    that previews have."""

    __tablename__ = "budget"

    id: int = Field(primary_key=True)
    next_at: datetime = Field(sa_type=UtcDateTime)
    """When the next request would be due if there were no burst."""
    paused_until: datetime = Field(sa_type=UtcDateTime)
    """No request before this: Polar's `Retry-After`."""
