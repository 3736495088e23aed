"""A proxy that serves the bridge below a path of its own, and takes it away from each request."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.helpers.servers import serve

PREFIX = "/bridge"


@contextlib.contextmanager
def behind_proxy(app: ASGIApp) -> Iterator[str]:
    """Run the application behind it; gives the URL of the bridge as a browser has it."""

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
        elif scope["path"].startswith(PREFIX + "/"):
            within = scope["path"].removeprefix(PREFIX)
            raw = scope["raw_path"].removeprefix(PREFIX.encode())
            await app({**scope, "path": within, "raw_path": raw}, receive, send)
        else:
            await PlainTextResponse("not the bridge", 418)(scope, receive, send)

    with serve(proxy) as url:
        yield url + PREFIX
