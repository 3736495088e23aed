"""Any request gets an answer, and the server goes on."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.site import WRONG, Site

pytestmark = BOTH_ENGINES

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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@FUZZ
@given(body=st.text().map(str.encode))
def test_fuzz_of_signed_webhooks(server: Site, body: bytes) -> None:
    assert server.webhook(body).status_code == 202
    assert server.rows()[-1]["body"] == body
