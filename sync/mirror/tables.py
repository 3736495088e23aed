"""The mirror's tables, one for each kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from sync.store.columns import UtcDateTime


class Provenance(SQLModel):
    """Where a mirrored row is from: columns that each of the tables has."""

    version_at: datetime = Field(sa_type=UtcDateTime)
    """Polar's `modified_at` (or `created_at`) of what is written here."""
    observed_at: datetime = Field(sa_type=UtcDateTime)
    """The webhook payload's `timestamp`, or when the API was read."""
    digest: str
    written_by: str
    """`api`, or the webhook's event type."""
    written_at: datetime = Field(sa_type=UtcDateTime)
    not_kept: dict[str, str] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
    """Fields that cannot be kept as Polar has them, each with the digest of what it has."""


NOT_KEPT = sa.text("not_kept IS NOT NULL")


def _not_kept(kind: str) -> sa.Index:
    """Of the few rows that `status` names."""
    return sa.Index(f"ix_{kind}_not_kept", "id", sqlite_where=NOT_KEPT, postgresql_where=NOT_KEPT)


class CustomerRow(Provenance, table=True):
    """A customer at Polar as last observed."""

    __tablename__ = "customer"
    __table_args__ = (
        _not_kept("customer"),
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


class SubscriptionRow(Provenance, table=True):
    """A subscription at Polar as last observed."""

    __tablename__ = "subscription"
    __table_args__ = (
        _not_kept("subscription"),
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
    seats: int | None = Field(default=None, sa_type=sa.BigInteger)


class GrantRow(Provenance, table=True):
    """A benefit grant at Polar as last observed."""

    __tablename__ = "benefit_grant"
    __table_args__ = (
        _not_kept("benefit_grant"),
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


class MemberRow(Provenance, table=True):
    """A member at Polar as last observed."""

    __tablename__ = "member"
    __table_args__ = (
        _not_kept("member"),
        sa.Index("ix_member_customer_id", "customer_id"),
        sa.Index("ix_member_external_id", "external_id"),
        sa.Index("ix_member_created_at", "created_at"),
    )

    id: str = Field(primary_key=True)
    customer_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    role: str
    external_id: str | None = None
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SeatRow(Provenance, table=True):
    """A seat at Polar as last observed."""

    __tablename__ = "customer_seat"
    __table_args__ = (
        _not_kept("customer_seat"),
        sa.Index("ix_customer_seat_customer_id", "customer_id"),
        sa.Index("ix_customer_seat_subscription_id", "subscription_id"),
        sa.Index("ix_customer_seat_member_id", "member_id"),
    )

    id: str = Field(primary_key=True)
    customer_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    status: str
    subscription_id: str | None = None
    member_id: str | None = None
