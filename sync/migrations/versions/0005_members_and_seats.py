"""Members and seats"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ABOUT_A_MEMBER = sa.text("member_id IS NOT NULL")


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _provenance() -> list[sa.Column[Any]]:
    return [
        _time("version_at"),
        _time("observed_at"),
        _text("digest"),
        _text("written_by"),
        _time("written_at"),
    ]


def upgrade() -> None:
    op.create_table(
        "member",
        *_provenance(),
        _text("id"),
        _text("customer_id"),
        _time("created_at"),
        _text("role"),
        _text("external_id", nullable=True),
        _time("deleted_at", nullable=True),
        _time("forgotten_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("customer_id", "external_id", "created_at"):
        op.create_index(f"ix_member_{column}", "member", [column], unique=False)
    op.create_table(
        "customer_seat",
        *_provenance(),
        _text("id"),
        _text("customer_id"),
        _time("created_at"),
        _text("status"),
        _text("subscription_id", nullable=True),
        _text("member_id", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("customer_id", "subscription_id", "member_id"):
        op.create_index(f"ix_customer_seat_{column}", "customer_seat", [column], unique=False)
    op.add_column("subscription", sa.Column("seats", sa.Integer(), nullable=True))
    op.create_table(
        "membership",
        sa.Column("deletion_id", sa.BigInteger(), nullable=False),
        _text("member_id"),
        _text("customer_id"),
        _time("found_at"),
        _time("ended_at", nullable=True),
        sa.Column("kept", sa.Boolean(), nullable=False),
        _text("problem", nullable=True),
        sa.Column("seats", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("deletion_id", "member_id"),
    )
    op.create_index("ix_membership_member_id", "membership", ["member_id"], unique=False)
    op.add_column(
        "deletion",
        sa.Column("memberships_left", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column("deletion", sa.Column("others", sa.Integer(), nullable=True))
    op.add_column("inbox", sa.Column("member_id", sa.String(), nullable=True))
    op.create_index(
        "ix_inbox_member_id",
        "inbox",
        ["member_id"],
        unique=False,
        sqlite_where=_ABOUT_A_MEMBER,
        postgresql_where=_ABOUT_A_MEMBER,
    )


def downgrade() -> None:
    op.drop_index("ix_inbox_member_id", table_name="inbox")
    for table, columns in {
        "inbox": ("member_id",),
        "deletion": ("memberships_left", "others"),
        "subscription": ("seats",),
    }.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
    for table in ("membership", "customer_seat", "member"):
        op.drop_table(table)
