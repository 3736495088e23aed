"""Whose fault it is when an event cannot be applied: its own, or the database's."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
import pytest
import sqlalchemy as sa

from sync.deletions.ledger import Ledger
from sync.inbox.entry import Entry, Source
from sync.inbox.group_commit import Inbox
from sync.intake.apply import Applier
from sync.keeping import is_text
from sync.store.database import Database
from sync.store.errors import Interrupted, StatementFailed, StorageUnavailable, ValueRefused
from sync.store.postgresql import Postgresql
from sync.store.sqlite import Sqlite
from tests.helpers.engines import BOTH_ENGINES, POSTGRESQL, SQLITE
from tests.helpers.postgres import Postgres
from tests.helpers.settings import load_settings
from tests.helpers.store import Store
from tests.helpers.webhooks import event_body, new_id

T = TypeVar("T")
USERS = ("u1", "u2", "u3")


def within(store: Store, work: Callable[[Database], Awaitable[T]]) -> T:
    async def main() -> T:
        database = Database(store.url)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(main())


def take(store: Store, *bodies: bytes, source: Source = Source.APP) -> None:
    """Have the inbox hold them."""

    async def work(database: Database) -> None:
        inbox = Inbox(database)
        running = asyncio.create_task(inbox.run())
        for body in bodies:
            await inbox.put(Entry(source=source, webhook_id=new_id(), body=body))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    within(store, work)


def apply(store: Store) -> int:
    settings = load_settings(store)

    async def work(database: Database) -> int:
        return await Applier(database, Ledger.of(database, settings), settings).apply_batch()

    return within(store, work)


def statuses(store: Store) -> dict[str, int]:
    rows = store.query("SELECT status, count(*) AS n FROM inbox GROUP BY status")
    return {row["status"]: row["n"] for row in rows}


def refuse(store: Store, condition: str = "1 = 1", code: str = "P0001") -> None:
    """Have the database refuse new deletions of which this is so."""
    if store.is_sqlite:
        store.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON deletion WHEN {condition}"
            " BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        return
    store.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END $$"
    )
    store.execute(
        f"CREATE TRIGGER refuse BEFORE INSERT ON deletion FOR EACH ROW WHEN ({condition})"
        " EXECUTE FUNCTION refuse()"
    )


def refuse_no_more(store: Store) -> None:
    store.execute("DROP TRIGGER refuse" + ("" if store.is_sqlite else " ON deletion"))


# --- what becomes of the event -------------------------------------------------------------------


@BOTH_ENGINES
def test_what_the_database_refuses_for_everybody_is_tried_again(store: Store) -> None:
    take(store, *(event_body(user_id=user) for user in USERS))
    # Of another sender, and nothing to do with it.
    order = b'{"type": "order.paid", "timestamp": "2026-11-01T12:00:00Z", "data": {}}'
    take(store, order, source=Source.POLAR)
    refuse(store)
    for _ in range(2):
        with pytest.raises(StorageUnavailable, match="refused"):
            apply(store)
        assert statuses(store)["pending"] == len(USERS)
        assert "dead" not in statuses(store)
    refuse_no_more(store)
    apply(store)
    assert "pending" not in statuses(store)
    assert len(store.query("SELECT 1 FROM deletion")) == len(USERS)


@BOTH_ENGINES
def test_what_the_database_refuses_of_one_row_alone_is_that_rows_fault(store: Store) -> None:
    take(store, *(event_body(user_id=user) for user in USERS))
    refuse(store, "NEW.user_id = 'u2'")
    assert apply(store) == len(USERS)
    assert statuses(store) == {"applied": 2, "dead": 1}
    [dead] = store.query("SELECT error FROM inbox WHERE status = 'dead'")
    assert dead["error"].startswith("the database does not take it: refused")


@BOTH_ENGINES
def test_a_single_event_that_is_refused_waits_for_another_to_compare_with(store: Store) -> None:
    take(store, event_body(user_id="u2"))
    refuse(store, "NEW.user_id = 'u2'")
    with pytest.raises(StorageUnavailable):
        apply(store)
    assert statuses(store) == {"pending": 1}
    take(store, event_body(user_id="u3"))
    apply(store)
    assert statuses(store) == {"applied": 1, "dead": 1}


@pytest.mark.slow
@POSTGRESQL
@pytest.mark.parametrize("code", ["53100", "53400", "57014", "55P03", "25006", "42501", "58030"])
def test_the_servers_own_trouble_makes_no_dead_letter(store: Store, code: str) -> None:
    take(store, *(event_body(user_id=user) for user in USERS))
    refuse(store, "NEW.user_id = 'u2'", code)
    with pytest.raises(StorageUnavailable):
        apply(store)
    assert "dead" not in statuses(store)
    refuse_no_more(store)
    apply(store)
    assert statuses(store) == {"applied": len(USERS)}


@POSTGRESQL
def test_a_value_that_does_not_fit_is_the_rows_fault_at_once(store: Store) -> None:
    take(store, event_body(user_id="u2"))
    refuse(store, code="22003")
    apply(store)
    [dead] = store.query("SELECT error FROM inbox WHERE status = 'dead'")
    assert dead["error"] == "the database does not take it: SQLSTATE 22003"


@POSTGRESQL
def test_a_role_that_may_not_insert_loses_nothing(store: Store, postgres: Postgres) -> None:
    role = f"limited_{store.name}"
    take(store, *(event_body(user_id=user) for user in USERS))
    postgres.sql(f"CREATE ROLE {role}")
    store.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    store.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}")
    store.execute(f"REVOKE INSERT ON deletion FROM {role}")
    postgres.sql(f"ALTER DATABASE {store.name} SET role = {role}")
    with pytest.raises(StorageUnavailable, match="permission denied"):
        apply(store)
    assert statuses(store) == {"pending": len(USERS)}
    store.execute(f"GRANT INSERT ON deletion TO {role}")
    apply(store)
    assert statuses(store) == {"applied": len(USERS)}


@POSTGRESQL
def test_a_database_in_another_encoding_makes_no_dead_letter(
    store: Store, postgres: Postgres
) -> None:
    postgres.sql(f"ALTER DATABASE {store.name} SET client_encoding = 'LATIN1'")
    take(store, event_body(user_id="Łukasz"))
    postgres.sql(f"ALTER DATABASE {store.name} RESET client_encoding")
    apply(store)
    assert "dead" not in statuses(store)


@SQLITE
def test_a_locked_file_makes_no_dead_letter(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    take(store, event_body(user_id="u1"))
    monkeypatch.setattr("sync.store.sqlite._BUSY_TIMEOUT_MS", 50)
    with sqlite3.connect(store.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="locked"):
            apply(store)
        other.execute("ROLLBACK")
    other.close()
    apply(store)
    assert statuses(store) == {"applied": 1}


@BOTH_ENGINES
def test_a_dead_letter_may_hold_anything(store: Store) -> None:
    odd = [
        rb'{"type": "customer.updated", "timestamp": "now", "data": {"a": "\ud800", "\udfff": 1}}',
        rb'{"type": "customer.updated", "timestamp": "now", "data": {"a": "x\u0000y", "b": 1e400}}',
        b'{"type": "customer.updated", "timestamp": "now", "data": '
        + b"[" * 5_000
        + b"]" * 5_000
        + b"}",
        b'{"type": "customer.updated", "timestamp": "now", "data": "' + b"x y " * 50_000 + b'"}',
        b"\xff\x00\xfe",
        b"",
    ]
    take(store, *odd, source=Source.POLAR)
    assert apply(store) == len(odd)
    assert statuses(store) == {"dead": len(odd)}
    take(store, event_body(user_id="u1"))
    apply(store)
    assert statuses(store) == {"dead": len(odd), "applied": 1}


# --- whose fault an error is ---------------------------------------------------------------------


def sqlite_error(*statements: str, path: str = ":memory:") -> sqlite3.Error:
    """A real one, of the last statement."""
    connection = sqlite3.connect(path)
    try:
        for statement in statements:
            connection.execute(statement)
    except sqlite3.Error as error:
        return error
    finally:
        connection.close()
    raise AssertionError("it has succeeded")


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (("CREATE TABLE t (a)", "PRAGMA max_page_count = 2", "CREATE TABLE u (a)"), "full"),
        (("CREATE TABLE t (a)", "PRAGMA query_only = 1", "DROP TABLE t"), "readonly"),
        (("SELECT * FROM missing",), "statement"),
        (("CREATE TABLE t (a UNIQUE)", "INSERT INTO t VALUES (1), (1)"), "statement"),
        (("CREATE TABLE t (a INTEGER PRIMARY KEY)", "INSERT INTO t VALUES ('x')"), "value"),
        (("SELECT zeroblob(2000000000)",), "value"),
    ],
)
def test_whose_fault_sqlite_says_it_is(statements: tuple[str, ...], fault: str) -> None:
    expected = {"statement": StatementFailed, "value": ValueRefused}
    assert Sqlite.failure(sqlite_error(*statements)) is expected.get(fault, StorageUnavailable)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (sqlite3.OperationalError("connection closed"), StorageUnavailable),
        (sqlite3.ProgrammingError("type 'object' is not supported"), StatementFailed),
        (None, StorageUnavailable),
    ],
)
def test_whose_fault_it_is_where_sqlite_gives_no_code(error: Any, expected: type[Any]) -> None:
    assert Sqlite.failure(error) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *((it, Interrupted) for it in ("40001", "40P01")),
        *((it, StorageUnavailable) for it in ("08006", "42501", "53100", "57P01", "XX001")),
        *((it, ValueRefused) for it in ("22001", "22003", "22008", "22P02")),
        *((it, StatementFailed) for it in ("22021", "22P05", "23505", "42P01", "54000", "P0001")),
    ],
)
def test_whose_fault_postgresql_says_it_is(code: str, expected: type[Any]) -> None:
    error = psycopg.errors.lookup(code) if code != "P0001" else psycopg.errors.RaiseException
    assert Postgresql.failure(error()) is expected


def test_whose_fault_it_is_where_postgresql_gives_no_code() -> None:
    assert Postgresql.failure(psycopg.OperationalError("lost")) is StorageUnavailable
    assert Postgresql.failure(psycopg.InterfaceError("closed")) is StorageUnavailable
    assert Postgresql.failure(psycopg.DataError("no NUL in a text")) is ValueRefused


@BOTH_ENGINES
@pytest.mark.parametrize("value", ["a\ud800", "a\x00"])
def test_a_value_that_no_column_takes_is_told_apart(store: Store, value: str) -> None:
    if store.is_sqlite and "\x00" in value:
        # SQLite would take it; nothing is sent there that PostgreSQL does not take.
        assert not is_text(value)
        return

    async def work(database: Database) -> None:
        async with database.write() as session:
            connection = await session.connection()
            await connection.execute(sa.text("UPDATE meta SET value = :value"), {"value": value})

    with pytest.raises(ValueRefused):
        within(store, work)


@BOTH_ENGINES
def test_messages_hold_no_value(store: Store) -> None:
    store.execute("INSERT INTO meta (name, value) VALUES ('ada@example.com', '')")

    async def work(database: Database) -> None:
        async with database.write() as session:
            connection = await session.connection()
            await connection.exec_driver_sql(
                "INSERT INTO meta (name, value) VALUES ('ada@example.com', '')"
            )

    with pytest.raises(StatementFailed) as refusal:
        within(store, work)
    assert "ada" not in str(refusal.value)
