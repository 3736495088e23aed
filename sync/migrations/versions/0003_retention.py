"""Indexes for what is removed by its age"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_PAYLOAD = sa.text("status = 'applied' AND body IS NOT NULL")
_REMOVABLE = sa.text("state IN ('verified', 'no_customer', 'canceled')")


def upgrade() -> None:
    op.create_index(
        "ix_inbox_payload",
        "inbox",
        ["applied_at"],
        unique=False,
        sqlite_where=_PAYLOAD,
        postgresql_where=_PAYLOAD,
    )
    op.create_index(
        "ix_deletion_removable",
        "deletion",
        ["state", "ended_at"],
        unique=False,
        sqlite_where=_REMOVABLE,
        postgresql_where=_REMOVABLE,
    )


def downgrade() -> None:
    op.drop_index("ix_deletion_removable", table_name="deletion")
    op.drop_index("ix_inbox_payload", table_name="inbox")
