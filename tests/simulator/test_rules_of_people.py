"""Whatever happens: one owner for a customer, one seat for a member, one member for a seat."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.simulator.members import Members, OnlyOwnerError, Role, with_owner
from sync.simulator.seats import SeatError, Seats
from sync.simulator.world import TakenError, World

START = datetime(2026, 8, 1, tzinfo=UTC)
NAMES = st.sampled_from("abcd")
PICKS = st.integers(0, 9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), NAMES, PICKS),
        st.tuples(st.just("bulk"), NAMES, PICKS),
        st.tuples(st.just("add"), NAMES, PICKS),
        st.tuples(st.just("role"), st.sampled_from(get_args(Role)), PICKS),
        st.tuples(st.just("rename"), NAMES, PICKS),
        st.tuples(st.just("delete"), st.none(), PICKS),
        st.tuples(st.just("delete customer"), st.none(), PICKS),
        st.tuples(st.just("assign"), PICKS, PICKS),
        st.tuples(st.just("claim"), st.none(), PICKS),
        st.tuples(st.just("revoke"), st.none(), PICKS),
        st.tuples(st.just("seats"), PICKS, PICKS),
    ),
    max_size=40,
)


class People:
    def __init__(self) -> None:
        self.world = World(START)
        self.members = Members(self.world)
        self.seats = Seats(self.world)

    def take(self, step: tuple[str, object, int], now: datetime) -> None:
        customers, members = list(self.world.live_customers), list(self.members.live)
        subscriptions = list(self.world.subscriptions.values())
        seats = list(self.seats.by_id.values())
        match step:
            case ("create", str(name), pick):
                fields = {
                    "external_id": f"{name}{now}",
                    "type": "team" if pick % 2 else "individual",
                }
                people = with_owner(fields, [self.person(name)] if pick % 2 else [])
                customer = self.world.add_customer(now, fields)
                self.members.found(now, customer, people)
                self.world.add_subscription(now, customer, {"seats": pick + 1})
            case ("bulk", str(name), _):
                before = len(self.world.customers)
                self.world.add_customers(now, [({"external_id": f"{name}{now}"}, [{}], 1)])
                self.members.found_many(list(self.world.customers.values())[before:])
            case ("add", str(name), pick) if customers:
                self.members.add(now, customers[pick % len(customers)], self.person(name))
            case ("role", str(role), pick) if members:
                self.members.update(members[pick % len(members)], now, {"role": role})
            case ("rename", str(name), pick) if members:
                fields = {"email": self.person(name)["email"]}
                self.members.update(members[pick % len(members)], now, fields)
            case ("delete", None, pick) if members:
                self.members.delete(members[pick % len(members)], now)
            case ("delete customer", None, pick) if customers:
                customer = customers[pick % len(customers)]
                self.members.delete_all(customer, now)
                self.world.delete_customer(customer, now, anonymize=True)
            case ("assign", int(which), pick) if members and subscriptions:
                subscription = subscriptions[which % len(subscriptions)]
                theirs = self.members.of(subscription.customer)
                if theirs:
                    self.seats.assign(subscription, theirs[pick % len(theirs)], now)
            case ("claim", None, pick) if seats:
                self.seats.claim(seats[pick % len(seats)], now)
            case ("revoke", None, pick) if seats:
                self.seats.revoke(seats[pick % len(seats)], now)
            case ("seats", int(count), pick) if subscriptions:
                subscription = subscriptions[pick % len(subscriptions)]
                self.world.update_subscription(subscription, now, {"seats": count})
            case _:
                pass

    @staticmethod
    def person(name: str) -> dict[str, str]:
        return {"email": f"{name}@x.example", "external_id": name}

    def check(self) -> None:
        everybody = self.members.by_id.values()
        live = [row for row in everybody if row.deleted_at is None]
        assert list(self.members.live) == sorted(live, key=lambda row: (row.created_at, row.seq))
        assert {row for rows in self.members.by_customer.values() for row in rows} == set(everybody)
        for customer in self.world.customers.values():
            theirs = self.members.of(customer)
            assert bool(theirs) == (customer.deleted_at is None)
            owners = [row for row in theirs if row.role == "owner"]
            assert owners == [self.members.owner(customer)][: len(theirs)]
            for values in ([row.email for row in theirs], [row.external_id for row in theirs]):
                assert len(values) == len(set(values))
        for subscription in self.world.subscriptions.values():
            taken = self.seats.taken(subscription)
            paid_for = subscription.seats or 0
            assert self.seats.available(subscription) == max(0, paid_for - len(taken))
            assert len({seat.member for seat in taken}) == len(taken)
            for seat in self.seats.of(subscription):
                assert (seat.member is None) == (seat.status == "revoked")
                assert (seat.revoked_at is None) == (seat.status != "revoked")
        for grant in self.world.grants.values():
            assert grant.member_id in self.members.by_id


@given(STEPS)
@settings(deadline=None, max_examples=150)
def test_the_rules_of_people_hold(steps: list[tuple[str, object, int]]) -> None:
    people = People()
    for number, step in enumerate(steps, 1):
        with suppress(TakenError, OnlyOwnerError, SeatError):
            people.take(step, START + timedelta(seconds=number))
        people.check()
