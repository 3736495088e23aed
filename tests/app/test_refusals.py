"""Every refusal gets its status and code, leaves nothing behind, and echoes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import EVENT_KEY, EVENT_SECRET, POLAR_SECRET
from tests.helpers.site import JSON_TYPE, MARKER, MIB, WRONG, Headers, Site
from tests.helpers.webhooks import event_body, signature, signed_headers

pytestmark = BOTH_ENGINES


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
