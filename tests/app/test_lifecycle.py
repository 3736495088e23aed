"""Starting, stopping and health."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, Router

from app.errors import Errors
from app.main import create_app
from sync.settings import Settings, SettingsError
from tests.helpers.clients import new_client
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import serve, serve_process
from tests.helpers.settings import environment, load_settings
from tests.helpers.site import MARKER, Site, in_process, site
from tests.helpers.store import DatabaseFactory, StoreFactory
from tests.helpers.waiting import WAIT
from tests.helpers.webhooks import event_body, signed_headers

pytestmark = BOTH_ENGINES


def test_healthy(server: Site) -> None:
    assert server.client.get("/livez").json() == {"status": "alive"}
    assert server.client.get("/readyz").json() == {"status": "ready"}


def test_ready_only_with_its_database(new_store: StoreFactory) -> None:
    store = new_store()
    with site(store) as running:
        [revision] = store.query("SELECT version_num FROM alembic_version")
        store.execute("UPDATE alembic_version SET version_num = 'unknown'")
        answer = running.client.get("/readyz")
        assert answer.status_code == 503
        assert "newer version" in answer.json()["detail"]
        assert running.client.get("/livez").status_code == 200
        store.execute("UPDATE alembic_version SET version_num = ?", revision[0])
        store.execute("ALTER TABLE inbox RENAME TO elsewhere")
        answer = running.event(event_body())
        assert (answer.status_code, answer.json()["error"]) == (503, "not_stored")


def test_starts_only_on_its_own_database(new_store: StoreFactory, tmp_path: Path) -> None:
    async def start(settings: Settings) -> None:
        async with in_process(settings):
            pass

    with pytest.raises(Exception, match="polar-sync migrate"):
        anyio.run(start, load_settings(tmp_path / "empty.db"))
    store = new_store()
    anyio.run(start, load_settings(store))
    other_key = load_settings(store, hash_key="another key, also long enough, yes")
    with pytest.raises(SettingsError, match="HASH_KEY"):
        anyio.run(start, other_key)


@pytest.mark.slow
def test_stops_when_told(new_store: StoreFactory) -> None:
    store = new_store()
    with serve_process(environment(store, WORKER="embedded"), store.directory) as process:
        assert httpx.get(f"{process.url}/readyz").status_code == 200
        process.popen.terminate()
        assert process.popen.wait(WAIT) == -signal.SIGTERM
    assert "Application shutdown complete" in "".join(process.log)
    assert "Traceback" not in "".join(process.log)


def test_settings_come_from_the_environment(
    new_database: DatabaseFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in environment(new_database()).items():
        monkeypatch.setenv(name, value)
    assert create_app().routes
    monkeypatch.delenv("HASH_KEY")
    with pytest.raises(SettingsError, match="HASH_KEY is not set"):
        create_app()


def test_unhandled_exceptions_say_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(request: Request) -> Response:
        raise RuntimeError(await request.body())

    async def fail_midway(_request: Request) -> Response:
        async def parts() -> Any:
            yield b"begun"
            raise RuntimeError(MARKER)

        return StreamingResponse(parts())

    routes = [
        Route("/fail", fail, methods=["POST"]),
        Route("/midway", fail_midway, methods=["POST"]),
    ]
    with serve(Errors(Router(routes))) as url, new_client(url) as client:
        answer = client.post("/fail", content=MARKER)
        assert answer.status_code == 500
        assert answer.json() == {
            "error": "internal_error",
            "detail": "something went wrong here; the log says where",
        }
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/midway")
    assert "unhandled RuntimeError" in caplog.text
    assert "in fail" in caplog.text
    assert MARKER not in caplog.text


def test_whoever_is_not_waited_for_any_longer_is_asked_to_come_again() -> None:
    """It may have been stored; to send it again does no harm."""
    begun = anyio.Event()
    sent: list[Any] = []

    async def wait(_request: Request) -> Response:
        begun.set()
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    async def main() -> None:
        app = Errors(Router([Route("/events", wait, methods=["POST"])]))
        scope = {"type": "http", "method": "POST", "path": "/events", "headers": []}

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        # As uvicorn does it at the end of its patience.
        task = asyncio.create_task(app(scope, receive, send))
        await begun.wait()
        task.cancel()
        await task

    asyncio.run(main())
    start, body = sent
    assert start["status"] == 503
    assert (b"retry-after", b"5") in start["headers"]
    assert json.loads(body["body"])["error"] == "stopping"


@pytest.mark.slow
def test_a_worker_that_stops_is_started_again(
    new_store: StoreFactory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """What is accepted meanwhile is worked on then."""
    store = new_store()
    settings = load_settings(store, worker="embedded", polar_base_url="http://127.0.0.1:9")
    # Removed after the start has looked at it.
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))

    async def main() -> None:
        async with in_process(settings) as (client, _):
            body = event_body()
            with anyio.fail_after(WAIT):
                while not re.search("the worker stopped.*\n?.*FileNotFoundError", caplog.text):
                    await anyio.lowlevel.checkpoint()
                answer = await client.post("/events", content=body, headers=signed_headers(body))
                assert answer.status_code == 202
                monkeypatch.delenv("SSL_CERT_FILE")
                while not store.query("SELECT * FROM inbox WHERE status = 'applied'"):
                    await anyio.lowlevel.checkpoint()

    anyio.run(main)
    assert "it is started again" in caplog.text
