"""What requests may say: query strings and bodies, checked as Polar (FastAPI, Pydantic) does."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    model_validator,
)

Uuid = Annotated[str, AfterValidator(lambda text: str(UUID(text)))]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
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
    limit: Annotated[int, Field(gt=0, le=100)] = 10
    organization_id: Uuids = None


class CustomersQuery(Page):
    email: str | None = None
    query: str | None = None
    active: bool | None = None
    sorting: Annotated[
        list[Literal["created_at", "-created_at", "email", "-email", "name", "-name"]],
        Field(min_length=1),
    ] = ["-created_at"]


class SubscriptionsQuery(Page):
    LISTS = Page.LISTS | {"product_id", "external_customer_id", "discount_id", "status"}

    product_id: Uuids = None
    customer_id: Uuids = None
    external_customer_id: list[str] | None = None
    discount_id: Uuids = None
    active: bool | None = None
    status: list[Status] | None = None
    cancel_at_period_end: bool | None = None
    canceled_at_after: datetime | None = None
    canceled_at_before: datetime | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None
    sorting: Annotated[
        list[
            Literal[
                "customer",
                "-customer",
                "status",
                "-status",
                "started_at",
                "-started_at",
                "current_period_end",
                "-current_period_end",
                "ended_at",
                "-ended_at",
                "ends_at",
                "-ends_at",
                "amount",
                "-amount",
                "product",
                "-product",
                "discount",
                "-discount",
            ]
        ],
        Field(min_length=1),
    ] = ["-started_at"]


class GrantsQuery(Page):
    LISTS = Page.LISTS | {"external_customer_id"}

    customer_id: Uuids = None
    external_customer_id: list[str] | None = None
    is_granted: bool | None = None
    sorting: Annotated[
        list[
            Literal[
                "created_at",
                "-created_at",
                "granted_at",
                "-granted_at",
                "revoked_at",
                "-revoked_at",
            ]
        ],
        Field(min_length=1),
    ] = ["-created_at"]


class OrganizationsQuery(Page):
    slug: str | None = None


class DeliveriesQuery(Page):
    LISTS = Page.LISTS | {"endpoint_id", "event_type"}

    endpoint_id: Uuids = None
    start_timestamp: datetime | None = None
    end_timestamp: datetime | None = None
    succeeded: bool | None = None
    query: str | None = None
    http_code_class: Literal["2xx", "3xx", "4xx", "5xx"] | None = None
    event_type: list[EventType] | None = None


class DeleteQuery(Query):
    anonymize: bool = False


class Address(BaseModel):
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class CustomerUpdateExternal(BaseModel):
    """Only the fields that are given are changed."""

    metadata: Metadata | None = None
    email: Email | None = None
    name: str | None = None
    billing_address: Address | None = None
    tax_id: str | None = None
    locale: str | None = None


class CustomerUpdate(CustomerUpdateExternal):
    external_id: str | None = None
    type: Literal["individual", "team"] | None = None


class CustomerCreate(CustomerUpdateExternal):
    """Only a team may lack an email."""

    external_id: str | None = None
    type: Literal["individual", "team"] = "individual"

    @model_validator(mode="after")
    def _check_email(self) -> Self:
        if self.email is None and self.type == "individual":
            raise ValueError("An individual customer needs an email.")
        return self


class SubscriptionCreate(BaseModel):
    product_id: Uuid
    customer_id: Uuid | None = None
    external_customer_id: str | None = None
    metadata: Metadata | None = None


class EndpointCreate(BaseModel):
    url: Annotated[str, StringConstraints(pattern=r"^https?://.+", max_length=2083)]
    name: str | None = None
    format: Format
    events: list[EventType]
    organization_id: Uuid | None = None


class EndpointUpdate(BaseModel):
    url: Annotated[str, StringConstraints(pattern=r"^https?://.+", max_length=2083)] | None = None
    name: str | None = None
    format: Format | None = None
    events: list[EventType] | None = None
    enabled: bool | None = None
