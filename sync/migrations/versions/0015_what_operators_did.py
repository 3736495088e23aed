"""What operators did, and deletions by state and day"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "operator_action",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("did", sa.String(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_deletion_state_received_at",
        "deletion",
        ["state", "received_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_deletion_state_received_at", table_name="deletion")
    op.drop_table("operator_action")
