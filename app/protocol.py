"""HTTP/1.1 as uvicorn speaks it with httptools, within bounds.

By itself it parses all that has come, whole requests behind the one that is being answered
included, and reads on with each answer: 100 MB of pipelined requests take 3 GB. Its heads, bodies
and connections have no bounds, and a request may take for ever to come.

Here the parser gets no byte behind the request that is under way. What is refused has the shape of
every refusal (`app.errors`): 408 too slow, 431 too long a head, 503 too much at once.
"""

from __future__ import annotations

import asyncio
import socket
from enum import Enum, auto
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from starlette.responses import Response
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.bounds import (
    AHEAD_PAUSE,
    LEAVE_SECONDS,
    MAX_AHEAD,
    MAX_CONNECTIONS,
    MAX_HEAD,
    MAX_HEADERS,
    RECEIVE_BUFFER,
    RECEIVE_SECONDS,
    THROWN_AWAY,
    Bounds,
)
from app.errors import RETRY_AFTER, error_response

_END = b"\r\n\r\n"
"""Of a head, and of a body in chunks."""

_bounds: WeakKeyDictionary[ServerState, Bounds] = WeakKeyDictionary()


class _Phase(Enum):
    IDLE = auto()
    """Between requests."""
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    """The request is here, and is being answered."""
    LEAVING = auto()
    """No request is read any more."""


