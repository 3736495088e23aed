"""Memberships that have ended, the newest first: the console looks among them for empty seats"""

from collections.abc import Sequence

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_membership_ended_at", "membership", ["ended_at"])


def downgrade() -> None:
    op.drop_index("ix_membership_ended_at", "membership")
