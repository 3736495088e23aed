"""The views for who reads with SQL: what the docs promise, on both engines."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from sync.migrations.views import VIEWS
from sync.store.exclusive import changing
from tests.helpers.commands import AT, DELETED, FOUND, HELD, VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES, POSTGRESQL
from tests.helpers.servers import ROOT
from tests.helpers.store import Store

PAGE = (ROOT / "docs/sql.md").read_text()
DELETIONS = re.findall(
    r"`(\w+)`",
    "".join(re.findall(r"^\|([^|]*)\|", PAGE.partition("## `deletions`")[2], re.MULTILINE)),
)
MIRRORED = dict(re.findall(r"^\| `(polar_\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
GOLDEN = {
    "deletions": DELETIONS[: DELETIONS.index("next_attempt_at") + 1],
    **{name: re.findall(r"`(\w+)`", columns) for name, columns in MIRRORED.items()},
}


def columns(store: Store, view: str) -> list[str]:
    with changing(store.url) as connection:
        return [column["name"] for column in sa.inspect(connection).get_columns(view)]


@BOTH_ENGINES
def test_they_have_the_columns_that_are_promised_in_that_order(store: Store) -> None:
    assert GOLDEN.keys() == VIEWS.keys()
    assert {view: columns(store, view) for view in VIEWS} == GOLDEN


@pytest.mark.slow
@BOTH_ENGINES
def test_what_is_seen_is_the_same_on_both(commands: Commands) -> None:
    commands.deletion("user-1", *HELD)
    commands.deletion("user-2", *VERIFIED)
    commands.deletion("user-3", FOUND, at=AT + timedelta(days=1))
    rows = commands.store.query(
        "SELECT id, user_id, state, needs_action, user_deleted_at, forgotten_at IS NULL"
        " FROM deletions ORDER BY id"
    )
    assert [tuple(dict(row).values()) for row in rows] == [
        (1, "user-1", "held", 1, "2026-10-01 00:00:00.000000", 1),
        (2, None, "verified", 0, "2026-10-01 00:00:00.000000", 0),
        (3, "user-3", "resolved", 0, "2026-10-02 00:00:00.000000", 1),
    ]


@BOTH_ENGINES
def test_every_query_of_the_docs_can_be_asked(commands: Commands) -> None:
    commands.deletion("user-1", *HELD)
    queries = re.findall(r"<!-- tested -->\n```sql\n(.*?)```", PAGE, re.DOTALL)
    assert len(queries) == PAGE.count("```sql")
    answers = [commands.store.query(query.rstrip(";\n")) for query in queries]
    assert [len(rows) for rows in answers] == [1, 0, 1]


@POSTGRESQL
def test_a_reader_reads_the_views_and_no_table(commands: Commands) -> None:
    commands.deletion("user-1", *DELETED)
    made = commands.run("reader", 'an "analyst"')
    assert (made.code, made.err) == (0, 'an "analyst" can read the views, and no table\n')
    password = made.out.strip()
    theirs = make_conninfo(commands.store.url, user='an "analyst"', password=password)
    with psycopg.connect(theirs, autocommit=True) as connection:
        for view in VIEWS:
            connection.execute(f"SELECT * FROM {view}")  # noqa: S608
        for table in ("deletion", "evidence", "inbox", "customer"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}")  # noqa: S608
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TEMPORARY TABLE mine (x int)")

    again = commands.run("reader", 'an "analyst"')
    assert (again.code, again.out) == (0, 'an "analyst" can read the views, and no table\n')
    assert commands.run("reader", 'an "analyst"', "--revoke").code == 0
    with (
        psycopg.connect(theirs) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM deletions")
    with psycopg.connect(commands.store.url, autocommit=True) as connection:
        connection.execute('DROP OWNED BY "an ""analyst"""')
        connection.execute('DROP ROLE "an ""analyst"""')


@POSTGRESQL
def test_a_role_that_can_read_tables_is_no_reader(commands: Commands) -> None:
    result = commands.run("reader", "postgres")
    assert (result.code, "can read more than the views" in result.err) == (1, True)
    missing = commands.run("reader", "nobody-there", "--revoke")
    assert (missing.code, missing.err) == (1, "error: there is no role nobody-there\n")


@POSTGRESQL
def test_a_bridge_that_may_make_no_roles_says_so(commands: Commands) -> None:
    with psycopg.connect(commands.store.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE bridge LOGIN")
        connection.execute("GRANT SELECT ON alembic_version TO bridge")
    url = commands.store.url.replace("//postgres", "//bridge")
    commands.monkeypatch.setenv("DATABASE_URL", url)
    result = commands.run("reader", "analyst-2")
    assert result.code == 1
    assert "have an administrator make the role" in result.err


def test_without_roles_there_is_no_reader(commands: Commands) -> None:
    result = commands.run("reader", "analyst")
    assert (result.code, "only PostgreSQL has roles" in result.err) == (1, True)
