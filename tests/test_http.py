"""The HTTP side against a real server on loopback: every refusal, and what a 2xx promises.

Each bad request must get its status and code, leave nothing behind, echo nothing, and not hurt the
server; each good one must be in the file, from outside, exactly once.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import resource
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from app.errors import Errors
from app.main import create_app
from app.state import AppState
from sync.hashing import Hasher
from sync.settings import Settings, SettingsError
from tests.conftest import DatabaseFactory, SettingsFactory, StoreFactory
from tests.store import Store
from tests.support import (
    BOTH_ENGINES,
    EVENT_KEY,
    EVENT_SECRET,
    HASH_KEY,
    POLAR_SECRET,
    SQLITE,
    database_path,
    environment,
    event_body,
    exchange,
    inbox_rows,
    load_settings,
    new_id,
    polar_headers,
    serve,
    serve_process,
    serve_settings,
    signature,
    signed_headers,
)
from tests.waiting import WAIT

pytestmark = BOTH_ENGINES

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
        httpx.Client(base_url=url, timeout=WAIT) as client,
    ):
        yield Site(url, client, store)


@pytest.fixture(scope="module")
def server(new_store: StoreFactory) -> Iterator[Site]:
    """Accepts only; two secrets of each sender, one of Polar's with a `whsec_` prefix."""
    with site(
        new_store(),
        event_secrets=f"{EVENT_SECRET},{SECOND_SECRET}",
        polar_webhook_secrets=f"{POLAR_SECRET} whsec_{SECOND_SECRET}",
    ) as running:
        yield running


# --- what is refused ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bad:
    """A request to refuse. `make` gives body and headers when the test runs."""

    name: str
    make: Callable[[], tuple[bytes, dict[str, str] | Headers]]
    status: int
    code: str
    detail: str
    field: str | None = None
    path: str = "/events"


def bad_header(name: str, detail: str, **changes: str | bytes | None) -> Bad:
    """A good event with headers changed (None: left out)."""

    def make() -> tuple[bytes, Headers]:
        body = event_body(user_id=MARKER)
        headers: dict[str, str | bytes | None] = {**signed_headers(body)}
        headers |= {key.replace("_", "-"): value for key, value in changes.items()}
        return body, {key: value for key, value in headers.items() if value is not None}

    return Bad(name, make, 401, "invalid_signature", detail)


def bad_signature(name: str, detail: str, make_entry: Callable[[str, str, bytes], str]) -> Bad:
    """A good event with another `webhook-signature`, made of id, timestamp and body."""

    def make() -> tuple[bytes, Headers]:
        body = event_body(user_id=MARKER)
        headers: Headers = {**signed_headers(body)}
        webhook_id, timestamp = str(headers["webhook-id"]), str(headers["webhook-timestamp"])
        headers["webhook-signature"] = make_entry(webhook_id, timestamp, body)
        return body, headers

    return Bad(name, make, 401, "invalid_signature", detail)


def stale(name: str, offset: int, detail: str) -> Bad:
    def make() -> tuple[bytes, dict[str, str]]:
        body = event_body(user_id=MARKER)
        return body, signed_headers(body, at=time.time() + offset)

    return Bad(name, make, 401, "invalid_signature", detail)


def bad_body(name: str, body: bytes, detail: str, field: str | None = None) -> Bad:
    """Properly signed, but not an event."""
    return Bad(name, lambda: (body, signed_headers(body)), 400, "invalid_event", detail, field)


def bad_event(name: str, detail: str, field: str, **fields: Any) -> Bad:
    """Properly signed JSON with fields changed by their dotted path (`data__x` is data.x)."""
    event: dict[str, Any] = {"type": "user.deleted", "timestamp": int(time.time())}
    event["data"] = {"user_id": MARKER}
    for key, value in fields.items():
        outer, _, inner = key.partition("__")
        if inner:
            event[outer][inner] = value
        else:
            event[outer] = value
    return bad_body(name, json.dumps(event).encode(), detail, field)