class _Flow(FlowControl):
    """Reads on only where nothing is held back; an application asks for more at any time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self.held = False

    def pause_reading(self) -> None:
        if not self._transport.is_closing():
            super().pause_reading()

    def resume_reading(self) -> None:
        if not self.held and not self._transport.is_closing():
            super().resume_reading()


class BoundedProtocol(HttpToolsProtocol):
    """One connection. For uvicorn: `--http app.protocol:BoundedProtocol`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        bounds = _bounds.get(server_state)
        if bounds is None:
            bounds = _bounds[server_state] = Bounds(self.loop)
        self._bounds = bounds
        self.since = 0.0
        self.unanswered = 0
        self._phase = _Phase.IDLE
        self._begun = False  # a request, in what is being parsed
        self._length: int | None = None  # of the body; None: in chunks
        self._taken = 0  # of the body
        self._framing = 0  # bytes that were no body, since the request or the last of its body
        self._tail = b""  # of what was parsed, where an _END may have begun
        self._ahead = b""  # what came behind the request that is being answered
        self._parsed = 0  # of _ahead

    # --- the connection ------------------------------------------------------------------------

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self.flow: _Flow = _Flow(transport)
        if (its := transport.get_extra_info("socket")) is not None:
            its.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if len(self.connections) > MAX_CONNECTIONS and not self._bounds.make_place():
            self._refuse(_too_many())
            return
        self._bounds.wait_for(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._bounds.wait_no_more(self)
        self._bounds.give_back(self)
        self._phase = _Phase.LEAVING
        self._hold(b"", 0)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        # The peer does not take its answers.
        self._bounds.wait_for(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._phase is _Phase.ANSWER:
            self._bounds.wait_no_more(self)

    def expire(self, now: float) -> None:
        waited = now - self.since
        match self._phase:
            case _Phase.LEAVING:
                if waited > LEAVE_SECONDS:
                    self.transport.abort()
            case _ if waited <= RECEIVE_SECONDS:
                pass
            case _Phase.HEAD | _Phase.BODY if not self._bounds.is_starved(self):
                self._refuse(_too_slow())
            case _:
                self.give_way()

    def give_way(self) -> None:
        self._bounds.wait_no_more(self)
        match self._phase:
            case _Phase.HEAD | _Phase.BODY:
                self._refuse(_too_many())
            case _Phase.IDLE:
                self.transport.close()
            case _:
                self.transport.abort()

    def _should_upgrade(self) -> bool:
        # Nothing here speaks WebSocket.
        return False

    def read_no_more(self) -> None:
        self.flow.held = True
        self.flow.pause_reading()

    def read_on(self) -> None:
        self.flow.held = False
        self.flow.resume_reading()

    # --- reading -------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._phase is _Phase.LEAVING:
            self._taken += len(data)
            if self._taken > THROWN_AWAY:
                self.read_no_more()
        elif self._ahead or self._phase is _Phase.ANSWER:
            self._hold(self._ahead[self._parsed :] + data, 0)
        else:
            self._parse(data, 0)

    def _parse(self, data: bytes, start: int) -> None:
        """Parse it from there up to the end of the request that is under way; hold the rest."""
        while start < len(data):
            end = self._end(data, start)
            piece = data[start:end]
            if self._phase is not _Phase.BODY or self._length is None:
                self._framing += len(piece)
                if self._framing > MAX_HEAD and self._phase is not _Phase.BODY:
                    return self._refuse(_too_long_a_head())
                self._tail = (self._tail + piece)[-len(_END) + 1 :]
            super().data_received(piece)
            if self._phase is not _Phase.LEAVING and self.transport.is_closing():
                self._leave()
            if self._phase is _Phase.LEAVING:
                return None
            # Beside the head's there are those behind a body in chunks.
            if len(self.headers or ()) > MAX_HEADERS or self._framing > MAX_HEAD:
                return self._refuse(_too_long_a_head())
            start = end
            if self._phase is _Phase.ANSWER:
                break
        if start < len(data):
            self._hold(data, start)
        elif self._begun and self._phase is not _Phase.ANSWER:
            # Most requests come whole: they are not waited for.
            self._bounds.wait_for(self)
        self._begun = False
        return None

    def _end(self, data: bytes, start: int) -> int:
        """Where what may be parsed at once ends: it holds the end of one request at most."""
        if self._phase is _Phase.BODY and self._length is not None:
            return start + self._length - self._taken
        # It may have begun in what came before.
        begun = self._tail + data[start : start + len(_END) - 1] if self._tail else b""
        found = begun.find(_END)
        if found >= 0:
            return start + found + len(_END) - len(self._tail)
        found = data.find(_END, start)
        end = len(data) if found < 0 else found + len(_END)
        return end if self._phase is not _Phase.BODY else min(end, start + MAX_HEAD)

    def _hold(self, data: bytes, parsed: int) -> None:
        """Keep what has not been parsed, and read no more, until the request is answered."""
        before = len(self._ahead)
        if parsed >= len(data):
            self._ahead, self._parsed = b"", 0
        else:
            self._ahead, self._parsed = data, parsed
            self.read_no_more()
        self._bounds.ahead += len(self._ahead) - before
        if self._ahead and self._bounds.ahead > MAX_AHEAD:
            # What a peer sends without waiting for answers may go unanswered (RFC 9112, 9.3.2).
            self.cycle.keep_alive = False
            self._hold(b"", 0)

    # --- a request, as the parser finds it -----------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._phase = _Phase.HEAD
        self._begun = True

    def on_headers_complete(self) -> None:
        # Where the head alone is refused, nothing of it must reach the application.
        if len(self.headers) > MAX_HEADERS:
            return self._refuse(_too_long_a_head())
        super().on_headers_complete()
        self._phase, self._tail, self._framing, self._taken = _Phase.BODY, b"", 0, 0
        self._length = None
        for name, value in self.headers:
            if name == b"content-length":
                self._length = int(value)
        if self.parser.should_upgrade():
            # To what, nobody here knows; and the parser is of no use behind it.
            self.cycle.keep_alive = False
        return None

    def on_body(self, body: bytes) -> None:
        if self._phase is not _Phase.BODY:
            return
        super().on_body(body)
        self._framing = 0
        self._taken += len(body)
        if self.cycle.response_complete:
            # It has been refused, and is thrown away.
            if self._taken > THROWN_AWAY:
                self._leave(finish=True)
        else:
            self._bounds.take(self, len(body))

    def on_message_complete(self) -> None:
        if self._phase is not _Phase.BODY:
            return
        super().on_message_complete()
        self._tail, self._framing = b"", 0
        if self.cycle.response_complete:
            self._await_request()
        else:
            self._phase = _Phase.ANSWER
            if not self.flow.write_paused:
                self._bounds.wait_no_more(self)

    # --- answering -----------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        self._bounds.give_back(self)
        super().on_response_complete()
        if self._phase is _Phase.LEAVING:
            return
        if self.transport.is_closing():
            self._leave()
        elif self._phase is _Phase.ANSWER:
            self._await_request()
            if self._ahead:
                self._unset_keepalive_if_required()
                self.loop.call_later(AHEAD_PAUSE, self._go_on)

    def _await_request(self) -> None:
        self._phase = _Phase.IDLE
        self._bounds.wait_for(self)

    def _go_on(self) -> None:
        """Look at what has been held back."""
        if self._phase is _Phase.LEAVING:
            return
        ahead, parsed = self._ahead, self._parsed
        self._hold(b"", 0)
        self.flow.held = False
        self._parse(ahead, parsed)
        self.flow.resume_reading()

    def _refuse(self, response: Response) -> None:
        """Answer a request that has not come whole, whoever waits for the rest of it."""
        begun = self._phase is _Phase.BODY
        if begun:
            # The application waits for the rest of it: to it the peer has left.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not (begun and self.cycle.response_started) and not self.transport.is_closing():
            self.transport.write(_bytes_of(response))
        self._leave(finish=True)

    def _leave(self, *, finish: bool = False) -> None:
        """Read no more requests. `finish`: nor will there be another answer."""
        self._phase, self._taken = _Phase.LEAVING, 0
        self._bounds.give_back(self)
        self._hold(b"", 0)
        self._unset_keepalive_if_required()
        self._bounds.wait_for(self)
        if finish and not self.transport.is_closing():
            self.transport.write_eof()
            self.read_on()


def _too_many() -> Response:
    return error_response(
        503,
        "too_many_requests_at_once",
        f"too much is being sent at once; send it again in {RETRY_AFTER} seconds",
        headers={"retry-after": str(RETRY_AFTER)},
    )


def _too_slow() -> Response:
    return error_response(
        408,
        "too_slow",
        f"the request did not come whole within {RECEIVE_SECONDS:g} seconds; send it again",
    )


def _too_long_a_head() -> Response:
    return error_response(
        431,
        "head_too_large",
        f"a request has at most {MAX_HEADERS} headers, and {MAX_HEAD} bytes of them with its first "
        "line",
    )


def _bytes_of(response: Response) -> bytes:
    status = HTTPStatus(response.status_code)
    lines = [f"HTTP/1.1 {status} {status.phrase}".encode()]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join([*lines, b"connection: close", b"", bytes(response.body)])
