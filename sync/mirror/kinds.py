"""The kinds of Polar objects that are mirrored: one entry each. Pure.

Mirror, intake, reconciliation, the client's lists and the webhook endpoint walk `KINDS`. A new kind
is an object in `objects`, an entry here, a table class in `tables` (named like the kind), a
migration, and a renderer in the simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from sync import keeping
from sync.mirror.objects import API, Customer, Grant, M, Member, Seat, Subscription

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for a sort key that is not set. Polar sorts those last, and first when descending."""

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
"""Before every sort key."""

ENDED_STATUSES = frozenset({"canceled", "incomplete_expired"})
"""Subscription statuses after which nothing is billed, whether or not `ended_at` is set."""


@dataclass(frozen=True, slots=True)
class Span:
    """Sort keys above `after` and up to `until`. None: there is no such end."""

    after: datetime | None
    until: datetime | None


_TIME: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)

_PROVENANCE = frozenset({"version_at", "observed_at", "digest", "written_by", "not_kept"})
"""Fields that say where an observation is from."""


@dataclass(frozen=True, slots=True)
class Is:
    """The field has this value; None: it is not set. `rows` says the same in SQL."""

    field: str
    value: bool | None

    def holds(self, row: object) -> bool:
        """For a row, or an object."""
        value: object = getattr(row, self.field)
        return value is self.value


@dataclass(frozen=True, slots=True)
class IsNoneOf:
    """The field has none of these values."""

    field: str
    values: frozenset[str]

    def holds(self, row: object) -> bool:
        """For a row, or an object."""
        value: object = getattr(row, self.field)
        return value not in self.values


@dataclass(frozen=True, slots=True)
class IsSet:
    """The field has a value."""

    field: str

    def holds(self, row: object) -> bool:
        """For a row, or an object."""
        return getattr(row, self.field) is not None


Condition = Is | IsNoneOf | IsSet


