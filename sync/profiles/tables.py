"""The profiles' table."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from sync.ids import MAX_ID
from sync.profiles.profile import Profile, ProfileStatus
from sync.store.columns import BigId, Name, UtcDateTime

OPEN_PROFILES = sa.text("profile.status IN ('pending', 'dead')")
"""As the partial index has it: SQLite uses that only where a query repeats its condition."""


class ProfileRow(SQLModel, table=True):
    """One user, and what is to be carried to Polar."""

    __tablename__ = "profile"
    __table_args__ = (
        sa.UniqueConstraint("user_hash"),
        sa.Index(
            "ix_profile_open",
            "status",
            "next_attempt_at",
            sqlite_where=sa.text("status IN ('pending', 'dead')"),
            postgresql_where=sa.text("status IN ('pending', 'dead')"),
        ),
        sa.Index("ix_profile_changed_at", "changed_at"),
    )

    id: int = Field(default=None, sa_column=sa.Column(BigId, primary_key=True))
    """Given by the database, once the row is flushed."""
    user_hash: str
    user_id: str | None = Field(default=None, sa_type=sa.String(MAX_ID))
    external_id: str | None = None
    """`data.external_id` of the newest event that has one."""
    external_id_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When that event came."""
    email: str | None = None
    email_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    name: str | None = None
    name_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wants_customer: bool = False
    changed_at: datetime = Field(sa_type=UtcDateTime)
    """When the newest event came."""

    status: ProfileStatus = Field(default=ProfileStatus.PENDING, sa_type=Name(ProfileStatus))
    reason: str | None = None
    """Why it is a dead letter, was ignored, or did not succeed last. Holds nothing personal."""
    customer_id: str | None = None
    """Polar's id of the customer that it was carried to, or that is in the way."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    """Failures in a row, for the backoff."""
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    on_its_way_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until when a request may still reach Polar; None: it has been answered, or none was sent."""
    lease_token: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def profile(self) -> Profile:
        """As the decisions see it."""
        return Profile(
            email=self.email,
            email_at=self.email_at,
            name=self.name,
            name_at=self.name_at,
            created_at=self.created_at,
            wants_customer=self.wants_customer,
        )

    def become(self, profile: Profile) -> None:
        """Take over what has been decided. Who the user is goes with the last of it."""
        self.email, self.email_at = profile.email, profile.email_at
        self.name, self.name_at = profile.name, profile.name_at
        self.created_at, self.wants_customer = profile.created_at, profile.wants_customer
        if profile.is_empty:
            self.user_id = self.external_id = self.external_id_at = None
