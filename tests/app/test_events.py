"""The app's events that are accepted."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest
from pydantic import SecretStr

from sync.hashing import Hasher
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import HASH_KEY
from tests.helpers.site import MIB, SECOND_KEY, WRONG, Headers, Site, site
from tests.helpers.store import StoreFactory
from tests.helpers.webhooks import event_body, new_id, signed_headers

pytestmark = BOTH_ENGINES


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
