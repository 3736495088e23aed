"""Profiles: what the app says of its users"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OPEN = sa.text("status IN ('pending', 'dead')")


def upgrade() -> None:
    op.create_table(
        "profile",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(255), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("external_id_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("email_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("name_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wants_customer", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_its_way_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_hash"),
    )
    op.create_index(
        "ix_profile_open",
        "profile",
        ["status", "next_attempt_at"],
        unique=False,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_profile_changed_at", "profile", ["changed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_profile_changed_at", table_name="profile")
    op.drop_index(
        "ix_profile_open", table_name="profile", sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.drop_table("profile")
