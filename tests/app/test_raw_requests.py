"""Requests that no HTTP client would send."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import exchange
from tests.helpers.site import JSON_TYPE, MARKER, MIB, Site
from tests.helpers.webhooks import event_body, signed_headers

pytestmark = BOTH_ENGINES


def raw(lines: str, headers: dict[str, str], body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /events HTTP/1.1\r\nhost: test\r\n{lines}{head}\r\n".encode() + body


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def signed_raw(lines: str, body: bytes, sent: bytes | None = None) -> bytes:
    return raw(lines, signed_headers(body), body if sent is None else sent)


SMALL = event_body(user_id=MARKER)
HALF = b'{"padding": "' + b"x" * (MIB // 2)
RAW: list[tuple[str, Callable[[], bytes], set[int]]] = [
    # Chunked, and the end never comes: the answer must not wait for it.
    (
        "endless chunks",
        lambda: signed_raw("transfer-encoding: chunked\r\n", b"", chunk(HALF) * 3),
        {413},
    ),
    (
        "one big chunk",
        lambda: signed_raw("transfer-encoding: chunked\r\n", b"", chunk(HALF * 3)),
        {413},
    ),
    ("announced too long", lambda: signed_raw("content-length: 1048577\r\n", b"", b""), {413}),
    (
        "announced far too long",
        lambda: signed_raw("content-length: 9999999999999999\r\n", b"", b""),
        {413},
    ),
    ("announced beyond numbers", lambda: signed_raw(f"content-length: {'9' * 40}\r\n", b""), {400}),
    ("negative length", lambda: signed_raw("content-length: -1\r\n", SMALL), {400}),
    ("length in words", lambda: signed_raw("content-length: all\r\n", SMALL), {400}),
    ("two lengths", lambda: signed_raw("content-length: 1\r\ncontent-length: 2\r\n", SMALL), {400}),
    (
        "length and chunks",
        lambda: signed_raw(
            "content-length: 3\r\ntransfer-encoding: chunked\r\n", SMALL, chunk(SMALL)
        ),
        {400},
    ),
    ("length too short", lambda: signed_raw("content-length: 10\r\n", SMALL), {400, 401}),
    ("no length at all", lambda: signed_raw("", SMALL), {400, 401}),
    (
        "broken chunk size",
        lambda: signed_raw("transfer-encoding: chunked\r\n", SMALL, b"zz\r\n"),
        {400},
    ),
    ("length too long", lambda: signed_raw(f"content-length: {len(SMALL) + 1}\r\n", SMALL), set()),
    (
        "left in a chunk",
        lambda: signed_raw("transfer-encoding: chunked\r\n", SMALL, chunk(SMALL)[:-20]),
        set(),
    ),
    ("NUL in a header", lambda: signed_raw("webhook-note: a\x00b\r\n", SMALL), {400}),
    ("no HTTP", lambda: MARKER.encode() + b"\r\n\r\n", {400}),
    ("TLS", lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), {400}),
]


@pytest.mark.parametrize(
    ("make", "statuses"), [row[1:] for row in RAW], ids=[name for name, _, _ in RAW]
)
def test_refused_raw(
    server: Site,
    make: Callable[[], bytes],
    statuses: set[int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No status: the sender leaves before its request is complete; nobody is there to answer."""
    before = len(server.rows())
    answer = exchange(server.url, make(), finish=not statuses)
    if statuses:
        assert int(answer.removeprefix(b"HTTP/1.1 ")[:3]) in statuses, answer
    assert MARKER.encode() not in answer
    assert MARKER not in caplog.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(server.rows()) == before
    server.check_alive()


def test_chunked_body_without_length(server: Site) -> None:
    body = event_body()
    parts = iter([body[:10], body[10:11], body[11:]])
    answer = server.client.post("/events", content=parts, headers=signed_headers(body))
    assert answer.json() == {"status": "accepted"}
    assert server.rows()[-1]["body"] == body


@pytest.mark.parametrize("path", ["/events", "/webhooks/polar"])
def test_chunked_body_too_long(server: Site, path: str) -> None:
    answer = server.client.post(path, content=iter([HALF, HALF, HALF]), headers=JSON_TYPE)
    assert answer.status_code == 413
    server.check_alive()
