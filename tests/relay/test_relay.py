"""`polar-sync relay` with a real PostgreSQL of the app's, and a real bridge."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sync.settings import RelaySettings, SettingsError
from tests.helpers import pgbouncer
from tests.helpers.commands import Result, finished, process
from tests.helpers.engines import SQLITE
from tests.helpers.gate import passing
from tests.helpers.postgres import Postgres
from tests.helpers.servers import ROOT, serve_settings
from tests.helpers.settings import EVENT_SECRET, SettingsFactory, database_path
from tests.helpers.simulator import receiving
from tests.helpers.store import inbox_rows
from tests.helpers.waiting import wait_for

SQL = (ROOT / "kits/postgresql/outbox.sql").read_text()
USERS = """
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text, ref text);
"""
_numbers = itertools.count(1)


@dataclass
class App:
    """The app's database, and who works in it."""

    url: str
    directory: Path
    connection: psycopg.Connection[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.connection = psycopg.connect(self.url, autocommit=True)

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        # What the file sets is of its own transaction.
        cursor = self.connection.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def lose_connections(self, postgres: Postgres) -> None:
        """The relay's too."""
        postgres.end_connections(self.connection.info.dbname)
        self.connection.close()
        self.connection = psycopg.connect(self.url, autocommit=True)

    def sign_up(self, number: int = 1) -> list[str]:
        """New users; returns their ids."""
        rows = self.sql(
            "INSERT INTO auth.users (email) SELECT 'ada@example.com' FROM generate_series(1, %s)"
            " RETURNING id::text",
            number,
        )
        return [row[0] for row in rows]

    def delete(self, *users: str) -> None:
        self.sql("DELETE FROM auth.users WHERE id = ANY(%s::uuid[])", list(users))

    @property
    def outbox(self) -> list[tuple[Any, ...]]:
        """webhook_id, body, attempts, error, whether it is refused; oldest first."""
        return self.sql(
            "SELECT webhook_id, body, attempts, error, refused_at IS NOT NULL"
            " FROM polar_sync.outbox ORDER BY id"
        )

    @property
    def as_relay(self) -> str:
        """The URL that the relay logs in with."""
        return self.url.replace("//postgres:@", "//polar_sync_relay:@")

    def variables(self, bridge: str) -> dict[str, str]:
        return {
            "RELAY_DATABASE_URL": self.as_relay,
            "RELAY_URL": bridge,
            "EVENT_SECRETS": EVENT_SECRET,
            "LOG_FORMAT": "text",
        }

    def once(self, bridge: str, **variables: str) -> Result:
        """`polar-sync relay --once`."""
        return finished(
            "relay", "--once", variables={**self.variables(bridge), **variables}, cwd=self.directory
        )

    @contextlib.contextmanager
    def relay(self, bridge: str) -> Iterator[subprocess.Popen[str]]:
        """`polar-sync relay`, killed at the end."""
        with process("relay", variables=self.variables(bridge), cwd=self.directory) as popen:
            try:
                yield popen
            finally:
                popen.kill()


@pytest.fixture
def app(postgres: Postgres, tmp_path: Path) -> Iterator[App]:
    name = f"outbox_{next(_numbers)}"
    postgres.sql(f"CREATE DATABASE {name}")
    app = App(postgres.url(name), tmp_path)
    app.sql(USERS)
    app.sql(SQL)
    yield app
    app.connection.close()


@pytest.fixture
def bridge(new_settings: SettingsFactory) -> Iterator[tuple[str, Callable[[], list[Any]]]]:
    """A bridge that accepts only: its URL, and what it has."""
    settings = new_settings()
    with serve_settings(settings) as url:
        yield url, lambda: inbox_rows(database_path(settings))


Bridge = tuple[str, Callable[[], list[Any]]]
pytestmark = SQLITE


# --- the SQL --------------------------------------------------------------------------------------


def test_a_deletion_is_an_event_and_a_rollback_is_none(app: App) -> None:
    [ada, bob] = app.sign_up(2)
    with contextlib.suppress(ZeroDivisionError), app.connection.transaction():
        app.delete(ada)
        raise ZeroDivisionError
    assert app.outbox == []
    app.delete(bob)
    [(webhook_id, body, attempts, error, refused)] = app.outbox
    assert webhook_id.startswith("msg_")
    assert (attempts, error, refused) == (0, None, False)
    event = json.loads(body)
    assert event["data"] == {"user_id": bob}
    assert event["type"] == "user.deleted"


def test_it_may_be_run_again_and_keeps_what_is_there(app: App) -> None:
    app.delete(*app.sign_up(2))
    app.sql(SQL)
    assert len(app.outbox) == 2
    app.delete(*app.sign_up())
    assert len(app.outbox) == 3


def test_it_takes_no_owner_and_no_superuser(postgres: Postgres) -> None:
    """As with Supabase's `postgres`: who owns `auth.users` is somebody else."""
    postgres.sql("CREATE DATABASE supa")
    postgres.sql("CREATE ROLE supa CREATEROLE")
    postgres.sql("GRANT CREATE ON DATABASE supa TO supa")
    with psycopg.connect(postgres.url("supa"), autocommit=True) as connection:
        connection.execute(USERS)
        connection.execute("GRANT USAGE ON SCHEMA auth TO supa")
        connection.execute("GRANT SELECT, INSERT, DELETE, TRIGGER ON auth.users TO supa")
        connection.execute("SET ROLE supa")
        for _ in range(2):
            connection.execute(SQL)
        connection.execute("INSERT INTO auth.users DEFAULT VALUES")
        connection.execute("DELETE FROM auth.users")
        assert connection.execute("SELECT count(*) FROM polar_sync.outbox").fetchone() == (1,)


def test_the_external_id_is_taken_from_a_column_of_its_own(app: App) -> None:
    app.sql(
        "CREATE OR REPLACE TRIGGER polar_sync_user_deleted AFTER DELETE ON auth.users"
        " FOR EACH ROW EXECUTE FUNCTION polar_sync.user_deleted('id', 'ref')"
    )
    ada, bob = app.sign_up(2)
    app.sql("UPDATE auth.users SET ref = 'cus_1' WHERE id = %s", ada)
    app.delete(ada)
    app.delete(bob)
    found = [json.loads(row[1])["data"] for row in app.outbox]
    assert found == [{"user_id": ada, "external_id": "cus_1"}, {"user_id": bob}]


def test_a_user_who_is_only_marked(app: App) -> None:
    """The trigger that the kit's page shows."""
    page = (ROOT / "kits/postgresql/README.md").read_text()
    [shown] = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    app.sql("ALTER TABLE auth.users ADD COLUMN deleted_at timestamptz")
    app.sql(shown)
    [ada] = app.sign_up()
    app.sql("UPDATE auth.users SET email = 'b@example.com', deleted_at = NULL")
    assert app.outbox == []
    for _ in range(2):
        app.sql("UPDATE auth.users SET deleted_at = now()")
    [(_, body, *_)] = app.outbox
    assert json.loads(body)["data"] == {"user_id": ada}


def test_a_column_that_is_not_there_is_said_at_the_first_deletion(app: App) -> None:
    app.sql(
        "CREATE OR REPLACE TRIGGER polar_sync_user_deleted AFTER DELETE ON auth.users"
        " FOR EACH ROW EXECUTE FUNCTION polar_sync.user_deleted('user_id')"
    )
    [ada] = app.sign_up()
    with pytest.raises(psycopg.errors.RaiseException, match=r"auth\.users has no column user_id"):
        app.delete(ada)
    assert app.sql("SELECT 1 FROM auth.users")


def test_each_role_can_do_its_part_and_no_more(app: App) -> None:
    [ada] = app.sign_up()
    app.sql("DROP ROLE IF EXISTS clerk")
    app.sql("CREATE ROLE clerk; GRANT USAGE ON SCHEMA auth TO clerk;")
    app.sql("GRANT SELECT, DELETE ON auth.users TO clerk")
    # What stands before PostgreSQL's own names for whoever deletes, does not for the function.
    app.sql("CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO clerk")
    app.sql(
        "CREATE FUNCTION trap.to_jsonb(auth.users) RETURNS jsonb LANGUAGE sql"
        """ AS $$ SELECT '{"id": "trapped"}'::jsonb $$"""
    )
    try:
        app.sql("SET search_path = trap, pg_catalog; SET ROLE clerk")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.sql("SELECT 1 FROM polar_sync.outbox")
        app.delete(ada)
    finally:
        app.sql("RESET ROLE; RESET search_path")
    [(_, body, *_)] = app.outbox
    assert json.loads(body)["data"]["user_id"] == ada
    with psycopg.connect(app.as_relay, autocommit=True) as relay:
        for statement in (
            "SELECT 1 FROM auth.users",
            "INSERT INTO polar_sync.outbox (body) VALUES ('')",
            "UPDATE polar_sync.outbox SET body = ''",
            "TRUNCATE polar_sync.outbox",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                relay.execute(statement)
    app.sql("DROP OWNED BY clerk; DROP ROLE clerk")


# --- sending --------------------------------------------------------------------------------------


def test_once_sends_all_and_says_so(app: App, bridge: Bridge) -> None:
    url, inbox = bridge
    users = app.sign_up(3)
    app.delete(*users)
    rows = {row[0]: row[1] for row in app.outbox}
    assert app.once(url) == Result(0, "3 sent, 0 waiting, 0 refused for good\n", "")
    assert {row["webhook_id"]: row["body"].decode() for row in inbox()} == rows
    assert app.outbox == []
    assert app.once(url).out == "0 sent, 0 waiting, 0 refused for good\n"


@pytest.mark.slow
def test_what_the_bridge_refuses_is_kept_and_costs_nobody_else(app: App, bridge: Bridge) -> None:
    url, inbox = bridge
    app.sql("""INSERT INTO polar_sync.outbox (webhook_id, body) VALUES ('msg_bad', '{"a": 1}')""")
    app.delete(*app.sign_up(2))
    result = app.once(url)
    assert (result.code, result.out) == (1, "2 sent, 0 waiting, 1 refused for good\n")
    assert "(msg_bad) is kept, and not sent again: the bridge answered 400" in result.err
    assert len(inbox()) == 2
    [(webhook_id, _, attempts, error, refused)] = app.outbox
    assert (webhook_id, attempts, refused) == ("msg_bad", 1, True)
    assert error == "the bridge answered 400"
    # It is sent again once somebody has seen to it, as the page says.
    page = (ROOT / "docs/relay.md").read_text()
    look, again = re.findall(r"^(?:SELECT|UPDATE) .*?;", page, re.MULTILINE)
    [(number, *_)] = app.sql(look)
    body = (
        """{"type": "user.deleted", "timestamp": "2026-01-01T00:00:00Z", "data": {"user_id": 1}}"""
    )
    app.sql("UPDATE polar_sync.outbox SET body = %s", body)
    app.sql(again.replace("= 7", f"= {number}"))
    assert app.once(url).code == 0
    assert len(inbox()) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (401, "answered 401: check EVENT_SECRETS on both sides"),
        (404, "answered 404: RELAY_URL must be where the bridge is"),
        (429, "answered 429"),
        (503, "answered 503"),
        (302, "a redirect, which is not followed"),
    ],
)
def test_what_is_not_the_events_fault_refuses_none(app: App, answer: int, said: str) -> None:
    app.delete(*app.sign_up(20))
    with receiving() as receiver:
        receiver.answer = lambda _: answer
        result = app.once(receiver.url.removesuffix("/hook"))
        # One batch, of which some were under way.
        assert len(receiver.received) <= 8
    assert result.code == 1
    assert said in result.err
    rows = app.outbox
    assert len(rows) == 20
    assert not any(row[4] for row in rows)
    assert EVENT_SECRET not in result.err


