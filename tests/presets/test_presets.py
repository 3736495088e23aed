"""Auth providers' own events: their published examples, in the signatures that they publish."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from sync.hashing import Hasher
from sync.intake.app_events import UserEvent, parse_event
from sync.settings import SettingsError
from sync.settings.presets import PRESETS, PresetName, SignedAs
from sync.signatures import NoEventId, SignatureError, sender_of
from sync.signatures.providers import Bearer, Logto, WorkOS
from tests.helpers.api import API_TOKENS, answered
from tests.helpers.clients import new_client
from tests.helpers.commands import Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import serve_settings
from tests.helpers.settings import EVENT_SECRET, HASH_KEY, load_settings
from tests.helpers.store import StoreFactory, inbox_rows
from tests.helpers.webhooks import signed_headers

PUBLISHED = Path(__file__).parent / "published"
NOW = datetime(2026, 2, 1, tzinfo=UTC)
TEXT = "a secret as a provider shows it"
SECRET = TEXT.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Example:
    """What the published one says."""

    user_id: str
    at: str
    external_id: str | None = None


EXAMPLES: Mapping[PresetName, Example] = {
    # As the specification has it: https://github.com/standard-webhooks/standard-webhooks
    # ("Payload structure"), with an event of the kind that is acted on.
    "svix": Example("1f81eb52-5198-4599-803e-771906343485", "2022-11-03T20:26:10.344522+00:00"),
    # As Clerk's dashboard shows it, in its event catalog.
    "clerk": Example("user_29wBMCtzATuFJut8jO2VNTVekS4", "2022-08-30T12:14:00+00:00"),
    # https://github.com/workos/workos-python, tests/fixtures/user_deleted.json, without what its
    # context has of analytics.
    "workos": Example(
        "user_01E4ZCR3C56J083X43JQXF3JK5",
        "2026-01-15T12:00:00+00:00",
        "f1ffa2b2-c20b-4d39-be5c-212726e11222",
    ),
    # Stytch's own list: https://www.svix.com/event-types/us/org_2olWIePjxAFYube1xW8DoQUEnyY
    "stytch": Example(
        "user-test-00000000-0000-0000-0000-000000000000", "2024-11-21T06:47:49.555247+00:00"
    ),
    # No whole example is published. Made by the table of fields of
    # https://docs.logto.io/developers/webhooks/webhooks-request
    "logto": Example("k3x9w2m7p1qa", "2026-01-15T12:00:00+00:00"),
    # The example of https://auth0.com/docs/customize/events/event-testing-observability-and-failure-recovery,
    # which is of user.created, with the type and `deleted_at` of
    # https://auth0.com/docs/events/user/user.deleted
    "auth0": Example("auth0|679fb1b1e809445f129bc18d", "2025-02-02T17:56:01.573000+00:00"),
}
IN_TEXT = ["workos", "logto", "auth0"]
"""Those whose secrets are not base64."""


def body_of(preset: PresetName) -> bytes:
    return (PUBLISHED / f"{preset}.json").read_bytes()


def secret_for(preset: PresetName) -> str:
    return SECRET if preset in IN_TEXT else EVENT_SECRET


def headers_for(preset: PresetName, body: bytes, secret: str | None = None) -> dict[str, str]:
    """As the provider sends them."""
    sent = {"content-type": "application/json"}
    signed_as = PRESETS[preset].signed_as
    if signed_as == "standard":
        return sent | signed_headers(body, family="svix", webhook_id="msg_1")
    sender = sender_of(signed_as, [SecretStr(secret or secret_for(preset))])
    return sent | sender.sign("", datetime.now(UTC), body)


def test_there_is_one_of_each() -> None:
    assert list(PRESETS) == list(get_args(PresetName))
    assert {"standard", *EXAMPLES} == set(PRESETS)
    assert {preset.signed_as for preset in PRESETS.values()} == set(get_args(SignedAs))


@pytest.mark.parametrize("preset", EXAMPLES)
def test_the_published_example_is_understood(preset: PresetName) -> None:
    settings = load_settings(
        Path("unused.db"), event_preset=preset, event_secrets=secret_for(preset)
    )
    event = parse_event(body_of(preset), settings, NOW)
    assert isinstance(event, UserEvent)
    example = EXAMPLES[preset]
    assert event.type == "user.deleted"
    assert (event.user_id, event.external_id) == (example.user_id, example.external_id)
    assert event.at.isoformat() == example.at


@pytest.mark.slow
@pytest.mark.parametrize("preset", EXAMPLES)
@BOTH_ENGINES
def test_it_is_taken_once(new_store: StoreFactory, preset: PresetName) -> None:
    store = new_store()
    settings = load_settings(
        store, event_preset=preset, event_secrets=secret_for(preset), api_tokens=API_TOKENS
    )
    body = body_of(preset)
    with serve_settings(settings) as url:

        def post(content: bytes, headers: dict[str, str]) -> httpx.Response:
            return httpx.post(f"{url}/events", content=content, headers=headers)

        assert post(body, headers_for(preset, body)).json() == {"status": "accepted"}
        # Each try is signed anew.
        assert post(body, headers_for(preset, body)).json() == {"status": "duplicate"}
        assert post(body, {"content-type": "application/json"}).status_code == 401
        if PRESETS[preset].signed_as != "standard":
            forged = headers_for(preset, body, "another secret, which is long enough")
            assert post(body, forged).status_code == 401
            with new_client(url) as client:
                document = answered(client, "/openapi.json")
            [header] = document["paths"]["/events"]["post"]["parameters"]
            assert header["name"] in headers_for(preset, body)
    [row] = inbox_rows(store)
    assert row["user_hash"] == Hasher(SecretStr(HASH_KEY)).user(EXAMPLES[preset].user_id)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_send_sends_as_the_provider_does(commands: Commands, preset: PresetName) -> None:
    commands.monkeypatch.setenv("EVENT_PRESET", preset)
    commands.monkeypatch.setenv("EVENT_SECRETS", secret_for(preset))
    settings = load_settings(commands.store, event_preset=preset, event_secrets=secret_for(preset))
    with serve_settings(settings) as url:
        sent = commands.run("send", "user.deleted", "user-1", "--url", f"{url}/events")
    assert sent.out == '202 {"status":"accepted"}\n'
    [row] = inbox_rows(commands.store)
    assert row["user_hash"] == Hasher(SecretStr(HASH_KEY)).user("user-1")


# --- the schemes --------------------------------------------------------------------------------


def test_workos_own_vector() -> None:
    """Of https://github.com/workos/workos-python, tests/test_webhooks.py (before version 5)."""
    body = (
        b'{"id":"wh_01FG9JXJ9C9S052FX59JVG4EG1","data":{"id":"conn_01EHWNC0FCBHZ3BJ7EGKYXK0E6",'
        b'"name":"Foo Corp\'s Connection","state":"active","object":"connection","domains":[{"id":'
        b'"conn_domain_01EHWNFTAFCF3CQAE5A9Q0P1YB","domain":"foo-corp.com","object":'
        b'"connection_domain"}],"connection_type":"OktaSAML","organization_id":'
        b'"org_01EHWNCE74X7JSDV0X3SZ3KJNY"},"event":"connection.activated"}'
    )
    header = "t=1632409405772, v1=67612f0e74f008b436a13b00266f90ef5c13f9cbcf6262206f5f4a539ff61702"
    workos = WorkOS([SecretStr("1lyKDzhJjuCkIscIWqkSe4YsQ")])
    at = datetime.fromtimestamp(1632409405.772, UTC)
    assert workos.sign("", at, body) == {"workos-signature": header}
    with pytest.raises(SignatureError, match="stale"):
        workos.verify({"workos-signature": header}, body)


