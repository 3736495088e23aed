"""Deletions by state, newest first"""

from collections.abc import Sequence

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _replace(["state", "id"])


def downgrade() -> None:
    _replace(["state"])


def _replace(columns: list[str]) -> None:
    op.drop_index("ix_deletion_state", table_name="deletion")
    op.create_index("ix_deletion_state", "deletion", columns, unique=False)