def all_hold(conditions: Sequence[Condition], row: object) -> bool:
    """Whether each of them holds for the row, or the object."""
    return all(condition.holds(row) for condition in conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The mirrored objects for which a kind is listed, one at a time."""

    kind: str
    """Its name."""
    field: str
    """The child's field, and the list's parameter, with the parent's id."""
    when: tuple[Condition, ...]
    """Which of them have children."""
    items: str
    """Where the answer has the children."""


def _directed(names: Sequence[str], *, descending: bool) -> Sequence[str]:
    return [f"-{name}" if descending else name for name in names]


@dataclass(frozen=True, eq=False, kw_only=True)
class Kind(Generic[M]):
    """All there is to know of a kind beside its object and its table."""

    name: str
    """As in Polar's event types, in reports, and as the table is called."""
    object: type[M]

    # --- what Polar sends and lists ------------------------------------------------------------
    events: tuple[str, ...]
    """The event types that keep the mirror. Source: `WebhookEventType` in the OpenAPI document."""
    nested: Mapping[str, str] = field(default_factory=dict)
    """Other objects within its webhooks' `data`: the field, and the kind's name."""
    path: str
    """Where the API lists it."""
    sorted_by: str
    """The field by which a list of all is read."""
    then_by: tuple[str, ...] = ()
    """By what else Polar can sort it, so that as few as can be tie: those have no order, and can
    come on two pages or on none."""
    otherwise_by: tuple[tuple[str, ...], ...] = ()
    """Other ways to sort it, for what ties all the same."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Query parameters of the list."""
    one_customer_a_request: bool = False
    """The list can be filtered by no more than one customer."""
    parent: Parent | None = None
    """Set where Polar has no list of all."""
    listed_when: tuple[Condition, ...] = ()
    """What of it is in the list so filtered."""
    owner: str = "customer_id"
    """The field with the id of the customer it belongs to."""
    evidence: tuple[str, ...] = ()
    """The fields that a deletion's evidence tells of it. None of them is personal."""

    only_mirrored: tuple[str, ...] = ()
    """Fields that only the mirror has: no list of Polar's tells them."""

    unread: Mapping[str, Any] = field(default_factory=dict)
    """Fields that nothing is decided by, and what stands there where Polar's cannot be read."""

    # --- how two observations become one -------------------------------------------------------
    earliest: tuple[str, ...] = ()
    """Times that stay once they are set; of two, the first."""
    greatest: tuple[tuple[str, ...], ...] = ()
    """Fields that go together: those of the greater values stay. Not set is less than anything."""
    derived: Callable[[Mapping[str, Any], datetime, str], dict[str, Any]] = lambda *_: {}
    """Fields that are not read by their names, from Polar's object, `observed_at` and
    `written_by`."""

    # --- what must go --------------------------------------------------------------------------
    goes_with_customer: bool = False
    """Polar deletes it with its customer: it has a `deleted_at`, no later than that one's."""
    personal: tuple[str, ...] = ()
    """Fields that go once `deleted_at` or `forgotten_at` is set."""
    kept_until_forgotten: tuple[str, ...] = ()
    """Those of them that stay until `forgotten_at` is set."""
    open_when: tuple[Condition, ...] = ()
    """When a deletion must still see it end."""
    after_silence: Callable[[M, datetime], M | None]
    """What becomes of a row that Polar knows nothing of any more, at that time; None: it goes."""

    def is_listed(self, row: M) -> bool:
        """Whether Polar's list, filtered by `filters`, holds it."""
        return all_hold(self.listed_when, row)

    def goes_on(self, row: M) -> bool:
        """Whether it is open by what was observed last: not by what stays of earlier ones."""
        return all_hold([it for it in self.open_when if it.field not in self.earliest], row)

    def key(self, row: M) -> datetime:
        """What the row is sorted by."""
        key: datetime | None = getattr(row, self.sorted_by)
        return key or NEVER

    def order(self, *, descending: bool) -> Sequence[str]:
        """How a list of all is sorted: what Polar takes as `sorting`."""
        return _directed((self.sorted_by, *self.then_by), descending=descending)

    @property
    def other_orders(self) -> Sequence[Sequence[str]]:
        """The other orders that such a list can be read in."""
        others = [
            _directed(names, descending=descending)
            for names in self.otherwise_by
            for descending in (False, True)
        ]
        return [self.order(descending=True), *others]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Of the object, and columns of the table."""
        return tuple(item.name for item in fields(self.object))

    @cached_property
    def content(self) -> tuple[str, ...]:
        """Those that Polar's object has."""
        own = _PROVENANCE.union(self.only_mirrored)
        return tuple(name for name in self.fields if name not in own)

    @cached_property
    def times(self) -> frozenset[str]:
        """Those of `fields` that are times."""
        hints = get_type_hints(self.object)
        return frozenset(
            name for name in self.fields if AwareDatetime in {hints[name], *get_args(hints[name])}
        )

    @cached_property
    def adapter(self) -> TypeAdapter[M]:
        """Makes the object of its fields, or says what is wrong with them."""
        return TypeAdapter(self.object)

    def instead(self, name: str, value: Any) -> Any:
        """What stands in a field for what Polar has there and the field does not take: the nearest
        that can be kept, or what `unread` says; otherwise the value itself."""
        adapter: TypeAdapter[Any] = TypeAdapter(
            get_type_hints(self.object, include_extras=True)[name]
        )
        with suppress(ValidationError):
            known = _TIME.validate_python(value) if name in self.times else value
            return adapter.validate_python(keeping.nearest(known))
        return self.unread.get(name, value)


D = TypeVar("D", Customer, Member)


def _deleted(row: D, now: datetime) -> D:
    """Polar knows nothing of it any more."""
    return replace(row, deleted_at=row.deleted_at or now, observed_at=now, written_by=API)


# --- customers -------------------------------------------------------------------------------


def _customer_fields(data: Mapping[str, Any], observed_at: datetime, _: str) -> dict[str, Any]:
    derived: dict[str, Any] = dict.fromkeys(("final_state_at", "final_state_open", "forgotten_at"))
    metadata = data.get("metadata")
    deleted = data.get("deleted_at") is not None
    if deleted and data.get("external_id") is None and isinstance(metadata, Mapping):
        # A copy of it, after a deletion with `anonymize`.
        derived["external_id"] = metadata.get("__external_id")
    subscriptions, benefits = data.get("active_subscriptions"), data.get("granted_benefits")
    if deleted and isinstance(subscriptions, list) and isinstance(benefits, list):
        derived["final_state_at"] = observed_at
        derived["final_state_open"] = len(subscriptions) + len(benefits)
    return derived


CUSTOMER: Kind[Customer] = Kind(
    name="customer",
    object=Customer,
    events=("customer.created", "customer.updated", "customer.deleted", "customer.state_changed"),
    path="/v1/customers/",
    sorted_by="created_at",
    then_by=("email", "name"),
    otherwise_by=(("email", "name"), ("name", "email")),
    listed_when=(Is("deleted_at", None),),
    owner="id",
    only_mirrored=("final_state_at", "final_state_open", "forgotten_at"),
    unread=dict.fromkeys(
        ("email", "name", "billing_name", "billing_address", "tax_id", "metadata")
    ),
    earliest=("deleted_at", "forgotten_at"),
    # On a tie the state that lists more counts: claiming too little is the safe side. An external
    # id never changes at Polar; after a deletion without `anonymize` it is shown as null.
    greatest=(("final_state_at", "final_state_open"), ("external_id",)),
    derived=_customer_fields,
    personal=(
        "external_id",
        "email",
        "name",
        "billing_name",
        "billing_address",
        "tax_id",
        "metadata",
    ),
    # It is how a deletion finds the tombstone.
    kept_until_forgotten=("external_id",),
    after_silence=_deleted,
)
"""Whom deletions are about. All other kinds belong to one."""


# --- what belongs to a customer --------------------------------------------------------------


SUBSCRIPTION: Kind[Subscription] = Kind(
    name="subscription",
    object=Subscription,
    events=(
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
    ),
    nested={"customer": "customer"},
    evidence=("status",),
    path="/v1/subscriptions/",
    # Polar cannot sort them by their creation.
    sorted_by="started_at",
    then_by=("customer", "current_period_end", "amount", "product"),
    otherwise_by=(("customer", "current_period_end"), ("current_period_end", "customer")),
    # One that has never started is in no list.
    listed_when=(IsSet("started_at"),),
    unread={
        "amount": 0,
        "currency": "",
        "recurring_interval": "",
        "current_period_end": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "ends_at": None,
    },
    earliest=("ended_at",),
    open_when=(Is("ended_at", None), IsNoneOf("status", ENDED_STATUSES)),
    after_silence=lambda _row, _now: None,
)

BENEFIT_GRANT: Kind[Grant] = Kind(
    name="benefit_grant",
    object=Grant,
    events=(
        "benefit_grant.created",
        "benefit_grant.cycled",
        "benefit_grant.updated",
        "benefit_grant.revoked",
    ),
    nested={"customer": "customer"},
    evidence=("is_granted",),
    path="/v1/benefit-grants/",
    sorted_by="created_at",
    then_by=("granted_at",),
    otherwise_by=(("granted_at", "created_at"),),
    filters={"is_granted": "true"},
    listed_when=(Is("is_granted", True),),
    unread={"granted_at": None, "revoked_at": None},
    open_when=(Is("is_granted", True),),
    after_silence=lambda row, now: replace(row, is_granted=False, observed_at=now, written_by=API),
)


def _member_fields(_: Mapping[str, Any], observed_at: datetime, by: str) -> dict[str, Any]:
    # A deleted member looks like any other: only the event's type tells.
    deleted_at = observed_at if by == "member.deleted" else None
    return {"deleted_at": deleted_at, "forgotten_at": None}


MEMBER: Kind[Member] = Kind(
    name="member",
    object=Member,
    events=("member.created", "member.updated", "member.deleted"),
    evidence=("role",),
    path="/v1/members/",
    sorted_by="created_at",
    one_customer_a_request=True,
    listed_when=(Is("deleted_at", None),),
    only_mirrored=("deleted_at", "forgotten_at"),
    earliest=("deleted_at", "forgotten_at"),
    greatest=(("external_id",),),
    derived=_member_fields,
    goes_with_customer=True,
    personal=("external_id",),
    kept_until_forgotten=("external_id",),
    after_silence=_deleted,
)


def _seat_fields(data: Mapping[str, Any], _observed_at: datetime, _by: str) -> dict[str, Any]:
    # A revoked seat is nobody's; its webhook still says whose it was.
    member = data.get("member")
    theirs = member if isinstance(member, Mapping) else {}
    return {
        "customer_id": data.get("customer_id") or theirs.get("customer_id"),
        "member_id": data.get("member_id") or theirs.get("id"),
    }


CUSTOMER_SEAT: Kind[Seat] = Kind(
    name="customer_seat",
    object=Seat,
    events=("customer_seat.assigned", "customer_seat.claimed", "customer_seat.revoked"),
    evidence=("status",),
    path="/v1/customer-seats",
    sorted_by="created_at",
    derived=_seat_fields,
    parent=Parent(
        kind="subscription",
        field="subscription_id",
        when=(IsSet("seats"), *SUBSCRIPTION.open_when),
        items="seats",
    ),
    listed_when=(IsNoneOf("status", frozenset({"revoked"})),),
    after_silence=lambda _row, _now: None,
)

KINDS: tuple[Kind[Any], ...] = (CUSTOMER, SUBSCRIPTION, BENEFIT_GRANT, MEMBER, CUSTOMER_SEAT)
"""Every kind, customers first."""


def kind_of(observed: M) -> Kind[M]:
    """The kind of which the object is."""
    return next(kind for kind in KINDS if kind.object is type(observed))


def named(name: str) -> Kind[Any] | None:
    """The kind of that name, if it is mirrored."""
    return next((kind for kind in KINDS if kind.name == name), None)


def owned() -> tuple[Kind[Any], ...]:
    """The kinds that belong to a customer and have a list of all there are."""
    return tuple(kind for kind in KINDS if kind is not CUSTOMER and kind.parent is None)


def proved() -> tuple[Kind[Any], ...]:
    """Those of which a deletion must see everything end."""
    return tuple(kind for kind in KINDS if kind.open_when)


def needed_events() -> tuple[str, ...]:
    """The event types that the endpoint at Polar must be sent."""
    return tuple(event for kind in KINDS for event in kind.events)
