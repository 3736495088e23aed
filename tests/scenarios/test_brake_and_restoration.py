"""What holds a deletion back: the brake, the delay, a restoration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sync.deletions.operator import Verb
from sync.deletions.pause import pause, resume
from tests.helpers.bridge import DELETE, STATE, SUBSCRIPTIONS, Bridge, Run, ago, names
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import deleted_customers, struck, tries
from tests.helpers.waiting import wait_for


@pytest.mark.slow
@BOTH_ENGINES
def test_the_brake_holds_what_is_too_much(run: Run) -> None:
    users = names(4)
    with run(max_deletions_per_hour=2) as it:
        customers = {user: it.customer(user, "active") for user in users}
        for user in users:
            it.tell(user)
        for user in users:
            it.wait(user, "verified", "held")
        states = {user: it.deletions(user)[0]["state"] for user in users}
        held = [user for user in users if states[user] == "held"]
        assert len(held) == 2
        assert "polar-sync approve" in it.deletions(held[0])[0]["reason"]
        assert it.counts()[DELETE] == 2
        it.act(Verb.APPROVE, held[0])
        it.act(Verb.CANCEL, held[1])
        it.wait(held[0], "verified")
        it.wait(held[1], "canceled")
        assert not it.is_gone(customers[held[1]])
        assert it.counts()[DELETE] == 3


@pytest.mark.slow
@BOTH_ENGINES
def test_a_restoration_in_time_and_too_late(run: Run) -> None:
    with run(deletion_delay=3) as it:
        restored = it.customer("restored", "active")
        first = it.customer("restored first", "active")
        late = it.customer("late", "active", grants=1)
        (grant,) = it.truth(late)["grant_ids"]
        it.sim.control("POST", f"/grants/{grant}", {"stuck": True})

        it.tell("restored")
        it.tell("late")
        it.tell("restored", "user.restored")
        it.wait("restored", "canceled")

        # The restoration overtakes the deletion that it takes back.
        it.tell("restored first", "user.restored")
        it.tell("restored first", timestamp=ago(seconds=5))
        it.wait("restored first", "canceled")

        row = it.wait("late", "deleted")
        it.tell("late", "user.restored")
        wait_for(lambda: "restored.too_late" in it.kinds(row), "said that it is too late")
        assert it.deletions("late")[0]["state"] == "deleted"
        it.sim.control("POST", f"/grants/{grant}", {"stuck": False})
        it.wait("late", "verified")

        assert deleted_customers(it) == [late]
        # Who leaves again afterwards is deleted.
        it.tell("restored")
        it.wait("restored", "verified", deletion=1)
        assert it.is_gone(restored)
        assert not it.is_gone(first)


@pytest.mark.slow
@BOTH_ENGINES
def test_a_restoration_while_a_request_is_under_way(run: Run) -> None:
    with run() as it:
        customers = {user: it.customer(user, "active") for user in ("state", "list")}
        slow = {"kind": "delay", "seconds": 2, "count": 1}
        for user, path in (("state", "/state$"), ("list", "^/v1/subscriptions/")):
            it.sim.faults({**slow, "path": path})
            it.tell(user)
            wait_for(lambda: struck(it) == 1, "the request is under way")
            it.tell(user, "user.restored")
            it.wait(user, "canceled")
            route = STATE if user == "state" else SUBSCRIPTIONS
            wait_for(lambda: it.counts().get(route, 0) > 0, "answered")  # noqa: B023
        # The worker may go on; whatever it learnt, it must not act on it.
        it.tell("nobody")
        it.wait("nobody", "no_customer")
        for user in customers:
            assert [row["state"] for row in it.deletions(user)] == ["canceled"]
        assert not any(map(it.is_gone, customers.values()))


@pytest.mark.slow
def test_a_restoration_while_the_delete_waits_for_the_budget(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.sim.faults({"kind": "rate_limit", "retry_after": 3, "method": "DELETE", "count": 1})
        first = it.customer("first", "active")
        it.tell("first")
        wait_for(lambda: tries(it, "first") > 0, "the pause has begun")
        it.tell("u1")
        wait_for(lambda: len(it.deletions("u1")) == 1, "the deletion is open")
        it.tell("u1", "user.restored")
        it.wait("u1", "canceled")
        it.wait("first", "verified")
        assert deleted_customers(it) == [first]
        assert not it.is_gone(customer)


@pytest.mark.slow
def test_a_held_deletion_whose_customer_is_deleted_by_hand(run: Run) -> None:
    with run(max_deletions_per_hour=1) as it:
        for user in ("u1", "u2"):
            it.customer(user, "active")
        it.tell("u1")
        it.wait("u1", "verified")
        it.tell("u2")
        it.wait("u2", "held")
        assert it.sim.delete("u2").status_code == 204
        it.wait("u2", "verified")
        assert it.counts()[DELETE] == 1 + 1  # by hand


def held_of(it: Bridge, users: Sequence[str]) -> list[Any]:
    """Wait until each is verified or held; returns those that are held."""
    it.wait_all(users, "verified", "held")
    return [row for user in users for row in it.deletions(user) if row["state"] == "held"]


@pytest.mark.slow
@BOTH_ENGINES
def test_by_default_a_hundred_an_hour_go_by_themselves(run: Run) -> None:
    users = names(103)
    with run() as it:
        it.sim.control("POST", "/customers/bulk", {"count": 103, "subscriptions": ["active"]})
        for user in users:
            it.tell(user)
        held = held_of(it, users)
        assert len(held) == 3
        assert "100 deletions within an hour, 100 allowed" in held[0]["reason"]
        assert "MAX_DELETIONS_PER_HOUR" in held[0]["reason"]
        assert it.counts()[DELETE] == 100


@pytest.mark.slow
@BOTH_ENGINES
def test_by_default_a_twentieth_of_the_customers_a_day_goes_by_itself(run: Run) -> None:
    users = names(14)
    with run(webhooks=False, verify_after=0.5) as it:
        it.sim.control("POST", "/customers/bulk", {"count": 220, "subscriptions": ["active"]})

        report = it.reconcile()
        assert "11 a day (5 % of 220 customers)" in (report.brake or "")
        assert it.reconcile().brake is None
        for user in users:
            it.tell(user)
        held = held_of(it, users)
        assert len(held) == 3
        assert "11 deletions within a day, 11 allowed" in held[0]["reason"]
        assert it.counts()[DELETE] == 11


@pytest.mark.slow
@BOTH_ENGINES
def test_while_all_is_paused_nothing_is_deleted(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        boss = it.customer("boss", "active", created_at=ago(days=9), members=[A_MEMBER])
        it.settled()
        it.beside(lambda database: pause(database, "a broken job"))
        for user in ("u1", "member"):
            it.tell(user)
            it.wait(user, "resolved")
        it.tell("nobody")
        it.wait("nobody", "no_customer")
        assert_nothing_is_deleted(it)
    with run() as it:
        # It is durable: a restart goes on waiting.
        it.tell("nobody else")
        it.wait("nobody else", "no_customer")
        assert_nothing_is_deleted(it)
        assert it.beside(resume)
        it.wait_all(("u1", "member"), "verified")
        assert deleted_customers(it) == [customer]
        assert not it.is_gone(boss)


A_MEMBER = {"external_id": "member", "email": "m@example.com", "name": "M", "role": "member"}


def assert_nothing_is_deleted(it: Bridge) -> None:
    assert not [route for route in it.counts() if route.startswith("DELETE")]


@pytest.mark.slow
@BOTH_ENGINES
def test_a_pause_stops_a_delete_that_waits_for_its_turn(run: Run) -> None:
    with run() as it:
        it.sim.faults({"kind": "rate_limit", "retry_after": 3, "method": "DELETE", "count": 1})
        first, second = (it.customer(user, "active") for user in ("first", "second"))
        it.tell("first")
        wait_for(lambda: tries(it, "first") > 0, "the wait has begun")
        it.tell("second")
        wait_for(lambda: len(it.deletions("second")) == 1, "the deletion is open")
        it.beside(lambda database: pause(database, None))
        it.tell("nobody")
        it.wait("nobody", "no_customer")
        assert not it.is_gone(first)
        assert not it.is_gone(second)
        it.beside(resume)
        it.wait_all(("first", "second"), "verified")
