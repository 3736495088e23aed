"""The HTTP side on loopback: a server, a client for it, and its database."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from app.main import create_app
from app.state import AppState
from sync.settings import Settings
from tests.helpers.clients import new_client
from tests.helpers.servers import serve_settings
from tests.helpers.settings import load_settings
from tests.helpers.store import Store, inbox_rows
from tests.helpers.webhooks import event_body, new_id, polar_headers, signed_headers

MARKER = "echo-me-not"
MIB = 1_048_576
SECOND_KEY = b"a second key, still being rolled"
SECOND_SECRET = base64.b64encode(SECOND_KEY).decode()
JSON_TYPE = {"content-type": "application/json"}

Headers = dict[str, str | bytes]


@dataclass(frozen=True, slots=True)
class Site:
    """A server, a client for it, and its database."""

    url: str
    client: httpx.Client
    store: Store

    def rows(self) -> list[Any]:
        return inbox_rows(self.store)

    def post(self, path: str, body: bytes, headers: dict[str, str] | Headers) -> httpx.Response:
        raw = [(k.encode(), v if isinstance(v, bytes) else v.encode()) for k, v in headers.items()]
        return self.client.post(path, content=body, headers=raw)

    def event(self, body: bytes, **signing: Any) -> httpx.Response:
        return self.post("/events", body, signed_headers(body, **signing))

    def webhook(self, body: bytes, **signing: Any) -> httpx.Response:
        return self.post("/webhooks/polar", body, polar_headers(body, **signing))

    def check_alive(self) -> None:
        """The server still takes an event and stores it once."""
        webhook_id = new_id()
        answer = self.event(event_body(), webhook_id=webhook_id)
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
        assert [row["webhook_id"] for row in self.rows()].count(webhook_id) == 1


@contextlib.contextmanager
def site(store: Store, **settings: Any) -> Iterator[Site]:
    with (
        serve_settings(load_settings(store, **settings)) as url,
        new_client(url) as client,
    ):
        yield Site(url, client, store)


WRONG = "v1," + "A" * 43 + "="


@contextlib.asynccontextmanager
async def in_process(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, AppState]]:
    """The application in this event loop: a client for it, and what its routes share."""
    app = create_app(settings)
    async with app.router.lifespan_context(app) as lifespan_state:
        assert lifespan_state is not None

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"] = dict(lifespan_state)
            await app(scope, receive, send)

        transport = httpx.ASGITransport(with_state)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client, lifespan_state["app"]
