"""The status API: who may ask, what is told, and what is refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import SecretStr
from starlette.routing import Route

from app.main import create_app
from sync.deletions.states import State
from sync.hash_chain import canonical
from sync.hashing import Hasher
from tests.helpers.api import API_TOKENS, NAME, TOKEN, answered, ask
from tests.helpers.commands import AT, HELD, SUPERSEDED, VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.imports import imported_by_app
from tests.helpers.settings import HASH_KEY, load_settings
from tests.helpers.site import MARKER, MIB, Site, site
from tests.helpers.store import Store, StoreFactory
from tests.helpers.webhooks import event_body, new_id

pytestmark = BOTH_ENGINES


@pytest.fixture
def api(commands: Commands) -> Iterator[Site]:
    with site(commands.store, api_tokens=f"{API_TOKENS},second:{'y' * 32}") as running:
        yield running


@pytest.fixture(scope="module")
def empty(new_store: StoreFactory) -> Iterator[Site]:
    """A server with nothing in it, for all that is refused."""
    with site(new_store(), api_tokens=API_TOKENS) as running:
        yield running


# --- who may ask ---------------------------------------------------------------------------------

PATHS = ("/deletions", "/deletions/1", "/deletions/1/receipt")


@pytest.mark.parametrize("path", [*PATHS, "/deletions/preview"])
@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, "Bearer"),
        ("Basic dXNlcjpwYXNz", "Bearer"),
        (TOKEN, "Bearer"),
        ("Bearer", 'Bearer error="invalid_token"'),
        (f"Bearer {TOKEN[:-1]}", 'Bearer error="invalid_token"'),
        (f"Bearer {TOKEN}x", 'Bearer error="invalid_token"'),
        (f"Bearer {MARKER}", 'Bearer error="invalid_token"'),
        (f"Bearer {API_TOKENS}", 'Bearer error="invalid_token"'),
        ("Bearer \xff\xfe", 'Bearer error="invalid_token"'),
    ],
)
def test_without_a_token_there_is_no_answer(
    empty: Site,
    path: str,
    authorization: str | None,
    challenge: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    method = "POST" if path.endswith("preview") else "GET"
    answer = empty.client.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == challenge
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error"] == "unauthorized"
    assert MARKER not in answer.text + caplog.text
    assert TOKEN[:-1] not in answer.text + caplog.text


def test_several_tokens_each_with_its_name_in_the_log(
    api: Site, commands: Commands, caplog: pytest.LogCaptureFixture
) -> None:
    number = commands.deletion(MARKER)
    with caplog.at_level(logging.INFO, "app"):
        assert ask(api.client, f"/deletions/{number}").status_code == 200
        assert ask(api.client, "/deletions", token="y" * 32, user_id=MARKER).status_code == 200
    assert f"API: {NAME}: GET /deletions/{number}: 200" in caplog.text
    assert "API: second: GET /deletions: 200" in caplog.text
    assert MARKER not in caplog.text
    assert TOKEN not in caplog.text


def test_the_scheme_is_any_case(empty: Site) -> None:
    headers = {"authorization": f"bearer  {TOKEN}"}
    assert empty.client.get("/deletions", headers=headers).status_code == 200


@pytest.mark.slow
def test_off_there_is_nothing_and_nothing_is_imported(store: Store) -> None:
    with site(store) as off:
        for path in (*PATHS, "/openapi.json"):
            assert ask(off.client, path).status_code == 404
        assert off.event(body := event_body(), webhook_id=(name := new_id())).json() == {
            "status": "accepted"
        }
        assert off.event(body, webhook_id=name).json() == {"status": "duplicate"}
    assert not {"app.api", "app.openapi", "sync.reports.preview"} & imported_by_app(store)


# --- what is told --------------------------------------------------------------------------------


def test_one_deletion_is_what_show_tells_and_its_receipt_what_receipt_prints(
    api: Site, commands: Commands
) -> None:
    number = commands.deletion("user-1", *VERIFIED)

    told = ask(api.client, f"/deletions/{number}")
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["content-type"] == "application/json"
    shown = commands.run("show", str(number), "--json").json
    assert [told.json()] == shown["deletions"]
    receipt = answered(api.client, f"/deletions/{number}/receipt")
    assert receipt == commands.run("receipt", str(number)).json
    assert receipt["chain_unbroken"] is True
    seal = receipt.pop("seal")
    assert Hasher(SecretStr(HASH_KEY)).seal(canonical(receipt)) == seal


def test_a_users_deletions_newest_first_after_they_are_forgotten_too(
    api: Site, commands: Commands
) -> None:
    first = commands.deletion("ada-the-user", SUPERSEDED)
    second = commands.deletion("ada-the-user", *VERIFIED, at=AT + timedelta(hours=1))
    other = commands.deletion("somebody")

    found = ask(api.client, "/deletions", user_id="ada-the-user")
    assert [it["id"] for it in found.json()["deletions"]] == [second, first]
    assert found.json()["next_cursor"] is None
    assert "ada-the-user" not in found.text
    whole = ask(api.client, f"/deletions/{second}")
    receipt = ask(api.client, f"/deletions/{second}/receipt")
    assert "ada-the-user" not in whole.text + receipt.text
    listed = answered(api.client, "/deletions")["deletions"]
    assert [(it["id"], it["user_id"]) for it in listed] == [
        (other, "somebody"),
        (second, None),
        (first, None),
    ]
    assert answered(api.client, "/deletions", user_id="nobody")["deletions"] == []


def test_pages_by_state_while_more_come_in(api: Site, commands: Commands) -> None:
    held = [commands.deletion(f"held-{number}", *HELD) for number in range(5)]
    commands.deletion("another")

    seen: list[int] = []
    cursor: dict[str, Any] = {}
    while True:
        page = answered(api.client, "/deletions", state="held", limit=2, **cursor)
        seen += [it["id"] for it in page["deletions"]]
        assert all(it["state"] == "held" for it in page["deletions"])
        if page["next_cursor"] is None:
            break
        # What comes in meanwhile shifts nothing.
        commands.deletion(f"late-{len(seen)}", *HELD)
        cursor = {"cursor": page["next_cursor"]}
    assert seen == held[::-1]
    both = answered(api.client, "/deletions", state="held", user_id="held-3")["deletions"]
    assert [it["id"] for it in both] == [held[3]]
    assert answered(api.client, "/deletions", state="verified", user_id="held-3")["deletions"] == []


def test_a_head_is_answered_like_a_get(api: Site, commands: Commands) -> None:
    number = commands.deletion()
    headers = {"authorization": f"Bearer {TOKEN}"}
    for path in ("/deletions", f"/deletions/{number}", "/openapi.json"):
        answer = api.client.head(path, headers=headers)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) > 2


def test_an_event_sent_again_is_answered_with_its_deletion_once_there_is_one(
    api: Site, commands: Commands
) -> None:
    """This server has no worker: the deletion is opened here."""
    name, body = new_id(), event_body(user_id="user-1", timestamp=AT.isoformat())
    assert api.event(body, webhook_id=name).json() == {"status": "accepted"}
    assert api.event(body, webhook_id=name).json() == {"status": "duplicate"}
    number = commands.deletion("user-1", at=AT)

    assert api.event(body, webhook_id=name).json() == {"status": "duplicate", "deletion_id": number}
    # Of the other answers none looks for it.
    assert api.event(body).json() == {"status": "accepted"}
    restored = event_body("user.restored", "user-1", timestamp=AT.isoformat())
    for status in ("accepted", "duplicate"):
        assert api.event(restored, webhook_id="msg_restored").json() == {"status": status}
    assert api.event(event_body("user.seen", "user-1")).json() == {"status": "ignored"}


# --- what is refused -----------------------------------------------------------------------------

LONG = MARKER * 30


@pytest.mark.parametrize(
    ("query", "field", "remedy"),
    [
        ({"state": MARKER}, "state", "must be one of received, resolved,"),
        ({"state": "HELD"}, "state", "must be one of"),
        ({"state": ""}, "state", "must be one of"),
        ({"cursor": MARKER}, "cursor", "next_cursor of the page before"),
        ({"cursor": "-1"}, "cursor", "next_cursor"),
        ({"cursor": "0"}, "cursor", "next_cursor"),
        ({"cursor": "9" * 19}, "cursor", "next_cursor"),
        ({"limit": "0"}, "limit", "from 1 to 200"),
        ({"limit": "201"}, "limit", "from 1 to 200"),
        ({"limit": MARKER}, "limit", "from 1 to 200"),
        ({"limit": "9" * 5000}, "limit", "from 1 to 200"),
        ({"user_id": ""}, "user_id", "1 to 255 characters"),
        ({"user_id": LONG}, "user_id", "1 to 255 characters"),
        ({"user": MARKER}, "user", "there are user_id, state, cursor, limit"),
        ({"state": ["held", "held"]}, "state", "is there 2 times; give it once"),
        ({"user_id": [MARKER, "b"]}, "user_id", "give it once"),
    ],
)
def test_a_query_that_cannot_be_used(
    empty: Site, query: dict[str, Any], field: str, remedy: str
) -> None:
    answer = ask(empty.client, "/deletions", **query)
    assert answer.status_code == 400, answer.text
    content = answer.json()
    assert (content["error"], content["field"]) == ("invalid_request", field)
    assert remedy in content["detail"]
    assert set(content) == {"error", "detail", "field"}
    assert MARKER not in answer.text


@pytest.mark.parametrize(
    ("body", "field", "remedy"),
    [
        (b"", None, "must be a JSON object such as"),
        (b"[]", None, "must be a JSON object"),
        (b'"user-1"', None, "must be a JSON object"),
        (b'{"user_id": "\xff"}', None, "in UTF-8"),
        (b'{"user_id": "\\ud800"}', None, "in UTF-8"),
        (b"[" * 10_000, None, "must be a JSON object"),
        (b"{}", "user_id", "must be your own id of one user"),
        (b'{"user_id": null}', "user_id", "must be your own id"),
        (b'{"user_id": true}', "user_id", "must be your own id"),
        (b'{"user_id": 1.5}', "user_id", "must be your own id"),
        (b'{"user_id": 1e999}', "user_id", "must be your own id"),
        (b'{"user_id": 9223372036854775808}', "user_id", "must be your own id"),
        (b'{"user_id": " "}', "user_id", "not only blanks"),
        (b'{"user_id": "a\\u0000b"}', "user_id", "must be your own id"),
        (json.dumps({"user_id": LONG}).encode(), "user_id", "of 1 to 255 characters"),
        (b'{"user_id": "u", "external_id": 5}', "external_id", "or be left out"),
        (b'{"user_id": "u", "nonsense": 5}', "nonsense", "there are user_id, external_id"),
    ],
)
def test_a_body_that_cannot_be_used(
    empty: Site, body: bytes, field: str | None, remedy: str
) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    answer = empty.post("/deletions/preview", body, headers)
    assert answer.status_code == 400, answer.text
    content = answer.json()
    assert (content["error"], content.get("field")) == ("invalid_request", field)
    assert remedy in content["detail"]
    assert MARKER not in answer.text


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"{}", 415),
        ({"content-type": "text/plain"}, b"{}", 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, b"{}", 415),
        ({"content-type": "application/json"}, b" " * (MIB + 1), 413),
    ],
)
def test_bodies_have_the_bounds_that_they_have_elsewhere(
    empty: Site, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = empty.post("/deletions/preview", body, {"authorization": f"Bearer {TOKEN}", **headers})
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "detail"}


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("POST", "/deletions", 405, {"GET", "HEAD"}),
        ("DELETE", "/deletions/1", 405, {"GET", "HEAD"}),
        ("GET", "/deletions/preview", 405, {"POST"}),
        ("POST", "/openapi.json", 405, {"GET", "HEAD"}),
        ("GET", "/deletions/", 404, None),
        ("GET", "/deletions/0", 404, None),
        ("GET", "/deletions/7", 404, None),
        ("GET", "/deletions/7/receipt", 404, None),
        ("GET", f"/deletions/{'9' * 5000}", 404, None),
        ("GET", f"/deletions/{MARKER}", 404, None),
        ("GET", "/deletions/%ff%00", 404, None),
    ],
)
def test_wrong_paths_and_methods(
    empty: Site, method: str, path: str, status: int, allow: set[str] | None
) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = empty.client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"] == {404: "not_found", 405: "method_not_allowed"}[status]
    assert MARKER not in answer.text
    assert (set(answer.headers["allow"].split(", ")) if allow else None) == allow


def test_a_database_that_does_not_answer(api: Site, commands: Commands) -> None:
    commands.sql("ALTER TABLE deletion RENAME TO somewhere")
    try:
        answer = ask(api.client, "/deletions")
    finally:
        commands.sql("ALTER TABLE somewhere RENAME TO deletion")
    assert (answer.status_code, answer.json()["error"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert ask(api.client, "/deletions").status_code == 200


# --- the document --------------------------------------------------------------------------------


def document(api: Site) -> Any:
    answer = api.client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_the_document_is_valid_and_has_every_route(empty: Site) -> None:
    described = document(empty)
    validate(described)
    assert described["openapi"].startswith("3.1")
    app = create_app(load_settings(empty.store, api_tokens=API_TOKENS))
    served = {
        (method.lower(), route.path.replace(":number", ""))
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    found = {(method, path) for path, it in described["paths"].items() for method in it}
    assert found == served


def test_every_answer_is_as_the_document_says(api: Site, commands: Commands) -> None:
    described = document(api)
    number = commands.deletion("user-1", *VERIFIED)
    commands.deletion("user-2", *HELD)
    one = {"id": str(number)}

    def check(method: str, path: str, status: int, content: Any) -> None:
        responses = described["paths"][path][method]["responses"]
        schema = responses[str(status)]["content"]["application/json"]["schema"]
        validator = Draft202012Validator({**schema, "components": described["components"]})
        assert [str(it) for it in validator.iter_errors(content)] == []

    for path in ("/deletions", "/deletions/{id}", "/deletions/{id}/receipt"):
        check("get", path, 200, answered(api.client, path.format(**one)))
        refused = api.client.get(path.format(**one))
        check("get", path, refused.status_code, refused.json())
    for path in ("/livez", "/readyz"):
        answer = api.client.get(path)
        check("get", path, answer.status_code, answer.json())
    event = api.event(event_body())
    check("post", "/events", event.status_code, event.json())
    refused = ask(api.client, "/deletions", state="no")
    check("get", "/deletions", refused.status_code, refused.json())
    assert set(described["components"]["schemas"]["State"]["enum"]) == set(State)


@SQLITE
def test_the_document_says_where_the_events_have_their_fields(store: Store) -> None:
    with site(store, api_tokens=API_TOKENS, event_user_id_path="a.b", event_type_path="a.c") as it:
        body = document(it)["paths"]["/events"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert set(schema["required"]) == {"a", "timestamp"}
    assert set(schema["properties"]["a"]["required"]) == {"b", "c"}
