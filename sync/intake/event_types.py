"""The types of the app's events that the bridge acts on."""

from __future__ import annotations

from enum import StrEnum


class EventType(StrEnum):
    """As the app sends them. `sync.intake.app_events` says what each does."""

    USER_DELETED = "user.deleted"
    """Opens a deletion."""
    USER_RESTORED = "user.restored"
    """Cancels a deletion whose DELETE has not been sent yet."""
    USER_UPDATED = "user.updated"
    """Carries e-mail and name to the customer at Polar."""
    USER_CREATED = "user.created"
    """The same, and makes the customer where there is none."""


OF_THE_LIVING = frozenset(EventType) - {EventType.USER_DELETED}
"""What the app says of nobody who is gone."""
