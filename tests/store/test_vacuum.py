"""What SQLite leaves behind between rows when it moves them is gone as well."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync.store.database import Database
from sync.store.errors import StorageUnavailable
from sync.store.vacuum import Vacuum
from tests.helpers.store import Store, StoreFactory

pytestmark = pytest.mark.engines("sqlite")

SECRET = b"ada@example.com"
LATER = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def leave_remains(store: Store) -> None:
    """Rows grow, and move each other about; then all are overwritten, as forgetting does it."""
    store.execute("CREATE TABLE moving (id INTEGER PRIMARY KEY, more, text)")
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        rows = range(60)
        text = SECRET + b"." * 250
        connection.executemany("INSERT INTO moving VALUES (?, NULL, ?)", ((i, text) for i in rows))
        connection.commit()
        more = "UPDATE moving SET more = ? WHERE id = ?"
        connection.executemany(more, ((b"." * 70, i) for i in reversed(rows)))
        connection.commit()
        connection.execute("UPDATE moving SET text = NULL")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # Otherwise there is nothing to test.
    assert SECRET in store.stored()


@pytest.fixture
def store(new_store: StoreFactory) -> Store:
    made = new_store()
    leave_remains(made)
    return made


def run(store: Store, test: Any) -> None:
    async def main() -> None:
        database = Database(store.url)
        try:
            await test(database, Vacuum(database))
        finally:
            await database.close()

    asyncio.run(main())


def test_the_file_is_written_anew_after_a_start_and_when_something_was_overwritten(
    store: Store,
) -> None:
    async def test(database: Database, vacuum: Vacuum) -> None:
        # The process before may have ended too early.
        await vacuum.run()
        assert SECRET not in store.stored()
        assert not database.vacuum_due
        database.overwritten()
        assert database.vacuum_due

    run(store, test)


@pytest.mark.slow
def test_a_large_file_is_not_written_anew_all_the_time(store: Store) -> None:
    store.execute("INSERT INTO meta VALUES ('rewrite_after', ?)", LATER)

    async def test(database: Database, vacuum: Vacuum) -> None:
        # Another process has done it.
        await vacuum.run()
        assert database.vacuum_due
        assert SECRET in store.stored()

    run(store, test)
    store.execute("UPDATE meta SET value = ?", datetime.now(UTC).isoformat())
    store.execute("CREATE TABLE large AS SELECT zeroblob(40000000) AS text")

    async def then(database: Database, vacuum: Vacuum) -> None:
        await vacuum.run()
        assert SECRET not in store.stored()
        database.overwritten()
        await vacuum.run()
        assert database.vacuum_due

    run(store, then)
    [row] = store.query("SELECT value FROM meta WHERE name = 'rewrite_after'")
    wait = datetime.fromisoformat(row["value"]) - datetime.now(UTC)
    assert timedelta(minutes=40) < wait < timedelta(minutes=45)


def test_a_clock_that_was_ahead_does_not_put_it_off(store: Store) -> None:
    ahead = datetime.now(UTC) + timedelta(days=3_650)
    store.execute("INSERT INTO meta VALUES ('rewrite_after', ?)", ahead.isoformat())

    async def test(database: Database, vacuum: Vacuum) -> None:
        await vacuum.run()
        assert SECRET not in store.stored()

    run(store, test)
    [row] = store.query("SELECT value FROM meta WHERE name = 'rewrite_after'")
    assert datetime.fromisoformat(row["value"]) < ahead - timedelta(days=3_600)


def test_a_file_in_use_is_written_anew_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(database: Database, vacuum: Vacuum) -> None:
        other = sqlite3.connect(store.path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="locked"):
            await vacuum.run()
        assert database.vacuum_due
        other.rollback()
        other.close()
        # Not at once: it was waited for long enough.
        await vacuum.run()
        assert database.vacuum_due
        await Vacuum(database).run()
        assert SECRET not in store.stored()

    monkeypatch.setattr("sync.store.sqlite._BUSY_TIMEOUT_MS", 100)
    run(store, test)
