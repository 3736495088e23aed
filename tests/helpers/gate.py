"""A way to the bridge on which a test can stand: it sees each request, and each answer before it is
passed on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.helpers.clients import new_client
from tests.helpers.waiting import WAIT


@dataclass
class Gate:
    """What has passed."""

    url: str
    ids: list[str] = field(default_factory=list)
    """The webhook-id of each request, in order of the answers."""
    bodies: list[bytes] = field(default_factory=list)
    before_answer: Callable[[], None] = lambda: None
    """Called once the bridge has answered."""


@contextlib.contextmanager
def passing(url: str, *, port: int = 0) -> Iterator[Gate]:
    """A way to the server at the URL, for as long as the block runs. `port`: of its own; 0: any."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {"host", "connection", "content-length"}
            }
            answer = client.post(self.path, content=body, headers=headers)
            gate.ids.append(self.headers.get("webhook-id", ""))
            gate.bodies.append(body)
            gate.before_answer()
            self.send_response(answer.status_code)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            # Whoever asked was killed.
            with contextlib.suppress(ConnectionError):
                super().handle()

        def finish(self) -> None:
            with contextlib.suppress(ConnectionError):
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    gate = Gate(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with new_client(url) as client:
            yield gate
    finally:
        server.shutdown()
        thread.join(WAIT)
        server.server_close()
