"""The outbox's table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from sync.outbox.message import OutboxStatus, Recipient
from sync.store.columns import BigId, Name, UtcDateTime

OPEN_OUTBOX = sa.text("outbox.status IN ('pending', 'dead')")
"""As the partial index has it: SQLite uses that only where a query repeats its condition."""


class OutboxRow(SQLModel, table=True):
    """One message, from before it is sent."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("webhook_id"),
        sa.Index(
            "ix_outbox_open",
            "status",
            "next_attempt_at",
            sqlite_where=sa.text("status IN ('pending', 'dead')"),
            postgresql_where=sa.text("status IN ('pending', 'dead')"),
        ),
        sa.Index("ix_outbox_deletion_id", "deletion_id"),
    )

    id: int = Field(default=None, sa_column=sa.Column(BigId, primary_key=True))
    """Given by the database, once the row is flushed."""
    recipient: Recipient = Field(sa_type=Name(Recipient))
    webhook_id: str
    type: str
    deletion_id: int | None = Field(default=None, sa_type=sa.BigInteger)
    """Which it tells of; of one deletion the messages go in their order."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    """What it says, without the user's id."""
    user_id: str | None = None
    """Until it is acknowledged."""
    status: OutboxStatus = Field(default=OutboxStatus.PENDING, sa_type=Name(OutboxStatus))
    attempts: int = 0
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was acknowledged, or given up."""
    error: str | None = None
    """Why the last try failed. Holds nothing of the answer's content."""
