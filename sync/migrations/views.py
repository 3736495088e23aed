"""The views for who reads with SQL: a promise of names and columns that outlives the tables.

They are made anew whenever the schema is brought up to date, so no migration has to know them. A
column stays, with its meaning; new ones come at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from sync.deletions.states import NEEDS_A_PERSON


@dataclass(frozen=True, slots=True)
class View:
    """What is seen of a table."""

    table: str
    columns: tuple[str, ...]
    """As SQL has them: a name, or `expression AS name`."""

    @property
    def select(self) -> str:
        """The view in SQL, the same on both engines."""
        return f"SELECT {', '.join(self.columns)} FROM {self.table}"  # noqa: S608 - all from here


_PERSON = ", ".join(f"'{state}'" for state in sorted(NEEDS_A_PERSON))
_OBSERVED = ("version_at AS modified_at", "observed_at")

VIEWS: Mapping[str, View] = {
    "polar_customers": View(
        "customer",
        (
            "id",
            "external_id",
            "email",
            "name",
            "created_at",
            "deleted_at",
            "forgotten_at",
            *_OBSERVED,
        ),
    ),
    "polar_subscriptions": View(
        "subscription",
        (
            "id",
            "customer_id",
            "status",
            "product_id",
            "amount",
            "currency",
            "recurring_interval",
            "seats",
            "created_at",
            "started_at",
            "current_period_end",
            "cancel_at_period_end",
            "canceled_at",
            "ends_at",
            "ended_at",
            *_OBSERVED,
        ),
    ),
    "polar_grants": View(
        "benefit_grant",
        (
            "id",
            "customer_id",
            "benefit_id",
            "is_granted",
            "created_at",
            "granted_at",
            "revoked_at",
            *_OBSERVED,
        ),
    ),
    "polar_members": View(
        "member",
        (
            "id",
            "customer_id",
            "role",
            "external_id",
            "created_at",
            "deleted_at",
            "forgotten_at",
            *_OBSERVED,
        ),
    ),
    "deletions": View(
        "deletion",
        (
            "id",
            "user_id",
            "external_id",
            "state",
            "reason",
            f"state IN ({_PERSON}) AS needs_action",
            "event_at AS user_deleted_at",
            "received_at",
            "customer_id",
            "delete_sent_at",
            "deleted_at AS customer_deleted_at",
            "ended_at",
            "forgotten_at",
            "next_attempt_at",
        ),
    ),
}


def make(connection: sa.Connection) -> None:
    """Have the views as they are today, in the connection's transaction."""
    # What has been granted on a view goes with it, so PostgreSQL's are replaced.
    replaces = connection.dialect.name == "postgresql"
    create = "CREATE OR REPLACE VIEW" if replaces else "CREATE VIEW"
    for name, view in VIEWS.items():
        connection.execute(sa.text(f"{create} {name} AS {view.select}"))


def remove(connection: sa.Connection) -> None:
    """SQLite changes a table by making another in its place, and refuses where a view is on it."""
    if connection.dialect.name == "sqlite":
        for name in VIEWS:
            connection.execute(sa.text(f"DROP VIEW IF EXISTS {name}"))
