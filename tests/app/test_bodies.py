"""Bodies as some senders and proxies make them."""

from __future__ import annotations

import codecs
import gzip

import pytest

from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.site import Site
from tests.helpers.webhooks import event_body, polar_headers, signed_headers

pytestmark = BOTH_ENGINES


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip"])
@pytest.mark.parametrize("path", ["/events", "/webhooks/polar"])
def test_a_compressed_body_is_named(server: Site, path: str, encoding: str) -> None:
    """Signed before it was compressed, as by a proxy."""
    body = event_body()
    headers = signed_headers(body) if path == "/events" else polar_headers(body)
    before = len(server.rows())
    answer = server.post(path, gzip.compress(body), headers | {"content-encoding": encoding})
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")
    assert "Content-Encoding" in answer.json()["detail"]
    assert len(server.rows()) == before


def test_what_is_not_compressed_is_taken(server: Site) -> None:
    body = event_body()
    headers = signed_headers(body) | {"content-encoding": "identity"}
    assert server.post("/events", body, headers).status_code == 202
    # Whatever its headers say, what Polar has signed is taken.
    headers = polar_headers(body) | {"content-encoding": "gzip"}
    assert server.post("/webhooks/polar", body, headers).status_code == 202


def test_a_byte_order_mark_is_named(server: Site) -> None:
    answer = server.event(codecs.BOM_UTF8 + event_body())
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_event")
    assert "byte order mark" in answer.json()["detail"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_named(server: Site, encoding: str) -> None:
    answer = server.event('{"user": "ü"}'.encode(encoding))
    assert answer.status_code == 401
    assert "not UTF-8" in answer.json()["detail"]
