"""The table of the reconciliation under way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from sync.store.columns import UtcDateTime


class ReconciliationRow(SQLModel, table=True):
    """The reconciliation under way, or the last one. One row, `id` 1."""

    __tablename__ = "reconciliation"

    id: int = Field(primary_key=True)
    lease_token: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    progress: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    """Where it is, to be taken up again after a stop; None: the last one finished."""
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
