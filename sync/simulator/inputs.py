"""What requests may say: query strings and bodies, checked as Polar (FastAPI, Pydantic) does."""

import re
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError


def _uuid4(text: str) -> str:
    try:
        found = UUID(text)
    except ValueError as problem:
        raise PydanticCustomError("uuid_parsing", "Input should be a valid UUID") from problem
    if found.version != 4:
        raise PydanticCustomError("uuid_version", "UUID version 4 expected")
    return str(found)


Uuid = Annotated[str, AfterValidator(_uuid4)]
UNKNOWN_DOMAIN = "nowhere.example"
"""Here a domain that has no entry in DNS."""


def _email(text: str) -> str:
    """Polar: the address is checked, then its domain is looked up; this repeats the address."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise PydanticCustomError(
            "value_error",
            "value is not a valid email address: An email address must have an @-sign.",
        )
    domain = text.rpartition("@")[2]
    if domain.lower() == UNKNOWN_DOMAIN:
        reason = f"The domain name {domain} does not exist."
        raise PydanticCustomError(
            "value_error",
            "{email} is not a valid email address: {reason}",
            {"email": text, "reason": reason},
        )
    return text


Email = Annotated[str, AfterValidator(_email)]
CustomerName = Annotated[str, StringConstraints(max_length=256)]
Status = Literal[
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "past_due",
    "canceled",
    "unpaid",
    "paused",
]
EventType = Literal[
    "checkout.created",
    "checkout.updated",
    "checkout.expired",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.state_changed",
    "customer_seat.assigned",
    "customer_seat.claimed",
    "customer_seat.revoked",
    "member.created",
    "member.updated",
    "member.deleted",
    "order.created",
    "order.updated",
    "order.paid",
    "order.refunded",
    "subscription.created",
    "subscription.updated",
    "subscription.active",
    "subscription.canceled",
    "subscription.uncanceled",
    "subscription.cycled",
    "subscription.revoked",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "refund.created",
    "refund.updated",
    "product.created",
    "product.updated",
    "discount.created",
    "discount.updated",
    "discount.deleted",
    "benefit.created",
    "benefit.updated",
    "benefit_grant.created",
    "benefit_grant.cycled",
    "benefit_grant.updated",
    "benefit_grant.revoked",
    "organization.updated",
]
Format = Literal["raw", "discord", "slack"]
Metadata = dict[str, str | int | float | bool]
Uuids = list[Uuid] | None


class Query(BaseModel):
    """A query string. A list field may be given many times; of others the last one counts."""

    LISTS: ClassVar[frozenset[str]] = frozenset({"organization_id", "customer_id", "sorting"})

    @classmethod
    def parse(cls, pairs: list[tuple[str, str]]) -> Self:
        """Raises `ValidationError`."""
        values: dict[str, Any] = {}
        for name, value in pairs:
            if name in cls.LISTS:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        return cls.model_validate(values)


class Page(Query):
    page: Annotated[int, Field(gt=0)] = 1
    limit: Annotated[int, Field(gt=0), AfterValidator(lambda limit: min(limit, 100))] = 10
    """Polar: over 100 is cut to 100 without a word."""
    organization_id: Uuids = None


class SortedPage(Page):
    sorting: tuple[str, ...]
    """Criteria, the first decides; `-` before one for descending order."""


class PageOfOwners(SortedPage):
    """A page of what belongs to customers."""

    LISTS = Page.LISTS | {"external_customer_id"}

    customer_id: Uuids = None
    external_customer_id: list[str] | None = None


class Address(BaseModel):
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
