"""Ignored types of the app's events; who else is mapped to a customer"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_IGNORED = sa.text("source = 'app' AND status = 'ignored'")
_TARGETS = ("external_id", "customer_id")


def upgrade() -> None:
    op.create_index(
        "ix_inbox_ignored",
        "inbox",
        ["event_type", "received_at"],
        unique=False,
        sqlite_where=_IGNORED,
        postgresql_where=_IGNORED,
    )
    for column in _TARGETS:
        op.create_index(f"ix_mapping_{column}", "mapping", [column], unique=False)


def downgrade() -> None:
    for column in _TARGETS:
        op.drop_index(f"ix_mapping_{column}", table_name="mapping")
    op.drop_index("ix_inbox_ignored", table_name="inbox")