@pytest.mark.slow
def test_one_that_is_not_answered_comes_last(app: App, bridge: Bridge) -> None:
    """The bridge has trouble with one event alone, and says nothing of why."""
    poison = "msg_poison"
    app.sql("INSERT INTO polar_sync.outbox (webhook_id, body) VALUES (%s, '{}')", poison)
    app.delete(*app.sign_up(100))
    with receiving() as receiver:
        receiver.answer = lambda it: 500 if it.id == poison else 202
        with app.relay(receiver.url.removesuffix("/hook")):
            wait_for(lambda: len(app.outbox) == 1, "all others are sent")
        assert {it.id for it in receiver.received} >= {poison}
    [(webhook_id, _, attempts, _, refused)] = app.outbox
    assert (webhook_id, refused) == (poison, False)
    assert attempts >= 1


@pytest.mark.slow
def test_it_wakes_and_ends_when_it_is_told(app: App, bridge: Bridge) -> None:
    url, inbox = bridge
    with app.relay(url) as popen:
        assert popen.stderr is not None
        assert "the relay has started" in popen.stderr.readline()
        app.delete(*app.sign_up())
        wait_for(inbox, "the first is there")
        wait_for(lambda: not app.outbox, "and removed")
        app.delete(*app.sign_up())
        wait_for(lambda: len(inbox()) == 2, "the second is there")
        popen.send_signal(signal.SIGTERM)
        assert popen.wait(60) == 0
        assert "the relay has stopped" in popen.stderr.read()


