"""The tables, as SQLModel classes. Times are UTC and timezone-aware on both engines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlmodel import Field, SQLModel

from sync.deletion import State
from sync.mirror import has_ended

# SQLite gives only an INTEGER PRIMARY KEY a rowid of its own; PostgreSQL wants 64 bits.
_BigId = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")

MAX_ID = 255
"""Longest user id, external id and webhook-id taken, in characters."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A timezone-aware time. SQLite has no such type and would lose the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[datetime | None], Any]:
        return _to_sqlite if dialect.name == "sqlite" else _to_driver

    def result_processor(
        self, dialect: sa.Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        return _from_sqlite if dialect.name == "sqlite" else _from_driver


def _to_driver(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    return value.astimezone(UTC)


def _to_sqlite(value: datetime | None) -> str | None:
    time = _to_driver(value)
    # Text without a zone, as SQLAlchemy writes it, in a third of the time.
    return None if time is None else time.isoformat(" ", "microseconds")[:26]


def _from_sqlite(value: str | None) -> datetime | None:
    # In one step: a reconciliation reads many millions of these.
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


def _from_driver(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


E = TypeVar("E", bound=StrEnum)


class Name(sa.types.TypeDecorator[E]):
    """A member of an enumeration, stored by its value."""

    impl = sa.String(16)
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[E | None], str | None]:
        values: dict[E | None, str | None] = {member: member.value for member in self.members}
        return (values | {None: None}).__getitem__

    def result_processor(
        self, dialect: sa.Dialect, coltype: object
    ) -> Callable[[str | None], E | None]:
        members: dict[str | None, E | None] = {member.value: member for member in self.members}
        return (members | {None: None}).__getitem__


class Source(StrEnum):
    """Who sent an inbox row."""

    APP = "app"
    POLAR = "polar"


class InboxStatus(StrEnum):
    """What has become of an inbox row."""

    PENDING = "pending"
    APPLIED = "applied"
    IGNORED = "ignored"
    """Verified, and of no concern to the bridge: its body is not kept."""
    DEAD = "dead"
    """A dead letter: verified, but it could not be applied; `error` says why."""


OPEN_INBOX = sa.text("inbox.status IN ('pending', 'dead')")
"""To stand beside any condition on `status`: SQLite uses a partial index only where the query
repeats the index's own condition, and would read the whole inbox otherwise."""


KEPT_PAYLOADS = sa.text("inbox.status = 'applied' AND inbox.body IS NOT NULL")
REMOVABLE_DELETIONS = sa.text("deletion.state IN ('verified', 'no_customer', 'canceled')")
"""For the same reason as `OPEN_INBOX`."""


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
        sa.Index("ix_inbox_customer_id", "customer_id"),
        sa.Index("ix_inbox_user_hash", "user_hash"),
    )

    id: int | None = Field(default=None, sa_column=sa.Column(_BigId, primary_key=True))
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
    user_hash: str | None = None
    applied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = None


class DeletionRow(SQLModel, table=True):
    """One user's deletion and how far it has come. See `sync.deletion` for its states."""

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
        sa.Index("ix_deletion_state", "state"),
        sa.Index("ix_deletion_user_hash", "user_hash"),
        sa.Index("ix_deletion_external_hash", "external_hash"),
        sa.Index("ix_deletion_customer_id", "customer_id"),
        sa.Index("ix_deletion_delete_sent_at", "delete_sent_at"),
    )

    id: int | None = Field(default=None, sa_column=sa.Column(_BigId, primary_key=True))
    user_hash: str
    """Keyed hash of the local user id: recognizes a repeated event after the id is forgotten."""
    user_id: str | None
    external_id: str | None = None
    external_hash: str | None = None
    override_external_id: str | None = None
    """`data.external_id` of the event, which beats the mapping."""
    event_at: datetime = Field(sa_type=UtcDateTime)
    """When the app says the user was deleted."""
    received_at: datetime = Field(sa_type=UtcDateTime)

    state: State = Field(sa_type=Name(State))
    resume: State | None = Field(default=None, sa_type=Name(State))
    reason: str | None = None
    approved: bool = False

    customer_id: str | None = None
    """Polar's id of the pinned customer."""
    customer_created_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    pinned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    listed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delete_sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    attempts: int = 0
    """Failures in a row, for the backoff."""
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """None: nothing to do until somebody or something wakes it."""
    signals: int = 0
    """Counts what has come in for this deletion, so that a worker that was busy with it meanwhile
    notices."""
    lease_token: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class EvidenceRow(SQLModel, table=True):
    """One link of a deletion's audit chain. Holds no personal data by construction."""

    __tablename__ = "evidence"
    __table_args__ = (sa.UniqueConstraint("deletion_id", "seq"),)

    id: int | None = Field(default=None, sa_column=sa.Column(_BigId, primary_key=True))
    deletion_id: int = Field(sa_column=sa.Column(_BigId, nullable=False))
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


