"""Migrations on real databases: whole or not at all, once, and to the schema that the code has."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

import sync.migrations
from sync.errors import StorageError
from sync.migrations.upgrade import migrate
from sync.store.exclusive import changing
from sync.store.schema import REVISIONS, SchemaMismatch, check_current, check_usable, revision_of
from tests.helpers.audit_log import evidence_in, logged
from tests.helpers.commands import VERIFIED, Commands
from tests.helpers.engines import POSTGRESQL
from tests.helpers.servers import ROOT
from tests.helpers.settings import environment
from tests.helpers.store import Store, StoreFactory
from tests.helpers.waiting import WAIT

pytestmark = pytest.mark.engines("sqlite", "postgresql")


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(sync.migrations.__file__).parent))
    return config


def go_to(store: Store, revision: str, direction: Callable[[Config, str], None]) -> None:
    """Upgrade or downgrade it to this revision."""
    with changing(store.url) as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        direction(config, revision)


def revision(store: Store) -> str | None:
    with changing(store.url) as connection:
        return revision_of(connection)


def names(store: Store) -> set[str]:
    """Tables and indexes."""
    with changing(store.url) as connection:
        inspector = sa.inspect(connection)
        tables = inspector.get_table_names()
        indexes = [it["name"] for table in tables for it in inspector.get_indexes(table)]
    return {*tables, *(str(name) for name in indexes)}


def indexes(store: Store) -> set[str]:
    """How each index is defined, with its condition."""
    sql = (
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if store.is_sqlite
        else "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND tablename <> 'alembic_version'"
    )
    return {row[0] for row in store.query(sql)}


def test_the_migrated_schema_is_the_one_that_the_code_has(new_empty: StoreFactory) -> None:
    migrated, created = new_empty(), new_empty()
    migrate(migrated.url)
    with changing(created.url) as connection:
        SQLModel.metadata.create_all(connection)

    with changing(migrated.url) as connection:
        check_current(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    # The conditions of partial indexes are not compared by that.
    assert indexes(migrated) == indexes(created)


def test_the_code_knows_every_revision() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert tuple(it.revision for it in scripts.walk_revisions())[::-1] == REVISIONS


@pytest.mark.slow
def test_a_running_process_does_not_import_alembic() -> None:
    code = "import sys, app.main, sync.cli.main; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.slow
def test_processes_that_migrate_at_once_all_succeed(empty: Store) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "sync.cli", "migrate"],
            cwd=ROOT,
            env={**os.environ, **environment(empty), "PYTHONWARNINGS": "error"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    said = [process.communicate()[0] for process in processes]

    assert said == ["the database is up to date\n"] * 3
    assert [process.returncode for process in processes] == [0, 0, 0]
    with changing(empty.url) as connection:
        check_current(connection)
    assert len(empty.query("SELECT * FROM alembic_version")) == 1


@pytest.mark.slow
def test_a_migration_waits_for_the_one_before_it(empty: Store) -> None:
    began = threading.Event()
    order: list[str] = []

    def second() -> None:
        began.set()
        migrate(empty.url)
        order.append("second")

    thread = threading.Thread(target=second)
    with changing(empty.url) as connection:
        connection.execute(sa.text("CREATE VIEW first AS SELECT 1 AS id"))
        thread.start()
        assert began.wait(WAIT)
        # So long that a second one which did not wait would be through.
        thread.join(0.5)
        order.append("first")
    thread.join(WAIT)

    assert order == ["first", "second"]
    assert len(empty.query("SELECT * FROM first")) == 1
    assert "inbox" in names(empty)


@pytest.mark.slow
def test_on_sqlite_it_also_waits_while_the_journal_is_not_write_ahead_yet(tmp_path: Path) -> None:
    path = tmp_path / "polar-sync.db"
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("CREATE VIEW first AS SELECT 1")
    writer.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.4, writer.rollback)
    started = time.monotonic()
    release.start()
    try:
        migrate(f"sqlite:///{path}")
    finally:
        release.join()

    assert time.monotonic() - started >= 0.4
    writer.close()
    assert Store.of(path).query("PRAGMA journal_mode")[0][0] == "wal"


def test_the_first_migration_leaves_nothing_behind_when_it_fails(empty: Store) -> None:
    # The last table that it makes.
    with changing(empty.url) as connection:
        connection.execute(sa.text("CREATE VIEW subscription AS SELECT 1 AS id"))

    with pytest.raises(StorageError, match="subscription"):
        migrate(empty.url)
    assert names(empty) == set()

    with changing(empty.url) as connection:
        connection.execute(sa.text("DROP VIEW subscription"))
    migrate(empty.url)
    assert "inbox" in names(empty)


def test_a_later_migration_leaves_the_old_schema_whole_when_it_fails(empty: Store) -> None:
    go_to(empty, "0002", command.upgrade)
    before = names(empty)
    # The last index that 0003 makes, under another table.
    with changing(empty.url) as connection:
        connection.execute(sa.text("CREATE INDEX ix_deletion_removable ON deletion (id)"))

    with pytest.raises(StorageError, match="ix_deletion_removable"):
        migrate(empty.url)
    assert revision(empty) == "0002"
    assert names(empty) == before | {"ix_deletion_removable"}

    with changing(empty.url) as connection:
        connection.execute(sa.text("DROP INDEX ix_deletion_removable"))
    migrate(empty.url)
    assert names(empty) > before | {"ix_deletion_removable", "ix_inbox_payload"}


def test_rows_survive_every_migration_and_the_way_back(empty: Store) -> None:
    go_to(empty, "0001", command.upgrade)
    at = "2026-01-02 03:04:05.678901" + ("" if empty.is_sqlite else "+00")
    empty.execute(
        "INSERT INTO subscription (id, customer_id, created_at, status, product_id, amount,"
        " currency, recurring_interval, cancel_at_period_end, version_at, observed_at, digest,"
        " written_by, written_at) VALUES ('s', 'c', ?, 'active', 'p', 900, 'eur', 'month', ?,"
        " ?, ?, 'd', 'api', ?)",
        *(at, False, at, at, at),
    )

    migrate(empty.url)
    rows = empty.query("SELECT id, amount, started_at, written_at FROM subscription")
    assert [tuple(row[i] for i in range(4)) for row in rows] == [
        ("s", 900, None, "2026-01-02 03:04:05.678901")
    ]

    empty.close()
    go_to(empty, "0001", command.downgrade)
    assert empty.query("SELECT amount FROM subscription")[0][0] == 900
    empty.close()
    go_to(empty, "base", command.downgrade)
    assert names(empty) == {"alembic_version"}


def before_the_log(commands: Commands) -> Store:
    """The commands' database, as a version without the log has it."""
    store = commands.store
    store.close()
    go_to(store, "0013", command.downgrade)
    assert "log_entry" not in names(store)
    store.close()
    return store


