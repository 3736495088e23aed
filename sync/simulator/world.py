"""The simulated world and its rules, without any I/O: rows, indexes, and what a change does.

Every method takes the time as `now`, changes rows at once and bumps `version`. What follows a
change later or elsewhere (webhooks, background steps) is up to `Simulator`.
"""

import hashlib
import itertools
import random
import uuid
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar, cast

Json = dict[str, Any]

CANCELED_BY_DELETION = frozenset({"trialing", "active", "past_due"})
"""Polar: a deletion cancels these; `paused`, `unpaid` and `incomplete` are left as they are."""
REVOCABLE = CANCELED_BY_DELETION | {"paused"}
"""Polar: `DELETE /v1/subscriptions/{id}` works on these, anything else is already canceled."""
LISTED_IN_STATE = frozenset({"trialing", "active"})
"""Polar: a customer's state lists only these subscriptions."""
GIVES_NOTHING = frozenset({"canceled", "unpaid"})
"""Polar: once a subscription is in one of these, its seats are revoked."""


class AlreadyCanceledError(Exception):
    """The subscription can't be revoked any more (Polar: 403 AlreadyCanceledSubscription)."""


class LockedError(Exception):
    """An update of the subscription is pending (Polar: 409 SubscriptionLocked)."""


class WriteOnceError(Exception):
    """An external id, once set, can't be updated (Polar: 422)."""


class TakenError(Exception):
    """A live customer has that email or external id already, or anything has that id. `field` names
    which."""

    def __init__(self, field_name: str) -> None:
        called = {"email": "email address", "external_id": "external ID", "id": "id"}[field_name]
        super().__init__(f"A customer with this {called} already exists.")
        self.field = field_name


@dataclass(slots=True, eq=False)
class Customer:
    id: str
    seq: int
    created_at: datetime
    email: str | None = None
    name: str | None = None
    external_id: str | None = None
    type: str = "individual"
    metadata: Json = field(default_factory=dict)
    billing_name: str | None = None
    billing_address: Json | None = None
    tax_id: list[str] | None = None
    locale: str | None = None
    modified_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def shown_external_id(self) -> str | None:
        """Polar: without one of its own, it is shown with the one in its metadata."""
        return self.external_id or self.metadata.get("__external_id")


@dataclass(slots=True, eq=False)
class Subscription:
    id: str
    seq: int
    created_at: datetime
    customer: Customer
    status: str
    amount: int = 1000
    seats: int | None = None
    """How many are paid for; None: of a product that has none."""
    modified_at: datetime | None = None
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    trial_start: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    canceled_at: datetime | None = None
    started_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    past_due_at: datetime | None = None
    paused_at: datetime | None = None
    metadata: Json = field(default_factory=dict)
    pending_update: bool = False
    """An update is scheduled: shown in the object, and the subscription is locked."""
    locked: bool = False
    """Locked without anything to see in the object."""


@dataclass(slots=True, eq=False)
class Grant:
    id: str
    seq: int
    created_at: datetime
    customer: Customer
    benefit: int
    """Which of the organization's benefits, counted from 0."""
    subscription_id: str | None = None
    member_id: str | None = None
    """Whose it is among the customer's members."""
    modified_at: datetime | None = None
    granted_at: datetime | None = None
    revoked_at: datetime | None = None
    stuck: bool = False
    """Background steps can't revoke it, as when the service behind the benefit is down."""
    to_revoke: bool = False
    """A background step would have, had it not been stuck."""


class Row(Protocol):
    """What a list holds: `seq` counts rows in order of creation."""

    @property
    def seq(self) -> int: ...


R = TypeVar("R", bound=Row)
T = TypeVar("T")


