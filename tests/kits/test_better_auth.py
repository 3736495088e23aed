"""The Better Auth plugin in a real app on SQLite, against the real bridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.waiting import wait_for
from tests.kits.app_database import AppDatabase, on_postgres, on_sqlite
from tests.kits.conftest import App, Deployment, Start

pytestmark = pytest.mark.slow

ORIGIN = {"origin": "http://localhost:3000"}
PASSWORD = "correct horse battery staple"


@dataclass
class Desk:
    """Users of the app, and its database."""

    database: AppDatabase
    url: str

    @property
    def variables(self) -> dict[str, str]:
        return {**self.database.variables, "POLAR_SYNC_URL": self.url}

    def events(self) -> list[dict[str, Any]]:
        return self.database.sql('SELECT * FROM "polarSyncEvent"')

    def time_passes(self) -> None:
        """As if an hour and more had passed."""
        self.database.sql(
            """UPDATE "polarSyncEvent" SET "nextTryAt" = '2026-01-01T00:00:00.000Z',
               "createdAt" = '2026-01-01T00:00:00.000Z'"""
        )

    def users(self) -> int:
        return len(self.database.sql('SELECT 1 FROM "user"'))


def sign_up(app: App, name: str = "ada") -> str:
    """Gives the user's id; the client stays signed in."""
    body = {"name": name, "email": f"{name}@example.com", "password": PASSWORD}
    answer = app.client.post("/api/auth/sign-up/email", json=body, headers=ORIGIN)
    assert answer.status_code == 200, answer.text
    user_id: str = answer.json()["user"]["id"]
    return user_id


def delete_account(app: App) -> int:
    answer = app.client.post("/api/auth/delete-user", json={"password": PASSWORD}, headers=ORIGIN)
    return answer.status_code


@pytest.fixture
def desk(
    engine: str, tmp_path: Path, deployment: Deployment, request: pytest.FixtureRequest
) -> Desk:
    if engine == "postgresql":
        return Desk(on_postgres(request.getfixturevalue("postgres")), deployment.url)
    return Desk(on_sqlite(tmp_path), deployment.url)


@pytest.mark.engines("sqlite", "postgresql")
def test_a_user_deletes_the_account_while_the_bridge_is_down(
    deployment: Deployment, start: Start, desk: Desk
) -> None:
    with start("better-auth", desk.variables) as app:
        user_id = sign_up(app)
        deployment.sim.customer(user_id, subscriptions=["active"])
        assert delete_account(app) == 200
        assert desk.users() == 0
        wait_for(lambda: desk.events()[0]["lastError"], "it has been tried")
        (waiting,) = app.client.get("/waiting").json()
        assert waiting["userId"] == user_id
        assert waiting["confirmed"] is True
        assert "ECONNREFUSED" in waiting["lastError"]
        with deployment.up():
            desk.time_passes()
            wait_for(lambda: not desk.events(), "it is sent by itself")
            wait_for(lambda: deployment.states() == ["verified"], "it is verified")
            (row,) = deployment.query("SELECT webhook_id FROM inbox WHERE source = 'app'")
            assert row["webhook_id"] == waiting["webhookId"]
    assert any(waiting["webhookId"] in line for line in app.log)


def test_a_process_is_killed_between_the_outbox_and_the_answer(
    deployment: Deployment,
    start: Start,
    desk: Desk,
    silence: tuple[str, Callable[[], None]],
) -> None:
    nowhere, is_asked = silence
    with start("better-auth", {**desk.variables, "POLAR_SYNC_URL": nowhere}) as app:
        user_id = sign_up(app)
        deployment.sim.customer(user_id)
        assert delete_account(app) == 200
        is_asked()
        app.kill()
    (event,) = desk.events()
    assert event["tries"] == 1
    desk.time_passes()
    # Two processes start at once: one event.
    with (
        deployment.up(),
        start("better-auth", desk.variables),
        start("better-auth", desk.variables),
    ):
        wait_for(lambda: not desk.events(), "what the crash has left is sent")
        wait_for(lambda: deployment.states() == ["verified"], "it is verified")
        (row,) = deployment.query("SELECT webhook_id FROM inbox WHERE source = 'app'")
        assert row["webhook_id"] == event["webhookId"]


def test_a_process_is_killed_between_the_deletion_and_its_confirmation(
    deployment: Deployment, start: Start, desk: Desk
) -> None:
    fault = {"FAULT": "killed after the deletion"}
    with start("better-auth", {**desk.variables, **fault}) as app:
        user_id = sign_up(app)
        with pytest.raises(Exception, match=r"disconnected|reset"):
            delete_account(app)
    (event,) = desk.events()
    assert (desk.users(), bool(event["confirmed"])) == (0, False)
    desk.time_passes()
    background = {"BACKGROUND": "false"}
    with deployment.up(), start("better-auth", {**desk.variables, **background}) as app:
        assert len(desk.events()) == 1
        assert app.client.get("/cron").json() == {"waiting": 0}
        (row,) = deployment.query("SELECT webhook_id, body FROM inbox WHERE source = 'app'")
    assert row["webhook_id"] == event["webhookId"]
    assert user_id.encode() in row["body"]


@pytest.mark.engines("sqlite", "postgresql")
def test_a_deletion_that_fails_is_not_told(
    deployment: Deployment, start: Start, desk: Desk
) -> None:
    variables: Mapping[str, str] = {**desk.variables, "BACKGROUND": "false"}
    with deployment.up():
        with start("better-auth", {**variables, "FAULT": "another plugin refuses"}) as app:
            sign_up(app)
            delete_account(app)
            assert desk.users() == 1
            assert [bool(it["confirmed"]) for it in desk.events()] == [False]
            # Not due yet, and then long over.
            assert app.client.get("/cron").json() == {"waiting": 1}
            desk.time_passes()
            assert app.client.get("/cron").json() == {"waiting": 0}
            assert deployment.query("SELECT 1 FROM inbox WHERE source = 'app'") == []
        # In a transaction of the app's that is rolled back.
        with start("better-auth", variables) as app:
            assert app.client.get("/rolled-back").json() == {"written": 1}
            assert (desk.users(), desk.events()) == (1, [])
        # Without its table: no deletion that nobody would hear of.
        with start("better-auth", variables) as app:
            sign_up(app, "bob")
            desk.database.sql('DROP TABLE "polarSyncEvent"')
            assert delete_account(app) == 500
            assert desk.users() == 2
