"""A customer that is a team, and a user who is only a member of somebody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from sync.deletions.ledger import Ledger
from sync.deletions.operator import Many, Verb, act_on_many
from sync.deletions.states import State
from sync.reconcile.run import reconciliation
from sync.simulator.config import DEFAULT_TOKEN
from sync.store.database import Database
from tests.helpers.bridge import DELETE, MEMBERS, Bridge, Run, ago, deletes
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import LOST
from tests.helpers.servers import ROOT
from tests.helpers.settings import environment
from tests.helpers.waiting import WAIT, wait_for

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

MEMBER = "GET /v1/customers/{id}/members/{member_id}"
DELETE_MEMBER = "DELETE /v1/customers/{id}/members/{member_id}"


def member(external_id: str | None, role: str = "member", **fields: Any) -> dict[str, Any]:
    email = f"{external_id or 'somebody'}@example.com"
    return {"external_id": external_id, "email": email, "name": "M", "role": role, **fields}


def team(it: Bridge, owner: str | None, *others: str, **fields: Any) -> str:
    """A team of a while ago, whose subscription is active; returns Polar's id."""
    given = {"created_at": ago(days=9), "members": [member(other) for other in others], **fields}
    return it.customer(owner, "active", **given)


def memberships(it: Bridge, row: Any) -> list[Any]:
    return it.query(
        "SELECT * FROM membership WHERE deletion_id = ? ORDER BY customer_id", row["id"]
    )


def people(it: Bridge, customer: str) -> set[str]:
    """Who is in the team at Polar, by external id."""
    found = it.sim.get("/v1/members/", customer_id=customer)["items"]
    return {item["external_id"] for item in found}


def test_a_team_with_other_people_is_held_until_a_person_says_so(run: Run) -> None:
    with run() as it:
        customer = team(it, "boss", "u2", "u3")
        it.tell("boss")
        row = it.wait("boss", "held")
        assert "a team with 2 other people" in row["reason"]
        (subscription,) = it.truth(customer)["subscriptions"]
        assert subscription["id"] in row["reason"]
        assert not it.is_gone(customer)
        assert it.counts()[MEMBERS] == 1
        it.act(Verb.APPROVE, "boss")
        it.wait("boss", "verified")
        assert deletes(it, effect="true") == {customer: 1}


def test_canceling_leaves_the_team_alone(run: Run) -> None:
    with run() as it:
        customer = team(it, "boss", "u2")
        it.tell("boss")
        it.wait("boss", "held")
        it.act(Verb.CANCEL, "boss")
        it.wait("boss", "canceled")
        assert not it.is_gone(customer)


def test_a_team_of_one_is_deleted_like_an_individual(run: Run) -> None:
    with run() as it:
        customer = team(it, "boss", type="team")
        it.tell("boss")
        it.wait("boss", "verified")
        assert it.is_gone(customer)


def test_a_deployment_can_have_teams_deleted(run: Run) -> None:
    with run(on_team="delete") as it:
        customer = team(it, "boss", "u2")
        it.tell("boss")
        it.wait("boss", "verified")
        assert it.is_gone(customer)
        assert MEMBERS not in it.counts()


def test_an_individual_costs_no_look_at_members(run: Run) -> None:
    with run() as it:
        it.customer("u1", "active")
        it.tell("u1")
        it.wait("u1", "verified")
        assert MEMBERS not in it.counts()
        assert MEMBER not in it.counts()


def test_a_user_who_is_only_a_member_ends_verified(run: Run) -> None:
    with run() as it:
        customer = team(it, "boss", "u2", "u3")
        it.settled()
        it.tell("u2")
        row = it.wait("u2", "verified")
        assert (row["customer_id"], row["deleted_at"] is not None) == (None, True)
        assert people(it, customer) == {"boss", "u3"}
        assert not it.is_gone(customer)
        assert it.counts()[MEMBER] == it.counts()[DELETE_MEMBER] == 1
        assert DELETE not in it.counts()
        (membership,) = memberships(it, row)
        assert membership["ended_at"] is not None
        it.settled()
        it.forgotten("u2@example.com")


