"""A migration only adds what the code before it need not know, or says that it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from sync.migrations.upgrade import PROMISED_FROM
from sync.store.exclusive import changing
from sync.store.schema import REVISIONS
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.store import Store, StoreFactory
from tests.migrations.test_versions import alembic_config, go_to

pytestmark = BOTH_ENGINES

BEFORE_THE_PROMISE = {"0008": ["subscription.seats is of another type"]}
"""What earlier migrations took away."""

Described = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""By table: its columns, and by `""` what restricts its rows."""


def described(store: Store) -> Described:
    with changing(store.url) as connection:
        inspector = sa.inspect(connection)
        return {
            table: {
                column["name"]: {
                    "is of another type": str(column["type"]),
                    "need": column["nullable"] or column["default"] is not None,
                    "nullable": column["nullable"],
                }
                for column in inspector.get_columns(table)
            }
            | {"": {"restrictions": restrictions(inspector, table)}}
            for table in inspector.get_table_names()
        }


def restrictions(inspector: sa.Inspector, table: str) -> set[str]:
    """What refuses rows, in words."""
    unique = [
        *inspector.get_unique_constraints(table),
        *(index for index in inspector.get_indexes(table) if index["unique"]),
    ]
    return {
        *(f"unique {it['column_names']}" for it in unique),
        *(f"foreign key {it['constrained_columns']}" for it in inspector.get_foreign_keys(table)),
        *(f"check {it['sqltext']}" for it in inspector.get_check_constraints(table)),
        f"primary key {inspector.get_pk_constraint(table)['constrained_columns']}",
    }


def narrowed(before: Described, after: Described) -> list[str]:
    """What the code before a migration can no longer read or write after it."""
    found = []
    for table, columns in before.items():
        if table not in after:
            found.append(f"{table} is gone")
            continue
        now = after[table]
        for name, was in columns.items():
            if name not in now:
                found.append(f"{table}.{name} is gone")
            elif name and now[name]["is of another type"] != was["is of another type"]:
                found.append(f"{table}.{name} is of another type")
            elif name and was["nullable"] and not now[name]["nullable"]:
                found.append(f"{table}.{name} may no longer be left out")
        found += [
            f"{table}.{name} is needed"
            for name, column in now.items()
            if name not in columns and not column["need"]
        ]
        added = now[""]["restrictions"] - columns[""]["restrictions"]
        found += [f"{table} has a new {it}" for it in sorted(added)]
    return found


def test_what_takes_something_away_says_so(new_empty: StoreFactory) -> None:
    """Whoever is named here: expand in one release and contract in a later one, or set
    `contracts = True` in the migration and tell the changelog that old processes must stop."""
    store = new_empty()
    scripts = ScriptDirectory.from_config(alembic_config())
    go_to(store, REVISIONS[0], command.upgrade)
    before, found = described(store), {}
    for revision in REVISIONS[1:]:
        store.close()
        go_to(store, revision, command.upgrade)
        after = described(store)
        said = getattr(scripts.get_revision(revision).module, "contracts", False)
        if (away := narrowed(before, after)) and not said:
            found[revision] = away
        before = after

    assert found == BEFORE_THE_PROMISE
    assert max(found) <= PROMISED_FROM


Change = Callable[[Operations], object]


def new_column(**how: Any) -> sa.Column[Any]:
    return sa.Column("made_up", sa.String(), **how)


def batch(change: Callable[[Any], object]) -> Change:
    def do(op: Operations) -> None:
        with op.batch_alter_table("mapping") as table:
            change(table)

    return do


@pytest.mark.parametrize(
    ("change", "away"),
    [
        (lambda op: op.create_table("made_up", sa.Column("id", sa.Integer())), []),
        (lambda op: op.add_column("mapping", new_column(nullable=True)), []),
        (
            lambda op: op.add_column("mapping", new_column(nullable=False, server_default="x")),
            [],
        ),
        (lambda op: op.create_index("made_up", "mapping", ["updated_at"]), []),
        (lambda op: op.drop_index("ix_mapping_customer_id", "mapping"), []),
        (lambda op: op.drop_table("counter"), ["counter is gone"]),
        (lambda op: op.rename_table("counter", "made_up"), ["counter is gone"]),
        (batch(lambda it: it.drop_column("updated_at")), ["mapping.updated_at is gone"]),
        (
            batch(lambda it: it.alter_column("external_id", nullable=False)),
            ["mapping.external_id may no longer be left out"],
        ),
        (
            batch(lambda it: it.alter_column("external_id", type_=sa.String(9))),
            ["mapping.external_id is of another type"],
        ),
        (
            lambda op: op.create_index("made_up", "mapping", ["customer_id"], unique=True),
            ["mapping has a new unique ['customer_id']"],
        ),
        (
            batch(lambda it: it.create_check_constraint("made_up", sa.text("user_id <> 'x'"))),
            ["mapping has a new check user_id"],
        ),
        (
            batch(lambda it: it.add_column(new_column(nullable=False))),
            ["mapping.made_up is needed"],
        ),
    ],
)
def test_what_takes_something_away_is_found(
    new_store: StoreFactory, change: Change, away: list[str]
) -> None:
    store = new_store()
    before = described(store)
    store.close()
    with changing(store.url) as connection:
        change(Operations(MigrationContext.configure(connection)))

    found = narrowed(before, described(store))
    assert len(found) == len(away)
    assert all(it.startswith(said) for it, said in zip(found, away, strict=True)), found
