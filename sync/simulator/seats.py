"""The seats of subscriptions and their rules, without any I/O.

Polar: a seat is pending until its member claims it. Every method takes the time as `now` and
changes rows at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sync.simulator.members import Member
from sync.simulator.world import Subscription, World, new_id

SeatStatus = Literal["pending", "claimed", "revoked"]


class SeatError(Exception):
    """The seat cannot be had; says why."""


@dataclass(slots=True, eq=False)
class Seat:
    id: str
    created_at: datetime
    subscription: Subscription
    status: SeatStatus = "pending"
    member: Member | None = None
    """Who has it. Polar: nobody, once it is revoked."""
    email: str | None = None
    """As it was when the seat was assigned."""
    modified_at: datetime | None = None
    invitation_expires_at: datetime | None = None
    claimed_at: datetime | None = None
    revoked_at: datetime | None = None


class Seats:
    """The seats of one world's subscriptions, revoked ones included."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_id: dict[str, Seat] = {}
        self._by_subscription: dict[str, list[Seat]] = {}

    def of(self, subscription: Subscription) -> list[Seat]:
        return self._by_subscription.get(subscription.id, [])

    def taken(self, subscription: Subscription) -> list[Seat]:
        """Those that somebody has."""
        return [seat for seat in self.of(subscription) if seat.status != "revoked"]

    def available(self, subscription: Subscription) -> int:
        """How many seats that are paid for nobody has."""
        return max(0, (subscription.seats or 0) - len(self.taken(subscription)))

    def of_member(self, member: Member) -> list[Seat]:
        return [
            seat
            for subscription in self._world.subscriptions_of.get(member.customer.id, ())
            for seat in self.of(subscription)
            if seat.member is member
        ]

    def assign(self, subscription: Subscription, member: Member, now: datetime) -> Seat:
        """Give a member a seat, pending. Polar: a revoked one is used again, with its id.

        Raises:
            SeatError: none is available, or the member has one.
        """
        if not self.available(subscription):
            raise SeatError(f"No available seats for {subscription.id}")
        if any(seat.member is member for seat in self.of(subscription)):
            raise SeatError(f"Seat already assigned to customer {member.email}")
        seat = next((each for each in self.of(subscription) if each.status == "revoked"), None)
        if seat is None:
            seat = Seat(new_id(), now, subscription)
            self.by_id[seat.id] = seat
            self._by_subscription.setdefault(subscription.id, []).append(seat)
        else:
            seat.status, seat.modified_at = "pending", now
        seat.member, seat.email = member, member.email
        seat.invitation_expires_at = now + timedelta(days=1)
        seat.claimed_at = seat.revoked_at = None
        return seat

    def claim(self, seat: Seat, now: datetime) -> None:
        """Raises `SeatError`: it is not pending."""
        if seat.status != "pending":
            raise SeatError("Seat is not in pending status")
        seat.status, seat.claimed_at, seat.modified_at = "claimed", now, now

    def revoke(self, seat: Seat, now: datetime) -> Member | None:
        """Take a seat away. Returns who had it."""
        member, seat.member, seat.email = seat.member, None, None
        seat.status, seat.revoked_at, seat.modified_at = "revoked", now, now
        return member
