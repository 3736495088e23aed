"""Signatures, without HTTP: whatever comes, a SignatureError or a genuine webhook id."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from sync.signatures import SignatureError, Verifier, sign
from tests.helpers.settings import EVENT_KEY, EVENT_SECRET, POLAR_SECRET
from tests.helpers.webhooks import signature, signed_headers

BODY = b'{"type": "user.deleted", "note": "\xc3\xa9"}'
OTHER_KEY = b"a key that is being rotated out."
APP = Verifier.for_app([SecretStr(EVENT_SECRET)])
POLAR = Verifier.for_polar([SecretStr(POLAR_SECRET)])


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_sign_and_verify_agree() -> None:
    headers = sign(SecretStr(EVENT_SECRET), "msg_1", datetime.now(UTC), BODY)
    assert APP.verify(headers, BODY) == "msg_1"


def test_sign_satisfies_the_library() -> None:
    headers = sign(SecretStr(EVENT_SECRET), "msg_1", datetime.now(UTC), BODY)
    Webhook(EVENT_SECRET).verify(BODY, headers, json_parse=False)


def test_sign_takes_a_time_in_any_zone() -> None:
    tokyo = datetime.now(timezone(timedelta(hours=9)))
    headers = sign(SecretStr(EVENT_SECRET), "msg_1", tokyo, BODY)
    assert headers["webhook-timestamp"] == str(int(tokyo.timestamp()))
    assert APP.verify(headers, BODY) == "msg_1"


@pytest.mark.parametrize("secret", ["not base64 at all!", "whsec_", "whsec_=", "é" * 16], ids=ascii)
def test_sign_refuses_a_secret_that_is_not_base64(secret: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each is told apart by the settings already
        sign(SecretStr(secret), "msg_1", datetime.now(UTC), BODY)


@pytest.mark.parametrize(
    "secret",
    [EVENT_SECRET, EVENT_SECRET.removeprefix("whsec_"), EVENT_SECRET.rstrip("=")],
    ids=["whsec", "plain", "unpadded"],
)
def test_app_secret_forms(secret: str) -> None:
    assert Verifier.for_app([SecretStr(secret)]).verify(signed_headers(BODY), BODY)


def test_every_secret_counts() -> None:
    verifier = Verifier.for_app([SecretStr(encoded(OTHER_KEY)), SecretStr(EVENT_SECRET)])
    for key in (OTHER_KEY, EVENT_KEY):
        assert verifier.verify(signed_headers(BODY, key=key), BODY)


def test_app_secret_is_not_taken_as_text() -> None:
    with pytest.raises(SignatureError, match="no signature matches"):
        APP.verify(signed_headers(BODY, key=EVENT_SECRET.encode()), BODY)


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        (POLAR_SECRET, POLAR_SECRET.encode()),
        (EVENT_SECRET, EVENT_SECRET.encode()),
        (EVENT_SECRET, EVENT_KEY),
        (encoded(OTHER_KEY), encoded(OTHER_KEY).encode()),
        (encoded(OTHER_KEY), OTHER_KEY),
        ("geheimnis-für-Polar", "geheimnis-für-Polar".encode()),
        ("whsec_not*base64*at*all", b"whsec_not*base64*at*all"),
    ],
    ids=[
        "polar",
        "whsec as text",
        "whsec as base64",
        "base64 as text",
        "base64 as base64",
        "not ASCII",
        "whsec that is not base64",
    ],
)
def test_readings_of_a_polar_secret(secret: str, key: bytes) -> None:
    verifier = Verifier.for_polar([SecretStr(POLAR_SECRET), SecretStr(secret)])
    assert verifier.verify(signed_headers(BODY, key=key), BODY)


def test_no_key_is_empty() -> None:
    verifier = Verifier.for_polar([SecretStr("whsec_")])
    with pytest.raises(SignatureError, match="no signature matches"):
        verifier.verify(signed_headers(BODY, key=b""), BODY)


@pytest.mark.parametrize("offset", [-295, 295])
def test_clocks_may_differ(offset: int) -> None:
    assert APP.verify(signed_headers(BODY, at=time.time() + offset), BODY)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"webhook-id": None}, "missing"),
        ({"webhook-timestamp": None}, "missing"),
        ({"webhook-signature": None}, "missing"),
        ({"webhook-signature": ""}, "missing"),
        ({"webhook-id": "x" * 256}, "webhook-id header is malformed"),
        ({"webhook-id": "ünprintable"}, "webhook-id header is malformed"),
        ({"webhook-id": "line\nbreak"}, "webhook-id header is malformed"),
        ({"webhook-timestamp": "soon"}, "webhook-timestamp header is malformed"),
        ({"webhook-timestamp": "nan"}, "webhook-timestamp header is malformed"),
        ({"webhook-timestamp": "1e9"}, "webhook-timestamp header is malformed"),
        ({"webhook-timestamp": "٣"}, "webhook-timestamp header is malformed"),
        ({"webhook-timestamp": "9" * 13}, "webhook-timestamp header is malformed"),
        ({"webhook-timestamp": str(int(time.time()) - 3600)}, "stale"),
        ({"webhook-timestamp": str(int(time.time()) + 3600)}, "future"),
        ({"webhook-signature": "v1"}, "webhook-signature header is malformed"),
        ({"webhook-signature": "v1,short"}, "webhook-signature header is malformed"),
        ({"webhook-signature": "v1," + "A" * 43 + "="}, "no signature matches"),
        ({"webhook-id": "msg_2"}, "no signature matches"),
    ],
)
def test_refusals_are_told_apart(changes: dict[str, str | None], message: str) -> None:
    headers = signed_headers(BODY, webhook_id="msg_1") | changes
    with pytest.raises(SignatureError, match=message) as refusal:
        APP.verify({name: value for name, value in headers.items() if value is not None}, BODY)
    for value in changes.values():
        assert not value or value == "v1" or value not in str(refusal.value)


def test_a_body_that_is_not_utf8() -> None:
    body = b'{"type": "\xff"}'
    with pytest.raises(SignatureError, match="not UTF-8"):
        APP.verify(signed_headers(body), body)


JUNK = ["", "v1", "v1,", ",", "v1,,", "v1,é", "v1,A", "v1,====", "v2,x", "v1,a,b", "v1," + "A" * 44]


def test_junk_does_not_hide_a_good_signature() -> None:
    headers = signed_headers(BODY)
    headers["webhook-signature"] = " ".join([*JUNK, headers["webhook-signature"], *JUNK])
    assert APP.verify(headers, BODY)


@pytest.mark.parametrize(("position", "accepted"), [(15, True), (16, False)])
def test_sixteen_signatures_are_tried(position: int, accepted: bool) -> None:
    headers = signed_headers(BODY)
    wrong = "v1," + "A" * 43 + "="
    headers["webhook-signature"] = " ".join([wrong] * position + [headers["webhook-signature"]])
    if accepted:
        assert APP.verify(headers, BODY)
    else:
        with pytest.raises(SignatureError, match="no signature matches"):
            APP.verify(headers, BODY)


def test_svix_names_are_the_apps_only() -> None:
    headers = signed_headers(BODY, family="svix", webhook_id="msg_1")
    assert APP.verify(headers, BODY) == "msg_1"
    with pytest.raises(SignatureError, match="missing"):
        POLAR.verify(signed_headers(BODY, family="svix", key=POLAR_SECRET.encode()), BODY)


def test_families_are_never_mixed() -> None:
    svix = signed_headers(BODY, family="svix", webhook_id="msg_svix")
    # One stray header of the other family does not matter; a whole other family is the one taken.
    assert APP.verify({**svix, "webhook-id": "msg_stray"}, BODY) == "msg_svix"
    mixed = {**svix, "webhook-id": svix["svix-id"]}
    del mixed["svix-id"]
    with pytest.raises(SignatureError, match="missing"):
        APP.verify(mixed, BODY)
    forged = {"webhook-id": "a", "webhook-timestamp": svix["svix-timestamp"]}
    with pytest.raises(SignatureError, match="no signature matches"):
        APP.verify({**svix, **forged, "webhook-signature": "v1," + "A" * 43 + "="}, BODY)


@given(
    headers=st.fixed_dictionaries(
        {},
        optional={
            "webhook-id": st.text() | st.just("msg_1"),
            "webhook-timestamp": st.text() | st.integers().map(str) | st.floats().map(str),
            "webhook-signature": st.text()
            | st.lists(st.sampled_from(JUNK) | st.text()).map(" ".join),
        },
    ),
    body=st.binary(),
    fresh=st.booleans(),
)
def test_nothing_but_a_signature_error_escapes(
    headers: dict[str, str], body: bytes, fresh: bool
) -> None:
    if fresh:
        headers["webhook-timestamp"] = str(int(time.time()))
    for verifier in (APP, POLAR):
        with pytest.raises(SignatureError):
            verifier.verify(headers, body)


@given(body=st.text().map(str.encode), webhook_id=st.from_regex(r"\A[ -~]{1,255}\Z"))
def test_whatever_is_signed_verifies(body: bytes, webhook_id: str) -> None:
    now = str(int(time.time()))
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": now,
        "webhook-signature": signature(EVENT_KEY, webhook_id, now, body),
    }
    assert APP.verify(headers, body) == webhook_id