def bad_type(name: str, content_type: str | None) -> Bad:
    def make() -> tuple[bytes, dict[str, str]]:
        body = event_body(user_id=MARKER)
        headers = signed_headers(body)
        del headers["content-type"]
        return body, headers | ({"content-type": content_type} if content_type else {})

    return Bad(name, make, 415, "unsupported_media_type", "Content-Type: application/json")


def bad_webhook(name: str, detail: str, **signing: Any) -> Bad:
    body = json.dumps({"type": "customer.deleted", "data": {"id": MARKER}}).encode()
    return Bad(
        name,
        lambda: (body, signed_headers(body, **signing)),
        401,
        "invalid_signature",
        detail,
        path="/webhooks/polar",
    )


def oversized(path: str) -> Bad:
    body = event_body(user_id=MARKER, padding="x" * MIB)
    return Bad(
        f"too long for {path}",
        lambda: (body, signed_headers(body)),
        413,
        "body_too_large",
        "longer than 1048576 bytes",
        path=path,
    )


WRONG = "v1," + "A" * 43 + "="
MISSING, NO_MATCH = "a signature header is missing", "no signature matches"
BAD_ID = "the webhook-id header is malformed"
BAD_TIMESTAMP = "the webhook-timestamp header is malformed"
BAD_SIGNATURE = "the webhook-signature header is malformed"
NOT_JSON, TEXT, IDENTIFIER = "is not valid JSON", "must be 1 to 255 characters", "must be a string"
MISSING_FIELD = "is missing"