def test_logtos_own_vector() -> None:
    """Of https://github.com/logto-io/logto, packages/core/src/utils/sign.test.ts"""
    body = b'{"bar":"bar","foo":"foo"}'
    wanted = "436958f1dbfefab37712fb3927760490fbf7757da8c0b2306ee7b485f0360eee"
    logto = Logto([SecretStr("foo")])
    assert logto.sign("", NOW, body) == {"logto-signature-sha-256": wanted}
    for sent in (wanted, f"sha256={wanted}"):
        assert logto.verify({"logto-signature-sha-256": sent}, body).startswith("sha256_")


BODY = b'{"id": "evt_1"}'
WORKOS = WorkOS([SecretStr("a secret that is rotated out"), SecretStr(SECRET)])
LOGTO = Logto([SecretStr(SECRET)])
BEARER = Bearer([SecretStr(SECRET), SecretStr("another-one-of-them")])


def workos_header(at: float | None = None, body: bytes = BODY) -> str:
    now = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return WorkOS([SecretStr(SECRET)]).sign("", now, body)["workos-signature"]


def test_every_secret_and_every_signature_counts() -> None:
    header = workos_header()
    assert WORKOS.verify({"workos-signature": header}, BODY) == "evt_1"
    t, v1 = header.split(", ")
    several = f"{t},v1={'0' * 64},v2=x,{v1}"
    assert WORKOS.verify({"workos-signature": several}, BODY) == "evt_1"
    for token in (SECRET, "another-one-of-them"):
        assert BEARER.verify({"authorization": f"bearer {token}"}, BODY) == "evt_1"


