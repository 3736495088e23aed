"""The app's events, without HTTP: what is read, what is refused, and that refusals echo nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.intake.app_events import (
    EVENTS,
    MAY_COME_FIRST,
    OtherEvent,
    ProfileEvent,
    UserEvent,
    parse_event,
)
from sync.intake.event_fields import EventError
from sync.intake.event_types import EventType
from sync.settings import Settings, SettingsError
from tests.helpers.settings import load_settings
from tests.helpers.webhooks import event_body

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
SETTINGS = load_settings(Path("unused.db"))
CLERK = load_settings(Path("unused.db"), event_preset="clerk")
PATHS = load_settings(
    Path("unused.db"), event_type_path="event.kind", event_user_id_path="event.who.id"
)
HOUR = timedelta(hours=1)
LIFE = "deleted,restored,updated,created"
WHOLE_LIFE = load_settings(Path("unused.db"), sync_events=LIFE)
CLERK_LIFE = load_settings(Path("unused.db"), sync_events=LIFE, event_preset="clerk")
PROFILE_TYPES = [EventType.USER_UPDATED, EventType.USER_CREATED]


def parse(body: bytes) -> UserEvent:
    event = parse_event(body, SETTINGS, NOW)
    assert isinstance(event, UserEvent)
    return event


@pytest.mark.parametrize("kind", [EventType.USER_DELETED, EventType.USER_RESTORED])
def test_user_event(kind: EventType) -> None:
    body = event_body(kind, "user-1", timestamp="2026-08-01T11:00:00Z", external_id="cus/é 1")
    assert parse_event(body, SETTINGS, NOW) == UserEvent(
        type=kind,
        user_id="user-1",
        external_id="cus/é 1",
        at=NOW - HOUR,
    )


@pytest.mark.parametrize("kind", ["user.created", "USER.DELETED", " user.deleted", "x" * 255])
def test_other_events_need_a_type_only(kind: str) -> None:
    body = json.dumps({"type": kind, "data": None}).encode()
    assert parse_event(body, SETTINGS, NOW) == OtherEvent(type=kind)


def test_the_settings_say_what_the_app_calls_the_events() -> None:
    settings = load_settings(
        Path("unused.db"), event_type_deleted="account.closed", event_type_restored="User.Restored"
    )

    def kind(name: str) -> EventType | str:
        return parse_event(event_body(name, timestamp="2026-08-01T11:00:00Z"), settings, NOW).type

    assert kind("account.closed") is EventType.USER_DELETED
    assert kind("User.Restored") is EventType.USER_RESTORED
    for other in EventType:
        event = parse_event(event_body(other), settings, NOW)
        assert event == OtherEvent(type=other.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("event_type_restored", "user.deleted"),
        ("event_type_deleted", "user.restored"),
        ("event_type_deleted", " user.deleted"),
        ("event_type_deleted", "user\ndeleted"),
        ("event_type_deleted", "x" * 256),
    ],
)
def test_types_that_cannot_be_told_apart_or_sent_are_refused(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match="EVENT_TYPE_"):
        load_settings(Path("unused.db"), **{variable: value})


def test_clerk() -> None:
    payload = {
        "data": {"deleted": True, "id": "user_29wBMCtzATuFJut8jO2VNTVekS4", "object": "user"},
        "event_attributes": {"http_request": {"client_ip": "0.0.0.0"}},  # noqa: S104 - Clerk's
        "instance_id": "ins_123",
        "object": "event",
        "timestamp": 1_785_582_000_000,
        "type": "user.deleted",
    }
    assert parse_event(json.dumps(payload).encode(), CLERK, NOW) == UserEvent(
        type=EventType.USER_DELETED,
        user_id="user_29wBMCtzATuFJut8jO2VNTVekS4",
        external_id=None,
        at=NOW - HOUR,
    )


def test_paths_are_configured_and_named() -> None:
    body = {"event": {"kind": "user.deleted", "who": {"id": 7}}, "timestamp": NOW.timestamp()}
    event = parse_event(json.dumps(body).encode(), PATHS, NOW)
    assert isinstance(event, UserEvent)
    assert event.user_id == "7"
    body["event"] = {"kind": "user.deleted", "who": "id"}
    with pytest.raises(EventError, match=r"who\.id is missing.*EVENT_USER_ID_PATH") as refusal:
        parse_event(json.dumps(body).encode(), PATHS, NOW)
    assert refusal.value.field == "event.who.id"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (0, "0"),
        (12345678901234567890123, "12345678901234567890123"),
        (-7, "-7"),
        ("007", "007"),
        ("x" * 255, "x" * 255),
        ("\N{GRINNING FACE}" * 255, "\N{GRINNING FACE}" * 255),
    ],
)
def test_ids(value: Any, read: str) -> None:
    event = parse(event_body(user_id=value, timestamp=NOW.timestamp(), external_id=value))
    assert (event.user_id, event.external_id) == (read, read)


def test_an_external_id_is_trimmed_as_polar_trims_it_and_a_user_id_is_not() -> None:
    event = parse(event_body(user_id=" u1 ", timestamp=NOW.timestamp(), external_id=" lead\u2003"))
    assert (event.user_id, event.external_id) == (" u1 ", "lead")


def test_a_null_external_id_is_none() -> None:
    body = event_body(timestamp=NOW.timestamp(), external_id=None)
    assert parse(body).external_id is None


# --- e-mail and name -----------------------------------------------------------------------------


def profile_event(body: bytes, settings: Settings = WHOLE_LIFE) -> ProfileEvent:
    event = parse_event(body, settings, NOW)
    assert isinstance(event, ProfileEvent)
    return event


@pytest.mark.parametrize("kind", PROFILE_TYPES)
def test_what_a_user_is_called_is_read_where_it_is_asked_for(kind: EventType) -> None:
    fields = {"email": " ann@example.com ", "name": "Ann", "external_id": "x"}
    body = event_body(kind, "u1", timestamp="2026-08-01T11:00:00Z", **fields)
    assert profile_event(body) == ProfileEvent(
        type=kind,
        user_id="u1",
        external_id="x",
        at=NOW - HOUR,
        email="ann@example.com",
        name="Ann",
    )
    assert parse_event(body, SETTINGS, NOW) == OtherEvent(type=kind)
    only_updates = load_settings(Path("unused.db"), sync_events="deleted restored,updated")
    is_on = kind is EventType.USER_UPDATED
    assert isinstance(parse_event(body, only_updates, NOW), ProfileEvent) == is_on


@pytest.mark.parametrize("absent", [{}, {"email": None, "name": None}, {"email": " ", "name": ""}])
def test_an_update_may_say_nothing(absent: dict[str, Any]) -> None:
    event = profile_event(event_body("user.updated", timestamp=NOW.timestamp(), **absent))
    assert (event.email, event.name) == (None, None)


def test_a_new_user_has_a_place_for_the_email() -> None:
    with pytest.raises(EventError, match=r"EVENT_EMAIL_PATH") as refusal:
        profile_event(event_body("user.created", timestamp=NOW.timestamp(), mail="a@example.com"))
    assert refusal.value.field == "data.email"
    event = profile_event(event_body("user.created", timestamp=NOW.timestamp(), email=None))
    assert event.email is None


@pytest.mark.parametrize("field", ["email", "name"])
@pytest.mark.parametrize("value", [1, True, ["a"], {"a": 1}, "a\x00b", "a\nb", "x" * 1_001])
def test_a_bad_email_or_name_is_refused_and_not_repeated(field: str, value: Any) -> None:
    given = {"email": "a@example.com", field: value}
    body = event_body("user.created", timestamp=NOW.timestamp(), **given)
    with pytest.raises(EventError) as refusal:
        profile_event(body)
    assert refusal.value.field == f"data.{field}"
    # Of a deletion it is not read.
    parse(event_body("user.deleted", timestamp=NOW.timestamp(), **given))


def clerk_user(**fields: Any) -> bytes:
    """As in https://clerk.com/docs/webhooks/overview, shortened."""
    data = {
        "id": "user_29w83sxmDNGwOuEthce5gg56FcC",
        "first_name": "Example",
        "last_name": "Person",
        "email_addresses": [
            {"id": "idn_1", "email_address": "old@example.org"},
            {"id": "idn_2", "email_address": "new@example.org"},
        ],
        "primary_email_address_id": "idn_2",
        **fields,
    }
    event = {"data": data, "type": "user.created", "timestamp": 1_785_582_000_000}
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    ("fields", "email", "name"),
    [
        ({}, "new@example.org", "Example Person"),
        ({"last_name": None}, "new@example.org", "Example"),
        ({"first_name": None, "last_name": None}, "new@example.org", None),
        ({"primary_email_address_id": "idn_1"}, "old@example.org", "Example Person"),
        ({"primary_email_address_id": None}, None, "Example Person"),
        ({"primary_email_address_id": "idn_3"}, None, "Example Person"),
        ({"email_addresses": [], "primary_email_address_id": None}, None, "Example Person"),
    ],
)
def test_clerks_users(fields: dict[str, Any], email: str | None, name: str | None) -> None:
    event = profile_event(clerk_user(**fields), CLERK_LIFE)
    assert (event.user_id[:5], event.email, event.name) == ("user_", email, name)


