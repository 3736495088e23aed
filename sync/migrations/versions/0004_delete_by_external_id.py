"""Delete by external id"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "deletion",
        sa.Column("by_external_id", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    for name in ("sent_by_external_id_at", "on_its_way_until"):
        op.add_column("deletion", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("deletion", schema=None) as batch_op:
        for name in ("by_external_id", "sent_by_external_id_at", "on_its_way_until"):
            batch_op.drop_column(name)
