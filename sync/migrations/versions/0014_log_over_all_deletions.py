"""The log over all deletions, with all evidence that there is"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from sync.store.columns import BigId, Readable, UtcDateTime

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BATCH = 5_000

_evidence = sa.table(
    "evidence",
    sa.column("id", BigId),
    sa.column("at", Readable(UtcDateTime())),
    sa.column("deletion_id", sa.BigInteger),
    sa.column("seq", sa.Integer),
    sa.column("hash", sa.String),
)


def upgrade() -> None:
    entries = op.create_table(
        "log_entry",
        sa.Column("index", BigId, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("deletion_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("link_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_table(
        "log_head",
        sa.Column("size", BigId, autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("size"),
    )
    _fill(op.get_bind(), entries)
    op.create_index("ix_log_entry_deletion_id", "log_entry", ["deletion_id", "seq"], unique=False)


def downgrade() -> None:
    op.drop_table("log_head")
    op.drop_table("log_entry")


def _fill(connection: sa.Connection, entries: sa.Table) -> None:
    """Enter each piece of evidence, in the order in which they came."""
    index, previous, last = 0, "0" * 64, 0
    at = datetime(1970, 1, 1, tzinfo=UTC)
    while True:
        found = connection.execute(
            sa.select(_evidence).where(_evidence.c.id > last).order_by(_evidence.c.id).limit(_BATCH)
        ).all()
        if not found:
            return
        rows = []
        for _, said_at, deletion_id, seq, link_hash in found:
            index += 1
            # A time that somebody has made unreadable is for `audit verify` to find.
            at = said_at or at
            time = at.isoformat(timespec="microseconds")
            content = [previous, index, time, "evidence", deletion_id, seq, link_hash]
            written = json.dumps(content, sort_keys=True, separators=(",", ":"))
            previous = hashlib.sha256(written.encode()).hexdigest()
            rows.append(
                {
                    "index": index,
                    "at": at,
                    "kind": "evidence",
                    "deletion_id": deletion_id,
                    "seq": seq,
                    "link_hash": link_hash,
                    "hash": previous,
                }
            )
        connection.execute(entries.insert(), rows)
        last = found[-1].id
