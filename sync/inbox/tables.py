"""The inbox's table."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from sync.ids import MAX_ID
from sync.inbox.entry import InboxStatus, Source
from sync.store.columns import BigId, Name, UtcDateTime

OPEN_INBOX = sa.text("inbox.status IN ('pending', 'dead')")
"""To stand beside any condition on `status`: SQLite uses a partial index only where the query
repeats the index's own condition, and would read the whole inbox otherwise."""


KEPT_PAYLOADS = sa.text("inbox.status = 'applied' AND inbox.body IS NOT NULL")


IGNORED_FROM_APP = sa.text("inbox.source = 'app' AND inbox.status = 'ignored'")


class InboxRow(SQLModel, table=True):
    """One signed event, kept before it is answered 2xx. Unique by `(source, webhook_id)`."""

    __tablename__ = "inbox"
    __table_args__ = (
        sa.UniqueConstraint("source", "webhook_id"),
        # Only what is waiting or dead is ever looked up by status, so the index stays small.
        sa.Index(
            "ix_inbox_open",
            "status",
            "id",
            sqlite_where=sa.text("status IN ('pending', 'dead')"),
            postgresql_where=sa.text("status IN ('pending', 'dead')"),
        ),
        # The few whose payload has yet to be dropped.
        sa.Index(
            "ix_inbox_payload",
            "applied_at",
            sqlite_where=sa.text("status = 'applied' AND body IS NOT NULL"),
            postgresql_where=sa.text("status = 'applied' AND body IS NOT NULL"),
        ),
        # What the app has sent in vain, by type.
        sa.Index(
            "ix_inbox_ignored",
            "event_type",
            "received_at",
            sqlite_where=sa.text("source = 'app' AND status = 'ignored'"),
            postgresql_where=sa.text("source = 'app' AND status = 'ignored'"),
        ),
        sa.Index("ix_inbox_customer_id", "customer_id"),
        sa.Index("ix_inbox_user_hash", "user_hash"),
        sa.Index(
            "ix_inbox_member_id",
            "member_id",
            sqlite_where=sa.text("member_id IS NOT NULL"),
            postgresql_where=sa.text("member_id IS NOT NULL"),
        ),
    )

    id: int = Field(default=None, sa_column=sa.Column(BigId, primary_key=True))
    """Given by the database, once the row is flushed."""
    source: Source = Field(sa_type=Name(Source))
    webhook_id: str = Field(sa_type=sa.String(MAX_ID))
    received_at: datetime = Field(sa_type=UtcDateTime)
    body: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    """The raw payload; None once scrubbed."""
    digest: str
    """SHA-256 of the raw payload, in hex. Stays when the payload goes."""
    status: InboxStatus = Field(default=InboxStatus.PENDING, sa_type=Name(InboxStatus))
    event_type: str | None = None
    event_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    customer_id: str | None = None
    member_id: str | None = None
    user_hash: str | None = None
    applied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = None
    traceparent: str | None = None
    """Of the request that brought it, until it is applied: what is done with it is of its trace."""


class RefusedRow(SQLModel, table=True):
    """An event of the app's that came under the webhook-id of another and was refused: possibly it
    is lost. The latest of those that came under one webhook-id about one user.

    It holds no webhook-id: an app may make it of the user's.
    """

    __tablename__ = "refused_event"
    __table_args__ = (
        sa.UniqueConstraint("first_id", "event_type", "user_hash"),
        sa.Index("ix_refused_event_user_hash", "user_hash"),
    )

    id: int = Field(default=None, sa_column=sa.Column(BigId, primary_key=True))
    first_id: int = Field(sa_type=sa.BigInteger)
    """Of the inbox row of the first one under its webhook-id, which may have been removed since."""
    event_type: str
    user_hash: str
    first_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When what the first one tells of happened."""
    event_at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    times: int = 1
    """How often such a one was refused."""
