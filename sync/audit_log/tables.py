"""The tables of the log over all deletions."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from sync.audit_log.entry import EntryKind
from sync.store.columns import BigId, Name, UtcDateTime


class LogEntryRow(SQLModel, table=True):
    """One entry; see `entry.Entry`. None is ever changed or removed."""

    __tablename__ = "log_entry"
    __table_args__ = (sa.Index("ix_log_entry_deletion_id", "deletion_id", "seq"),)

    index: int = Field(sa_column=sa.Column(BigId, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=UtcDateTime)
    kind: EntryKind = Field(sa_type=Name(EntryKind))
    deletion_id: int = Field(sa_type=sa.BigInteger)
    seq: int
    link_hash: str
    hash: str


class LogHeadRow(SQLModel, table=True):
    """A head that a worker has kept; see `entry.Head`."""

    __tablename__ = "log_head"

    size: int = Field(sa_column=sa.Column(BigId, primary_key=True, autoincrement=False))
    hash: str
    at: datetime = Field(sa_type=UtcDateTime)
    signature: str | None = None
    """With RECEIPT_KEY: a detached JWS."""