@pytest.mark.parametrize("addresses", ["new@example.org", ["x", {"id": "idn_2"}]])
def test_an_address_that_is_not_where_it_should_be_is_missing(addresses: Any) -> None:
    with pytest.raises(EventError, match="is missing"):
        profile_event(clerk_user(email_addresses=addresses), CLERK_LIFE)


BAD_IDS = [
    "",
    " ",
    "\u2003\u00a0",
    "x" * 256,
    "a\x00b",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "a\ud800b",
    True,
    1.0,
    [],
    ["user-1"],
    {},
    int("9" * 256),
]


@pytest.mark.parametrize("field", ["user_id", "external_id"])
@pytest.mark.parametrize("value", BAD_IDS, ids=lambda value: ascii(value)[:16])
def test_bad_ids(field: str, value: Any) -> None:
    body = json.dumps(
        {
            "type": "user.deleted",
            "timestamp": NOW.timestamp(),
            "data": {"user_id": "user-1", field: value},
        }
    ).encode()
    with pytest.raises(EventError) as refusal:
        parse_event(body, SETTINGS, NOW)
    assert refusal.value.field == f"data.{field}"
    assert str(refusal.value).startswith(f"data.{field} must be ")


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-08-01T11:00:00Z",
        "2026-08-01T11:00:00.000000000Z",
        "2026-08-01T13:00:00+02:00",
        "2026-08-01 11:00:00+00:00",
        "20260801T110000Z",
        1_785_582_000,
        1_785_582_000.0,
        1_785_582_000_000,
        1_785_582_000_000.0,
    ],
)
def test_timestamps(timestamp: Any) -> None:
    at = parse(event_body(timestamp=timestamp)).at
    assert at == NOW - HOUR
    assert at.tzinfo is UTC


