"""What cannot be kept of Polar's objects is named"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KINDS = ("customer", "subscription", "benefit_grant", "member", "customer_seat")
_NOT_KEPT = sa.text("not_kept IS NOT NULL")


def upgrade() -> None:
    _seats(sa.BigInteger())
    for kind in _KINDS:
        op.add_column(kind, sa.Column("not_kept", sa.JSON(none_as_null=True), nullable=True))
        op.create_index(
            f"ix_{kind}_not_kept",
            kind,
            ["id"],
            unique=False,
            sqlite_where=_NOT_KEPT,
            postgresql_where=_NOT_KEPT,
        )


def downgrade() -> None:
    for kind in _KINDS:
        op.drop_index(f"ix_{kind}_not_kept", table_name=kind)
        with op.batch_alter_table(kind, schema=None) as batch_op:
            batch_op.drop_column("not_kept")
    _seats(sa.Integer())


def _seats(type_: sa.types.TypeEngine[int]) -> None:
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.alter_column("seats", type_=type_, existing_nullable=True)
