"""`polar-sync show` and `receipt`."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from sync.deletions.ledger import Ledger
from sync.deletions.observations import (
    Failed,
    FailureKind,
)
from sync.deletions.states import State
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import BENEFIT_GRANT, SUBSCRIPTION
from sync.mirror.kinds import CUSTOMER as CUSTOMERS
from sync.mirror.objects import Mirrored
from sync.mirror.reading import parse
from tests.helpers.commands import (
    AT,
    CUSTOMER,
    DELETED,
    HELD,
    ISO,
    NOW,
    OTHER,
    SUPERSEDED,
    VERIFIED,
    Commands,
    finished,
)
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import environment

pytestmark = BOTH_ENGINES


def test_what_a_deletion_waits_for(commands: Commands) -> None:
    """A later deletion of the same user begins once the earlier one can meet nobody any more."""
    earlier = commands.deletion("user-1", *HELD)
    later = commands.deletion("user-1", at=AT + timedelta(seconds=5))
    shown = {it["id"]: it for it in commands.run("show", "user-1", "--json").json["deletions"]}
    assert {number: it["waits_for"] for number, it in shown.items()} == {
        earlier: None,
        later: earlier,
    }
    assert re.search(rf"waits for deletion\W+{earlier}\b", commands.run("show", "user-1").out)

    commands.run("cancel", str(earlier), "--deletion")
    [_, shown_later] = commands.run("show", "user-1", "--json").json["deletions"]
    assert shown_later["waits_for"] is None


def mirrored(commands: Commands) -> None:
    """The customer, one paused subscription and one grant, in the mirror."""
    common = {"created_at": "2026-09-01T00:00:00Z", "modified_at": None}

    async def work(ledger: Ledger) -> None:
        async with ledger.database.write() as session:
            observed: list[Mirrored] = [
                parse(
                    CUSTOMERS,
                    {**common, "id": CUSTOMER, "email": "ada@example.com", "external_id": "user-1"},
                    observed_at=NOW,
                    by="api",
                ),
                parse(
                    SUBSCRIPTION,
                    {
                        **common,
                        "id": OTHER,
                        "customer_id": CUSTOMER,
                        "status": "paused",
                        "product_id": OTHER,
                        "amount": 900,
                        "currency": "usd",
                        "recurring_interval": "month",
                    },
                    observed_at=NOW,
                    by="api",
                ),
                parse(
                    BENEFIT_GRANT,
                    {
                        **common,
                        "id": CUSTOMER,
                        "customer_id": CUSTOMER,
                        "benefit_id": OTHER,
                        "is_granted": False,
                    },
                    observed_at=NOW,
                    by="benefit_grant.revoked",
                ),
            ]
            await mirror_rows.upsert(ledger.database, session, observed, NOW)

    commands.do(work)


def test_show_tells_everything_about_a_users_deletions(commands: Commands) -> None:
    mirrored(commands)
    first = commands.deletion("user-1", SUPERSEDED)
    second = commands.deletion("user-1", *DELETED, at=AT + timedelta(hours=1))
    commands.deletion("user-2")

    report = commands.run("show", "user-1", "--json").json

    assert [item["id"] for item in report["deletions"]] == [first, second]
    deletion = report["deletions"][1]
    assert deletion["state"] == "deleted"
    assert deletion["user_id"] == "user-1"
    assert deletion["chain_unbroken"] is True
    assert [item["kind"] for item in deletion["evidence"]] == [
        "event.received",
        "customer.found",
        "delete.sent",
        "delete.answered",
    ]
    assert all(ISO.fullmatch(item["at"]) for item in deletion["evidence"])
    assert ISO.fullmatch(deletion["deleted_at"])
    assert deletion["customer"]["id"] == CUSTOMER
    assert deletion["subscriptions"][0]["status"] == "paused"
    assert deletion["subscriptions"][0]["ended"] is False
    assert deletion["grants"][0]["written_by"] == "benefit_grant.revoked"
    assert commands.run("show", str(second), "--json").json == report

    shown = commands.run("show", "user-1").out
    for text in ("delete.answered", "paused", OTHER, CUSTOMER, "is unbroken"):
        assert text in shown
    assert "ada@example.com" not in shown + json.dumps(report)


def test_show_says_when_the_chain_is_broken(commands: Commands) -> None:
    number = commands.deletion("user-1", *DELETED)
    commands.sql("UPDATE evidence SET source = 'operator' WHERE seq = 2")

    assert commands.run("show", "user-1", "--json").json["deletions"][0]["chain_unbroken"] is False
    assert "THE CHAIN OF EVIDENCE IS BROKEN" in commands.run("show", "user-1").out
    result = commands.run("receipt", str(number))
    assert result.code == 1
    assert result.json["chain_unbroken"] is False
    assert "broken" in result.err


def test_a_forgotten_user_is_found_and_shown_by_hash_only(commands: Commands) -> None:
    number = commands.deletion("ada-the-user", *VERIFIED)

    for shown in (
        commands.run("show", "ada-the-user"),
        commands.run("show", "ada-the-user", "--json"),
        commands.run("show", str(number)),
        commands.run("status", "--json"),
    ):
        assert shown.code == 0
        assert "ada-the-user" not in shown.out
    assert commands.run("show", str(number), "--json").json["deletions"][0]["user_id"] is None
    assert "forgotten" in commands.run("show", str(number)).out


def test_who_is_not_found_is_a_1(commands: Commands) -> None:
    for text in ("nobody", "7", "9" * 30, "", "a[b]c"):
        result = commands.run("show", text, "--json")
        assert result.code == result.json["exit_code"] == 1
        assert result.err.startswith("error: there is no deletion")
    assert commands.run("receipt", "7").code == 1


def test_a_number_may_be_a_users_id(commands: Commands) -> None:
    first = commands.deletion("2")
    second = commands.deletion("user-1")
    assert (first, second) == (1, 2)

    for command in ("show", "cancel", "retry"):
        result = commands.run(command, "2")
        assert result.code == 2
        assert "--deletion or --user" in result.err
    by_user = commands.run("show", "2", "--user", "--json").json
    by_number = commands.run("show", "2", "--deletion", "--json").json
    assert [item["id"] for item in by_user["deletions"]] == [first]
    assert [item["id"] for item in by_number["deletions"]] == [second]
    assert commands.run("cancel", "2", "--user").out == "deletion 1: is canceled\n"
    assert commands.row(second).state is State.RECEIVED


@pytest.mark.parametrize(
    "command", [["approve"], ["cancel"], ["retry"], ["revoke"], ["transfer", "--to", "member"]]
)
def test_where_users_have_numbers_what_acts_is_told_which_is_meant(
    commands: Commands, command: list[str]
) -> None:
    held = commands.deletion("3", *HELD)

    # The only deletion there is has this number; that it is meant, nothing says.
    for number in (str(held), "3"):
        result = commands.run(*command, number)
        assert result.code == 2
        assert f"{number} can be a deletion's number or a user's id" in result.err
    assert commands.row(held).state is State.HELD


@pytest.mark.parametrize("both", [["--user", "--deletion"], ["--deletion", "--user"]], ids=" ".join)
def test_of_the_two_one_is_said(commands: Commands, both: list[str]) -> None:
    held = commands.deletion("3", *HELD)

    for command in ("approve", "show"):
        result = commands.run(command, str(held), *both)
        assert (result.code, "say one of the two" in result.err) == (2, True)
    assert commands.row(held).state is State.HELD


def test_a_forgotten_users_number_is_refused_like_any(commands: Commands) -> None:
    commands.deletion("42", *VERIFIED)

    assert "or a user's id" in commands.run("retry", "42").err
    assert "there is no deletion of a user 01" in commands.run("retry", "01").err


def test_told_which_is_meant_it_is_done(commands: Commands) -> None:
    first, second = commands.deletion("30", *HELD), commands.deletion("40", *HELD)

    assert commands.run("approve", "30", "--user").out == f"deletion {first}: is approved\n"
    assert commands.run("cancel", str(second), "--deletion").out.endswith("is canceled\n")


def test_a_number_is_the_deletions_where_users_have_none(commands: Commands) -> None:
    number = commands.deletion("user-1", *HELD)

    assert commands.run("approve", str(number)).out == f"deletion {number}: is approved\n"


def test_show_says_what_it_takes_a_number_for(commands: Commands) -> None:
    commands.deletion("1")
    commands.deletion("30")

    both = commands.run("show", "1", "--json")
    numbered = commands.run("show", "2", "--json")
    user = commands.run("show", "30", "--json")

    assert both.err == ""
    assert numbered.err == (
        "2 is taken for a deletion's number: no user with that id has a deletion\n"
    )
    assert user.err == "30 is taken for a user's id: no deletion has that number\n"
    assert [it["id"] for it in numbered.json["deletions"]] == [2]
    assert commands.run("show", "2", "--deletion").err == ""


def test_a_receipt_is_its_users(commands: Commands) -> None:
    number = commands.deletion("user-1", *VERIFIED)

    plain = commands.run("receipt", str(number))
    theirs = commands.run("receipt", str(number), "--user", "user-1")
    somebody_elses = commands.run("receipt", str(number), "--user", "user-2")

    assert (plain.code, plain.err) == (0, "")
    assert plain.json == theirs.json == somebody_elses.json
    assert plain.json["state"] == "verified"
    assert plain.json["chain_unbroken"] is True
    assert (theirs.code, theirs.err) == (0, "this is the receipt of user-1\n")
    namesake = commands.deletion(str(number), at=AT + timedelta(days=1))
    of_number = commands.run("receipt", str(number))
    assert of_number.err == f"this is deletion {number}; those of the user {number}: {namesake}\n"
    assert (somebody_elses.code, somebody_elses.err) == (1, "this is not the receipt of user-2\n")


def test_what_comes_from_elsewhere_cannot_rewrite_the_terminal(commands: Commands) -> None:
    reason = "\x1b[2J[bold]red[/bold] :smile:\r\n\u202egnp"
    commands.deletion("user-1", Failed(kind=FailureKind.BLOCKED, reason=reason))

    for shown in (commands.run("status").out, commands.run("show", "user-1").out):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "[bold]red[/bold] :smile:" in shown


@pytest.mark.slow
def test_a_pipe_gets_no_colours_and_any_encoding_will_do(commands: Commands) -> None:
    commands.deletion("usér-1", *VERIFIED[:-1])
    variables = {
        **environment(commands.store),
        "FORCE_COLOR": "1",
        "PYTHONIOENCODING": "ascii",
        "TERM": "xterm-256color",
    }

    result = finished("show", "usér-1", variables=variables, cwd=commands.store.directory)

    assert (result.code, result.err) == (0, "")
    assert "\x1b" not in result.out
    assert "us\\xe9r-1" in result.out
    assert CUSTOMER in result.out
