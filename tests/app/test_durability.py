"""What a 2xx promises: the event is stored, once, whatever happens then."""

from __future__ import annotations

import resource
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.abc
import httpx
import pytest

from tests.helpers.clients import new_client
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.servers import serve_process
from tests.helpers.settings import SettingsFactory, database_path, environment
from tests.helpers.site import MARKER, in_process, site
from tests.helpers.store import DatabaseFactory, StoreFactory, inbox_rows
from tests.helpers.waiting import WAIT
from tests.helpers.webhooks import event_body, new_id, polar_headers, signed_headers

pytestmark = BOTH_ENGINES


@pytest.mark.slow
def test_concurrent_posts_are_stored_once(new_store: StoreFactory) -> None:
    with site(new_store()) as busy:
        ids = [new_id() for _ in range(64)]

        def post(webhook_id: str) -> str:
            status: str = busy.event(event_body(user_id=webhook_id), webhook_id=webhook_id).json()[
                "status"
            ]
            return status

        # Each twice, the second while the first is under way.
        with ThreadPoolExecutor(64) as pool:
            statuses = Counter(pool.map(post, [id_ for id_ in ids for _ in range(2)]))
        assert statuses == {"accepted": 64, "duplicate": 64}
        assert sorted(row["webhook_id"] for row in busy.rows()) == sorted(ids)


def test_kill_after_2xx(new_store: StoreFactory) -> None:
    store = new_store()
    body, webhook_id = event_body(), new_id()
    with serve_process(environment(store), store.directory) as process:
        answer = httpx.post(
            f"{process.url}/events",
            content=body,
            headers=signed_headers(body, webhook_id=webhook_id),
        )
        process.popen.kill()
        assert answer.status_code == 202
        process.popen.wait()
    assert [(row["webhook_id"], row["body"]) for row in inbox_rows(store)] == [(webhook_id, body)]


@pytest.mark.slow
def test_full_disk(new_database: DatabaseFactory) -> None:
    path = new_database()
    body = event_body(user_id=MARKER)
    headers = signed_headers(body)
    with (
        serve_process(environment(path), path.parent) as process,
        new_client(process.url) as client,
    ):
        hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1_024, hard))
        for target, signed in (
            ("/events", headers),
            ("/webhooks/polar", polar_headers(body)),
            ("/events", headers),
        ):
            answer = client.post(target, content=body, headers=signed)
            assert (answer.status_code, answer.json()["error"]) == (503, "not_stored")
            assert int(answer.headers["retry-after"]) > 0
        assert inbox_rows(path) == []
        assert client.get("/livez").status_code == 200

        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        answer = client.post("/events", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
        assert [row["body"] for row in inbox_rows(path)] == [body]
        assert client.get("/readyz").status_code == 200
    log = "".join(process.log)
    assert "the inbox cannot be written" in log
    assert MARKER not in log


@pytest.mark.slow
@SQLITE
def test_full_inbox(new_settings: SettingsFactory) -> None:
    """While another process holds the database, 4,096 events may wait; the rest come again."""
    settings = new_settings()
    path = database_path(settings)
    statuses: list[int] = []

    async def main() -> None:
        async with in_process(settings) as (client, _state):
            blocker = sqlite3.connect(path, isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")

            async def post() -> None:
                body = event_body()
                answer = await client.post("/events", content=body, headers=signed_headers(body))
                statuses.append(answer.status_code)
                if answer.status_code == 503:
                    assert answer.headers["retry-after"] == "5"
                    # From now on there may be room again.
                    blocker.close()

            async with anyio.create_task_group() as group:
                for _ in range(4_500):
                    group.start_soon(post)

    anyio.run(main)
    counts = Counter(statuses)
    assert set(counts) == {202, 503}
    assert counts[202] >= 4_096
    assert len(inbox_rows(path)) == counts[202]


@pytest.mark.parametrize("name", ["inbox", "worker"])
def test_a_dead_task_is_not_hidden(
    new_settings: SettingsFactory, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    async def main() -> None:
        async with in_process(new_settings(worker="embedded")) as (client, state):
            assert (await client.get("/readyz")).status_code == 200
            assert set(state.tasks) == {"inbox", "worker"}
            state.tasks[name].cancel()
            with anyio.fail_after(WAIT):
                while f"the {name} task stopped" not in caplog.text:
                    await anyio.lowlevel.checkpoint()
            answer = await client.get("/readyz")
            assert (answer.status_code, answer.json()["error"]) == (503, "not_ready")
            assert f"the {name} task has stopped" in answer.json()["detail"]
            assert (await client.get("/livez")).status_code == 200
            body = event_body()
            with anyio.fail_after(WAIT):
                answer = await client.post("/events", content=body, headers=signed_headers(body))
            assert answer.status_code == (503 if name == "inbox" else 202)

    anyio.run(main)
