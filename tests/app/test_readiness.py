"""`/readyz` tells the truth, and `/events` promises nothing that it cannot keep."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from sqlalchemy import make_url

from tests.helpers.engines import BOTH_ENGINES, POSTGRESQL, SQLITE
from tests.helpers.postgres import Postgres
from tests.helpers.settings import SettingsFactory
from tests.helpers.site import Site, in_process, site
from tests.helpers.store import Store, StoreFactory
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.webhooks import event_body, new_id

PENDING = (
    "INSERT INTO inbox (source, webhook_id, received_at, body, digest, status)"
    " VALUES ('polar', '{}', '{}', 'x', 'd', 'pending')"
)


@pytest.fixture
def running(new_store: StoreFactory) -> Iterator[Site]:
    with site(new_store()) as it:
        yield it


def reason(client: httpx.Client) -> str | None:
    """Why it is not ready; None: it is."""
    answer = client.get("/readyz")
    if answer.status_code == 200:
        assert answer.json() == {"status": "ready"}
        return None
    assert (answer.status_code, answer.json()["error"]) == (503, "not_ready")
    assert answer.json()["detail"]
    found: str = answer.json()["reason"]
    return found


def add_pending(store: Store, received_at: datetime) -> None:
    at = received_at.replace(tzinfo=None).isoformat(" ")
    store.execute(PENDING.format(new_id(), at))


@BOTH_ENGINES
def test_it_writes_and_leaves_nothing_in_the_inbox(running: Site) -> None:
    """Again and again, but not as often as anybody asks."""
    written = set()
    for _ in range(50):
        assert reason(running.client) is None
        written |= {
            row["value"]
            for row in running.store.query("SELECT value FROM meta WHERE name = 'readyz.probe'")
        }
    assert len(written) >= 2
    assert running.rows() == []


@BOTH_ENGINES
def test_an_old_backlog(new_store: StoreFactory) -> None:
    store = new_store()
    with site(store, backlog_after=600) as it:
        add_pending(store, datetime.now(UTC) - timedelta(seconds=60))
        assert reason(it.client) is None
        add_pending(store, datetime.now(UTC) - timedelta(seconds=660))
        # It is the first by arrival that counts, and that is the other.
        store.execute("DELETE FROM inbox WHERE id = (SELECT min(id) FROM inbox)")
        assert reason(it.client) == "backlog"
        it.check_alive()
        store.execute("UPDATE inbox SET status = 'applied'")
        assert reason(it.client) is None
    with site(store, backlog_after=0) as it:
        add_pending(store, datetime.now(UTC) - timedelta(days=60))
        assert reason(it.client) is None


@pytest.mark.slow
@BOTH_ENGINES
def test_a_worker_that_does_not_move(new_settings: SettingsFactory) -> None:
    """Something has what it needs locked for longer than its lease."""
    settings = new_settings(worker="embedded", lease=1, backlog_after=0)

    async def main() -> None:
        async with in_process(settings) as (client, state):

            async def until(reason: str | None) -> None:
                with anyio.fail_after(WAIT):
                    while (await client.get("/readyz")).json().get("reason") != reason:  # noqa: ASYNC110
                        await anyio.sleep(0.1)

            await until(None)
            async with state.database.write() as session:
                connection = await session.connection()
                await connection.exec_driver_sql(PENDING.format(new_id(), "2026-01-02 03:04:05"))
                await session.commit()
                # There is something to do, and it is not the worker's turn.
                # On SQLite whoever probes waits for the same turn, and may be told first.
                await until("worker_stands_still")
            await until(None)

    anyio.run(main)


@SQLITE
@pytest.mark.parametrize("how", ["deleted", "replaced", "its log deleted", "moved away"])
def test_a_file_that_is_no_longer_there(
    running: Site, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No event is accepted into what nobody will find."""
    path = running.store.path
    running.check_alive()
    backup = Path(shutil.copy(path, path.with_name("backup")))
    away = path.with_name("away")
    match how:
        case "deleted":
            for file in path.parent.glob(f"{path.name}*"):
                file.unlink()
        case "replaced":
            backup.rename(path)
        case "its log deleted":
            path.with_name(f"{path.name}-wal").unlink()
        case _:
            path.rename(away)
    for answer in (running.event(event_body()), running.webhook(b"{}")):
        assert (answer.status_code, answer.json()["error"]) == (503, "not_stored")
    if how != "its log deleted":
        assert reason(running.client) == "file_replaced"
    assert "deleted or replaced" in caplog.text
    assert str(path) not in running.client.get("/readyz").text
    assert running.client.get("/livez").status_code == 200
    if how == "moved away":
        away.rename(path)
        assert "ready again" not in caplog.text
        assert reason(running.client) is None
        assert "ready again" in caplog.text
        running.check_alive()


@SQLITE
def test_a_file_that_is_moved_away_before_the_first_event(running: Site) -> None:
    """No empty one is made in its place: that would throw away the log of the one moved away."""
    path = running.store.path
    away = path.with_name("away")
    running.store.execute(PENDING.format("kept", "2026-01-02 03:04:05"))
    path.rename(away)
    answer = running.event(event_body())
    assert (answer.status_code, answer.json()["error"]) == (503, "not_stored")
    assert reason(running.client) == "file_replaced"
    assert not path.exists()
    away.rename(path)
    running.check_alive()
    assert "kept" in {row["webhook_id"] for row in running.rows()}


@SQLITE
def test_a_damaged_file(running: Site) -> None:
    running.check_alive()
    with contextlib.closing(sqlite3.connect(running.store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert reason(running.client) is None
    size = running.store.path.stat().st_size
    with running.store.path.open("r+b") as file:
        file.write(os.urandom(size))
    assert reason(running.client) in {"database_unreadable", "database_unwritable"}


@POSTGRESQL
def test_a_role_that_may_not_insert(new_store: StoreFactory, postgres: Postgres) -> None:
    store = new_store()
    role = f"role_{uuid.uuid4().hex[:8]}"
    tables = "ALL TABLES IN SCHEMA public"
    store.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    for grant in (f"ALL ON {tables}", "ALL ON ALL SEQUENCES IN SCHEMA public"):
        store.execute(f"GRANT {grant} TO {role}")
    url = make_url(store.url).set(username=role).render_as_string(hide_password=False)
    with site(Store(url, store.directory)) as it:
        assert reason(it.client) is None
        store.execute(f"REVOKE INSERT ON inbox FROM {role}")
        assert reason(it.client) == "database_unwritable"
        answer = it.event(event_body())
        assert (answer.status_code, answer.json()["error"]) == (503, "not_stored")
        store.execute(f"GRANT INSERT ON inbox TO {role}")
        wait_for(lambda: reason(it.client) is None, "it may again")
        it.check_alive()