@pytest.mark.slow
def test_it_looks_where_nothing_wakes_it_and_ends_while_it_waits(app: App) -> None:
    """As with a pooler in between, and with a bridge that is away."""
    with app.relay("http://127.0.0.1:1") as popen:
        assert popen.stderr is not None
        popen.stderr.readline()
        # An empty outbox has been seen, and no trigger has said a word.
        app.sql("SELECT pg_sleep(1)")
        app.sql("INSERT INTO polar_sync.outbox (body) VALUES ('{}')")
        assert "refused the connection" in popen.stderr.readline()
        popen.send_signal(signal.SIGTERM)
        assert popen.wait(60) == 0
    [(_, _, attempts, error, refused)] = app.outbox
    assert attempts >= 1
    assert "refused the connection" in error
    assert not refused


@pytest.mark.slow
def test_with_a_pooler_in_between(app: App, postgres: Postgres, bridge: Bridge) -> None:
    url, inbox = bridge
    pgbouncer.needed()
    with pgbouncer.pooling(postgres, app.connection.info.dbname) as pooled:
        app.delete(*app.sign_up(60))
        variables = {**app.variables(url), "RELAY_DATABASE_URL": pooled}
        with process("relay", variables=variables, cwd=app.directory) as popen:
            try:
                wait_for(lambda: not app.outbox, "all are sent")
                app.delete(*app.sign_up())
                wait_for(lambda: not app.outbox, "and what came later")
                popen.send_signal(signal.SIGTERM)
                assert popen.wait(60) == 0
            finally:
                popen.kill()
    assert len(inbox()) == 61


