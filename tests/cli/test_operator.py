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
    SubscribedAnew,
    TeamFound,
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
        "error: the brake holds no deletion; one that is held for anything else must be named\n",
    )


ANEW = SubscribedAnew(made_at={"s1": AT + timedelta(hours=1)})


def test_approve_all_is_for_the_brake_alone(commands: Commands) -> None:
    braked = commands.deletion("user-1", *HELD)
    team = commands.deletion("user-2", FOUND, TeamFound(others=1, subscriptions=()))
    active = commands.deletion("user-3", FOUND, ANEW)

    assert commands.run("approve", "--all").out == "deletions approved: 1\n"
    states = {number: commands.row(number).state for number in (braked, team, active)}
    assert states == {braked: State.RESOLVED, team: State.HELD, active: State.HELD}


def test_many_are_counted_before_anything_is_done(commands: Commands) -> None:
    held = [commands.deletion(f"user-{number}", *HELD) for number in range(3)]

    dry = commands.run("approve", "--all", "--dry-run")
    assert (dry.code, dry.out) == (0, "deletions that would be approved: 3\n")
    wrong = commands.run("approve", "--all", "--count", "2")
    assert wrong.code == 1
    assert wrong.err == "error: there are 3 deletions, not 2: nothing was approved\n"
    assert {commands.row(number).state for number in held} == {State.HELD}
    assert commands.run("approve", "--all", "--count", "3").out == "deletions approved: 3\n"


def test_cancel_all_wants_to_know_how_many(commands: Commands) -> None:
    late = commands.deletion("user-0", FOUND, DeleteSent())
    verified = commands.deletion("user-1", *VERIFIED)
    early = [
        commands.deletion("user-2"),
        commands.deletion("user-3", FOUND),
        commands.deletion("user-4", *HELD),
        commands.deletion("user-5", Unmapped()),
        commands.deletion("user-6", FOUND, BLOCKED),
    ]
    asked = commands.run("cancel", "--all")
    assert asked.code == 2
    assert "--count 5" in asked.err
    assert commands.run("cancel", "--all", "--count", "5").out == "deletions canceled: 5\n"
    assert {commands.row(number).state for number in early} == {State.CANCELED}
    assert commands.row(late).state is State.DELETING
    assert commands.row(verified).state is State.VERIFIED
    again = commands.run("cancel", "--all", "--count", "5")
    assert (again.code, again.err) == (1, "error: there is no deletion to cancel\n")


def test_many_are_chosen_by_state_and_time(commands: Commands) -> None:
    held = commands.deletion("user-1", *HELD)
    waiting = commands.deletion("user-2")
    old = commands.deletion("user-3")
    long_ago = "2025-01-01 00:00:00.000000"
    commands.store.execute("UPDATE deletion SET received_at = ? WHERE id = ?", long_ago, old)

    def count(*options: str) -> str:
        return commands.run("cancel", "--all", "--dry-run", *options).out.split()[-1]

    assert count() == "3"
    assert count("--state", "held") == "1"
    assert count("--state", "held", "--state", "received") == "3"
    assert count("--until", "2025-06-01T00:00:00Z") == "1"
    assert count("--since", "2025-06-01T00:00:00Z") == "2"
    assert count("--since", "2025-06-01T00:00:00Z", "--state", "received") == "1"
    assert count("--until", "1d") == count("--until", "24h")
    commands.run("cancel", "--all", "--state", "received", "--count", "2")
    states = [commands.row(number).state for number in (held, waiting, old)]
    assert states == [State.HELD, State.CANCELED, State.CANCELED]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("approve", "--all", "--state", "blocked"), "approve --all is for held"),
        (("cancel", "--all", "--state", "verified"), "cancel --all is for blocked, held"),
        (("cancel", "--all", "--since", "yesterday"), "with its zone"),
        (("cancel", "--all", "--since", "2026-01-31T12:00:00"), "with its zone"),
        (("cancel", "--all", "--since", "999999d"), "with its zone"),
        (("cancel", "--all", "--since", "0001-01-01T00:00:00+23:59"), "with its zone"),
        (("cancel", "--all", "--until", "9999-12-31T23:59:59-23:59"), "with its zone"),
        (("reconcile", "--since", "999999d"), "at most 36500d"),
        (("send", "user.deleted", "u", "--url", "http://[::1"), "not a URL that an event can"),
        (("cancel", "user-1", "--dry-run"), "go with --all"),
        (("approve", "user-1", "--count", "1"), "go with --all"),
        (("cancel",), "USER|DELETION or --all"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    commands: Commands, arguments: tuple[str, ...], why: str
) -> None:
    result = commands.run(*arguments)
    assert result.code == 2
    assert why in " ".join(result.err.replace("\u2502", " ").split())


@pytest.mark.slow
def test_pause_and_resume(commands: Commands) -> None:
    assert commands.run("status", "--json").json["paused"] is None
    first = commands.run("pause", "--why", "a broken job")
    assert (first.code, first.out.startswith("paused since ")) == (0, True)
    paused = commands.run("status", "--json").json["paused"]
    assert paused["why"] == "a broken job"
    assert "a broken job" in commands.run("status").out
    commands.run("pause", "--why", "a \x1b[2Jbroken job")
    assert "\x1b" not in commands.run("status").out
    commands.run("pause", "--why", "a broken\n job")
    # A second one keeps the time, and the reason unless it has another.
    assert commands.run("pause").out == first.out
    assert commands.run("status", "--json").json["paused"] == paused
    assert "worse" in commands.run("pause", "--why", "worse").out
    assert commands.run("status", "--json").json["paused"] == paused | {"why": "worse"}
    number = commands.deletion("user-1", FOUND)
    told = commands.run("retry", "user-1")
    assert (told.code, told.out) == (0, f"deletion {number}: is tried now\n")
    assert "paused" in told.err
    assert "polar-sync resume" in told.err
    assert "polar-sync resume" in commands.run("show", "user-1").err
    assert commands.run("resume").out == "deletions go on\n"
    assert commands.run("show", "user-1").err == ""
    assert commands.run("status", "--json").json["paused"] is None
    again = commands.run("resume")
    assert (again.code, again.err) == (1, "error: nothing is paused\n")


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


def test_a_superseded_one_is_canceled_once_seen(commands: Commands) -> None:
    number = commands.deletion("user-1", SUPERSEDED)
    assert commands.run("status", "--json").json["need_person"]["total"] == 1

    result = commands.run("cancel", "user-1")

    assert (result.code, result.out) == (0, f"deletion {number}: is canceled\n")
    assert commands.row(number).state is State.CANCELED
    assert commands.run("status", "--json").json["need_person"]["total"] == 0


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
