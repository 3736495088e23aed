"""Between Polar and the bridge: changes what Polar says, in answers and in webhooks, which it signs
anew."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.helpers.clients import new_client
from tests.helpers.webhooks import polar_headers

HOOK = "/webhooks/polar"


class Tampering:
    """What is changed: each text of the JSON, in quotes and all, by another."""

    def __init__(self, url: str, changes: Mapping[str, str]) -> None:
        self.url = url
        self.changes = {old.encode(): new.encode() for old, new in changes.items()}
        self.bridge: str | None = None

    def changed(self, body: bytes) -> bytes:
        for old, new in self.changes.items():
            body = body.replace(old, new)
        return body


@contextlib.contextmanager
def tampering(polar: str, changes: Mapping[str, str]) -> Iterator[Tampering]:
    """In the way to Polar for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.path == HOOK:
                body = this.changed(body)
                headers = polar_headers(body, webhook_id=self.headers["webhook-id"])
                answer = client.post(f"{this.bridge}{HOOK}", content=body, headers=headers)
                self._answer(answer, answer.content)
                return
            passed = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {"host", "content-length", "accept-encoding", "connection"}
            }
            answer = client.request(
                self.command, f"{polar}{self.path}", content=body, headers=passed
            )
            self._answer(answer, this.changed(answer.content))

        do_GET = do_POST = do_DELETE = do_PATCH = _pass_on  # noqa: N815 - as they must be called

        def _answer(self, answer: httpx.Response, body: bytes) -> None:
            self.send_response(answer.status_code)
            for name in ("content-type", "polar-version", "retry-after"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            if answer.status_code != httpx.codes.NO_CONTENT:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    this = Tampering(f"http://127.0.0.1:{server.server_port}", changes)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    with new_client("", one_connection_each=False) as client:
        thread.start()
        try:
            yield this
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