def test_a_customer_and_several_memberships_are_one_deletion(run: Run) -> None:
    with run() as it:
        own = it.customer("u2", "active", created_at=ago(days=9))
        teams = [team(it, f"boss-{number}", "u2", "u3") for number in (1, 2)]
        it.settled()
        it.tell("u2")
        row = it.wait("u2", "verified")
        assert row["customer_id"] == own
        assert it.is_gone(own)
        for customer in teams:
            assert "u2" not in people(it, customer)
            assert not it.is_gone(customer)
        assert len(memberships(it, row)) == 2
        kinds = it.kinds(row)
        assert kinds.count("membership.delete.sent") == kinds.count("membership.ended") == 2


def test_a_member_from_after_the_event_is_somebody_who_came_back(run: Run) -> None:
    with run() as it:
        customer = team(it, "boss", "u3")
        added = member("u2", customer_id=customer)
        it.sim.control("POST", "/members", added)
        it.settled()
        it.tell("u2", timestamp=ago(minutes=10))
        row = it.wait("u2", "verified", "no_customer")
        it.settled()
        assert "u2" in people(it, customer)
        assert all(membership["kept"] for membership in memberships(it, row))


def test_the_only_owner_is_for_a_person(run: Run) -> None:
    with run(survivor_after=1) as it:
        customer = team(it, None, "u3", members=[member("u2", "owner"), member("u3")])
        it.settled()
        it.tell("u2")
        row = it.wait("u2", "incomplete")
        assert "only owner" in row["reason"]
        assert customer in row["reason"]
        (other,) = [
            item
            for item in it.sim.get("/v1/members/", customer_id=customer)["items"]
            if item["external_id"] == "u3"
        ]
        it.sim.control("POST", f"/members/{other['id']}", {"role": "owner"})
        it.act(Verb.RETRY, "u2")
        it.wait("u2", "verified")
        assert people(it, customer) == {"u3"}


def test_a_lost_answer_to_the_deletion_of_a_member(run: Run) -> None:
    with run(request_timeout=3) as it:
        customer = team(it, "boss", "u2")
        it.settled()
        it.sim.webhook_faults(LOST)
        cut = {"kind": "timeout", "seconds": 0, "close": True}
        it.sim.faults({**cut, "method": "DELETE", "path": "/members/", "count": 1})
        it.tell("u2")
        row = it.wait("u2", "verified")
        assert people(it, customer) == {"boss"}
        assert it.kinds(row).count("membership.ended") == 1


def test_a_member_whom_a_webhook_names_later_is_found_after_all(run: Run) -> None:
    with run() as it:
        it.tell("u2")
        row = it.wait("u2", "no_customer")
        assert "no member" in row["reason"]
        customer = team(it, "boss", "u2", created_at=ago(days=9))
        it.wait("u2", "verified")
        assert people(it, customer) == {"boss"}


def test_a_held_membership_waits_for_the_brake_as_well(run: Run) -> None:
    with run(max_deletions_per_hour=1) as it:
        customer = team(it, "boss", "u2", "u3")
        it.settled()
        it.tell("u2")
        it.wait("u2", "verified")
        it.tell("u3")
        it.wait("u3", "held")
        assert people(it, customer) == {"boss", "u3"}
        it.act(Verb.APPROVE, "u3")
        it.wait("u3", "verified")
        assert people(it, customer) == {"boss"}


def test_restored_before_the_membership_goes(run: Run) -> None:
    with run(deletion_delay=600) as it:
        customer = team(it, "boss", "u2")
        it.settled()
        it.tell("u2")
        wait_for(lambda: it.deletions("u2"), "accepted")
        it.tell("u2", "user.restored")
        it.wait("u2", "canceled")
        assert "u2" in people(it, customer)


