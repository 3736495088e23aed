"""The mirror of Polar's customers, subscriptions and benefit grants.

Pure: what Polar says about an object is parsed into a `Customer`, `Subscription` or `Grant`, and
`merge` joins two observations of one object into one. Merging is commutative, associative and
idempotent, so any order and repetition of webhooks and API reads leaves the same row.

Which of two observations is newer is decided by Polar's own `modified_at`, then by the payload's
`timestamp`. `modified_at` comes first because an API read has no timestamp of Polar's making:
compared by clock alone, a webhook sent just before the read could undo it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar

from pydantic import AwareDatetime, StringConstraints, TypeAdapter
from pydantic.functional_validators import AfterValidator

PolarId = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True
    ),
]
# PostgreSQL cannot store a NUL in text, and neither engine half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_Text = Annotated[str, AfterValidator(lambda text: _UNSTORABLE.sub("", text))]

PERSONAL = (
    "external_id",
    "email",
    "name",
    "billing_name",
    "billing_address",
    "tax_id",
    "metadata",
)
"""A customer's fields that must be forgotten with the user."""

ENDED_STATUSES = frozenset({"canceled", "incomplete_expired"})
"""Subscription statuses after which nothing is billed, whether or not `ended_at` is set."""

API = "api"
"""`written_by` of a row that an API read wrote; otherwise it is the webhook's type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Observed:
    id: PolarId
    created_at: AwareDatetime
    version_at: AwareDatetime
    observed_at: AwareDatetime
    digest: str
    written_by: str

    @property
    def version(self) -> tuple[datetime, datetime, str, str]:
        """Orders observations of one object. The last two make ties fall the same way always."""
        return (self.version_at, self.observed_at, self.digest, self.written_by)

    def without_what_is_gone(self) -> Self:
        """The row without what must not be kept of it."""
        return self

    def merge(self, other: Self) -> Self:
        """The row after both observations of the same object, in whichever order they came."""
        return max(self, other, key=lambda observed: observed.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(_Observed):
    """A customer. A deleted one has no personal fields."""

    deleted_at: AwareDatetime | None = None
    external_id: _Text | None = None
    email: _Text | None = None
    name: _Text | None = None
    billing_name: _Text | None = None
    billing_address: dict[str, Any] | None = None
    tax_id: list[Any] | None = None
    metadata: dict[str, Any] | None = None
    final_state_at: AwareDatetime | None = None
    """`timestamp` of the newest `customer.state_changed` about the deleted customer."""
    final_state_open: int | None = None
    """Active subscriptions and granted benefits that it listed."""
    forgotten_at: AwareDatetime | None = None
    """When the bridge scrubbed it; it stays scrubbed, `external_id` included."""

    def merge(self, other: Self) -> Self:
        """As for any object; but a tombstone stays, and personal fields do not come back."""
        # On a tie the state that lists more counts: claiming too little is the safe side.
        final_state_at, final_state_open = max(
            (self.final_state_at, self.final_state_open),
            (other.final_state_at, other.final_state_open),
            key=lambda state: (state[0] is not None, state[0], state[1]),
        )
        newest = super(Customer, self).merge(other)
        merged = replace(
            newest,
            deleted_at=_earliest(self.deleted_at, other.deleted_at),
            forgotten_at=_earliest(self.forgotten_at, other.forgotten_at),
            final_state_at=final_state_at,
            final_state_open=final_state_open,
        )
        return merged.without_what_is_gone()

    def without_what_is_gone(self) -> Self:
        """A deleted customer's row, without personal fields; a living one's as it is."""
        if self.deleted_at is None and self.forgotten_at is None:
            return self
        # Until it is forgotten, the external id is how a deletion finds the tombstone.
        gone: dict[str, Any] = dict.fromkeys(PERSONAL)
        gone["external_id"] = None if self.forgotten_at else self.external_id
        return replace(self, **gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(_Observed):
    """A subscription, without the free text that Polar attaches to one."""

    customer_id: PolarId
    status: _Text
    product_id: PolarId
    amount: int
    currency: _Text
    recurring_interval: _Text
    started_at: AwareDatetime | None = None
    current_period_end: AwareDatetime | None = None
    cancel_at_period_end: bool = False
    canceled_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None

    def merge(self, other: Self) -> Self:
        """As for any object; but `ended_at`, once set, stays."""
        # Zero-argument super() does not work in a dataclass with slots.
        newest = super(Subscription, self).merge(other)
        return replace(newest, ended_at=_earliest(self.ended_at, other.ended_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(_Observed):
    """A benefit grant, without its properties (they can name accounts elsewhere)."""

    customer_id: PolarId
    benefit_id: PolarId
    is_granted: bool
    granted_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None


_OWN = frozenset(
    {
        "version_at",
        "observed_at",
        "digest",
        "written_by",
        "final_state_at",
        "final_state_open",
        "forgotten_at",
    }
)
POLARS: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name not in _OWN)
    for kind in (Customer, Subscription, Grant)
}
"""Fields that Polar's objects have; the others are the mirror's own."""

Mirrored = Customer | Subscription | Grant
M = TypeVar("M", Customer, Subscription, Grant)

_ADAPTERS: Mapping[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (Customer, Subscription, Grant)
}


def has_ended(status: str, ended_at: datetime | None) -> bool:
    """Whether nothing will be billed again for a subscription."""
    return ended_at is not None or status in ENDED_STATUSES


def digest(content: object) -> str:
    """SHA-256 in hex over canonical JSON.

    Raises:
        ValueError: it is nested too deeply.
    """
    try:
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return hashlib.sha256(text.encode()).hexdigest()


def parse(kind: type[M], data: Mapping[str, Any], *, observed_at: datetime, by: str) -> M:
    """One of Polar's objects, from a webhook's `data` or an API answer.

    Args:
        observed_at: the payload's `timestamp`, or when the API was read.
        by: the webhook's type, or `API`.

    Raises:
        ValueError: a field that the bridge needs is missing or of the wrong type.
    """
    own = {
        "version_at": data.get("modified_at") or data.get("created_at"),
        "observed_at": observed_at,
        # No two reads are made at one moment, so no tie between them has to be broken.
        "digest": "" if by == API else digest(data),
        "written_by": by,
    }
    fields = {**data, **own}
    if kind is Customer:
        fields.update(_customer_fields(data, observed_at))
    parsed: M = _ADAPTERS[kind].validate_python(fields)
    return parsed.without_what_is_gone()


def _customer_fields(data: Mapping[str, Any], observed_at: datetime) -> dict[str, Any]:
    fields: dict[str, Any] = {"final_state_at": None, "final_state_open": None}
    fields["forgotten_at"] = None
    metadata = data.get("metadata")
    deleted = data.get("deleted_at") is not None
    if deleted and data.get("external_id") is None and isinstance(metadata, Mapping):
        # Older servers send null after the deletion; Polar keeps a copy in the metadata.
        fields["external_id"] = metadata.get("__external_id")
    subscriptions, benefits = data.get("active_subscriptions"), data.get("granted_benefits")
    listed = isinstance(subscriptions, list) and isinstance(benefits, list)
    if listed and deleted:
        fields["final_state_at"] = observed_at
        fields["final_state_open"] = len(subscriptions or ()) + len(benefits or ())
    return fields


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """Once set it stays; of two, the first, so that the order of arrival does not matter."""
    if one is None or other is None:
        return one or other
    return min(one, other)