def test_milliseconds_are_kept() -> None:
    assert parse(event_body(timestamp=1_785_582_000_123)).at.microsecond == 123_000


@pytest.mark.parametrize("ahead", [0, 1, 300])
def test_no_event_is_later_than_its_arrival(ahead: int) -> None:
    late = NOW + timedelta(seconds=ahead)
    assert parse(event_body(timestamp=late.isoformat())).at == NOW
    assert parse(event_body(timestamp=late.timestamp())).at == NOW


BAD_TIMESTAMPS = [
    ("", "ISO 8601"),
    ("yesterday", "ISO 8601"),
    ("1785582000", "ISO 8601"),
    ("2026-13-01T00:00:00Z", "ISO 8601"),
    ("2026-08-01T11:00:00\ud800", "ISO 8601"),
    ("2026-08-01", "time zone"),
    ("2026-08-01T11:00:00", "time zone"),
    ("1999-12-31T23:59:59Z", "before the year 2000"),
    ("0001-01-01T00:00:00+23:59", "before the year 2000"),
    (0, "before the year 2000"),
    (-1, "before the year 2000"),
    (-1e300, "out of range"),
    ("2026-08-01T12:05:01Z", "future"),
    ("9999-12-31T23:59:59-23:59", "future"),
    (1_785_586_000, "future"),
    (1_785_582_000_000_000, "out of range"),
    (10**400, "out of range"),
    (True, "must be"),
    ([], "must be"),
    ({}, "must be"),
]


