"""The Express, Hono and Next.js kits, run under Node against the real bridge."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.settings import EVENT_SECRET
from tests.helpers.simulator import Receiver
from tests.helpers.waiting import wait_for
from tests.kits.app_database import AppDatabase, on_postgres, on_sqlite
from tests.kits.conftest import KITS, NODE, Deployment, Start

SHARED = ("post.mjs", "outbox.mjs")
WRONG_SECRET = "whsec_" + "A" * 43 + "="
PAST = "2026-01-01T00:00:00.000Z"

slow = pytest.mark.slow
every_kit = pytest.mark.parametrize("kit", ["express", "hono", "nextjs"])


def outbox_table() -> str:
    """As an app's migration has it."""
    return (KITS / "express/outbox.mjs").read_text().partition("TABLE = `")[2].partition("`")[0]


@pytest.fixture
def app_database(kit: str, tmp_path: Path, request: pytest.FixtureRequest) -> AppDatabase:
    if kit == "express":
        made = on_sqlite(tmp_path)
    else:
        made = on_postgres(request.getfixturevalue("postgres"))
    for statement in (
        outbox_table(),
        "CREATE TABLE users (id TEXT PRIMARY KEY)",
        "CREATE TABLE orders (user_id TEXT REFERENCES users DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO users VALUES ('ada'), ('bob'), ('eve')",
        "INSERT INTO orders VALUES ('eve')",
    ):
        made.sql(statement)
    return made


def users(database: AppDatabase) -> set[str]:
    return {row["id"] for row in database.sql("SELECT id FROM users")}


def waiting(database: AppDatabase) -> list[dict[str, Any]]:
    return database.sql("SELECT * FROM polar_sync_outbox ORDER BY next_try_at")


def sooner(database: AppDatabase) -> None:
    """As if the time until the next try had passed."""
    database.sql(f"UPDATE polar_sync_outbox SET next_try_at = '{PAST}'")  # noqa: S608


@pytest.mark.parametrize("name", SHARED)
def test_each_kit_has_the_same_file(name: str) -> None:
    copies = {path.read_bytes() for path in KITS.rglob(name) if "node_modules" not in path.parts}
    assert len(copies) == 1


@slow
@every_kit
def test_what_is_deleted_while_the_bridge_is_down_arrives(
    deployment: Deployment, start: Start, app_database: AppDatabase, kit: str
) -> None:
    for user in users(app_database):
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
        assert users(app_database) == {"bob", "eve"}
        wait_for(lambda: waiting(app_database)[0]["last_error"], "it has been tried")
        (event,) = waiting(app_database)
        assert "ECONNREFUSED" in event["last_error"]
        assert any(event["id"] in line for line in app.log)
        with deployment.up():
            sooner(app_database)
            wait_for(lambda: not waiting(app_database), "it is sent by itself")
            assert delete("bob") == 204
            wait_for(lambda: deployment.states() == ["verified"] * 2, "both are verified")
            inbox = "SELECT webhook_id FROM inbox WHERE source = 'app' ORDER BY id"
            first, second = deployment.query(inbox)
            assert first["webhook_id"] == event["id"] != second["webhook_id"]
            assert waiting(app_database) == []
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
        sooner(app_database)
        assert app.client.get("/api/polar-sync", headers=right).status_code == 503
        sooner(app_database)
        with deployment.up():
            answer = app.client.get("/api/polar-sync", headers=right)
            assert (answer.status_code, answer.json()) == (200, {"allSent": True})
            assert waiting(app_database) == []


@slow
@pytest.mark.parametrize("kit", ["express"])
def test_a_wrong_secret_is_named_and_the_event_waits(
    deployment: Deployment, start: Start, app_database: AppDatabase, kit: str
) -> None:
    variables = {**app_database.variables, "POLAR_SYNC_URL": deployment.url}
    with deployment.up():
        with start(kit, {**variables, "POLAR_SYNC_SECRET": WRONG_SECRET}) as app:
            assert app.client.delete("/account", headers={"test-user": "ada"}).status_code == 204
            wait_for(lambda: waiting(app_database)[0]["last_error"], "it is refused")
            assert "answered 401" in waiting(app_database)[0]["last_error"]
            assert WRONG_SECRET not in "".join(app.log)
        sooner(app_database)
        # Mended: two processes that start at once, and one event.
        with start(kit, variables), start(kit, variables):
            wait_for(lambda: not waiting(app_database), "it is sent")
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


@slow
@pytest.mark.parametrize("status", [302, 307, 409, 503])
def test_what_is_no_2xx_is_a_refusal(node_directory: Path, receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: status
    code = f"""
        import {{ post, target, userDeleted }} from './express/post.mjs'
        const to = target({{ url: '{receiver.url}', secret: '{EVENT_SECRET}' }})
        console.log((await post(userDeleted('ada'), to)).reason)
    """
    command = [NODE, "--input-type=module", "--eval", code]
    result = subprocess.run(command, cwd=node_directory, capture_output=True, text=True, check=True)
    assert result.stdout.startswith(f"polar-sync answered {status}: ")
    # Not followed: a redirected POST becomes a GET, whose answer says nothing of the event.
    assert [it.path for it in receiver.received] == ["/hook/events"]