BAD = [
    Bad(
        "unsigned",
        lambda: (event_body(user_id=MARKER), JSON_TYPE),
        401,
        "invalid_signature",
        MISSING,
    ),
    Bad("empty and unsigned", lambda: (b"", JSON_TYPE), 401, "invalid_signature", MISSING),
    bad_header("no id", MISSING, webhook_id=None),
    bad_header("no timestamp", MISSING, webhook_timestamp=None),
    bad_header("no signature", MISSING, webhook_signature=None),
    bad_header("empty id", MISSING, webhook_id=""),
    bad_header("empty timestamp", MISSING, webhook_timestamp=""),
    bad_header("empty signature", MISSING, webhook_signature=""),
    bad_header("long id", BAD_ID, webhook_id=MARKER + "x" * 256),
    bad_header("UTF-8 id", BAD_ID, webhook_id=f"{MARKER}é".encode()),
    bad_header("broken UTF-8 id", BAD_ID, webhook_id=b"\xff\xfe"),
    bad_header("tab in id", BAD_ID, webhook_id="a\tb"),
    bad_header("another id", NO_MATCH, webhook_id="msg_other"),
    bad_header("timestamp of words", BAD_TIMESTAMP, webhook_timestamp=MARKER),
    bad_header("negative timestamp", BAD_TIMESTAMP, webhook_timestamp="-1"),
    bad_header("signed timestamp", BAD_TIMESTAMP, webhook_timestamp="+1785582000"),
    bad_header("fractional timestamp", BAD_TIMESTAMP, webhook_timestamp="1785582000.5"),
    bad_header("exponent timestamp", BAD_TIMESTAMP, webhook_timestamp="1e9"),
    bad_header("nan timestamp", BAD_TIMESTAMP, webhook_timestamp="nan"),
    bad_header("infinite timestamp", BAD_TIMESTAMP, webhook_timestamp="inf"),
    bad_header("underscored timestamp", BAD_TIMESTAMP, webhook_timestamp="1_785_582_000"),
    bad_header("huge timestamp", BAD_TIMESTAMP, webhook_timestamp="9" * 5_000),
    bad_header("ISO timestamp", BAD_TIMESTAMP, webhook_timestamp="2026-08-01T12:00:00Z"),
    bad_header("Arabic digits", BAD_TIMESTAMP, webhook_timestamp="١٢٣".encode()),
    bad_header("timestamp of 1970", "stale", webhook_timestamp="0"),
    bad_header("timestamp in ms", BAD_TIMESTAMP, webhook_timestamp="1785582000000"),
    bad_header("timestamp of the year 5000", "in the future", webhook_timestamp="95617584000"),
    stale("stale", -310, "stale"),
    stale("future", 310, "in the future"),
    bad_header("signature of words", BAD_SIGNATURE, webhook_signature=MARKER),
    bad_header("only commas", BAD_SIGNATURE, webhook_signature=",,, , v1,,"),
    bad_header("version only", BAD_SIGNATURE, webhook_signature="v1"),
    bad_header("empty value", BAD_SIGNATURE, webhook_signature="v1,"),
    bad_header("broken base64", BAD_SIGNATURE, webhook_signature="v1,A"),
    bad_header("not base64", BAD_SIGNATURE, webhook_signature="v1," + "!" * 44),
    bad_header("non-ASCII signature", BAD_SIGNATURE, webhook_signature=b"v1,\xff\xfe"),
    bad_header("short signature", BAD_SIGNATURE, webhook_signature="v1,AAAA"),
    bad_header("another's signature", NO_MATCH, webhook_signature=WRONG),
    bad_header("200 wrong ones", NO_MATCH, webhook_signature=" ".join([WRONG] * 200)),
    bad_signature(
        "other version",
        BAD_SIGNATURE,
        lambda i, t, b: signature(EVENT_KEY, i, t, b).replace("1", "2", 1),
    ),
    bad_signature("asymmetric", BAD_SIGNATURE, lambda i, t, b: "v1a," + "A" * 86 + "=="),
    bad_signature(
        "comma after", BAD_SIGNATURE, lambda i, t, b: signature(EVENT_KEY, i, t, b) + ",x"
    ),
    bad_signature("other key", NO_MATCH, lambda i, t, b: signature(b"other key" * 3, i, t, b)),
    bad_signature("other body", NO_MATCH, lambda i, t, b: signature(EVENT_KEY, i, t, b + b" ")),
    bad_signature(
        "other timestamp", NO_MATCH, lambda i, t, b: signature(EVENT_KEY, i, str(int(t) + 1), b)
    ),
    bad_signature(
        "secret as text", NO_MATCH, lambda i, t, b: signature(EVENT_SECRET.encode(), i, t, b)
    ),
    bad_signature(
        "Polar's key", NO_MATCH, lambda i, t, b: signature(POLAR_SECRET.encode(), i, t, b)
    ),
    bad_signature(
        "after sixteen others",
        NO_MATCH,
        lambda i, t, b: " ".join([WRONG] * 16 + [signature(EVENT_KEY, i, t, b)]),
    ),
    bad_header("mixed families", MISSING, webhook_id=None, svix_id="msg_1"),
    Bad(
        "the other family is valid",
        lambda: (
            event_body(),
            signed_headers(event_body(timestamp=1), family="svix")
            | {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,A"},
        ),
        401,
        "invalid_signature",
        "stale",
    ),
    Bad(
        "non-UTF-8 body",
        lambda: (b'{"type": "\xff"}', signed_headers(b'{"type": "\xff"}')),
        401,
        "invalid_signature",
        "the body is not UTF-8",
    ),
    Bad(
        "unsigned nonsense is not looked at",
        lambda: (b"[" * 100_000, signed_headers(b"[]")),
        401,
        "invalid_signature",
        NO_MATCH,
    ),
    bad_body("empty body", b"", NOT_JSON),
    bad_body("words", MARKER.encode(), NOT_JSON),
    bad_body("cut short", f'{{"type": "{MARKER}"'.encode(), NOT_JSON),
    bad_body("two objects", b"{} {}", NOT_JSON),
    bad_body("byte order mark", b"\xef\xbb\xbf{}", NOT_JSON),
    bad_body("NaN", b'{"type": "user.created", "x": NaN}', NOT_JSON),
    bad_body("Infinity", b'{"type": "user.created", "x": Infinity}', NOT_JSON),
    bad_body("-Infinity", b'{"type": "user.created", "x": -Infinity}', NOT_JSON),
    bad_body("huge integer", b'{"type": ' + b"9" * 5_000 + b"}", NOT_JSON),
    bad_body("deep arrays", b"[" * 500_000, "is nested too deeply"),
    bad_body("deep objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "is nested too deeply"),
    bad_body("array", f'["{MARKER}"]'.encode(), "is not a JSON object"),
    bad_body("null", b"null", "is not a JSON object"),
    bad_body("number", b"1", "is not a JSON object"),
    bad_body("string", f'"{MARKER}"'.encode(), "is not a JSON object"),
    bad_body("no type", b"{}", MISSING_FIELD, "type"),
    bad_event("null type", MISSING_FIELD, "type", type=None),
    bad_event("integer type", "must be a string", "type", type=1),
    bad_event("empty type", TEXT, "type", type=""),
    bad_event("long type", TEXT, "type", type="x" * 256),
    bad_event("NUL in type", TEXT, "type", type="user\x00"),
    bad_event("surrogate in type", TEXT, "type", type="\ud800"),
    bad_event("no data", MISSING_FIELD, "data.user_id", data=None),
    bad_event("data is a list", MISSING_FIELD, "data.user_id", data=[MARKER]),
    bad_event("data is a string", MISSING_FIELD, "data.user_id", data=MARKER),
    bad_event("no user id", MISSING_FIELD, "data.user_id", data={}),
    bad_event("null user id", MISSING_FIELD, "data.user_id", data__user_id=None),
    bad_event("true user id", IDENTIFIER, "data.user_id", data__user_id=True),
    bad_event("fractional user id", IDENTIFIER, "data.user_id", data__user_id=1.5),
    bad_event("list user id", IDENTIFIER, "data.user_id", data__user_id=[MARKER]),
    bad_event("object user id", IDENTIFIER, "data.user_id", data__user_id={"id": MARKER}),
    bad_event("empty user id", TEXT, "data.user_id", data__user_id=""),
    bad_event("blank user id", TEXT, "data.user_id", data__user_id=" \u2003"),
    bad_event("long user id", TEXT, "data.user_id", data__user_id=MARKER + "x" * 255),
    bad_event("long integer user id", TEXT, "data.user_id", data__user_id=int("9" * 256)),
    bad_event("NUL in user id", TEXT, "data.user_id", data__user_id=f"{MARKER}\x00"),
    bad_event("newline in user id", TEXT, "data.user_id", data__user_id=f"{MARKER}\n"),
    bad_event("surrogate in user id", TEXT, "data.user_id", data__user_id=f"{MARKER}\udfff"),
    bad_event("true external id", IDENTIFIER, "data.external_id", data__external_id=True),
    bad_event("empty external id", TEXT, "data.external_id", data__external_id=""),
    bad_event("surrogate in external id", TEXT, "data.external_id", data__external_id="\ud800"),
    bad_event("null timestamp", MISSING_FIELD, "timestamp", timestamp=None),
    bad_event("true timestamp", "ISO 8601", "timestamp", timestamp=True),
    bad_event("timestamp in words", "ISO 8601", "timestamp", timestamp=MARKER),
    bad_event("no zone", "has no time zone", "timestamp", timestamp="2026-08-01T12:00:00"),
    bad_event("date only", "has no time zone", "timestamp", timestamp="2026-08-01"),
    bad_event("of 1999", "before the year 2000", "timestamp", timestamp="1999-12-31T23:59:59Z"),
    bad_event(
        "before time", "before the year 2000", "timestamp", timestamp="0001-01-01T00:00:00+23:59"
    ),
    bad_event("ten minutes ahead", "future", "timestamp", timestamp=int(time.time()) + 86_400),
    bad_event("the end of time", "future", "timestamp", timestamp="9999-12-31T23:59:59-23:59"),
    bad_event("beyond time", "out of range", "timestamp", timestamp=10**400),
    bad_body(
        "infinite by overflow",
        b'{"type": "user.deleted", "timestamp": 1e999, "data": {"user_id": "u"}}',
        "out of range",
        "timestamp",
    ),
    bad_type("no Content-Type", None),
    bad_type("text", "text/plain"),
    bad_type("form", "application/x-www-form-urlencoded"),
    bad_type("almost JSON", "application/jsonx"),
    bad_type("JSON in a parameter", "text/plain; a=application/json"),
    bad_type("not a type", MARKER),
    oversized("/events"),
    oversized("/webhooks/polar"),
    bad_webhook("webhook by another", NO_MATCH, key=b"another's key, not ours"),
    bad_webhook("webhook by the app", NO_MATCH, key=EVENT_KEY),
    bad_webhook("stale webhook", "stale", key=POLAR_SECRET.encode(), at=1),
    bad_webhook("webhook in Svix's name", MISSING, key=POLAR_SECRET.encode(), family="svix"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_refused(server: Site, bad: Bad, caplog: pytest.LogCaptureFixture) -> None:
    body, headers = bad.make()
    before = len(server.rows())
    answer = server.post(bad.path, body, headers)
    assert answer.status_code == bad.status, answer.text
    assert answer.headers["content-type"] == "application/json"
    content = answer.json()
    assert content["error"] == bad.code
    assert bad.detail in content["detail"]
    assert content.get("field") == bad.field
    assert set(content) <= {"error", "detail", "field"}
    assert MARKER not in f"{answer.text}{answer.headers}{caplog.text}"
    assert len(server.rows()) == before
    server.check_alive()


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/events", 405, {"POST"}),
        ("PUT", "/webhooks/polar", 405, {"POST"}),
        ("DELETE", "/livez", 405, {"GET", "HEAD"}),
        ("POST", "/readyz", 405, {"GET", "HEAD"}),
        ("POST", "/events/", 404, None),
        ("POST", "/webhooks", 404, None),
        ("GET", f"/{MARKER}", 404, None),
        ("GET", "/%ff%00", 404, None),
        ("BREW", "/events", 400, None),
    ],
)
def test_wrong_paths_and_methods(
    server: Site, method: str, path: str, status: int, allow: set[str] | None
) -> None:
    answer = server.client.request(method, path)
    assert answer.status_code == status
    assert MARKER not in answer.text
    if status != 400:  # That one does not reach the application.
        assert answer.json()["error"] == {404: "not_found", 405: "method_not_allowed"}[status]
    assert (set(answer.headers["allow"].split(", ")) if allow else None) == allow
    server.check_alive()


# --- requests that no HTTP client would send ---------------------------------------------------


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


# --- what is accepted --------------------------------------------------------------------------


def test_event_is_stored_before_it_is_answered(server: Site) -> None:
    body, webhook_id, before = event_body(user_id="user-é"), new_id(), len(server.rows())
    answer = server.event(body, webhook_id=webhook_id)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    rows = server.rows()
    assert len(rows) == before + 1
    row = rows[-1]
    assert (row["source"], row["webhook_id"], row["status"]) == ("app", webhook_id, "pending")
    assert (row["body"], row["digest"]) == (body, hashlib.sha256(body).hexdigest())
    assert row["event_type"] == "user.deleted"
    assert row["event_at"] is not None
    assert row["user_hash"] == Hasher(SecretStr(HASH_KEY)).user("user-é")


def test_longest_body(server: Site) -> None:
    bare = event_body(padding="")
    body = bare.replace(b'"padding": ""', b'"padding": "' + b"x" * (MIB - len(bare)) + b'"')
    assert len(body) == MIB
    assert server.event(body).json() == {"status": "accepted"}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json ;x=y",
        "application/cloudevents+json",
    ],
)
def test_content_types(server: Site, content_type: str) -> None:
    body = event_body()
    answer = server.post("/events", body, signed_headers(body) | {"content-type": content_type})
    assert answer.json() == {"status": "accepted"}