class _Mirrored(SQLModel):
    """Provenance, the same for each mirrored row."""

    version_at: datetime = Field(sa_type=UtcDateTime)
    """Polar's `modified_at` (or `created_at`) of what is written here."""
    observed_at: datetime = Field(sa_type=UtcDateTime)
    """The webhook payload's `timestamp`, or when the API was read."""
    digest: str
    written_by: str
    """`api`, or the webhook's event type."""
    written_at: datetime = Field(sa_type=UtcDateTime)


class CustomerRow(_Mirrored, table=True):
    """A customer at Polar as last observed."""

    __tablename__ = "customer"
    __table_args__ = (
        sa.Index("ix_customer_external_id", "external_id"),
        sa.Index("ix_customer_created_at", "created_at"),
    )

    id: str = Field(primary_key=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The tombstone: once set it stays."""
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    billing_name: str | None = None
    billing_address: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    tax_id: list[Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    metadata_: dict[str, Any] | None = Field(
        default=None, sa_column=sa.Column("metadata", sa.JSON(none_as_null=True))
    )
    final_state_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """`timestamp` of the newest `customer.state_changed` about the deleted customer."""
    final_state_open: int | None = None
    """Active subscriptions and granted benefits that it listed."""
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SubscriptionRow(_Mirrored, table=True):
    """A subscription at Polar as last observed."""

    __tablename__ = "subscription"
    __table_args__ = (
        sa.Index("ix_subscription_customer_id", "customer_id"),
        sa.Index("ix_subscription_started_at", "started_at"),
    )

    id: str = Field(primary_key=True)
    customer_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    status: str
    product_id: str
    amount: int = Field(sa_type=sa.BigInteger)
    currency: str
    recurring_interval: str
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    current_period_end: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancel_at_period_end: bool
    canceled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def ended(self) -> bool:
        """Nothing will be billed again."""
        return has_ended(self.status, self.ended_at)


class GrantRow(_Mirrored, table=True):
    """A benefit grant at Polar as last observed."""

    __tablename__ = "benefit_grant"
    __table_args__ = (
        sa.Index("ix_benefit_grant_customer_id", "customer_id"),
        sa.Index("ix_benefit_grant_created_at", "created_at"),
    )

    id: str = Field(primary_key=True)
    customer_id: str
    benefit_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    is_granted: bool
    granted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MappingRow(SQLModel, table=True):
    """An explicit entry of the mapping: exactly one of the two ids is set."""

    __tablename__ = "mapping"

    user_id: str = Field(primary_key=True, sa_type=sa.String(MAX_ID))
    external_id: str | None = None
    customer_id: str | None = None
    updated_at: datetime = Field(sa_type=UtcDateTime)


class BudgetRow(SQLModel, table=True):
    """The rate budget towards Polar, shared by every process. One row, `id` 1."""

    __tablename__ = "budget"

    id: int = Field(primary_key=True)
    next_at: datetime = Field(sa_type=UtcDateTime)
    """When the next request would be due if there were no burst."""
    paused_until: datetime = Field(sa_type=UtcDateTime)
    """No request before this: Polar's `Retry-After`."""


class ReconciliationRow(SQLModel, table=True):
    """The reconciliation under way, or the last one. One row, `id` 1."""

    __tablename__ = "reconciliation"

    id: int = Field(primary_key=True)
    lease_token: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    progress: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    """Where it is, to be taken up again after a stop; None: the last one finished."""
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MetaRow(SQLModel, table=True):
    """Facts about this database, by name."""

    __tablename__ = "meta"

    name: str = Field(primary_key=True)
    value: str