def test_evidence_from_before_the_log_is_entered_in_it(commands: Commands) -> None:
    for number in range(3):
        commands.deletion(f"user-{number}", *VERIFIED)
    store = before_the_log(commands)
    migrate(store.url)
    assert logged(store) == evidence_in(store) != set()
    commands.deletion("user-3")
    assert logged(store) == evidence_in(store)
    assert commands.run("audit", "verify").code == 0


def test_much_evidence_is_entered_in_the_log_and_what_somebody_has_touched(
    commands: Commands,
) -> None:
    commands.deletion("user-1", *VERIFIED)
    store = before_the_log(commands)
    # More than one batch.
    store.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) INSERT INTO"
        " evidence (deletion_id, seq, at, kind, source, state, detail, hash)"
        " SELECT 99, i, at, kind, source, state, detail, hash FROM n, evidence"
        " WHERE evidence.id = 1"
    )
    if store.is_sqlite:
        store.execute("UPDATE evidence SET at = 'no time' WHERE deletion_id = 1 AND seq = 2")
    migrate(store.url)
    assert logged(store) == evidence_in(store)
    assert len(logged(store)) == 6006


def test_what_a_migration_replaces_leaves_no_copy_in_the_file(tmp_path: Path) -> None:
    store = Store.of(tmp_path / "polar-sync.db")
    go_to(store, "0001", command.upgrade)
    with changing(store.url) as connection:
        connection.execute(sa.text("CREATE TABLE old AS SELECT 'someone@example.com' AS email"))
    with changing(store.url) as connection:
        connection.execute(sa.text("DROP TABLE old"))

    with sqlite3.connect(store.path) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    assert b"someone@example.com" not in store.stored()


@pytest.mark.parametrize(
    "tables",
    [
        ["CREATE TABLE users (id INTEGER)"],
        [
            "CREATE TABLE alembic_version (version_num VARCHAR(32))",
            "INSERT INTO alembic_version VALUES ('ae1027a6acf')",
            "CREATE TABLE users (id INTEGER)",
        ],
    ],
    ids=["bare", "with Alembic"],
)
def test_a_database_of_another_application_stays_as_it_is(empty: Store, tables: list[str]) -> None:
    for statement in tables:
        empty.execute(statement)
    before = names(empty)

    with pytest.raises(SchemaMismatch, match="another application's: it has the table users"):
        migrate(empty.url)
    with (
        changing(empty.url) as connection,
        pytest.raises(SchemaMismatch, match="DATABASE_URL name a database of polar-sync's own"),
    ):
        check_usable(connection)
    assert names(empty) == before


@pytest.mark.slow
@POSTGRESQL
def test_a_schema_of_its_own_is_enough(commands: Commands, empty: Store) -> None:
    empty.execute("CREATE TABLE users (id INTEGER)")
    empty.execute("CREATE SCHEMA polar_sync")
    query = "options=-csearch_path%3Dpolar_sync"
    commands.monkeypatch.setenv(
        "DATABASE_URL", f"{empty.url}{'&' if '?' in empty.url else '?'}{query}"
    )

    assert commands.run("migrate").code == 0
    assert commands.run("map", "set", "user-1", "--external-id", "external-1").code == 0
    assert "external-1" in commands.run("map", "show", "user-1").out
    assert commands.run("audit", "verify").code == 0
    [version] = empty.query("SELECT version_num FROM polar_sync.alembic_version")
    assert version == {"version_num": REVISIONS[-1]}
    assert names(empty) == {"users"}


@pytest.mark.slow
def test_a_newer_schema_is_refused(empty: Store) -> None:
    migrate(empty.url)
    empty.execute("UPDATE alembic_version SET version_num = '9999'")
    empty.close()

    with pytest.raises(SchemaMismatch, match="newer version of polar-sync"):
        migrate(empty.url)

    result = subprocess.run(
        [sys.executable, "-m", "sync.cli", "migrate"],
        cwd=ROOT,
        env={**os.environ, **environment(empty)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "error: the database was migrated by a newer version of polar-sync; install that version\n"
    )
