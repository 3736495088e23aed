"""The types of the app's events that the bridge acts on."""

from __future__ import annotations

from enum import StrEnum

from sync.mirror.kinds import needed_events


class EventType(StrEnum):
    """As the app sends them. `sync.intake.app_events` says what each does."""

    USER_DELETED = "user.deleted"
    USER_RESTORED = "user.restored"
    USER_UPDATED = "user.updated"
    USER_CREATED = "user.created"


def counted_types() -> frozenset[str]:
    """The types of events and webhooks that metrics name."""
    return frozenset(EventType) | frozenset(needed_events())


OF_THE_LIVING = frozenset(EventType) - {EventType.USER_DELETED}
"""What the app says of nobody who is gone."""
