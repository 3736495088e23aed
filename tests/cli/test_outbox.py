"""`polar-sync outbox`."""

from __future__ import annotations

from typing import Any

import pytest

from sync.deletions.ledger import Ledger
from sync.outbox import queries
from sync.outbox.message import Recipient
from tests.helpers.commands import NOW, Commands
from tests.helpers.engines import BOTH_ENGINES

pytestmark = BOTH_ENGINES


@pytest.fixture
def told(commands: Commands) -> Commands:
    """Three messages: one acknowledged, one given up, one on its way."""

    async def work(ledger: Ledger) -> None:
        database = ledger.database
        async with database.write() as session:
            for number, state in enumerate(["verified", "verified", "needs_action"], 1):
                queries.put(
                    session,
                    Recipient.APP,
                    f"deletion.{state}",
                    {"deletion_id": number},
                    NOW,
                    deletion_id=number,
                    user_id=f"user-{number}",
                )
        for message in await queries.claim(database, NOW - NOW, 2):
            if message.data["deletion_id"] == 1:
                await queries.acknowledged(database, message)
            else:
                await queries.failed(database, message, "app.example.com answered 500", None)

    commands.do(work)
    return commands


def listed(commands: Commands, *options: str) -> list[Any]:
    found: list[Any] = commands.run("outbox", "list", "--json", *options).json["messages"]
    return found


def test_what_became_of_each(told: Commands) -> None:
    assert [(it["id"], it["status"]) for it in listed(told)] == [
        (3, "pending"),
        (2, "dead"),
        (1, "delivered"),
    ]
    [dead] = listed(told, "--state", "dead")
    assert (dead["error"], dead["attempts"]) == ("app.example.com answered 500", 1)
    assert [it["id"] for it in listed(told, "--type", "deletion.needs_action")] == [3]
    assert [it["id"] for it in listed(told, "--limit", "1")] == [3]
    assert listed(told, "--since", "2030-01-01T00:00:00Z") == []
    table = told.run("outbox", "list").out
    assert "app.example.com answered 500" in table
    assert "user-" not in table
    assert "no messages" in told.run("outbox", "list", "--type", "x").out
    wrong = told.run("outbox", "list", "--state", "lost")
    assert wrong.code == 2
    assert "pending, delivered, dead" in wrong.err


def test_one_of_them(told: Commands) -> None:
    shown = told.run("outbox", "show", "2", "--json").json
    assert (shown["user_id"], shown["data"]) == ("user-2", {"deletion_id": 2})
    assert told.run("outbox", "show", "1", "--json").json["user_id"] is None
    assert "user-3" in told.run("outbox", "show", "3").out
    assert told.run("outbox", "show", "4").code == 1


def test_sent_again(told: Commands) -> None:
    for wrong in ([], ["2", "--all"]):
        assert told.run("outbox", "replay", *wrong).code == 2
    result = told.run("outbox", "replay", "1", "2")
    assert (result.code, result.out) == (1, "messages that are sent again: 1\n")
    assert result.err == "error: acknowledged already, or not there: 1\n"
    # One that waits for its next try need not wait.
    told.sql("UPDATE outbox SET attempts = 5")
    assert told.run("outbox", "replay", "3").code == 0
    assert [it["attempts"] for it in listed(told)] == [0, 5, 5]
    assert told.run("outbox", "replay", "--all").err == "error: there is no dead letter\n"
    assert listed(told, "--state", "dead") == []
    status = told.run("status", "--json").json["outbox"]
    assert (status["pending"], status["dead"]) == (2, 0)
    assert "outbox: 2 to be acknowledged" in told.run("status").out


def test_dismissed(told: Commands) -> None:
    result = told.run("outbox", "dismiss", "2", "3")
    assert (result.code, result.out) == (1, "messages that are dismissed: 1\n")
    assert result.err == "error: not a dead letter: 3\n"
    assert [it["id"] for it in listed(told)] == [3, 1]
