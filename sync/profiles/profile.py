"""What the app says of a user, and what of it counts. Pure.

The newest counts, by the event's time and field by field, in whatever order events come. Of two of
one moment it is the one that came later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class ProfileStatus(StrEnum):
    """What has become of what the app said last."""

    PENDING = "pending"
    """To be carried to Polar."""
    SYNCED = "synced"
    """Polar has it. Nothing personal is kept."""
    IGNORED = "ignored"
    """There was nobody to carry it to, or it must be left alone: `reason` says which. Nothing
    personal is kept."""
    DEAD = "dead"
    """A dead letter: Polar refuses it, and a person must see why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one event says of a user."""

    at: datetime
    """When it happened, by the app."""
    email: str | None = None
    name: str | None = None
    """None: it says nothing of that."""
    is_new: bool = False
    """The user was created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a user, from all events. A field's time stays when the field has gone: by it
    an older event is known that comes late."""

    email: str | None = None
    email_at: datetime | None = None
    name: str | None = None
    name_at: datetime | None = None
    created_at: datetime | None = None
    """When the user was created, by the newest event that says so."""
    wants_customer: bool = False
    """The user is to have a customer."""

    @property
    def newest_at(self) -> datetime | None:
        """The time of the newest event in it."""
        times = (self.email_at, self.name_at, self.created_at)
        return max((at for at in times if at is not None), default=None)

    @property
    def is_empty(self) -> bool:
        """Nothing is left to carry."""
        return not self.wants_customer and self.email is None and self.name is None

    def after(self, change: Change) -> Profile:
        """The profile, once the change is known."""
        after = self
        if change.email is not None and _counts(change.at, self.email_at):
            after = replace(after, email=change.email, email_at=change.at)
        if change.name is not None and _counts(change.at, self.name_at):
            after = replace(after, name=change.name, name_at=change.at)
        if change.is_new and _counts(change.at, self.created_at):
            after = replace(after, created_at=change.at, wants_customer=True)
        return after

    def without(self, until: datetime) -> Profile:
        """What is left of it for somebody who was deleted then: what came later is said of whoever
        has signed up again."""
        left = self
        if not _is_later(self.email_at, until):
            left = replace(left, email=None, email_at=None)
        if not _is_later(self.name_at, until):
            left = replace(left, name=None, name_at=None)
        if not _is_later(self.created_at, until):
            left = replace(left, created_at=None, wants_customer=False)
        return left

    def carried(self, sent: Profile) -> Profile:
        """What is left to carry, once what was known when it was sent has been."""
        same_email = (self.email, self.email_at) == (sent.email, sent.email_at)
        same_name = (self.name, self.name_at) == (sent.name, sent.name_at)
        return replace(
            self,
            email=None if same_email else self.email,
            name=None if same_name else self.name,
            wants_customer=self.wants_customer and self.created_at != sent.created_at,
        )

    @property
    def updates(self) -> Mapping[str, str]:
        """What is to be changed of a customer who is there. What was said when the user was created
        is for a new one alone."""
        fields = {"email": (self.email, self.email_at), "name": (self.name, self.name_at)}
        return {
            field: value
            for field, (value, at) in fields.items()
            if value is not None and (self.created_at is None or _is_later(at, self.created_at))
        }

    def differing(self, email: str | None, name: str | None) -> Mapping[str, str]:
        """Those of the updates that a customer with this e-mail and name does not have. To Polar an
        e-mail is the same in capitals."""
        has = {"email": (email or "").casefold(), "name": name}
        return {
            field: value
            for field, value in self.updates.items()
            if (value.casefold() if field == "email" else value) != has[field]
        }


def _counts(at: datetime, known: datetime | None) -> bool:
    return known is None or at >= known


def _is_later(at: datetime | None, until: datetime) -> bool:
    return at is not None and at > until
