"""Whose events come, and where each field is in them. Pure data: `docs/presets.md` has the rest.

Sources are each provider's own documents and code, named beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PresetName = Literal["standard", "svix", "clerk", "workos", "stytch", "logto", "auth0"]
SignedAs = Literal["standard", "workos", "logto", "bearer"]
"""As `sync.signatures.Scheme` has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What is set where the settings do not say: paths, and what the events are called."""

    user_id: str
    type: str = "type"
    timestamp: str = "timestamp"
    external_id: str = ""
    email: str = ""
    name: str = ""
    """"": the events do not have it, or not in one place."""
    deleted: str = "user.deleted"
    restored: str = "user.restored"
    updated: str = "user.updated"
    created: str = "user.created"
    signed_as: SignedAs = "standard"

    def as_settings(self) -> Mapping[str, str]:
        """By the settings' fields."""
        return {
            "event_type_path": self.type,
            "event_timestamp_path": self.timestamp,
            "event_user_id_path": self.user_id,
            "event_external_id_path": self.external_id,
            "event_email_path": self.email,
            "event_name_path": self.name,
            "event_type_deleted": self.deleted,
            "event_type_restored": self.restored,
            "event_type_updated": self.updated,
            "event_type_created": self.created,
        }


PRESETS: Mapping[PresetName, Preset] = {
    "standard": Preset(
        user_id="data.user_id",
        external_id="data.external_id",
        email="data.email",
        name="data.name",
    ),
    # Who sends by Svix, in the form that Standard Webhooks suggests: https://docs.svix.com/receiving
    "svix": Preset(
        user_id="data.id", external_id="data.external_id", email="data.email", name="data.name"
    ),
    # https://clerk.com/docs/webhooks/overview
    "clerk": Preset(
        user_id="data.id",
        external_id="data.external_id",
        email="data.email_addresses[primary_email_address_id].email_address",
        name="data.first_name+data.last_name",
    ),
    # https://workos.com/docs/events/user
    "workos": Preset(
        type="event",
        timestamp="created_at",
        user_id="data.id",
        external_id="data.external_id",
        email="data.email",
        name="data.first_name+data.last_name",
        signed_as="workos",
    ),
    # https://stytch.com/docs/guides/webhooks and https://www.svix.com/event-types/us/…, Stytch's
    # own list. What is deleted by the API, in the dashboard and by SCIM differs in `source` alone.
    "stytch": Preset(type="object_type+action", user_id="id", deleted="user.DELETE"),
    # https://docs.logto.io/developers/webhooks/webhooks-request
    "logto": Preset(
        type="event",
        timestamp="createdAt",
        user_id="params.userId",
        deleted="User.Deleted",
        signed_as="logto",
    ),
    # https://auth0.com/docs/events/user/user.deleted
    "auth0": Preset(
        timestamp="time",
        user_id="data.object.user_id",
        email="data.object.email",
        name="data.object.name",
        signed_as="bearer",
    ),
}
