"""What a stranger can take: so much memory, so many connections, so long."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from app import bounds
from tests.helpers.clients import new_client
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import Process, serve, serve_process
from tests.helpers.settings import environment
from tests.helpers.site import MIB, Site
from tests.helpers.store import StoreFactory, inbox_rows
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.webhooks import event_body, new_id, signed_headers

pytestmark = BOTH_ENGINES

ABOVE_IDLE = 150 * 1_000_000
"""Bytes by which memory may grow."""
ALIVE = b"GET /livez HTTP/1.1\r\nhost: test\r\n\r\n"
POST = b"POST /events HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"


@pytest.fixture
def process(new_store: StoreFactory) -> Iterator[Process]:
    store = new_store()
    with serve_process(environment(store), store.directory) as running:
        yield running


def connect(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=WAIT)


def memory(process: Process, name: str) -> int:
    """`VmRSS`: in use; `VmHWM`: at most so far."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def is_open(connection: socket.socket) -> bool:
    """Whether the other side has it open, which cannot be told from what is read."""
    ends = (connection.getsockname(), connection.getpeername())
    here, there = (f":{port:04X}" for _, port in ends)
    sockets = [line.split()[1:4] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    established = "01"
    return any(
        local.endswith(there) and remote.endswith(here) and state == established
        for local, remote, state in sockets
    )


def answers(connection: socket.socket) -> list[tuple[int, bytes]]:
    """Status and body of each answer until the server closes."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            received += part
    found = []
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        assert length, head
        found.append((int(head.split()[1]), received[: int(length[1])]))
        received = received[int(length[1]) :]
    return found


def refusal(connection: socket.socket) -> tuple[int, str]:
    [(status, body)] = answers(connection)
    refused = json.loads(body)
    assert refused["detail"]
    return status, refused["error"]


def signed(body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in signed_headers(body).items())
    return b"POST /events HTTP/1.1\r\nhost: test\r\n" + (
        f"content-length: {len(body)}\r\n{head}\r\n".encode() + body
    )


# --- one request at a time -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 100, 100_000])
def test_pipelined_requests_are_answered_in_order(server: Site, size: int) -> None:
    """However they are cut into pieces; in chunks, too, and with a body that looks like an end."""
    before = len(server.rows())
    bodies = [event_body(user_id=new_id()) for _ in range(3)]
    odd = b'{"a":\r\n\r\n1}'
    requests = [
        signed(bodies[0]),
        ALIVE,
        POST + f"content-length: {len(odd)}\r\n\r\n".encode() + odd,
        POST + b"transfer-encoding: chunked\r\n\r\n5\r\n\r\n\r\n1\r\n0;a=b\r\nx-late: 1\r\n\r\n",
        signed(bodies[1]),
        signed(bodies[2]).replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1),
        ALIVE,
    ]
    sent = b"".join(requests)
    with connect(server.url) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
        statuses = [status for status, _ in answers(connection)]
    assert statuses == [202, 200, 401, 401, 202, 202]
    assert [row["body"] for row in server.rows()[before:]] == bodies


def test_a_refused_body_costs_the_request_only(server: Site) -> None:
    """The rest of it is thrown away, and the connection goes on."""
    with connect(server.url) as connection:
        connection.sendall(POST + f"content-length: {MIB + 1}\r\n\r\n".encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")
        connection.sendall(b"x" * (MIB + 1) + ALIVE)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.slow
def test_a_peer_that_leaves_early_is_no_error(new_store: StoreFactory) -> None:
    """In the middle of a request, or before the answers; also where it resets the connection."""
    store = new_store()
    body = event_body()
    ends = [
        POST,
        POST + b"content-length: 100000\r\n\r\n" + b"x" * 70_000,
        signed(body),
        b"".join(signed(event_body(user_id=new_id())) for _ in range(5)),
    ]
    with serve_process(environment(store), store.directory) as process:
        for number in range(100):
            with connect(process.url) as connection:
                connection.sendall(ends[number % len(ends)])
                if number // len(ends) % 2:
                    reset = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        answer = httpx.post(
            f"{process.url}/events", content=body, headers=signed_headers(body), timeout=WAIT
        )
        assert answer.status_code == 202
        process.popen.terminate()
        process.popen.wait(WAIT)
    log = "".join(process.log)
    assert "shutdown complete" in log
    assert "traceback" not in log.lower()
    assert "ERROR" not in log


# --- heads ---------------------------------------------------------------------------------------

HEADS: list[tuple[str, Callable[[], bytes]]] = [
    ("a long path", lambda: b"GET /" + b"x" * bounds.MAX_HEAD),
    ("a long header", lambda: POST + b"x-long: " + b"x" * bounds.MAX_HEAD),
    ("many headers", lambda: POST + b"a:\r\n" * (bounds.MAX_HEADERS + 1) + b"\r\n"),
    ("many megabytes", lambda: POST + b"x-header: value\r\n" * 100_000),
    (
        "headers behind a body",
        lambda: (
            POST + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"a:\r\n" * (bounds.MAX_HEADERS + 1)
        ),
    ),
    (
        "a long header behind a body",
        lambda: POST + b"transfer-encoding: chunked\r\n\r\n0\r\na: " + b"x" * 3 * bounds.MAX_HEAD,
    ),
    ("nothing at all", lambda: b"\r\n" * bounds.MAX_HEAD),
]


@pytest.mark.parametrize("make", [make for _, make in HEADS], ids=[name for name, _ in HEADS])
def test_too_long_a_head(server: Site, make: Callable[[], bytes]) -> None:
    with connect(server.url) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(make())
        assert refusal(connection) == (431, "head_too_large")
    server.check_alive()


def test_as_long_a_head_as_is_taken(server: Site) -> None:
    fill = b"x-fill: "
    head = ALIVE[:-2] + b"a: 1\r\n" * (bounds.MAX_HEADERS - 2)
    fill += b"x" * (bounds.MAX_HEAD - len(head) - len(fill) - 4) + b"\r\n\r\n"
    with connect(server.url) as connection:
        connection.sendall(head + fill)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_does_not_come_whole_is_refused(server: Site) -> None:
    """A head that stops, one whose bytes trickle in, a body that stops; a peer that says nothing
    is left."""
    with contextlib.ExitStack() as stack:
        silent, head, body, chunked = (stack.enter_context(connect(server.url)) for _ in range(4))
        head.sendall(POST)
        body.sendall(POST + b"content-length: 10\r\n\r\n123")
        chunked.sendall(POST + b"transfer-encoding: chunked\r\n\r\n5\r\n12")
        assert [refusal(it) for it in (head, body, chunked)] == [(408, "too_slow")] * 3
        assert answers(silent) == []
    server.check_alive()


@pytest.mark.slow
def test_a_peer_that_takes_no_answers_is_left() -> None:
    """Once the buffers in between are full."""

    async def answer(_request: Request) -> Response:
        return Response(bytes(MIB))

    with serve(Router([Route("/", answer)]), lifespan="off") as url, connect(url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n" * 100)
        wait_for(lambda: not is_open(connection), "the server closes it")
        with new_client(url) as client:
            assert len(client.get("/").content) == MIB


# --- memory and connections ----------------------------------------------------------------------


def pipeline(process: Process) -> None:
    """100 MB that nobody waits for the answers of."""
    with connect(process.url) as connection:
        connection.settimeout(0.5)
        with contextlib.suppress(TimeoutError, ConnectionError):
            block = ALIVE * 10_000
            for _ in range(100_000_000 // len(block)):
                connection.sendall(block)


def long_heads(process: Process) -> None:
    """Twenty at once, each until the server has had enough of it."""

    def send(url: str) -> None:
        with connect(url) as connection, contextlib.suppress(ConnectionError):
            connection.sendall(POST)
            for _ in range(100):
                connection.sendall(b"x-header: value\r\n" * 3_000)

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(send, [process.url] * 20))


def stalled_bodies(process: Process, stack: contextlib.ExitStack) -> list[socket.socket]:
    """800 connections that send most of a body of 1 MiB, as far as it is read, and wait."""
    made = []
    for _ in range(800):
        connection = stack.enter_context(connect(process.url))
        connection.setblocking(False)
        made.append(connection)
    body = b"x" * (MIB - 1)
    left = {it: POST + f"content-length: {MIB}\r\n\r\n".encode() + body for it in made}
    for _ in range(10):
        for connection, rest in left.items():
            with contextlib.suppress(BlockingIOError, ConnectionError):
                left[connection] = rest[connection.send(rest) :]
    return made


@pytest.mark.slow
def test_memory_stays_flat(new_store: StoreFactory) -> None:
    """Under each attack, and under all together; meanwhile every honest event is taken."""
    store = new_store()
    sent: list[bytes] = []
    with (
        serve_process(environment(store), store.directory) as process,
        contextlib.ExitStack() as stack,
    ):

        def honest_events() -> None:
            for _ in range(20):
                body = event_body(user_id=new_id())
                answer = httpx.post(
                    f"{process.url}/events",
                    content=body,
                    headers=signed_headers(body),
                    timeout=WAIT,
                )
                assert answer.status_code == 202
                sent.append(body)

        honest_events()
        idle = memory(process, "VmRSS")
        pipeline(process)
        long_heads(process)
        honest_events()
        waiting = stalled_bodies(process, stack)
        pipeline(process)
        long_heads(process)
        honest_events()
        assert memory(process, "VmHWM") - idle < ABOVE_IDLE
        # Whoever stalls is told so, one way or the other.
        waiting[0].settimeout(WAIT)
        assert refusal(waiting[0])[0] in {408, 503}
        honest_events()
    assert [row["body"] for row in inbox_rows(store)] == sent
    log = "".join(process.log)
    assert "Traceback" not in log


@pytest.mark.slow
def test_whoever_comes_has_a_place(process: Process) -> None:
    """More connections than are taken: the oldest that is waited for is told to come again."""
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(connect(process.url)) for _ in range(bounds.MAX_CONNECTIONS)]
        opened[0].sendall(POST)
        opened[1].sendall(POST + b"content-length: 9\r\n\r\n1")
        body = event_body()
        for _ in range(3):
            answer = httpx.post(
                f"{process.url}/events", content=body, headers=signed_headers(body), timeout=WAIT
            )
            assert answer.status_code == 202
        opened += [stack.enter_context(connect(process.url)) for _ in range(10)]
        # Silent ones came before those two, once these had begun a request.
        gone = [it for it in opened[2:12] if answers(it) == []]
        assert gone
        opened[-1].sendall(ALIVE)
        assert opened[-1].recv(65_536).startswith(b"HTTP/1.1 200")
