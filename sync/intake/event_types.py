"""The types of the app's events that the bridge acts on."""

from __future__ import annotations

from enum import StrEnum


class EventType(StrEnum):
    """As the app sends them. `sync.intake.app_events` says what each does."""

    USER_DELETED = "user.deleted"
    USER_RESTORED = "user.restored"
    USER_UPDATED = "user.updated"
    USER_CREATED = "user.created"


OF_THE_LIVING = frozenset(EventType) - {EventType.USER_DELETED}
"""What the app says of nobody who is gone."""
