"""Who was there when the user was deleted"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TIMES = ("override_at", "nobody_at", "active_since")


def upgrade() -> None:
    for name in _TIMES:
        op.add_column("deletion", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    # That is what Polar answered then.
    op.execute(
        "UPDATE deletion SET nobody_at = ended_at"
        " WHERE state = 'no_customer' AND external_hash IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("deletion", schema=None) as batch_op:
        for name in _TIMES:
            batch_op.drop_column(name)