@pytest.mark.parametrize("offset", [-295, 295])
def test_clocks_may_differ(offset: int) -> None:
    header = workos_header(time.time() + offset)
    assert WORKOS.verify({"workos-signature": header}, BODY) == "evt_1"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "workos-signature header is missing"),
        ("", "workos-signature header is missing"),
        ("t=1", "malformed"),
        (f"v1={'0' * 64}", "malformed"),
        (f"t=x,v1={'0' * 64}", "malformed"),
        (f"t=\u0663,v1={'0' * 64}", "malformed"),
        (f"t=1,t=2,v1={'0' * 64}", "malformed"),
        (f"t=1,v1={'0' * 63}", "malformed"),
        (f"t=1,v1={'G' * 64}", "malformed"),
        (f"t=1,v1={'0' * 64}", "stale"),
        (f"t=LATER,v1={'0' * 64}", "future"),
        (f"t=NOW,v1={'0' * 64}", "no signature matches"),
    ],
)
def test_workos_refusals_are_told_apart(header: str | None, message: str) -> None:
    now = int(time.time() * 1000)
    sent = (header or "").replace("NOW", str(now)).replace("LATER", str(now + 3_600_000))
    headers = {} if header is None else {"workos-signature": sent}
    with pytest.raises(SignatureError, match=message) as refusal:
        WORKOS.verify(headers, BODY)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "logto-signature-sha-256 header is missing"),
        ({"logto-signature-sha-256": "0"}, "malformed"),
        ({"logto-signature-sha-256": "0" * 64}, "no signature matches"),
    ],
)
def test_logto_refusals_are_told_apart(headers: dict[str, str], message: str) -> None:
    with pytest.raises(SignatureError, match=message):
        LOGTO.verify(headers, BODY)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "authorization header is missing"),
        ({"authorization": f"Basic {SECRET}"}, "must be Bearer TOKEN"),
        ({"authorization": "Bearer"}, "not one of EVENT_SECRETS"),
        ({"authorization": "Bearer wrong-but-quite-long"}, "not one of EVENT_SECRETS"),
        ({"authorization": "Bearer gehe\xefm"}, "not one of EVENT_SECRETS"),
    ],
)
def test_bearer_refusals_are_told_apart(headers: dict[str, str], message: str) -> None:
    with pytest.raises(SignatureError, match=message) as refusal:
        BEARER.verify(headers, BODY)
    assert "wrong" not in str(refusal.value)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id": 1}', b'{"id": ""}', b'{"id": "\xc3\xa9"}', b"[" * 100_000]
)
def test_a_body_without_an_id(body: bytes) -> None:
    with pytest.raises(NoEventId, match="the body has no id"):
        BEARER.verify({"authorization": f"Bearer {SECRET}"}, body)


def test_one_without_an_id_is_told_so_and_not_of_a_secret(new_store: StoreFactory) -> None:
    store = new_store()
    settings = load_settings(store, event_preset="workos", event_secrets=SECRET)
    body = body_of("workos").replace(b'"id"', b'"no"')
    headers = {"workos-signature": workos_header(body=body), "content-type": "application/json"}
    with serve_settings(settings) as url, new_client(url) as client:
        answer = client.post("/events", content=body, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (400, "id")
    assert inbox_rows(store) == []


@given(value=st.text(), body=st.binary())
def test_nothing_but_a_signature_error_escapes(value: str, body: bytes) -> None:
    for sender in (WORKOS, LOGTO, BEARER):
        [name] = sender.headers
        with pytest.raises(SignatureError):
            sender.verify({name: value}, body)


# --- settings -------------------------------------------------------------------------------------


def load(**fields: Any) -> Any:
    return load_settings(Path("unused.db"), **fields)


def test_secrets_are_of_the_schemes_form() -> None:
    assert load(event_preset="workos", event_secrets=f"{SECRET},{SECRET}2").event_secrets
    for preset in IN_TEXT:
        with pytest.raises(SettingsError, match="EVENT_SECRETS holds a secret of fewer than 16"):
            load(event_preset=preset, event_secrets="short")
        with pytest.raises(SettingsError, match="EVENT_SECRETS has quotes"):
            load(event_preset=preset, event_secrets=f"{SECRET},'{SECRET}'")
    with pytest.raises(SettingsError, match="not base64"):
        load(event_preset="stytch", event_secrets="not*base64*at*all")


@pytest.mark.parametrize("preset", ["stytch", "logto"])
def test_a_preset_without_e_mails_carries_none(preset: PresetName) -> None:
    wanted: dict[str, Any] = {
        "event_preset": preset,
        "event_secrets": secret_for(preset),
        "sync_events": "deleted,restored,updated",
    }
    with pytest.raises(SettingsError, match="set EVENT_EMAIL_PATH"):
        load(**wanted)
    assert load(**wanted, event_email_path="data.mail").carries_profiles


def test_a_setting_of_its_own_beats_the_presets() -> None:
    settings = load(
        event_preset="logto",
        event_secrets=SECRET,
        event_type_deleted="User.SuspensionStatus.Updated",
        event_user_id_path="data.id",
    )
    body = json.loads(body_of("logto")) | {
        "event": "User.SuspensionStatus.Updated",
        "data": {"id": "u1"},
    }
    event = parse_event(json.dumps(body).encode(), settings, NOW)
    assert isinstance(event, UserEvent)
    assert event.user_id == "u1"