@pytest.mark.slow
def test_it_is_patient_in_a_database_that_is_not(app: App, bridge: Bridge) -> None:
    url, inbox = bridge
    app.sql("ALTER ROLE polar_sync_relay SET idle_in_transaction_session_timeout = '200ms'")
    app.delete(*app.sign_up())
    try:
        with passing(url) as gate:
            gate.before_answer = lambda: time.sleep(0.5)
            assert app.once(gate.url).code == 0
    finally:
        app.sql("ALTER ROLE polar_sync_relay RESET ALL")
    assert len(inbox()) == 1


@pytest.mark.slow
def test_a_bridge_and_a_database_that_were_away(
    app: App, postgres: Postgres, new_settings: SettingsFactory
) -> None:
    settings = new_settings()
    with serve_settings(settings) as url:
        pass
    settings = settings.model_copy(update={"port": int(url.rpartition(":")[2])})
    with app.relay(url) as popen:
        assert popen.stderr is not None
        app.delete(*app.sign_up(2))
        line = next(line for line in popen.stderr if "tried again" in line)
        assert "refused the connection" in line
        app.lose_connections(postgres)
        with _serving_at(settings.port, new_settings) as inbox:
            wait_for(lambda: len(inbox()) == 2, "what waited is there")
            wait_for(lambda: not app.outbox, "and removed")
            app.lose_connections(postgres)
            app.delete(*app.sign_up())
            wait_for(lambda: len(inbox()) == 3, "and what came later")