def test_approving_everything_leaves_teams_held(run: Run) -> None:
    with run() as it:
        customer = team(it, "boss", "u2")
        it.tell("boss")
        it.wait("boss", "held")
        held = Many(states=frozenset({State.HELD}))
        assert not it.beside(
            lambda database: act_on_many(Ledger.of(database, it.settings), Verb.APPROVE, held)
        )
        assert not it.is_gone(customer)


def test_members_are_overwritten_before_they_are_deleted(run: Run) -> None:
    with run(scrub_members=True) as it:
        own = it.customer("u2", "active", email="own@example.com", created_at=ago(days=9))
        customer = team(it, "boss", "u2")
        it.settled()
        before = len(it.sim.events())
        it.tell("u2")
        it.wait("u2", "verified")
        it.settled()
        assert it.is_gone(own)
        assert people(it, customer) == {"boss"}
        deleted = [event for event in it.sim.events()[before:] if event["type"] == "member.deleted"]
        assert len(deleted) == 2
        for event in deleted:
            assert json.loads(event["payload"])["data"]["email"].endswith("@anonymized.polar.sh")


def test_a_seat_that_stays_paid_for_is_named(run: Run) -> None:
    with run() as it:
        customer = it.customer(
            "boss", {"status": "active", "seats": 5}, created_at=ago(days=9), members=[member("u2")]
        )
        truth = it.truth(customer)
        (subscription,) = truth["subscriptions"]
        (person,) = [item for item in truth["members"] if item["external_id"] == "u2"]
        seat = {"subscription_id": subscription["id"], "member_id": person["id"]}
        it.sim.control("POST", "/seats", {**seat, "status": "claimed"})
        it.settled()
        it.tell("u2")
        row = it.wait("u2", "verified")
        it.settled()
        it.forgotten("u2@example.com")
        (paid,) = it.receipt(row)["paid_seats"]
        assert paid == {
            "deletion": row["id"],
            "customer_id": customer,
            "subscription_id": subscription["id"],
            "seats": 5,
        }


def reconcile(it: Bridge) -> None:
    async def run(database: Database) -> None:
        async with reconciliation(Ledger.of(database, it.settings), it.settings) as here:
            assert (await here.everything()).finished

    it.beside(run)


def transfer(it: Bridge, user_id: str, to: str) -> subprocess.CompletedProcess[str]:
    """`polar-sync transfer`, in a process of its own."""
    variables = environment(it.store, POLAR_BASE_URL=it.sim.url, POLAR_ACCESS_TOKEN=DEFAULT_TOKEN)
    return subprocess.run(
        [sys.executable, "-m", "sync.cli", "transfer", user_id, "--to", to],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=variables | {"PATH": os.environ["PATH"]},
        timeout=WAIT,
        check=False,
    )


def test_a_team_is_handed_over_and_the_user_leaves_it(run: Run) -> None:
    with run() as it:
        customer = team(it, "boss", "u2", "u3")
        it.tell("boss")
        it.wait("boss", "held")

        unknown = transfer(it, "boss", "nobody")
        assert (unknown.returncode, "u2" in unknown.stderr) == (1, True)
        assert transfer(it, "boss", "boss").returncode == 1

        done = transfer(it, "boss", "u2")
        assert (done.returncode, "handed over" in done.stdout) == (0, True), done.stderr
        row = it.wait("boss", "verified")
        assert row["customer_id"] is None
        assert not it.is_gone(customer)
        roles = {
            item["external_id"]: item["role"]
            for item in it.sim.get("/v1/members/", customer_id=customer)["items"]
        }
        assert roles == {"u2": "owner", "u3": "member"}
        assert transfer(it, "boss", "u2").returncode == 1


def test_a_membership_that_only_a_reconciliation_finds(run: Run) -> None:
    with run(webhooks=False) as it:
        customer = team(it, "boss", "u2")
        it.tell("u2")
        row = it.wait("u2", "no_customer")
        assert "never been listed" in row["reason"]
        reconcile(it)
        it.wait("u2", "verified")
        assert people(it, customer) == {"boss"}
