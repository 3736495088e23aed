"""`polar-sync retry`, `approve` and `cancel`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync.deletions.leases import LeaseLost, Leases
from sync.deletions.ledger import Ledger
from sync.deletions.observations import (
    CustomerMissing,
    DeleteSent,
    Observation,
    Unmapped,
)
from sync.deletions.states import State
from sync.inbox.entry import InboxStatus
from tests.helpers.commands import (
    AT,
    BLOCKED,
    DELETED,
    FOUND,
    HELD,
    NOW,
    SUPERSEDED,
    VERIFIED,
    Commands,
)
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.store import inbox_rows

pytestmark = BOTH_ENGINES


def test_retry_tries_at_once(commands: Commands) -> None:
    number = commands.deletion("user-1", BLOCKED)
    signals = commands.row(number).signals

    result = commands.run("retry", "user-1")

    assert (result.code, result.out) == (0, f"deletion {number}: is tried now\n")
    row = commands.row(number)
    assert row.next_attempt_at is not None
    assert row.next_attempt_at > NOW
    assert (row.attempts, row.signals) == (0, signals + 1)
    assert commands.evidence(number)[-1] == ("retried", "operator", "blocked")


def test_retry_is_no_approval(commands: Commands) -> None:
    number = commands.deletion("user-1", *HELD)

    result = commands.run("retry", str(number))

    assert result.code == 1
    assert f"polar-sync approve {number}" in result.err
    assert commands.row(number).state is State.HELD


def test_retry_looks_again_for_a_customer_but_not_of_the_forgotten(commands: Commands) -> None:
    number = commands.deletion("user-1", CustomerMissing())
    assert commands.run("retry", "user-1").code == 0
    assert commands.evidence(number)[-1] == ("retried", "operator", "no_customer")

    commands.sql("UPDATE deletion SET user_id = NULL, external_id = NULL")
    result = commands.run("retry", "user-1")
    assert result.code == 1
    assert "forgotten" in result.err


def test_what_has_ended_cannot_be_retried(commands: Commands) -> None:
    commands.deletion("user-1", SUPERSEDED)

    result = commands.run("retry", "user-1")

    assert result.code == 1
    assert result.err == "error: deletion 1: cannot retry: it has ended: superseded\n"


def test_approve_lets_a_held_deletion_go_on(commands: Commands) -> None:
    number = commands.deletion("user-1", *HELD)

    assert commands.run("approve", "user-1").out == f"deletion {number}: is approved\n"
    row = commands.row(number)
    assert (row.state, row.approved) == (State.RESOLVED, True)
    assert commands.evidence(number)[-1] == ("approved", "operator", "resolved")
    again = commands.run("approve", "user-1")
    assert again.code == 1
    assert "it is not held but resolved" in again.err


def test_approve_all_approves_what_is_held_and_nothing_else(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.deletions.operator._BATCH", 2)
    held = [commands.deletion(f"user-{number}", *HELD) for number in range(5)]
    other = commands.deletion("user-9", Unmapped())

    assert commands.run("approve", "--all").out == "deletions approved: 5\n"
    assert {commands.row(number).state for number in held} == {State.RESOLVED}
    assert commands.row(other).state is State.UNMAPPED
    again = commands.run("approve", "--all")
    assert (again.code, again.err) == (
        1,
        "error: the brake holds no deletion; one that is held for a team must be named\n",
    )


def test_cancel_leaves_the_customer_alone(commands: Commands) -> None:
    number = commands.deletion("user-1", FOUND)

    assert commands.run("cancel", str(number)).out == f"deletion {number}: is canceled\n"
    assert commands.row(number).state is State.CANCELED
    assert commands.evidence(number)[-1] == ("canceled", "operator", "canceled")
    assert commands.run("show", "user-1", "--json").json["deletions"][0]["chain_unbroken"] is True
    again = commands.run("cancel", "user-1")
    assert (again.code, again.out) == (1, "")
    assert "it has ended: canceled" in again.err


def test_cancel_takes_the_deletion_from_the_worker_that_has_it(commands: Commands) -> None:
    commands.deletion("user-1")

    async def claim(ledger: Ledger) -> Any:
        return await Leases(ledger.database, timedelta(minutes=1)).claim(1)

    [leased] = commands.do(claim)
    assert commands.run("cancel", "user-1").code == 0

    async def go_on(ledger: Ledger) -> None:
        async with ledger.database.write() as session:
            await Leases(ledger.database, timedelta(minutes=1)).held(session, leased)

    with pytest.raises(LeaseLost):
        commands.do(go_on)


@pytest.mark.parametrize(
    ("observations", "why"),
    [
        ((FOUND, DeleteSent()), "it is too late: the deletion at Polar has begun"),
        ((FOUND, DeleteSent(), BLOCKED), "it is too late: the deletion at Polar has begun"),
        (DELETED, "it is too late: the customer is already deleted at Polar"),
        (VERIFIED, "it has ended: verified"),
    ],
)
def test_cancel_can_come_too_late(
    commands: Commands, observations: tuple[Observation, ...], why: str
) -> None:
    number = commands.deletion("user-1", *observations)
    before = commands.evidence(number)

    result = commands.run("cancel", str(number))

    assert (result.code, result.out) == (1, "")
    assert result.err == f"error: deletion {number}: cannot cancel: {why}\n"
    assert commands.evidence(number) == before


def test_an_action_on_a_user_is_for_the_open_deletions(commands: Commands) -> None:
    superseded = commands.deletion("user-1", SUPERSEDED)
    sent = commands.deletion("user-1", FOUND, DeleteSent(), at=AT + timedelta(hours=1))
    waiting = commands.deletion("user-1", at=AT + timedelta(hours=2))

    result = commands.run("cancel", "user-1")

    assert result.code == 1
    assert result.out == f"deletion {waiting}: is canceled\n"
    assert f"deletion {sent}: cannot cancel" in result.err
    assert commands.row(superseded).state is State.SUPERSEDED


def test_dead_letters_go_back_into_the_inbox(commands: Commands) -> None:
    commands.dead_letter(b"one")
    commands.dead_letter(b"two")
    commands.sql("UPDATE inbox SET body = NULL WHERE id = 2")

    result = commands.run("retry", "--dead-letters")

    assert (result.code, result.out) == (0, "dead letters that are applied once more: 1\n")
    assert result.err == "1 cannot be retried: their content is forgotten\n"
    one, two = inbox_rows(commands.store)
    assert (one["status"], one["error"], one["applied_at"]) == (InboxStatus.PENDING, None, None)
    assert two["status"] == InboxStatus.DEAD
    assert commands.run("retry", "--dead-letters").code == 1
