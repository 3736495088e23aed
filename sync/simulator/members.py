"""The people of customers and their rules, without any I/O.

Polar: an individual customer has one member, its owner; a team may have more. Every method takes
the time as `now` and changes rows at once.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sync.simulator.world import Customer, Json, Ordered, TakenError, World, new_id

Role = Literal["owner", "billing_manager", "member"]


class OnlyOwnerError(Exception):
    """A customer would be left without an owner (Polar: 422)."""

    def __init__(self) -> None:
        super().__init__("Cannot delete the only owner. Transfer ownership first.")


@dataclass(slots=True, eq=False)
class Member:
    id: str
    seq: int
    created_at: datetime
    customer: Customer
    email: str
    name: str | None = None
    external_id: str | None = None
    role: Role = "member"
    modified_at: datetime | None = None
    deleted_at: datetime | None = None


class Members:
    """The members of one world's customers, deleted ones included."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seq = itertools.count()
        self.by_id: dict[str, Member] = {}
        self.live: Ordered[Member] = Ordered(lambda row: row.created_at)
        self.by_customer: dict[str, list[Member]] = {}

    def of(self, customer: Customer) -> list[Member]:
        """Those of a customer, deleted ones not."""
        return [row for row in self.by_customer[customer.id] if row.deleted_at is None]

    def owner(self, customer: Customer) -> Member:
        """Who owns the customer; of a deleted customer, who did."""
        return next(row for row in self.by_customer[customer.id] if row.role == "owner")

    def find_live(self, customer: Customer, member_id: str) -> Member | None:
        row = self.by_id.get(member_id)
        return row if row is not None and row in self.of(customer) else None

    def found(self, now: datetime, customer: Customer, people: Iterable[Json]) -> list[Member]:
        """The members of a new customer, as `with_owner` has them."""
        rows = [self._new(now, customer, fields) for fields in people]
        for row in rows:
            self._keep(row)
            self.live.add(row)
        return rows

    def found_many(self, customers: Iterable[Customer]) -> None:
        """The owner of each new customer, quickly, and whose its grants are."""
        rows = []
        for customer in customers:
            person = own_person(customer.email, customer.name, customer.external_id)
            owner = self._new(customer.created_at, customer, person)
            rows.append(owner)
            self._keep(owner)
            for grant in self._world.grants_of.get(customer.id, ()):
                grant.member_id = owner.id
        self.live.extend(rows)

    def _new(self, now: datetime, customer: Customer, fields: Json) -> Member:
        return Member(
            seq=next(self._seq), created_at=now, customer=customer, **{"id": new_id(), **fields}
        )

    def _keep(self, row: Member) -> None:
        self.by_id[row.id] = row
        self.by_customer.setdefault(row.customer.id, []).append(row)
        self._world.version += 1

    def add(self, now: datetime, customer: Customer, fields: Json) -> Member:
        """Add somebody who is no owner.

        Raises:
            TakenError: a member of the customer has the email or the external id.
        """
        check_free(self.of(customer), fields)
        row = self._new(now, customer, fields)
        self._keep(row)
        self.live.add(row)
        return row

    def update(self, member: Member, now: datetime, fields: Json) -> None:
        """Set fields of a live member.

        Polar: a new owner takes the place of the one before, who becomes `billing_manager`.

        Raises:
            OnlyOwnerError: the owner would become something else; nothing is changed.
            TakenError: another member of the customer has the email; nothing is changed.
        """
        others = [row for row in self.of(member.customer) if row is not member]
        check_free(others, fields)
        role = fields.get("role", member.role)
        if member.role == "owner" != role:
            raise OnlyOwnerError
        for other in others:
            if other.role == role == "owner":
                other.role, other.modified_at = "billing_manager", now
        for name, value in fields.items():
            setattr(member, name, value)
        member.modified_at = now
        self._world.version += 1

    def follow(self, customer: Customer) -> None:
        """Give an individual's owner the customer's email. Polar: without a webhook."""
        if customer.type == "individual" and customer.email is not None:
            self.owner(customer).email = customer.email

    def delete(self, member: Member, now: datetime) -> None:
        """Delete a live member.

        Raises:
            OnlyOwnerError: it is the owner; nothing is changed.
        """
        if member.role == "owner":
            raise OnlyOwnerError
        self._delete(member, now)

    def delete_all(self, customer: Customer, now: datetime) -> list[Member]:
        """Delete a customer's members, the owner too. Polar: they are not anonymized."""
        rows = self.of(customer)
        for row in rows:
            self._delete(row, now)
        return rows

    def _delete(self, member: Member, now: datetime) -> None:
        self.live.discard(member)
        member.deleted_at = member.modified_at = now
        self._world.version += 1


def check_free(others: Iterable[Member], fields: Json) -> None:
    """Raises `TakenError`: one of `others` has the email or the external id."""
    email, external_id = fields.get("email"), fields.get("external_id")
    for other in others:
        if email is not None and other.email.lower() == email.lower():
            raise TakenError("email")
        if external_id is not None and other.external_id == external_id:
            raise TakenError("external_id")


def own_person(email: str | None, name: str | None, external_id: str | None) -> Json:
    """The owner of whose customer that is said."""
    email = email or f"owner@{new_id()}.example"
    return {"email": email, "name": name, "external_id": external_id, "role": "owner"}


def with_owner(fields: Json, people: Iterable[Json]) -> list[Json]:
    """The people of a new customer; without an owner among them, its own person is the owner.

    Raises:
        TakenError: two of them have one email or one external id.
    """
    given = list(people)
    if not any(each.get("role") == "owner" for each in given):
        own = own_person(fields.get("email"), fields.get("name"), fields.get("external_id"))
        given.insert(0, own)
    for field in ("email", "external_id"):
        values = [value.lower() for each in given if (value := each.get(field)) is not None]
        if len(values) != len(set(values)):
            raise TakenError(field)
    return given
