"""The tables of deletions, their evidence, and the mapping."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from sync.deletions.deletion import Deletion
from sync.deletions.states import State
from sync.ids import MAX_ID
from sync.store.columns import BigId, Name, UtcDateTime

REMOVABLE_DELETIONS = sa.text("deletion.state IN ('verified', 'no_customer', 'canceled')")
"""`states.REMOVABLE`, as the partial index below has it: SQLite uses that only where the query
repeats its condition word for word."""


class DeletionRow(SQLModel, table=True):
    """One user's deletion and how far it has come. See `sync.deletions.machine` for its states."""

    __tablename__ = "deletion"
    __table_args__ = (
        sa.Index(
            "ix_deletion_due",
            "next_attempt_at",
            sqlite_where=sa.text("next_attempt_at IS NOT NULL"),
            postgresql_where=sa.text("next_attempt_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_deletion_removable",
            "state",
            "ended_at",
            sqlite_where=sa.text("state IN ('verified', 'no_customer', 'canceled')"),
            postgresql_where=sa.text("state IN ('verified', 'no_customer', 'canceled')"),
        ),
        sa.Index("ix_deletion_state", "state", "id"),
        sa.Index("ix_deletion_state_received_at", "state", "received_at", "id"),
        sa.Index("ix_deletion_user_hash", "user_hash"),
        sa.Index("ix_deletion_external_hash", "external_hash"),
        sa.Index("ix_deletion_customer_id", "customer_id"),
        sa.Index("ix_deletion_delete_sent_at", "delete_sent_at"),
    )

    id: int = Field(default=None, sa_column=sa.Column(BigId, primary_key=True))
    """Given by the database, once the row is flushed."""
    user_hash: str
    """Keyed hash of the local user id: recognizes a repeated event after the id is forgotten."""
    user_id: str | None
    external_id: str | None = None
    external_hash: str | None = None
    override_external_id: str | None = None
    """`data.external_id` of the event; beats what the mapping says, unless that was said later."""
    override_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the event that brought it came, if it joined this deletion later."""
    event_at: datetime = Field(sa_type=UtcDateTime)
    """When the app says the user was deleted."""
    received_at: datetime = Field(sa_type=UtcDateTime)

    state: State = Field(sa_type=Name(State))
    resume: State | None = Field(default=None, sa_type=Name(State))
    reason: str | None = None
    approved: bool = False
    nobody_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    customer_id: str | None = None
    """Polar's id of the pinned customer."""
    customer_created_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    pinned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    by_external_id: bool = False
    listed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delete_sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_by_external_id_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    on_its_way_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    others: int | None = None
    active_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    memberships_left: int = 0

    attempts: int = 0
    """Failures in a row, for the backoff."""
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """None: nothing to do until somebody or something wakes it."""
    signals: int = 0
    """Counts what has come in for this deletion, so that a worker that was busy with it meanwhile
    notices."""
    lease_token: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    traceparent: str | None = None
    """Of what has opened it, until it is forgotten: each of its steps is of that trace."""

    def snapshot(self) -> Deletion:
        """The deletion as the decisions see it."""
        return Deletion(
            state=self.state,
            event_at=self.event_at,
            resume=self.resume,
            reason=self.reason,
            approved=self.approved,
            nobody_at=self.nobody_at,
            customer_id=self.customer_id,
            customer_created_at=self.customer_created_at,
            pinned_at=self.pinned_at,
            by_external_id=self.by_external_id,
            listed_at=self.listed_at,
            delete_sent_at=self.delete_sent_at,
            sent_by_external_id_at=self.sent_by_external_id_at,
            on_its_way_until=self.on_its_way_until,
            deleted_at=self.deleted_at,
            ended_at=self.ended_at,
            others=self.others,
            active_since=self.active_since,
            memberships_left=self.memberships_left,
            attempts=self.attempts,
            next_attempt_at=self.next_attempt_at,
        )

    def become(self, deletion: Deletion) -> None:
        """Take over what has been decided."""
        self.state = deletion.state
        self.event_at = deletion.event_at
        self.resume = deletion.resume
        self.reason = deletion.reason
        self.approved = deletion.approved
        self.nobody_at = deletion.nobody_at
        self.customer_id = deletion.customer_id
        self.customer_created_at = deletion.customer_created_at
        self.pinned_at = deletion.pinned_at
        self.by_external_id = deletion.by_external_id
        self.listed_at = deletion.listed_at
        self.delete_sent_at = deletion.delete_sent_at
        self.sent_by_external_id_at = deletion.sent_by_external_id_at
        self.on_its_way_until = deletion.on_its_way_until
        self.deleted_at = deletion.deleted_at
        self.ended_at = deletion.ended_at
        self.others = deletion.others
        self.active_since = deletion.active_since
        self.memberships_left = deletion.memberships_left
        self.attempts = deletion.attempts
        self.next_attempt_at = deletion.next_attempt_at


class EvidenceRow(SQLModel, table=True):
    """One link of a deletion's audit chain. Holds no personal data by construction."""

    __tablename__ = "evidence"
    __table_args__ = (sa.UniqueConstraint("deletion_id", "seq"),)

    id: int = Field(default=None, sa_column=sa.Column(BigId, primary_key=True))
    deletion_id: int = Field(sa_column=sa.Column(BigId, nullable=False))
    seq: int
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    source: str
    state: State = Field(sa_type=Name(State))
    """The deletion's state after this."""
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    # Tells the rows of one INSERT apart, so that the ORM need not send one for each.
    hash: str = Field(sa_column=sa.Column(sa.String, nullable=False, insert_sentinel=True))
    """SHA-256 over the hash before it and this row's content, in hex."""


class MembershipRow(SQLModel, table=True):
    """A membership of a deletion's user under another customer, and what has become of it."""

    __tablename__ = "membership"
    __table_args__ = (
        sa.Index("ix_membership_member_id", "member_id"),
        sa.Index("ix_membership_ended_at", "ended_at"),
    )

    deletion_id: int = Field(
        sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False)
    )
    member_id: str = Field(primary_key=True)
    """Polar's id of the member."""
    customer_id: str
    """Polar's id of the customer it belongs to."""
    found_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    kept: bool = False
    """It turned out to be somebody else's, or newer than the event: it was left alone."""
    problem: str | None = None
    """Why a person must end it."""
    seats: list[dict[str, Any]] = Field(default_factory=list, sa_type=sa.JSON)
    """`{"seat_id", "subscription_id"}` for each seat it sat on: Polar ends the seat, which stays
    paid for until somebody else gets it, or the subscription's number of seats is lowered."""


class MappingRow(SQLModel, table=True):
    """An explicit entry of the mapping: exactly one of the two ids is set."""

    __tablename__ = "mapping"

    user_id: str = Field(primary_key=True, sa_type=sa.String(MAX_ID))
    external_id: str | None = Field(default=None, index=True)
    customer_id: str | None = Field(default=None, index=True)
    updated_at: datetime = Field(sa_type=UtcDateTime)
