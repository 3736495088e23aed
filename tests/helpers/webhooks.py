"""Signed requests, made independently of the code under test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

from tests.helpers.settings import EVENT_KEY, POLAR_SECRET


def new_id() -> str:
    """A webhook id nobody has used."""
    return f"msg_{uuid.uuid4().hex}"


def signature(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """One `webhook-signature` entry, straight from the specification."""
    content = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def signed_headers(
    body: bytes,
    *,
    key: bytes = EVENT_KEY,
    webhook_id: str | None = None,
    at: float | None = None,
    family: str = "webhook",
) -> dict[str, str]:
    """Headers that sign `body`. `at`: seconds since 1970, now unless given."""
    webhook_id = webhook_id or new_id()
    timestamp = str(int(time.time() if at is None else at))
    return {
        f"{family}-id": webhook_id,
        f"{family}-timestamp": timestamp,
        f"{family}-signature": signature(key, webhook_id, timestamp, body),
        "content-type": "application/json",
    }


def polar_headers(
    body: bytes, *, key: bytes = POLAR_SECRET.encode(), webhook_id: str | None = None
) -> dict[str, str]:
    """Headers that sign `body` as Polar does."""
    return signed_headers(body, key=key, webhook_id=webhook_id)


def event_body(
    type: str = "user.deleted",  # noqa: A002 - the field's name
    user_id: Any = "user-1",
    *,
    timestamp: Any = None,
    **data: Any,
) -> bytes:
    """An event of the standard preset; `data` goes beside the user id."""
    return json.dumps(
        {
            "type": type,
            "timestamp": time.time() if timestamp is None else timestamp,
            "data": {"user_id": user_id, **data},
        }
    ).encode()
