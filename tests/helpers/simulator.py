"""The simulator as a test sees it, and a receiver of its webhooks."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import httpx

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.clients import new_client
from tests.helpers.waiting import WAIT

Json = dict[str, Any]


@dataclass
class Received:
    """One delivery as the receiver got it."""

    headers: dict[str, str]
    body: bytes
    at: float
    path: str = "/"

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Records deliveries and answers each with what `answer` returns for it."""

    url: str
    received: list[Received] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    answer: Callable[[Received], int] = lambda _: 200

    def wait_for(self, condition: Callable[[list[Received]], bool]) -> list[Received]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: condition(self.received), WAIT), self.received
            return list(self.received)


class SimulatorClient:
    """The simulator as a test sees it: Polar's API, and the control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {DEFAULT_TOKEN}", "Polar-Version": "2026-10"}
        self.api = new_client(url, headers=headers)
        self._control = new_client(f"{url}/_sim")

    def close(self) -> None:
        self.api.close()
        self._control.close()

    def start_over(self) -> None:
        """Empty the simulator, and have it draw what has no order as no test before.

        `SIMULATOR_SEED` repeats what a failed test has printed.
        """
        self.control("POST", "/reset")
        seed = int(os.environ.get("SIMULATOR_SEED") or random.randrange(2**32))  # noqa: S311
        self.settings(seed=seed)
        print(f"SIMULATOR_SEED={seed}")  # noqa: T201 - shown with a failure

    def ask(self, method: str, path: str, content: Any = None) -> httpx.Response:
        """A request to the control API."""
        return self._control.request(method, path, json=content)

    def control(self, method: str, path: str, content: Any = None) -> Any:
        """A request to the control API that must succeed."""
        response = self.ask(method, path, content)
        assert response.is_success, (method, path, response.status_code, response.text)
        return response.json() if response.content else None

    def customer(self, external_id: str | None = "user-1", **fields: Any) -> Json:
        created = self.control("POST", "/customers", {"external_id": external_id, **fields})
        assert isinstance(created, dict)
        return created

    def truth(self, created: Json) -> Json:
        found = self.control("GET", f"/customers/{created['customer']['id']}")
        assert isinstance(found, dict)
        return found

    def endpoint(self, url: str, **fields: Any) -> Json:
        created = self.control("POST", "/webhooks/endpoints", {"url": url, **fields})
        assert isinstance(created, dict)
        return created

    def settings(self, **fields: Any) -> None:
        self.control("PUT", "/settings", fields)

    def faults(self, *faults: Json, **fields: Any) -> None:
        self.control("PUT", "/faults", {"faults": faults, **fields})

    def webhook_faults(self, *faults: Json, **fields: Any) -> None:
        self.control("PUT", "/webhook-faults", {"faults": faults, **fields})

    def settle(self) -> None:
        self.control("POST", "/settle", {"timeout": WAIT})

    def events(self) -> list[Json]:
        events = self.control("GET", "/webhooks")["events"]
        assert isinstance(events, list)
        return events

    def delete(self, external_id: str = "user-1", *, anonymize: bool = False) -> httpx.Response:
        path = f"/v1/customers/external/{quote(external_id, safe='')}"
        return self.api.delete(path, params={"anonymize": anonymize})

    def get(self, path: str, **params: Any) -> Any:
        """A GET that must succeed, as JSON."""
        response = self.api.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def items(self, path: str, **params: Any) -> list[Json]:
        items = self.get(path, **params)["items"]
        assert isinstance(items, list)
        return items


def with_sdk_status(state: Json) -> Json:
    """A customer state whose active subscriptions the SDK 1.0.2 can load.

    It takes their `status` for that of something else, `granted` or `disabled`, where the OpenAPI
    document says `active` or `trialing`.
    """
    rows = state["active_subscriptions"]
    assert {row["status"] for row in rows} <= {"active", "trialing"}
    return state | {"active_subscriptions": [row | {"status": "granted"} for row in rows]}


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A webhook receiver, for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one packet: two would wait for each other, 40 ms each time

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                # Whoever sent it was killed meanwhile: no app is given half a body.
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            one = Received(headers, body, time.monotonic(), self.path)
            with this.arrived:
                this.received.append(one)
                this.arrived.notify_all()
            status = this.answer(one)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    this = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield this
    finally:
        server.shutdown()
        thread.join(WAIT)
        server.server_close()
