"""Polar's webhooks: from a verified body to what it says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from sync import keeping
from sync.errors import InvalidInput
from sync.mirror import kinds
from sync.mirror.kinds import Kind
from sync.mirror.objects import Customer, M, Mirrored, is_polar_id
from sync.mirror.reading import organization_of, parse

_TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)

_TYPE = re.compile(r"[a-z0-9_]{1,64}(\.[a-z0-9_]{1,64})+")


_AS_POLAR_HAS_IT = {"version_at": "modified_at"}
_PLAIN = {"string_pattern_mismatch": "is not written as Polar writes it"}
"""In place of pydantic's words, which show a regular expression."""


class Unreadable(InvalidInput):
    """The event verified, but cannot be read. The message holds nothing of its content."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """`{"type", "timestamp", "data"}`. Source: Polar's webhook payloads."""

    type: str
    at: datetime
    """When Polar says that it sent it, in UTC."""
    data: Mapping[str, Any]

    @property
    def family(self) -> str:
        """What its subject is: `customer`, `subscription`, …"""
        return self.type.partition(".")[0]

    @property
    def customer_id(self) -> str | None:
        """Whose event it is, as far as it can be told: so that forgetting reaches it."""
        if self.family == "customer":
            return _first_id(self.data.get("id"))
        return _first_id(
            self.data.get("customer_id"),
            _within(self.data.get("customer"), "id"),
            _within(self.data.get("member"), "customer_id"),
        )

    @property
    def member_id(self) -> str | None:
        """The member whose name and e-mail are in it, likewise."""
        if self.family == "member":
            return _first_id(self.data.get("id"))
        return _first_id(_within(self.data.get("member"), "id"), self.data.get("member_id"))

    @property
    def hides_somebody(self) -> bool:
        """It has a member in it, and does not say who: nobody would find it to forget them."""
        return self.member_id is None and self.data.get("member") is not None


@dataclass(frozen=True, slots=True)
class PolarEvent:
    """A webhook about an object of a kind that is mirrored."""

    subject: Mirrored
    nested: Sequence[Mirrored]
    """The other objects in it."""
    customer_id: str
    """Whose it is."""
    organization_id: str | None
    evidence: Mapping[str, str | bool]
    """What a deletion's evidence tells of the subject."""

    @property
    def observed(self) -> Sequence[Mirrored]:
        """All that it says."""
        return (self.subject, *self.nested)

    @property
    def customer(self) -> Customer | None:
        """The customer as it is shown in it, if it is."""
        return next((item for item in self.observed if isinstance(item, Customer)), None)


def _first_id(*found: object) -> str | None:
    return next((it.lower() for it in found if isinstance(it, str) and is_polar_id(it)), None)


def _within(found: object, name: str) -> object:
    return found.get(name) if isinstance(found, dict) else None


def read_envelope(body: bytes) -> Envelope:
    """Who it is about and what kind of event it is.

    Raises:
        Unreadable
    """
    try:
        event = keeping.from_json(body)
    except ValueError:
        raise Unreadable("the body is not JSON") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Unreadable("the body has no type: set the endpoint's format at Polar to raw")
    if not _TYPE.fullmatch(event["type"]):
        raise Unreadable("type is not one that Polar could have sent")
    data = event.get("data")
    if not isinstance(data, dict):
        raise Unreadable("data is not an object")
    try:
        observed_at = _TIMESTAMP.validate_python(event.get("timestamp"))
    except ValidationError:
        raise Unreadable("timestamp is not an ISO 8601 time with a zone") from None
    if keeping.nearest(observed_at) != observed_at:
        raise Unreadable("timestamp is at the edge of the calendar")
    return Envelope(event["type"], observed_at.astimezone(UTC), data)


def read_event(envelope: Envelope) -> PolarEvent | None:
    """What the event says; None: its subject is of no kind that is mirrored.

    Raises:
        Unreadable
    """
    kind = kinds.named(envelope.family)
    if kind is None or (envelope.customer_id is None and kind.parent is not None):
        # A seat that was offered to an address before Polar had members is nobody's.
        return None
    subject = _parse(kind, "data", envelope.data, envelope)
    nested = [
        _parse(inner, f"data.{field}", envelope.data.get(field), envelope)
        for field, name in kind.nested.items()
        if (inner := kinds.named(name)) is not None
    ]
    return PolarEvent(
        subject,
        nested,
        customer_id=getattr(subject, kind.owner),
        organization_id=organization_of(envelope.data),
        evidence={"id": subject.id, **{name: getattr(subject, name) for name in kind.evidence}},
    )


def _parse(kind: Kind[M], where: str, data: object, envelope: Envelope) -> M:
    if not isinstance(data, dict):
        raise Unreadable(f"{where} is not an object")
    try:
        return parse(kind, data, observed_at=envelope.at, by=envelope.type)
    except ValidationError as error:
        raise Unreadable(_explain(where, error)) from None


def _explain(where: str, error: ValidationError) -> str:
    """Which fields and why, without pydantic's copy of their values."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(
        f"{'.'.join([where, *(_AS_POLAR_HAS_IT.get(it, it) for it in map(str, item['loc']))])}:"
        f" {_PLAIN.get(item['type'], item['msg'])}"
        for item in found
    )