@pytest.mark.parametrize(
    "signing",
    [
        {"key": SECOND_KEY},
        {"family": "svix"},
        {"family": "svix", "key": SECOND_KEY},
        {"webhook_id": 'id with blanks, and "quotes" \'; DROP TABLE inbox --'},
        {"webhook_id": "x" * 255},
    ],
    ids=["second secret", "svix", "svix, second secret", "odd id", "long id"],
)
def test_ways_to_sign(server: Site, signing: dict[str, Any]) -> None:
    before = len(server.rows())
    assert server.event(event_body(), **signing).json() == {"status": "accepted"}
    assert len(server.rows()) == before + 1


@pytest.mark.parametrize("offset", [-240, 240])
def test_clocks_may_differ(server: Site, offset: int) -> None:
    answer = server.event(event_body(), at=time.time() + offset)
    assert answer.json() == {"status": "accepted"}


def test_malformed_entries_do_not_hide_a_good_one(server: Site) -> None:
    body = event_body()
    headers: Headers = {**signed_headers(body)}
    headers["webhook-signature"] = (
        f"v1 v1, , v1,A v2,x v1a,y {WRONG} {headers['webhook-signature']!s}"
    )
    assert server.post("/events", body, headers).json() == {"status": "accepted"}


def test_integer_and_string_id_are_one_user(server: Site) -> None:
    server.event(event_body(user_id=4711))
    server.event(event_body(user_id="4711"))
    first, second = server.rows()[-2:]
    assert first["user_hash"] == second["user_hash"]