class Ordered(Generic[R]):
    """Rows in ascending order of a time: a page is a slice, never a scan.

    Among rows of one time the order is that of creation, except on a page.
    """

    def __init__(self, when: Callable[[R], datetime]) -> None:
        self._when = when
        self._entries: list[tuple[datetime, int, R]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[R]:
        return (row for _, _, row in self._entries)

    def add(self, row: R) -> None:
        insort(self._entries, (self._when(row), row.seq, row))

    def extend(self, rows: Iterable[R]) -> None:
        """Add many: one sort of what is sorted already, so linear."""
        self._entries.extend((self._when(row), row.seq, row) for row in rows)
        self._entries.sort()

    def discard(self, row: R) -> None:
        """Remove a row whose time has not changed since it was added."""
        # A pair sorts just before the triple that begins with it, so rows are never compared.
        index = bisect_left(self._entries, (self._when(row), row.seq))
        del self._entries[index]

    def page(self, offset: int, limit: int, *, descending: bool, rng: random.Random) -> list[R]:
        """A page on which rows of one time are in any order: see `draw`."""
        if descending:
            stop = max(len(self._entries) - offset, 0)
            start = max(stop - limit, 0)
        else:
            start, stop = offset, offset + limit
        rows = [row for _, _, row in draw(self._entries, start, stop, lambda each: each[0], rng)]
        return rows[::-1] if descending else rows


def draw(
    ordered: Sequence[T], start: int, stop: int, key: Callable[[T], Any], rng: random.Random
) -> list[T]:
    """`ordered[start:stop]`, had what ties in its ascending `key` been shuffled before.

    Polar: ties in the sort key have no order of their own. Every request draws anew, so one of
    them can come on two pages, or on none.
    """
    drawn: list[T] = []
    stop = min(stop, len(ordered))
    while start < stop:
        value = key(ordered[start])
        first = bisect_left(ordered, value, hi=start, key=key)
        end = bisect_right(ordered, value, lo=start, key=key)
        count = min(end, stop) - start
        drawn += (ordered[index] for index in rng.sample(range(first, end), count))
        start += count
    return drawn


def new_id() -> str:
    return str(uuid.uuid4())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _with_trimmed_id(fields: Json) -> Json:
    """Polar: an external id is trimmed; only blanks are none at all."""
    external_id = fields.get("external_id")
    return fields if external_id is None else fields | {"external_id": external_id.strip() or None}


def status_times(status: str, now: datetime) -> dict[str, datetime]:
    """The times that a subscription has once it is in `status` since `now`."""
    match status:
        case "trialing":
            return {"started_at": now, "trial_start": now, "trial_end": now + timedelta(days=14)}
        case "past_due":
            return {"started_at": now, "past_due_at": now}
        case "paused":
            return {"started_at": now, "paused_at": now}
        case "canceled":
            return {"started_at": now, "canceled_at": now, "ends_at": now, "ended_at": now}
        case "incomplete_expired":
            return {"ended_at": now}
        case "incomplete":
            return {}
        case _:
            return {"started_at": now}


def status_events(before: str, after: str) -> list[str]:
    """The webhooks that a change of status sends, in order. Polar: `updated` always comes too."""
    events = ["subscription.updated"]
    if before == after:
        return events
    if after == "active":
        events.append("subscription.resumed" if before == "paused" else "subscription.active")
    elif after in ("past_due", "paused"):
        events.append(f"subscription.{after}")
    elif after == "canceled":
        events += ["subscription.canceled", "subscription.revoked"]
    elif after == "unpaid":
        events.append("subscription.revoked")
    return events


class World:
    """One organization's customers, subscriptions and grants, deleted ones included."""

    def __init__(self, now: datetime, organization_id: str | None = None) -> None:
        self.version = 0
        self.created_at = now
        self.organization_id = organization_id or new_id()
        self.product_id = new_id()
        self.price_id = new_id()
        self.seat_product_id = new_id()
        self.seat_price_id = new_id()
        self._benefit_ids: list[str] = []
        self._seq = itertools.count()
        self.customers: dict[str, Customer] = {}
        self.live_customers: Ordered[Customer] = Ordered(lambda row: row.created_at)
        self.by_external_id: dict[str, Customer] = {}
        self.by_email: dict[str, Customer] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.subscriptions_by_start: Ordered[Subscription] = Ordered(
            lambda row: cast("datetime", row.started_at)
        )
        """Those that have started. Polar: one that never did is in no list."""
        self.subscriptions_of: dict[str, list[Subscription]] = {}
        self.grants: dict[str, Grant] = {}
        self.grants_by_creation: Ordered[Grant] = Ordered(lambda row: row.created_at)
        self.grants_of: dict[str, list[Grant]] = {}

    def benefit_id(self, index: int) -> str:
        while len(self._benefit_ids) <= index:
            self._benefit_ids.append(new_id())
        return self._benefit_ids[index]

    # -- customers -------------------------------------------------------------------------

    def find_live(self, customer_id: str) -> Customer | None:
        customer = self.customers.get(customer_id)
        return customer if customer is not None and customer.deleted_at is None else None

    def add_customer(self, now: datetime, fields: Json) -> Customer:
        """Create a customer.

        Raises:
            TakenError: a live customer has the email or the external id.
        """
        customer = self._new_customer(now, fields)
        self.live_customers.add(customer)
        self.version += 1
        return customer

    def add_customers(self, now: datetime, many: Iterable[tuple[Json, list[Json], int]]) -> int:
        """Create (fields, subscriptions, grants) each, quickly. Returns how many.

        They are a microsecond apart and end at `now`, so that their order is certain.

        Raises:
            TakenError: as `add_customer`; the ones before it have been created.
        """
        rows = list(many)
        customers: list[Customer] = []
        subscriptions: list[Subscription] = []
        grants: list[Grant] = []
        self.version += 1
        try:
            for number, (fields, subscription_fields, grant_count) in enumerate(rows, 1):
                at = now - timedelta(microseconds=len(rows) - number)
                customer = self._new_customer(at, fields)
                customers.append(customer)
                mine = [self._new_subscription(at, customer, f) for f in subscription_fields]
                subscriptions += mine
                grants += self._new_grants(at, customer, grant_count, mine)
        finally:
            self.live_customers.extend(customers)
            started = (row for row in subscriptions if row.started_at is not None)
            self.subscriptions_by_start.extend(started)
            self.grants_by_creation.extend(grants)
        return len(customers)

    def _new_customer(self, now: datetime, fields: Json) -> Customer:
        fields = _with_trimmed_id(fields)
        self._check_free(None, fields.get("email"), fields.get("external_id"))
        customer = Customer(seq=next(self._seq), created_at=now, **{"id": new_id(), **fields})
        customer.billing_name = customer.billing_name or customer.name
        self.customers[customer.id] = customer
        self._claim(customer)
        return customer

    def _check_free(
        self, owner: Customer | None, email: str | None, external_id: str | None
    ) -> None:
        for field_name in self.taken(owner, email, external_id):
            raise TakenError(field_name)

    def taken(
        self, owner: Customer | None, email: str | None, external_id: str | None
    ) -> list[str]:
        """Which of the two another live customer than `owner` has."""
        with_email = self.by_email.get(email.lower()) if email is not None else None
        with_id = self.by_external_id.get(external_id.strip()) if external_id is not None else None
        found = {"email": with_email, "external_id": with_id}
        return [name for name, customer in found.items() if customer not in (None, owner)]

    def _claim(self, customer: Customer) -> None:
        if customer.email is not None:
            self.by_email[customer.email.lower()] = customer
        if customer.external_id is not None:
            self.by_external_id[customer.external_id] = customer

    def _release(self, customer: Customer) -> None:
        if customer.email is not None:
            self.by_email.pop(customer.email.lower(), None)
        if customer.external_id is not None:
            self.by_external_id.pop(customer.external_id, None)

    def update_customer(self, customer: Customer, now: datetime, fields: Json) -> None:
        """Set fields of a live customer.

        Raises:
            TakenError: another live customer has the email or the external id; nothing is changed.
            WriteOnceError: it has another external id already; nothing is changed.
        """
        fields = _with_trimmed_id(fields)
        external_id = fields.get("external_id", customer.external_id)
        if customer.external_id not in (None, external_id):
            raise WriteOnceError
        self._check_free(customer, fields.get("email"), fields.get("external_id"))
        self._release(customer)
        for name, value in fields.items():
            setattr(customer, name, value)
        customer.modified_at = now
        self._claim(customer)
        self.version += 1

    def delete_customer(self, customer: Customer, now: datetime, *, anonymize: bool) -> None:
        """The part of a deletion that happens at once.

        Polar: `deleted_at` is set and the external id is freed. With `anonymize` it is kept in
        `metadata.__external_id`, the e-mail and the names are replaced with hashes (a business,
        that is one with a tax id, keeps its name, but not its billing name), and the billing
        address is cleared; the tax id and the members stay as they are.
        """
        self.live_customers.discard(customer)
        self._release(customer)
        external_id, customer.external_id = customer.external_id, None
        customer.deleted_at = customer.modified_at = now
        self.version += 1
        if not anonymize:
            return
        customer.metadata = customer.metadata | {"__anonymized_at": now.isoformat()}
        if external_id is not None:
            customer.metadata["__external_id"] = external_id
        if customer.email is not None:
            hashed = _hash(f"{customer.created_at.isoformat()}{customer.email}")
            customer.email = f"{hashed}@anonymized.polar.sh"
        if customer.tax_id is None:
            customer.name = customer.name and _hash(customer.name)
        customer.billing_name = customer.billing_name and _hash(customer.billing_name)
        customer.billing_address = None

    # -- subscriptions ---------------------------------------------------------------------

    def add_subscription(self, now: datetime, customer: Customer, fields: Json) -> Subscription:
        subscription = self._new_subscription(now, customer, fields)
        self._list(subscription)
        self.version += 1
        return subscription

    def _new_subscription(self, now: datetime, customer: Customer, fields: Json) -> Subscription:
        values = {"status": "active", **fields}
        values = {**status_times(values["status"], now), **values}
        values.setdefault("current_period_start", now)
        values.setdefault("current_period_end", now + timedelta(days=30))
        subscription = Subscription(
            seq=next(self._seq), created_at=now, customer=customer, **{"id": new_id(), **values}
        )
        self.subscriptions[subscription.id] = subscription
        self.subscriptions_of.setdefault(customer.id, []).append(subscription)
        return subscription

    def product_of(self, subscription: Subscription) -> str:
        """The id of what is subscribed to: one product has seats, the other has none."""
        return self.product_id if subscription.seats is None else self.seat_product_id

    def _list(self, subscription: Subscription) -> None:
        if subscription.started_at is not None:
            self.subscriptions_by_start.add(subscription)

    def update_subscription(self, subscription: Subscription, now: datetime, fields: Json) -> None:
        """Set fields; a new `status` also sets the times that belong to it, if not given."""
        if subscription.started_at is not None:
            self.subscriptions_by_start.discard(subscription)
        if fields.get("status", subscription.status) != subscription.status:
            times = status_times(fields["status"], now)
            if subscription.started_at is not None:
                times.pop("started_at", None)
            fields = {**times, **fields}
        for name, value in fields.items():
            setattr(subscription, name, value)
        subscription.modified_at = now
        self._list(subscription)
        self.version += 1

    def revoke_subscription(self, subscription: Subscription, now: datetime) -> None:
        """End a subscription at once, as the API's DELETE does.

        Raises:
            AlreadyCanceledError: it has ended, or is unpaid.
            LockedError: an update is pending.
        """
        if subscription.status not in REVOCABLE or subscription.ended_at is not None:
            raise AlreadyCanceledError
        if subscription.locked or subscription.pending_update:
            raise LockedError
        self.update_subscription(subscription, now, {"status": "canceled"})

    def cancel_for_deletion(self, subscription: Subscription, now: datetime) -> bool:
        """The background step of a deletion. False: this one is left as it is.

        Polar: `trialing`, `active` and `past_due` without an `ended_at` are canceled.
        """
        if subscription.status not in CANCELED_BY_DELETION or subscription.ended_at is not None:
            return False
        self.update_subscription(subscription, now, {"status": "canceled"})
        return True

    # -- grants ----------------------------------------------------------------------------

    def add_grants(
        self, now: datetime, customer: Customer, count: int, subscriptions: list[Subscription]
    ) -> list[Grant]:
        """Grant `count` benefits, by the first of the subscriptions where there is one."""
        grants = self._new_grants(now, customer, count, subscriptions)
        for grant in grants:
            self.grants_by_creation.add(grant)
        self.version += 1
        return grants

    def _new_grants(
        self, now: datetime, customer: Customer, count: int, subscriptions: list[Subscription]
    ) -> list[Grant]:
        by = subscriptions[0].id if subscriptions else None
        grants = []
        for index in range(count):
            grant = Grant(new_id(), next(self._seq), now, customer, index, by, granted_at=now)
            self.grants[grant.id] = grant
            grants.append(grant)
        if grants:
            self.grants_of.setdefault(customer.id, []).extend(grants)
        return grants

    def set_granted(self, grant: Grant, now: datetime, *, granted: bool) -> bool:
        """Grant or revoke. False: it was so already."""
        if (grant.revoked_at is None) == granted:
            return False
        if granted:
            grant.granted_at, grant.revoked_at = now, None
        else:
            grant.revoked_at = now
        grant.modified_at = now
        self.version += 1
        return True