@contextlib.contextmanager
def _serving_at(port: int, new_settings: SettingsFactory) -> Iterator[Callable[[], list[Any]]]:
    """A way from the port to a bridge."""
    settings = new_settings()
    with serve_settings(settings) as url, passing(url, port=port):
        yield lambda: inbox_rows(database_path(settings))


@pytest.mark.slow
def test_killed_between_the_answer_and_its_note(app: App, bridge: Bridge) -> None:
    url, inbox = bridge
    app.delete(*app.sign_up())
    killed = threading.Event()
    with passing(url) as gate:
        with app.relay(gate.url) as popen:

            def kill() -> None:
                # The bridge has it; the relay never hears of that.
                if not killed.is_set():
                    popen.kill()
                    popen.wait()
                    killed.set()

            gate.before_answer = kill
            assert killed.wait(60)
        assert len(app.outbox) == 1
        assert app.once(gate.url).code == 0
    [first, second] = gate.ids
    assert first == second
    assert [row["webhook_id"] for row in inbox()] == [first]
    assert app.outbox == []


@pytest.mark.slow
def test_two_relays_send_each_of_many_once(app: App, bridge: Bridge) -> None:
    url, inbox = bridge
    app.delete(*app.sign_up(1_500))
    wanted = {row[0] for row in app.outbox}
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda _: app.once(url), range(2)))
    sent = [int(result.out.split()[0]) for result in results]
    assert sum(sent) == 1_500
    assert min(sent) > 0
    assert {row["webhook_id"] for row in inbox()} == wanted
    assert app.outbox == []


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_asks_for_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    nothing = finished("relay", variables={}, cwd=tmp_path)
    assert nothing.code == 2
    assert [line.split()[1] for line in nothing.err.splitlines()] == [
        "RELAY_DATABASE_URL",
        "EVENT_SECRETS",
    ]
    wrong = finished(
        "relay",
        variables={"RELAY_DATABASE_URL": "sqlite:///a.db", "EVENT_SECRETS": ",", "RELAY_URL": "x"},
        cwd=tmp_path,
    )
    assert wrong.code == 2
    assert "RELAY_DATABASE_URL must begin with postgresql://" in wrong.err
    assert "EVENT_SECRETS is empty" in wrong.err
    assert "RELAY_URL must be a URL" in wrong.err


@pytest.mark.slow
def test_without_the_table_or_the_database(postgres: Postgres, tmp_path: Path) -> None:
    variables = {"EVENT_SECRETS": EVENT_SECRET, "RELAY_URL": "http://127.0.0.1:1"}
    for url, said in (
        (postgres.url("postgres"), "there is no polar_sync.outbox: run kits/postgresql/outbox.sql"),
        ("postgresql://u:hunter2@127.0.0.1:1/none", "the database cannot be used: connection"),
    ):
        result = finished(
            "relay", "--once", variables={**variables, "RELAY_DATABASE_URL": url}, cwd=tmp_path
        )
        assert (result.code, result.out) == (2, "")
        assert said in result.err
        assert "hunter2" not in result.err


def test_beside_the_bridge_it_needs_no_url() -> None:
    url = "postgresql+psycopg://relay@host/app"
    settings = RelaySettings.load(
        _env_file=None, relay_database_url=url, event_secrets=EVENT_SECRET, host="::", port=81
    )
    assert settings.bridge_url == "http://[::1]:81"
    assert settings.relay_database_url.get_secret_value() == "postgresql://relay@host/app"
    with pytest.raises(SettingsError):
        RelaySettings.load(_env_file=None, relay_database_url=url, event_secrets="")