def test_duplicates(server: Site) -> None:
    body, webhook_id = event_body(), new_id()
    assert server.event(body, webhook_id=webhook_id).json() == {"status": "accepted"}
    before = len(server.rows())
    for family in ("webhook", "svix"):
        answer = server.event(body, webhook_id=webhook_id, family=family)
        assert (answer.status_code, answer.json()) == (202, {"status": "duplicate"})
    assert len(server.rows()) == before


@pytest.mark.parametrize(
    "second",
    [event_body(user_id="user-2"), event_body("user.restored"), event_body("user.created")],
    ids=["another user", "another type", "of no concern"],
)
def test_conflicting_ids(server: Site, second: bytes) -> None:
    webhook_id = new_id()
    server.event(event_body(), webhook_id=webhook_id)
    before = len(server.rows())
    answer = server.event(second, webhook_id=webhook_id)
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert len(server.rows()) == before
    server.check_alive()


def test_other_events_are_recorded_without_their_body(server: Site) -> None:
    body, webhook_id = event_body("user.created", email="someone@example.com"), new_id()
    assert server.event(body, webhook_id=webhook_id).json() == {"status": "ignored"}
    row = server.rows()[-1]
    assert (row["webhook_id"], row["status"], row["event_type"]) == (
        webhook_id,
        "ignored",
        "user.created",
    )
    assert row["body"] is None
    assert row["user_hash"] is None
    assert server.event(body, webhook_id=webhook_id).json() == {"status": "duplicate"}