@pytest.mark.parametrize(("timestamp", "problem"), BAD_TIMESTAMPS, ids=lambda v: ascii(v)[:24])
def test_bad_timestamps(timestamp: Any, problem: str) -> None:
    body = json.dumps({"type": "user.deleted", "data": {"user_id": "u"}, "timestamp": timestamp})
    with pytest.raises(EventError, match=problem) as refusal:
        parse_event(body.encode(), SETTINGS, NOW)
    assert refusal.value.field == "timestamp"


def test_a_float_beyond_all_bounds() -> None:
    body = b'{"type": "user.deleted", "data": {"user_id": "u"}, "timestamp": 1e999}'
    with pytest.raises(EventError, match="out of range"):
        parse_event(body, SETTINGS, NOW)


BAD_BODIES = [
    b"",
    b"nope",
    b"[]",
    b"null",
    b"1",
    b'"user.deleted"',
    b'{"type": "user.deleted"',
    b'{"type": "user.created"} {}',
    b'\xef\xbb\xbf{"type": "user.created"}',
    '{"type": "user.created"}'.encode("utf-16"),
    b'{"type": "user.created", "x": "\xff"}',
    b'{"type": "user.created", "x": "\xed\xa0\x80"}',
    b'{"type": "user.created", "x": NaN}',
    b'{"type": "user.created", "x": -Infinity}',
    b'{"type": "user.created", "x": ' + b"9" * 5_000 + b"}",
    b"[" * 100_000,
    b'{"type": ' * 100_000,
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: ascii(body[:24]))
def test_bad_bodies(body: bytes) -> None:
    with pytest.raises(EventError, match="the body is n") as refusal:
        parse_event(body, SETTINGS, NOW)
    assert refusal.value.field is None


@pytest.mark.parametrize("kind", ["", " ", "x" * 256, "a\x00", "\ud800", 1, None, True, [], {}])
def test_bad_types(kind: Any) -> None:
    with pytest.raises(EventError) as refusal:
        parse_event(json.dumps({"type": kind}).encode(), SETTINGS, NOW)
    assert refusal.value.field == "type"


MARKER = "echo-me-not"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(MARKER),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.slow
@given(
    event=st.fixed_dictionaries(
        {"type": st.just("user.deleted") | JSON},
        optional={
            "timestamp": st.just(NOW.timestamp()) | JSON,
            "data": JSON
            | st.fixed_dictionaries({}, optional={"user_id": JSON, "external_id": JSON}),
        },
    )
)
def test_any_object_is_read_or_refused(event: dict[str, Any]) -> None:
    parsed, refusal = None, ""
    try:
        parsed = parse_event(json.dumps(event).encode(), SETTINGS, NOW)
    except EventError as error:
        refusal = str(error)
    assert MARKER not in refusal
    if isinstance(parsed, UserEvent):
        for value in (parsed.user_id, parsed.external_id or "x"):
            assert 1 <= len(value) <= 255
            value.encode()
        assert parsed.at <= NOW


@given(body=st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises(EventError):
        parse_event(body, SETTINGS, NOW)


def test_each_type_has_one_entry_and_a_restoration_may_overtake() -> None:
    assert set(EVENTS) == set(EventType)
    assert {EventType.USER_RESTORED} == MAY_COME_FIRST
