"""The Express, Hono and Next.js kits, run under Node against the real bridge."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from psycopg.rows import dict_row

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.postgres import Postgres
from tests.helpers.waiting import wait_for
from tests.kits.conftest import KITS, Deployment, Start

SHARED = ("post.mjs", "outbox.mjs")
WRONG_SECRET = "whsec_" + "A" * 43 + "="
PAST = "2026-01-01T00:00:00.000Z"
_numbers = itertools.count(1)

slow = pytest.mark.slow
every_kit = pytest.mark.parametrize("kit", ["express", "hono", "nextjs"])


@dataclass
class AppDatabase:
    """The database of the app that has a kit: what it needs to know of it, and what is in it."""

    variables: Mapping[str, str]
    url: str

    def sql(self, statement: str) -> list[dict[str, Any]]:
        if self.url.startswith("postgresql:"):
            with psycopg.connect(self.url, row_factory=dict_row, autocommit=True) as connection:
                cursor = connection.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        with contextlib.closing(sqlite3.connect(self.url, timeout=60)) as database, database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(statement)]

    def users(self) -> set[str]:
        return {row["id"] for row in self.sql("SELECT id FROM users")}

    def waiting(self) -> list[dict[str, Any]]:
        return self.sql("SELECT * FROM polar_sync_outbox ORDER BY next_try_at")

    def sooner(self) -> None:
        """As if the time until the next try had passed."""
        self.sql(f"UPDATE polar_sync_outbox SET next_try_at = '{PAST}'")  # noqa: S608


def outbox_table() -> str:
    """As an app's migration has it."""
    return (KITS / "express/outbox.mjs").read_text().partition("TABLE = `")[2].partition("`")[0]


@pytest.fixture
def app_database(kit: str, tmp_path: Path, request: pytest.FixtureRequest) -> AppDatabase:
    if kit == "express":
        path = str(tmp_path / "app.db")
        made = AppDatabase({"DATABASE": path}, path)
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        name = f"kit_{next(_numbers)}"
        postgres.sql(f"CREATE DATABASE {name}")
        url = postgres.url(name)
        (host,) = parse_qs(urlsplit(url).query)["host"]
        made = AppDatabase({"PGHOST": host, "PGUSER": "postgres", "PGDATABASE": name}, url)
    for statement in (
        outbox_table(),
        "CREATE TABLE users (id TEXT PRIMARY KEY)",
        "CREATE TABLE orders (user_id TEXT REFERENCES users DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO users VALUES ('ada'), ('bob'), ('eve')",
        "INSERT INTO orders VALUES ('eve')",
    ):
        made.sql(statement)
    return made


@pytest.mark.parametrize("name", SHARED)
def test_each_kit_has_the_same_file(name: str) -> None:
    copies = {path.read_bytes() for path in KITS.rglob(name) if "node_modules" not in path.parts}
    assert len(copies) == 1


@slow
@every_kit
def test_what_is_deleted_while_the_bridge_is_down_arrives(
    deployment: Deployment, start: Start, app_database: AppDatabase, kit: str
) -> None:
    for user in app_database.users():
        deployment.sim.customer(user, subscriptions=["active"])
    variables = {
        **app_database.variables,
        "POLAR_SYNC_URL": deployment.url,
        "NEXT_RUNTIME": "nodejs",
    }
    with start(kit, variables) as app:

        def delete(user: str) -> int:
            return app.client.delete("/account", headers={"test-user": user}).status_code

        assert app.client.delete("/account").status_code == 401
        assert delete("ada") == 204
        # Somebody who is no user, and one whose deletion fails when it is committed.
        assert delete("nobody") == 204
        assert delete("eve") == 500
        assert app_database.users() == {"bob", "eve"}
        wait_for(lambda: app_database.waiting()[0]["last_error"], "it has been tried")
        (event,) = app_database.waiting()
        assert "ECONNREFUSED" in event["last_error"]
        assert any(event["id"] in line for line in app.log)
        with deployment.up():
            app_database.sooner()
            wait_for(lambda: not app_database.waiting(), "it is sent by itself")
            assert delete("bob") == 204
            wait_for(lambda: deployment.states() == ["verified"] * 2, "both are verified")
            inbox = "SELECT webhook_id FROM inbox WHERE source = 'app' ORDER BY id"
            first, second = deployment.query(inbox)
            assert first["webhook_id"] == event["id"] != second["webhook_id"]
            assert app_database.waiting() == []
    gone = deployment.sim.api.get("/v1/customers/external/ada")
    assert gone.status_code == 404
    assert DEFAULT_TOKEN not in "".join(app.log)


@slow
@pytest.mark.parametrize("kit", ["nextjs"])
def test_a_cron_sends_what_functions_have_left(
    deployment: Deployment, start: Start, app_database: AppDatabase, kit: str
) -> None:
    secret = "a secret of the cron's"
    variables = {**app_database.variables, "POLAR_SYNC_URL": deployment.url}
    with start(kit, variables) as app:
        assert app.client.get("/api/polar-sync").status_code == 401
        wrong = {"authorization": "Bearer undefined"}
        assert app.client.get("/api/polar-sync", headers=wrong).status_code == 401
    with start(kit, {**variables, "CRON_SECRET": secret}) as app:
        assert app.client.get("/api/polar-sync", headers=wrong).status_code == 401
        right = {"authorization": f"Bearer {secret}"}
        assert app.client.delete("/account", headers={"test-user": "ada"}).status_code == 204
        app_database.sooner()
        assert app.client.get("/api/polar-sync", headers=right).status_code == 503
        app_database.sooner()
        with deployment.up():
            answer = app.client.get("/api/polar-sync", headers=right)
            assert (answer.status_code, answer.json()) == (200, {"allSent": True})
            assert app_database.waiting() == []


@slow
@pytest.mark.parametrize("kit", ["express"])
def test_a_wrong_secret_is_named_and_the_event_waits(
    deployment: Deployment, start: Start, app_database: AppDatabase, kit: str
) -> None:
    variables = {**app_database.variables, "POLAR_SYNC_URL": deployment.url}
    with deployment.up():
        with start(kit, {**variables, "POLAR_SYNC_SECRET": WRONG_SECRET}) as app:
            assert app.client.delete("/account", headers={"test-user": "ada"}).status_code == 204
            wait_for(lambda: app_database.waiting()[0]["last_error"], "it is refused")
            assert "answered 401" in app_database.waiting()[0]["last_error"]
            assert WRONG_SECRET not in "".join(app.log)
        app_database.sooner()
        # Mended: two processes that start at once, and one event.
        with start(kit, variables), start(kit, variables):
            wait_for(lambda: not app_database.waiting(), "it is sent")
        assert len(deployment.query("SELECT 1 FROM inbox WHERE source = 'app'")) == 1


@slow
@pytest.mark.parametrize("kit", ["express"])
def test_a_setting_that_is_missing_is_named_at_start(
    start: Start, app_database: AppDatabase, kit: str
) -> None:
    for wrong in ({}, {"POLAR_SYNC_URL": "http://host", "POLAR_SYNC_SECRET": "whsec_"}):
        with (
            pytest.raises(AssertionError, match=r"POLAR_SYNC_(URL|SECRET) must be"),
            start(kit, {**app_database.variables, **wrong}),
        ):
            pass
