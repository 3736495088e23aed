"""What goes into the inbox, and what can become of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, StrEnum


class Source(StrEnum):
    """Who sent an inbox row."""

    APP = "app"
    POLAR = "polar"


class InboxStatus(StrEnum):
    """What has become of an inbox row."""

    PENDING = "pending"
    APPLIED = "applied"
    IGNORED = "ignored"
    """Verified, but of a type that is not handled: its body is not kept."""
    DEAD = "dead"
    """A dead letter: verified, but it could not be applied; `error` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A verified event on its way into the inbox."""

    source: Source
    webhook_id: str
    body: bytes
    event_type: str | None = None
    event_at: datetime | None = None
    user_hash: str | None = None
    ignored: bool = False
    """Of a type that is not handled: only its digest is kept."""
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    traceparent: str | None = None
    """The request's span, as `sync.traces.current.here` says it."""


class Outcome(Enum):
    """What the inbox did with an entry. Durable in the first two cases."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    ANOTHER_TIME = "another_time"
    """A duplicate but for its time: sent again with a time made anew, or another event of the same
    user under a webhook-id that was used before. `sync.intake.repeats` tells which."""
    CONFLICT = "conflict"
    """The webhook-id is taken by an event about somebody or something else; nothing was stored."""
