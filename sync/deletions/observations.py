"""What can be observed of a deletion. Pure.

Each names the kind of evidence that it leaves in the deletion's chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar


class DeleteBy(StrEnum):
    """What the DELETE names the customer by."""

    EXTERNAL_ID = "external_id"
    """`DELETE /v1/customers/external/{external_id}`."""
    CUSTOMER_ID = "customer_id"
    """`DELETE /v1/customers/{id}`."""


class SaidBy(StrEnum):
    """Who says that a user is gone."""

    APP = "app"
    """The app, by its event."""
    AUDIT = "audit"
    """An audit: the app's list of its users does not have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanFound:
    """`reconcile --users` has found a living customer, and its user not among those whom the app
    has. No event has come about it: a person is to be asked."""

    evidence: ClassVar[str] = "orphan.found"

    customer_id: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Who the user is at Polar is not known, or not for certain."""

    evidence: ClassVar[str] = "identity.unmapped"

    anothers: str | None = None
    """The customer that was found, which by the mapping is another user's. None: no external id is
    known for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFound:
    """The API shows a living customer for the user, its subscriptions and grants listed."""

    evidence: ClassVar[str] = "customer.found"

    customer_id: str
    created_at: datetime
    listed_at: datetime
    follows_earlier: bool = False
    """An earlier deletion already pinned another customer of this user, so this one is a successor
    by Polar's own clock and the tolerance for clock skew does not apply."""
    by_external_id: bool = False
    """It was found under an external id by which it can be deleted as well."""
    read_at: datetime | None = None
    """When Polar was asked, if that was before now."""
    by_customer_id: bool = False
    """It was found by Polar's own id, which nobody else can ever have."""
    memberships: int = 0
    """Of the user, under other customers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A deleted customer that the mirror still knows under the user's external id."""

    customer_id: str
    created_at: datetime
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerMissing:
    """Polar says `ResourceNotFound` for the user's external id."""

    evidence: ClassVar[str] = "customer.missing"

    tombstone: Tombstone | None = None
    asked_at: datetime | None = None
    """When Polar was asked under an external id; None: it was asked by its own id."""
    memberships: int = 0
    """Of the user, under customers of others."""
    members_listed_at: datetime | None = None
    """When all members were last listed; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFound:
    """The pinned customer is a team: with it others would lose what they have."""

    evidence: ClassVar[str] = "team.found"

    others: int
    """Members who are not the user."""
    subscriptions: Sequence[str]
    """Ids of those that would end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribedAnew:
    """The pinned customer has living subscriptions that were made after the event. Whoever made
    them may have come back, although the app sent no `user.restored`."""

    evidence: ClassVar[str] = "subscribed.anew"

    made_at: Mapping[str, datetime]
    """By the subscription's id; never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The team's ownership has been transferred: the customer is its new owner's to keep."""

    evidence: ClassVar[str] = "team.handed_over"

    memberships: int
    """The user's, in this team: they are to end."""


@dataclass(frozen=True, slots=True)
class NoCustomerToDelete:
    """The user has memberships only; the first of them is deleted now."""

    evidence: ClassVar[str] = "customer.none"


