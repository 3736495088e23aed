"""How a deletion ended, by what the bridge and Polar say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.deletions.observations import DeleteBy
from sync.deletions.states import State
from sync.demo.outcome import Facts, Outcome, at_polar, contradictions, differences, outcome

Json = dict[str, Any]

BY_EXTERNAL_ID = "/v1/customers/external/{external_id}"
BY_ID = "/v1/customers/{id}"
MEMBER = "/v1/customers/{id}/members/{member_id}"


def receipt(state: str, *sent: str, **fields: Any) -> Json:
    """A receipt whose DELETEs named the customer like that."""
    evidence = [{"kind": "delete.sent", "detail": {"by": by}} for by in sent]
    return {
        "state": state,
        "chain_unbroken": True,
        "memberships": [],
        "paid_seats": [],
        "evidence": [{"kind": "event.received", "detail": {}}, *evidence],
        **fields,
    }


def customer(*members: str, deleted: bool = False, **fields: Any) -> Json:
    """`c1` with these members, by external id; those with a minus are gone."""
    rows = [
        {
            "id": f"m-{it.removeprefix('-')}",
            "external_id": it.removeprefix("-"),
            "deleted_at": "2026-08-01T00:00:00Z" if it.startswith("-") else None,
        }
        for it in members
    ]
    own = {"id": "c1", "deleted_at": "2026-08-01T00:00:00Z" if deleted else None}
    return {"customer": own, "members": rows, "subscriptions": [], "seats": [], **fields}


def delete(route: str, customer_id: str = "c1") -> Json:
    return {"route": route, "customer_id": customer_id}


def facts(**fields: Any) -> Facts:
    nothing: Json = {"receipt": None, "customer": None, "deletes": [], "holder": None}
    return Facts(user_id="u1", **{**nothing, **fields})


INDIVIDUAL = facts(
    receipt=receipt("verified", "external_id"),
    customer=customer(
        "-u1",
        deleted=True,
        subscriptions=[{"id": "s1", "status": "canceled", "seats": None}],
    ),
    deletes=[delete(BY_EXTERNAL_ID)],
)
ENDED = {"member_id": "m-u1", "ended_at": "2026-08-01T00:00:00Z", "kept": False}
PAID = {"subscription_id": "s1", "seats": 1}
TAKEN_SEAT = {"subscription_id": "s1", "member_id": "m-boss"}
FREE_SEAT = {"subscription_id": "s1", "member_id": None}
MEMBERSHIP = facts(
    receipt=receipt("verified", memberships=[ENDED], paid_seats=[PAID]),
    customer=customer(
        "boss",
        "-u1",
        "u3",
        subscriptions=[{"id": "s1", "status": "active", "seats": 2}],
        seats=[TAKEN_SEAT, FREE_SEAT],
    ),
    deletes=[delete(MEMBER)],
)


def test_an_individual_who_is_gone() -> None:
    assert outcome(INDIVIDUAL) == Outcome(
        state=State.VERIFIED, is_there=False, deleted_by=DeleteBy.EXTERNAL_ID
    )
    assert at_polar(outcome(INDIVIDUAL)) == ["gone, by external id"]
    assert not list(contradictions(INDIVIDUAL))


def test_what_outlives_its_customer_is_seen() -> None:
    rows = [{"id": f"s-{it}", "status": it} for it in ("paused", "incomplete", "canceled")]
    seen = outcome(
        replace(
            INDIVIDUAL,
            customer=customer(deleted=True, subscriptions=rows),
            deletes=[delete(BY_EXTERNAL_ID, "c2"), delete(BY_ID)],
        )
    )
    assert seen.still == ("paused", "incomplete")
    assert at_polar(seen) == ["gone, by Polar's id", "still paused", "never started"]


def test_a_customer_who_is_gone_without_a_delete() -> None:
    seen = outcome(replace(INDIVIDUAL, deletes=[]))
    assert seen.deleted_by is None
    assert at_polar(seen) == ["gone"]


def test_a_team_that_is_left_alone() -> None:
    team = facts(receipt=receipt("held"), customer=customer("u1", "u2", "u3"), holder="c1")
    assert outcome(team) == Outcome(state=State.HELD, is_there=True, is_member=True, others=2)
    assert at_polar(outcome(team)) == ["there, with 2 others"]
    assert not list(contradictions(team))


def test_an_individual_who_is_still_there() -> None:
    seen = outcome(facts(receipt=receipt("blocked"), customer=customer("u1"), holder="c1"))
    assert at_polar(seen) == ["there"]


def test_a_membership_that_ended() -> None:
    assert outcome(MEMBERSHIP) == Outcome(
        state=State.VERIFIED,
        memberships_ended=1,
        paid_seats=1,
        is_there=True,
        others=2,
        still=("active",),
    )
    assert at_polar(outcome(MEMBERSHIP)) == [
        "membership gone",
        "there, with 2 others",
        "still active",
    ]
    assert not list(contradictions(MEMBERSHIP))


def test_a_membership_that_was_kept_has_not_ended() -> None:
    kept = receipt("verified", memberships=[{**ENDED, "kept": True}])
    assert outcome(replace(MEMBERSHIP, receipt=kept)).memberships_ended == 0


def test_somebody_new_under_the_id() -> None:
    assert outcome(replace(INDIVIDUAL, holder="c2")).is_taken
    early = outcome(facts(receipt=receipt("superseded"), holder="c2"))
    assert early == Outcome(state=State.SUPERSEDED, is_taken=True)
    assert at_polar(early) == ["somebody new there"]


def test_nobody_anywhere() -> None:
    assert outcome(facts()) == Outcome(state=None)
    assert at_polar(outcome(facts())) == ["nobody"]
    assert not list(contradictions(facts()))
    assert not list(contradictions(facts(receipt=receipt("no_customer"))))


def test_each_difference_is_named() -> None:
    expected = Outcome(state=State.HELD, is_there=True, others=2)
    assert differences(expected, expected) == []
    assert differences(expected, Outcome(state=State.VERIFIED, is_there=False, others=2)) == [
        "state: verified, not held",
        "is_there: False, not True",
    ]


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (
            replace(INDIVIDUAL, receipt=receipt("verified", "external_id", chain_unbroken=False)),
            "chain is broken",
        ),
        (replace(INDIVIDUAL, receipt=receipt("verified", "customer_id")), "DELETEs by"),
        (replace(INDIVIDUAL, receipt=receipt("verified")), "DELETEs by"),
        (replace(INDIVIDUAL, deletes=[]), "DELETEs by"),
        (replace(MEMBERSHIP, customer=customer("boss", "u1")), "a membership"),
        (
            replace(
                MEMBERSHIP,
                customer=customer(
                    "-u1", subscriptions=[{"id": "s1", "status": "active", "seats": 3}]
                ),
            ),
            "a seat",
        ),
        (
            replace(
                MEMBERSHIP,
                customer=customer(
                    "-u1",
                    subscriptions=[{"id": "s1", "status": "active", "seats": 2}],
                    seats=[TAKEN_SEAT, TAKEN_SEAT],
                ),
            ),
            "a seat",
        ),
    ],
)
def test_a_receipt_that_says_what_is_not_so_at_polar(told: Facts, what: str) -> None:
    assert any(what in it for it in contradictions(told))


def test_of_two_deletes_the_one_that_polar_carried_out_counts() -> None:
    twice = replace(INDIVIDUAL, receipt=receipt("verified", "external_id", "customer_id"))
    assert not list(contradictions(twice))
    assert outcome(twice).deleted_by is DeleteBy.EXTERNAL_ID
