"""Polar's webhooks that are accepted."""

from __future__ import annotations

import pytest

from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import POLAR_SECRET
from tests.helpers.site import SECOND_KEY, SECOND_SECRET, Site
from tests.helpers.webhooks import new_id, polar_headers

pytestmark = BOTH_ENGINES


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