@dataclass(frozen=True, slots=True)
class MembershipFound:
    """One more membership of the user, from before the event, has come to light."""

    evidence: ClassVar[str] = "membership.found"


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipEnded:
    """The member is gone: 204, `ResourceNotFound`, or `member.deleted`; or it is not to go."""

    evidence: ClassVar[str] = "membership.ended"

    left: int
    """Memberships of the user that have not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """More deletions were sent within the last hour or day than are allowed."""

    evidence: ClassVar[str] = "brake.tripped"

    sent: int
    limit: int
    within: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ScrubBegun:
    """The names of the pinned customer's members are about to be overwritten, before the DELETE: it
    cannot be called off any more."""

    evidence: ClassVar[str] = "scrub.begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSent:
    """The DELETE is about to leave. Recorded before it does: from here on its fate is unknown."""

    evidence: ClassVar[str] = "delete.sent"

    by: DeleteBy = DeleteBy.CUSTOMER_ID
    read_at: datetime | None = None
    """When the pinned customer was seen under its external id once more, if it was."""


@dataclass(frozen=True, slots=True)
class DeleteAnswered:
    """Polar answered 204."""

    evidence: ClassVar[str] = "delete.answered"


@dataclass(frozen=True, slots=True)
class CustomerGone:
    """The pinned customer is known gone: `ResourceNotFound` for its id, or a signed webhook."""

    evidence: ClassVar[str] = "customer.gone"


class FailureKind(StrEnum):
    """Whether trying again can help."""

    TRANSIENT = "transient"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A request brought no answer that could be used."""

    evidence: ClassVar[str] = "request.failed"

    kind: FailureKind
    reason: str
    retry_after: timedelta = timedelta(0)
    jitter: float = 0.0
    """From 0 to 1, drawn by the caller."""
    answered: bool = False
    """Polar has answered that it did nothing: the request can have no effect any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFact:
    """A subscription of the pinned customer, as the mirror has it."""

    id: str
    status: str
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFact:
    """A benefit grant of the pinned customer, as the mirror has it."""

    id: str
    is_granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipFact:
    """A membership of the user under another customer."""

    member_id: str
    customer_id: str
    ended: bool
    problem: str | None = None
    """Why a person must end it, if so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All that is known about what the deletion did."""

    evidence: ClassVar[str] = "checked"

    subscriptions: Sequence[SubscriptionFact]
    grants: Sequence[GrantFact]
    memberships: Sequence[MembershipFact] = ()
    final_state_open: int | None = None
    """Active subscriptions and granted benefits in the newest `customer.state_changed` about the
    deleted customer; None if none has come."""
    listed_at: datetime | None = None
    """Set when the API was asked just now: when the listing began."""

    @property
    def checklist(self) -> dict[str, Any]:
        """As evidence."""
        memberships = [
            {"member_id": item.member_id, "customer_id": item.customer_id, "ended": item.ended}
            for item in self.memberships
        ]
        return {
            "by": "webhooks" if self.listed_at is None else "api",
            "subscriptions": [
                {"id": item.id, "status": item.status, "ended": item.ended}
                for item in self.subscriptions
            ],
            "benefit_grants": [
                {"id": item.id, "is_granted": item.is_granted} for item in self.grants
            ],
            **({"memberships": memberships} if memberships else {}),
        }

    @property
    def open_subscriptions(self) -> list[SubscriptionFact]:
        return [item for item in self.subscriptions if not item.ended]

    @property
    def open_grants(self) -> list[GrantFact]:
        return [item for item in self.grants if item.is_granted]

    @property
    def open_memberships(self) -> list[MembershipFact]:
        return [item for item in self.memberships if not item.ended]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnotherDeleted:
    """A customer that is not the pinned one was deleted under its external id, after our DELETE by
    that id: somebody who had signed up again, and whom our request may have met."""

    evidence: ClassVar[str] = "another.deleted"

    customer_id: str


@dataclass(frozen=True, slots=True)
class Retried:
    """An operator asks for another try now."""

    evidence: ClassVar[str] = "retried"


@dataclass(frozen=True, slots=True)
class Approved:
    """An operator lets a `held` deletion go on."""

    evidence: ClassVar[str] = "approved"


@dataclass(frozen=True, slots=True)
class Canceled:
    """A `user.restored`, or an operator, asks that the customer be left alone."""

    evidence: ClassVar[str] = "canceled"


Observation = (
    OrphanFound
    | Unmapped
    | CustomerFound
    | CustomerMissing
    | TeamFound
    | SubscribedAnew
    | HandedOver
    | NoCustomerToDelete
    | MembershipFound
    | MembershipEnded
    | Brake
    | ScrubBegun
    | DeleteSent
    | DeleteAnswered
    | CustomerGone
    | Failed
    | Checked
    | AnotherDeleted
    | Retried
    | Approved
    | Canceled
)