def test_an_id_of_each_sender_is_its_own(server: Site) -> None:
    webhook_id = new_id()
    assert server.event(event_body(), webhook_id=webhook_id).json() == {"status": "accepted"}
    assert server.webhook(b"{}", webhook_id=webhook_id).status_code == 202
    assert [row["webhook_id"] for row in server.rows()].count(webhook_id) == 2


def test_clerk(new_store: StoreFactory) -> None:
    payload = {
        "data": {"deleted": True, "id": "user_29wBMCtzATuFJut8jO2VNTVekS4", "object": "user"},
        "event_attributes": {"http_request": {"client_ip": "192.0.2.1", "user_agent": "x"}},
        "instance_id": "ins_123",
        "object": "event",
        "timestamp": int(time.time() * 1000),
        "type": "user.deleted",
    }
    created = {**payload, "type": "user.created"}
    with site(new_store(), event_preset="clerk") as clerk:
        for event, status in ((payload, "accepted"), (created, "ignored")):
            body = json.dumps(event).encode()
            answer = clerk.event(body, family="svix")
            assert (answer.status_code, answer.json()) == (202, {"status": status})
        row = clerk.rows()[0]
        hasher = Hasher(SecretStr(HASH_KEY))
        assert row["user_hash"] == hasher.user("user_29wBMCtzATuFJut8jO2VNTVekS4")
        answer = clerk.event(event_body(), family="svix")
        assert (answer.status_code, answer.json()["field"]) == (400, "data.id")


