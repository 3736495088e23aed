"""What the relay makes of an answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.relay.bridge import BridgeClient, NotTaken, Refused
from sync.relay.outbox import Event
from tests.helpers.servers import serve
from tests.helpers.settings import EVENT_SECRET

EVENT = Event(1, "msg_1", "{}")


def answered(status: int, **headers: str) -> None:
    """Post to a server that answers so."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await Response(status_code=status, headers=named)(scope, receive, send)

    async def post(url: str) -> None:
        async with BridgeClient(url, [SecretStr(EVENT_SECRET)]) as bridge:
            await bridge.post(EVENT)

    with serve(app, lifespan="off") as url:
        asyncio.run(post(url))


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("86400", timedelta(minutes=5)),
        ("9" * 5_000, timedelta(minutes=5)),
        ("soon", None),
        ("", None),
    ],
)
def test_it_waits_as_long_as_the_bridge_asks_for(retry_after: str, wait: timedelta | None) -> None:
    with pytest.raises(NotTaken, match="answered 503") as trouble:
        answered(503, retry_after=retry_after)
    assert trouble.value.retry_after == wait


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422, 431])
def test_an_event_is_refused_by_itself(status: int) -> None:
    with pytest.raises(Refused, match=f"answered {status}"):
        answered(status)


@pytest.mark.slow
@pytest.mark.parametrize("status", [307, 401, 403, 404, 405, 408, 410, 429, 500, 502, 504])
def test_anything_else_is_no_events_fault(status: int) -> None:
    with pytest.raises(NotTaken, match=f"answered {status}"):
        answered(status, location="/elsewhere")


@pytest.mark.parametrize("status", [200, 202, 204])
def test_it_is_taken(status: int) -> None:
    answered(status)
