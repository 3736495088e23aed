"""What is told of a deletion, as `show --json` and `receipt` print it and the API answers it: each
field once, with its type and what it means.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from sync.deletions.observations import SaidBy
from sync.deletions.states import State
from sync.reports.plain import plain

Time = Annotated[
    datetime, PlainSerializer(plain), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""Told as ISO 8601, in UTC."""


class Told(BaseModel):
    """Made of a row, or of keywords."""

    model_config = ConfigDict(
        from_attributes=True, frozen=True, extra="forbid", use_attribute_docstrings=True
    )


class Evidence(Told):
    """One link of a deletion's chain of evidence."""

    seq: int
    at: Time
    kind: str
    source: str
    """`app`, `webhook`, `api`, `worker` or `operator`."""
    state: State
    """The deletion's state after it."""
    detail: dict[str, Any]
    hash: str
    """Over the hash before it and all of this; SHA-256 in hex."""


class Mirrored(Told):
    """An object of Polar's, as the mirror has it, and whence."""

    id: str
    observed_at: Time
    written_by: str
    """`api`, or the webhook's type."""
    written_at: Time


class MirroredCustomer(Mirrored):
    """The customer that the deletion pinned."""

    created_at: Time
    deleted_at: Time | None


class MirroredSubscription(Mirrored):
    """A subscription of that customer."""

    status: str
    ended: bool
    ended_at: Time | None
    product_id: str


class MirroredGrant(Mirrored):
    """A benefit grant of that customer."""

    benefit_id: str
    is_granted: bool
    revoked_at: Time | None


class Membership(Told):
    """A membership of the user under somebody else's customer."""

    member_id: str
    customer_id: str
    found_at: Time
    ended_at: Time | None
    kept: bool
    """It was somebody else's, or newer than the event: it was left alone."""
    problem: str | None
    """Why a person must end it."""


class PaidSeat(Told):
    """Seats that are paid for, and on which nobody sits since the user left."""

    deletion: int
    customer_id: str
    subscription_id: str
    seats: int


class DeletionSummary(Told):
    """A deletion, and how far it has come."""

    id: int
    state: State
    reason: str | None
    """Why, where the state needs a reason."""
    asks: str
    """What the state asks of an operator."""
    user_id: str | None
    """Null once the user is forgotten."""
    user_hash: str
    """Keyed hash of the user's id, which stays."""
    external_id: str | None
    event_at: Time
    """When the app says the user was deleted."""
    received_at: Time
    approved: bool
    others: int | None
    """Members of the pinned team who are not the user; null: they were not counted."""
    active_since: Time | None
    nobody_at: Time | None
    """When Polar first answered, after the event, that it has nobody under the external id."""
    customer_id: str | None
    """Polar's id of the customer that was pinned."""
    customer_created_at: Time | None
    pinned_at: Time | None
    delete_sent_at: Time | None
    deleted_at: Time | None
    ended_at: Time | None
    forgotten_at: Time | None
    attempts: int
    """Failures in a row."""
    next_attempt_at: Time | None
    lease_until: Time | None


class DeletionReport(DeletionSummary):
    """Everything that is known about a deletion."""

    said_by: SaidBy
    """Who says that the user is gone: the app's event; or an audit, by a list of the app's users,
    and then `event_at` is the list's time."""
    waits_for: int | None
    """The earlier deletion of the same user that goes first."""
    identified_by: str | None
    """Who said whom the user is at Polar."""
    deleted_by: str | None
    """What the DELETE named the customer by: `external_id` or `customer_id`."""
    evidence: list[Evidence]
    chain_unbroken: bool
    """Whether the evidence is whole, and as it was written."""
    customer: MirroredCustomer | None
    subscriptions: list[MirroredSubscription]
    memberships: list[Membership]
    paid_seats: list[PaidSeat]
    grants: list[MirroredGrant]


class UserReport(Told):
    """All deletions of one user, oldest first."""

    user_hash: str
    deletions: list[DeletionReport]


class DeletionPage(Told):
    """A page of deletions, newest first."""

    deletions: list[DeletionSummary]
    next_cursor: str | None
    """Give it as `cursor` for those that come after; null: there are none."""


class SealedMembership(Told):
    """A membership, in a receipt."""

    member_id: str
    customer_id: str
    ended_at: Time | None
    kept: bool


class LogPlace(Told):
    """An entry of the log over all deletions, which by its hash says all that came before it."""

    index: int
    """From 1."""
    hash: str


class Receipt(Told):
    """What can be shown to whoever asks for proof of a deletion. Holds no personal data."""

    receipt_version: int
    deletion: int
    state: State
    user_hash: str
    """Keyed hash of the user's id: whoever has the id and HASH_KEY can say whose it is."""
    polar_customer_id: str | None
    user_deleted_at: Time
    said_by: SaidBy
    """Who says so: the app's event; or an audit, by a list of the app's users of that time."""
    delete_sent_at: Time | None
    deleted_by: str | None
    customer_deleted_at: Time | None
    memberships: list[SealedMembership]
    paid_seats: list[PaidSeat]
    ended_at: Time | None
    personal_data_forgotten_at: Time | None
    evidence: list[Evidence]
    chain_unbroken: bool
    log: LogPlace | None
    """Where its newest evidence stands in the log over all deletions."""
    not_covered: str
    """What `verified` does not speak of."""
    seal: str
    """Keyed hash over all the rest but the signature."""
    signature: Annotated[str | None, Field(exclude_if=lambda value: value is None)] = None
    """With RECEIPT_KEY: a detached JWS over all the rest, which anybody can check."""
