"""What is to be done at Polar for what the app says of a user. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync import keeping
from sync.mirror.objects import Customer
from sync.polar.faults import Fault
from sync.profiles.profile import Profile, ProfileStatus

_MAX_WORDS = 300
"""Characters of what Polar says."""
_HIDDEN = "…"
_LONG = 4
"""Characters of a local part that is no common word."""


# --- what is known -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The mirror has this customer as living. It may be behind."""

    customer: Customer
    is_ours: bool
    """The bridge made it, for this very user."""


@dataclass(frozen=True, slots=True)
class Found:
    """Polar has said that this is the customer."""

    customer: Customer
    is_ours: bool
    is_team: bool
    is_anothers: bool = False
    """By an entry of the mapping, another user's."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """There is no such customer."""

    is_sure: bool
    """Polar has said so, or the mirror has all of them."""


Known = Mirrored | Found | Nobody


# --- what is next --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """Ask Polar who the customer is now."""


@dataclass(frozen=True, slots=True)
class Create:
    """Make a customer."""

    email: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Update:
    """Change these fields of the customer."""

    customer_id: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more is to be done."""

    status: ProfileStatus
    reason: str | None = None
    customer_id: str | None = None


Step = Look | Create | Update | End


def next_step(profile: Profile, known: Known, *, by_external_id: bool) -> Step:
    """What to do for the profile.

    Args:
        by_external_id: whether the user is known by an external id, which a new customer can have.
    """
    if isinstance(known, Nobody):
        return _for_nobody(profile, known, by_external_id=by_external_id)
    customer = known.customer
    differs = bool(profile.differing(customer.email, customer.name))
    is_new = profile.wants_customer and not known.is_ours
    if isinstance(known, Mirrored):
        # It may be behind: of a customer who is gone, and of what it is called. And it does not
        # know a team.
        return Look() if differs or is_new else _left_alone(profile, known)
    if known.is_anothers:
        reason = f"customer {customer.id} is another user's too, by an entry of the mapping"
        return End(ProfileStatus.IGNORED, reason, customer.id)
    if not differs:
        return _left_alone(profile, known)
    if known.is_team:
        return End(
            ProfileStatus.IGNORED,
            f"customer {customer.id} is a team: its e-mail and name are the team's",
            customer.id,
        )
    return Update(customer.id, profile.differing(customer.email, customer.name))


def _for_nobody(profile: Profile, known: Nobody, *, by_external_id: bool) -> Step:
    if profile.wants_customer and by_external_id:
        if profile.email is None:
            return End(ProfileStatus.IGNORED, "the user was created without an e-mail")
        return Create(profile.email, profile.name)
    if not known.is_sure:
        return Look()
    return End(ProfileStatus.IGNORED, "Polar has no customer of this user")


def _left_alone(profile: Profile, known: Mirrored | Found) -> End:
    customer_id = known.customer.id
    if profile.wants_customer and not known.is_ours and not profile.updates:
        reason = f"customer {customer_id} is there already, and was left as it is"
        return End(ProfileStatus.IGNORED, reason, customer_id)
    return End(ProfileStatus.SYNCED, None, customer_id)


# --- what Polar refuses --------------------------------------------------------------------------


def taken(faults: Sequence[Fault]) -> frozenset[str]:
    """The fields whose values another customer has."""
    return frozenset(fault.field for fault in faults if fault.is_taken)


def refused(faults: Sequence[Fault], profile: Profile, other_id: str | None) -> End:
    """A dead letter with Polar's words, without what is personal in them.

    Args:
        other_id: of the customer that has the e-mail already.
    """
    said = "; ".join(f"{it.field}: {without_personal(it.words, profile)}" for it in faults)
    reason = f"Polar refuses it: {said or 'it names no field'}"
    if other_id is not None:
        reason = (
            f"customer {other_id} has the e-mail already; make sure whose it is, then"
            f" `polar-sync profiles replay` or `dismiss`. {reason}"
        )
    return End(ProfileStatus.DEAD, keeping.kept(reason[:_MAX_WORDS]), other_id)


def without_personal(words: str, profile: Profile) -> str:
    """The words without the user's e-mail and name, whole or in part."""
    local, _, domain = (profile.email or "").partition("@")
    parts = [profile.email, profile.name, domain, local if len(local) >= _LONG else None]
    for part in filter(None, parts):
        whole = rf"(?<!\w){re.escape(part)}(?!\w)"
        words = re.sub(whole, _HIDDEN, words, flags=re.IGNORECASE)
    return words
