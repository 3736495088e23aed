"""Polar's objects as the mirror holds them. Pure.

Source of every field: Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, Field, StringConstraints
from pydantic.functional_validators import AfterValidator

from sync import keeping

T = TypeVar("T")

_POLAR_ID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

PolarId = Annotated[str, StringConstraints(pattern=_POLAR_ID, to_lower=True)]


def is_polar_id(text: str) -> bool:
    """Whether it looks like one of Polar's ids."""
    return re.fullmatch(_POLAR_ID, text) is not None


def _text(value: str) -> str:
    if not keeping.is_text(value):
        raise ValueError("cannot be kept as text")
    return value


def _json(value: T) -> T:
    if keeping.kept(value) is not value:
        raise ValueError("cannot be kept as JSON")
    return value


# What cannot be kept is refused here; `reading` puts something in its place, and names it.
_Text = Annotated[str, AfterValidator(_text)]
# Statuses and the like are words of Polar's; in evidence they stay for ever.
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{0,64}$")]
_Object = Annotated[dict[str, Any], AfterValidator(_json)]
_List = Annotated[list[Any], AfterValidator(_json)]
_Time = Annotated[AwareDatetime, Field(ge=keeping.EARLIEST, le=keeping.LATEST)]
_Integer = Annotated[int, Field(ge=-keeping.MAX_INTEGER, le=keeping.MAX_INTEGER)]

API = "api"
"""`written_by` of what an API read says; otherwise it is the webhook's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """What every mirrored object has."""

    id: PolarId
    created_at: _Time
    version_at: _Time
    """Polar's `modified_at`, or `created_at` where it was never modified."""
    observed_at: _Time
    """The webhook's `timestamp`, or when the API was read."""
    digest: str
    """SHA-256 of a webhook's `data`, in hex; empty for an API read."""
    written_by: str
    """`API`, or the webhook's type."""
    not_kept: dict[str, str] | None = None
    """Fields that cannot be kept as Polar has them, each with the digest of what it has."""


M = TypeVar("M", bound=Mirrored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Mirrored):
    """A customer. A deleted one has no personal fields."""

    deleted_at: _Time | None = None
    external_id: _Text | None = None
    email: _Text | None = None
    name: _Text | None = None
    billing_name: _Text | None = None
    billing_address: _Object | None = None
    tax_id: _List | None = None
    metadata: _Object | None = None
    final_state_at: _Time | None = None
    """`timestamp` of the newest `customer.state_changed` about the deleted customer."""
    final_state_open: int | None = None
    """Active subscriptions and granted benefits that it listed."""
    forgotten_at: _Time | None = None
    """When the bridge scrubbed it; it stays scrubbed, `external_id` included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Mirrored):
    """A subscription, without the free text that Polar attaches to one."""

    customer_id: PolarId
    status: _Word
    product_id: PolarId
    amount: _Integer
    currency: _Word
    recurring_interval: _Word
    started_at: _Time | None = None
    current_period_end: _Time | None = None
    cancel_at_period_end: bool = False
    canceled_at: _Time | None = None
    ends_at: _Time | None = None
    ended_at: _Time | None = None
    seats: _Integer | None = None
    """Paid for; None where the product has no seats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Mirrored):
    """A benefit grant, without its properties (they can name accounts elsewhere)."""

    customer_id: PolarId
    benefit_id: PolarId
    is_granted: bool
    granted_at: _Time | None = None
    revoked_at: _Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Mirrored):
    """A person under a customer, without name and e-mail, which nothing here needs."""

    customer_id: PolarId
    role: _Word
    """`owner`, `billing_manager` or `member`."""
    external_id: _Text | None = None
    """The app's id of the person; unique within the customer only."""
    deleted_at: _Time | None = None
    """Polar's object has none: it is when the deletion was observed."""
    forgotten_at: _Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Mirrored):
    """A seat of a subscription or an order, and who sits on it."""

    customer_id: PolarId
    status: _Word
    """`pending`, `claimed` or `revoked`."""
    subscription_id: PolarId | None = None
    member_id: PolarId | None = None