# --- Polar's webhooks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "customer.deleted", "timestamp": "2026-08-01T12:00:00Z", "data": {"id": "c"}}',
        b'{"type": "unheard.of"}',
        b'{"content": "a Discord message"}',
        b"{broken",
        b"",
        b"null",
        b"[" * 100_000,
        b'{"x": NaN, "y": "\\ud800"}',
        "é\0".encode(),
    ],
    ids=lambda body: ascii(body[:20]),
)
def test_whatever_polar_signs_is_taken(server: Site, body: bytes) -> None:
    webhook_id, before = new_id(), len(server.rows())
    answer = server.webhook(body, webhook_id=webhook_id)
    assert (answer.status_code, answer.content) == (202, b"")
    rows = server.rows()
    assert len(rows) == before + 1
    row = rows[-1]
    assert (row["source"], row["webhook_id"], row["status"]) == ("polar", webhook_id, "pending")
    assert row["body"] == body
    answer = server.webhook(body, webhook_id=webhook_id)
    assert (answer.status_code, answer.content) == (202, b"")
    assert len(server.rows()) == before + 1


@pytest.mark.parametrize(
    "key",
    [POLAR_SECRET.encode(), f"whsec_{SECOND_SECRET}".encode(), SECOND_KEY],
    ids=["as shown", "whsec_ as shown", "whsec_ as base64"],
)
def test_readings_of_polars_secrets(server: Site, key: bytes) -> None:
    assert server.webhook(b"{}", key=key).status_code == 202


def test_polars_content_type_does_not_matter(server: Site) -> None:
    headers = polar_headers(b"{}") | {"content-type": "text/plain"}
    assert server.post("/webhooks/polar", b"{}", headers).status_code == 202


# --- fuzz --------------------------------------------------------------------------------------

FUZZ = hypothesis_settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))
HEADER = VALUES.map(lambda value: value.strip().encode("latin-1"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@FUZZ
@given(
    path=st.sampled_from(["/events", "/webhooks/polar"]),
    headers=st.fixed_dictionaries(
        {},
        optional={
            "webhook-id": HEADER,
            "webhook-timestamp": HEADER | st.integers().map(lambda number: str(number).encode()),
            "webhook-signature": HEADER | st.just(WRONG.encode()),
            "svix-id": HEADER,
            "svix-timestamp": HEADER,
            "svix-signature": HEADER,
            "content-type": HEADER | st.just(b"application/json"),
            "x-anything": HEADER,
        },
    ),
    body=st.binary(),
    fresh=st.booleans(),
)
def test_fuzz_of_unsigned_requests(
    server: Site, path: str, headers: dict[str, bytes], body: bytes, fresh: bool
) -> None:
    if fresh:
        headers["webhook-timestamp"] = str(int(time.time())).encode()
    answer = server.client.post(
        path, content=body, headers=[(k.encode(), v) for k, v in headers.items()]
    )
    assert answer.status_code in {401, 415}
    assert set(answer.json()) == {"error", "detail"}


@FUZZ
@given(
    event=JSON
    | st.fixed_dictionaries(
        {"type": st.just("user.deleted") | JSON},
        optional={
            "timestamp": JSON | st.just(1_700_000_000),
            "data": JSON
            | st.fixed_dictionaries({}, optional={"user_id": JSON, "external_id": JSON}),
        },
    )
)
def test_fuzz_of_signed_events(server: Site, event: Any) -> None:
    body = json.dumps(event).encode()
    before = len(server.rows())
    answer = server.event(body)
    assert answer.status_code in {202, 400}
    assert len(server.rows()) == before + (answer.status_code == 202)


@FUZZ
@given(body=st.text().map(str.encode))
def test_fuzz_of_signed_webhooks(server: Site, body: bytes) -> None:
    assert server.webhook(body).status_code == 202
    assert server.rows()[-1]["body"] == body


# --- what a 2xx promises -----------------------------------------------------------------------


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


def test_full_disk(new_database: DatabaseFactory) -> None:
    path = new_database()
    body = event_body(user_id=MARKER)
    headers = signed_headers(body)
    with (
        serve_process(environment(path), path.parent) as process,
        httpx.Client(base_url=process.url) as client,
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


# --- starting and health -----------------------------------------------------------------------


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
    with serve(Errors(Router(routes))) as url, httpx.Client(base_url=url) as client:
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
