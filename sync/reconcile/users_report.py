"""What an audit of the app's users has found. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field

from sync.mirror.kinds import SUBSCRIPTION, all_hold
from sync.mirror.objects import Subscription

LISTED = 100
"""Of each finding, so many are told one by one; all of them are counted."""

_CHARGED = frozenset({"trialing", "active", "past_due"})
"""Statuses in which Polar goes on charging, or will."""
# fmt: off
_NO_HUNDREDTHS = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv",
    "xaf", "xof", "xpf",
})
# fmt: on
"""Currencies without a smaller unit. Source: Stripe's zero-decimal currencies."""


class Finding(StrEnum):
    """What somebody at Polar is whom no user in the file has."""

    ORPHAN = "orphan"
    """A customer whose user is gone, and nothing is being done about it."""
    MEMBER = "member"
    """A member of somebody's team, likewise."""
    UNLINKED = "unlinked"
    """A customer without an external id, whom no entry of the mapping names."""
    UNMAPPED = "unmapped"
    """By the mapping it is not any one user's."""
    UNDER_WAY = "under_way"
    """The user is gone, and a deletion is under way."""
    KEPT = "kept"
    """The user is gone, and a person has canceled the deletion."""
    NEWER = "newer"
    """It is newer than the file, or has changed since: its user may be newer."""


def finding(
    *, linked: bool, taken_care_of: bool, kept: bool, newer: bool, owned: bool, member: bool
) -> Finding:
    """What it is.

    Args:
        linked: it has an external id, or an entry of the mapping names it.
        taken_care_of: a deletion is under way, or a person has canceled it (`kept`).
        owned: by the mapping it was one user's.
    """
    if not linked:
        return Finding.UNLINKED
    if taken_care_of:
        return Finding.KEPT if kept else Finding.UNDER_WAY
    if newer:
        return Finding.NEWER
    if not owned:
        return Finding.UNMAPPED
    return Finding.MEMBER if member else Finding.ORPHAN


class OpenSubscription(BaseModel):
    """One that has not ended."""

    model_config = ConfigDict(extra="forbid")

    id: str
    status: str
    amount: int
    """In the currency's smallest unit, as Polar has it."""
    currency: str
    recurring_interval: str
    current_period_end: datetime | None
    cancel_at_period_end: bool
    seats: int | None

    @property
    def is_charged(self) -> bool:
        """Whether it will be charged again."""
        return self.status in _CHARGED and not self.cancel_at_period_end


def open_ones(subscriptions: Iterable[Subscription]) -> list[OpenSubscription]:
    """Those that have not ended, as a report has them."""
    return [
        OpenSubscription(**{name: getattr(it, name) for name in OpenSubscription.model_fields})
        for it in subscriptions
        if all_hold(SUBSCRIPTION.open_when, it)
    ]


class Pays(BaseModel):
    """What is charged each time, in one currency and at one interval."""

    model_config = ConfigDict(extra="forbid")

    amount: int = 0
    currency: str
    recurring_interval: str
    subscriptions: int = 0


def pays(subscriptions: Iterable[OpenSubscription], already: Iterable[Pays] = ()) -> list[Pays]:
    """What these are charged, and what is charged already, added up."""
    sums = {(it.currency, it.recurring_interval): it.model_copy() for it in already}
    for it in subscriptions:
        if it.is_charged:
            key = (it.currency, it.recurring_interval)
            total = sums.setdefault(key, Pays(currency=key[0], recurring_interval=key[1]))
            total.amount += it.amount
            total.subscriptions += 1
    return [sums[key] for key in sorted(sums)]


def in_words(charged: Iterable[Pays]) -> str:
    """For a person: `12.00 usd a month, 99.00 eur a year`."""
    return ", ".join(
        f"{_money(it.amount, it.currency)} a {it.recurring_interval}" for it in charged
    )


def _money(amount: int, currency: str) -> str:
    return f"{amount if currency in _NO_HUNDREDTHS else f'{amount / 100:.2f}'} {currency}"


class Found(BaseModel):
    """One of those found."""

    model_config = ConfigDict(extra="forbid")

    finding: Finding
    customer_id: str
    member_id: str | None = None
    external_id: str | None = None
    user_id: str | None = None
    """Whose it was by the mapping."""
    created_at: datetime
    subscriptions: list[OpenSubscription] = []
    deletion: int | None = None
    state: str | None = None
    """The deletion's."""


class UsersReport(BaseModel):
    """The whole. It names users and customers by their ids, and by nothing else."""

    model_config = ConfigDict(extra="forbid")

    as_of: datetime
    """When the file was made. Who is newer, or changed since, is left alone."""
    file_sha256: str
    users: int
    """In the file, each counted once."""
    repeated: int
    """Lines with an id that had come before."""
    without_customer: int
    """Users in the file who have no customer of their own."""
    customers: int = 0
    """Living ones."""
    linked: int = 0
    """Those of them who have an external id, or whom an entry of the mapping names."""
    found: dict[Finding, int] = {}
    pays: dict[Finding, list[Pays]] = {}
    """What they are still charged."""
    listed: list[Found] = []
    """The first `LISTED` of each finding, whoever pays first."""
    max_share: float
    """Where more of the linked customers are orphans, from 0 to 1, nothing is opened."""
    opened: int = 0
    """Deletions."""
    refused: bool = False
    """They were to be opened, and would be too many."""

    def add(self, found: Found) -> None:
        """Count one."""
        kind = found.finding
        self.found[kind] = self.found.get(kind, 0) + 1
        if total := pays(found.subscriptions, self.pays.get(kind, ())):
            self.pays[kind] = total

    @property
    def orphans(self) -> int:
        """How many."""
        return self.found.get(Finding.ORPHAN, 0)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float:
        """Of the linked customers, how many are orphans; from 0 to 1."""
        return self.orphans / self.linked if self.linked else 0.0

    @property
    def too_many(self) -> bool:
        """Whether so many are orphans that the file may not be whole."""
        return self.share > self.max_share

    @property
    def needs_action(self) -> bool:
        """Whether a person must see to some of them."""
        return bool(self.orphans or self.found.get(Finding.MEMBER))
