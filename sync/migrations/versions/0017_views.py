"""Views for who reads with SQL: `sync.migrations.views` makes them, once all tables are there"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_VIEWS = ("deletions", "polar_customers", "polar_grants", "polar_members", "polar_subscriptions")


def upgrade() -> None:
    pass


def downgrade() -> None:
    for name in _VIEWS:
        op.execute(sa.text(f"DROP VIEW IF EXISTS {name}"))
