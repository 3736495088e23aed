"""Signed receipts over HTTP, and the keys that they are checked with."""

from __future__ import annotations

import httpx
import pytest
from openapi_spec_validator import validate

from sync.receipts.checking import verdict
from sync.receipts.signing import read_jwks
from tests.helpers.api import API_TOKENS, answered, ask
from tests.helpers.commands import VERIFIED, Commands
from tests.helpers.engines import BOTH_ENGINES, SQLITE
from tests.helpers.imports import imported_by_app
from tests.helpers.receipts import HASHER, KEY, OLDER, SETTING
from tests.helpers.site import site
from tests.helpers.store import Store

pytestmark = BOTH_ENGINES

PATH = "/.well-known/jwks.json"
BOTH = f"{SETTING},{OLDER.setting.get_secret_value()}"


def test_a_receipt_is_checked_with_the_keys_that_are_served(commands: Commands) -> None:
    number = commands.deletion("user-1", *VERIFIED)
    with site(commands.store, api_tokens=API_TOKENS, receipt_key=BOTH) as it:
        receipt = ask(it.client, f"/deletions/{number}/receipt")
        keys = it.client.get(PATH)
    assert verdict(receipt.content, read_jwks(keys.content), HASHER).holds
    commands.monkeypatch.setenv("RECEIPT_KEY", SETTING)
    assert receipt.json() == commands.run("receipt", str(number)).json


@SQLITE
def test_the_keys_need_no_token_and_may_be_kept(store: Store) -> None:
    with site(store, receipt_key=BOTH) as it:
        answer = it.client.get(PATH)
        assert answer.status_code == 200
        assert answer.json() == {"keys": [KEY.jwk, OLDER.jwk]}
        assert answer.headers["content-type"] == "application/jwk-set+json"
        assert answer.headers["cache-control"] == "public, max-age=3600"
        head = it.client.head(PATH)
        assert (head.status_code, head.content) == (200, b"")
        assert it.client.post(PATH).status_code == 405
        for text in (KEY.seed, OLDER.seed):
            assert text.get_secret_value() not in answer.text
        assert ask(it.client, "/deletions/1/receipt").status_code == 404


@pytest.mark.slow
@SQLITE
def test_the_document_has_them_where_there_are_any(store: Store) -> None:
    for settings, there in (({}, False), ({"receipt_key": SETTING}, True)):
        with site(store, api_tokens=API_TOKENS, **settings) as it:
            document = answered(it.client, "/openapi.json")
            validate(document)
            assert (PATH in document["paths"]) is there
            assert (it.client.get(PATH).status_code == httpx.codes.OK) is there
    receipt = document["components"]["schemas"]["Receipt"]
    assert "signature" in receipt["properties"]
    assert "signature" not in receipt["required"]


@pytest.mark.slow
@SQLITE
@pytest.mark.parametrize("key", [None, SETTING])
def test_off_nothing_is_imported(store: Store, key: str | None) -> None:
    """And with a key, but no API, what signs is not."""
    found = imported_by_app(store, **({} if key is None else {"RECEIPT_KEY": key}))
    asked = {"app.keys", "cryptography", "joserfc", "jinja2"}
    assert found & asked == (set() if key is None else {"app.keys", "cryptography"})
