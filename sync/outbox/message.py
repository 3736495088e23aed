"""What is sent, and when it is tried again. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

LONGEST_WAIT = timedelta(hours=4)
MAX_ATTEMPTS = 30
"""With the waits below, about three days."""
_FIRST_WAIT = timedelta(seconds=5)


class Recipient(StrEnum):
    """Whom a message is for."""

    APP = "app"
    OPERATOR = "operator"


class OutboxStatus(StrEnum):
    """What has become of a message."""

    PENDING = "pending"
    DELIVERED = "delivered"
    """Acknowledged; it names no user any more."""
    DEAD = "dead"
    """A dead letter: it was not acknowledged in three days. `error` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One that is on its way."""

    id: int
    recipient: Recipient
    webhook_id: str
    """The same on each try: by it the recipient knows a repetition."""
    type: str
    made_at: datetime
    data: Mapping[str, Any]
    user_id: str | None
    """The app's own; None: the user has been forgotten before."""
    attempts: int
    """Tries that have failed."""

    @property
    def body(self) -> bytes:
        """As JSON, the same on each try. To operators `text` alone, as chats' webhooks want it."""
        if self.recipient is Recipient.OPERATOR:
            return json.dumps({"text": self.data["text"]}).encode()
        return json.dumps(
            {
                "type": self.type,
                "timestamp": self.made_at.isoformat(),
                "data": {"user_id": self.user_id, **self.data},
            }
        ).encode()


def wait_after(attempts: int, *, asked: timedelta | None, jitter: float) -> timedelta | None:
    """How long to wait after so many tries that failed; None: no more.

    Args:
        asked: what the recipient's Retry-After says.
        jitter: 0 to 1, at random, so that what failed together is not tried together for ever.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    wait = min(_FIRST_WAIT * 2.0 ** (attempts - 1), LONGEST_WAIT)
    if asked is not None:
        wait = max(wait, min(asked, LONGEST_WAIT))
    return wait * (0.9 + 0.2 * jitter)
