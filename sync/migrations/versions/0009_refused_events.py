"""Refused events"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "refused_event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("user_hash", sa.String(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("first_id", "event_type", "user_hash"),
    )
    op.create_index("ix_refused_event_user_hash", "refused_event", ["user_hash"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_refused_event_user_hash", table_name="refused_event")
    op.drop_table("refused_event")
