"""`polar-sync inbox`."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sync.deletions.ledger import Ledger
from sync.inbox.entry import Entry, Source
from sync.inbox.group_commit import Inbox
from sync.intake.apply import Applier
from tests.helpers.commands import AT, ISO, NOW, Commands
from tests.helpers.engines import BOTH_ENGINES

pytestmark = BOTH_ENGINES

BAD = json.dumps({"type": "customer.updated", "data": {"id": 1, "email": "jane@example.com"}})
DELETED = json.dumps(
    {
        "type": "user.deleted",
        "timestamp": AT.isoformat(),
        "data": {"user_id": "user-1", "name": "Jane"},
    }
)


@pytest.fixture
def came(commands: Commands) -> Commands:
    """Three events: one dead, one ignored, one waiting."""

    async def work(ledger: Ledger) -> None:
        inbox = Inbox(ledger.database)
        running = asyncio.create_task(inbox.run())

        async def put(source: Source, webhook_id: str, body: str, **values: Any) -> None:
            entry = Entry(
                source=source,
                webhook_id=webhook_id,
                body=body.encode(),
                received_at=NOW,
                **values,
            )
            await inbox.put(entry)

        await put(Source.POLAR, "bad", BAD)
        await put(Source.APP, "other", "{}", event_type="user.moved", event_at=AT, ignored=True)
        await Applier(ledger.database, ledger, commands.settings).apply_batch()
        await put(
            Source.APP,
            "deleted",
            DELETED,
            event_type="user.deleted",
            event_at=AT,
            user_hash=ledger.hasher.user("user-1"),
        )
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    commands.do(work)
    return commands


def listed(commands: Commands, *options: str) -> list[str]:
    found = commands.run("inbox", "list", "--json", *options).json["events"]
    return [it["webhook_id"] for it in found]


def test_what_came_and_what_became_of_it(came: Commands) -> None:
    events = came.run("inbox", "list", "--json").json["events"]
    assert [(it["id"], it["source"], it["status"]) for it in events] == [
        (3, "app", "pending"),
        (2, "app", "ignored"),
        (1, "polar", "dead"),
    ]
    assert all(ISO.fullmatch(it["received_at"]) for it in events)
    assert events[2]["error"]
    assert events[0]["user_hash"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--id", "bad"], ["bad"]),
        (["--id", "none"], []),
        (["--source", "app"], ["deleted", "other"]),
        (["--type", "user.moved"], ["other"]),
        (["--state", "pending"], ["deleted"]),
        (["--state", "dead"], ["bad"]),
        (["--state", "ignored", "--source", "polar"], []),
        (["--since", "2026-09-01T00:00:00Z"], ["deleted", "other", "bad"]),
        (["--since", "2036-01-01T00:00:00Z"], []),
        (["--limit", "1"], ["deleted"]),
    ],
)
def test_only_some(came: Commands, options: list[str], found: list[str]) -> None:
    assert listed(came, *options) == found


def test_for_people(came: Commands) -> None:
    table = came.run("inbox", "list").out
    assert "user.deleted" in table
    assert "pending" in table
    assert "no events" in came.run("inbox", "list", "--id", "none").out
    for option, choices in (
        ("--state", "pending, applied, ignored, dead"),
        ("--source", "app, polar"),
    ):
        wrong = came.run("inbox", "list", option, "lost")
        assert wrong.code == 2
        assert choices in wrong.err


def test_a_body_is_shown_only_where_asked_for(came: Commands) -> None:
    shown = came.run("inbox", "show", "3", "--json").json
    assert "body" not in shown
    assert (shown["body_kept"], len(shown["digest"])) == (True, 64)
    masked = json.loads(came.run("inbox", "show", "3", "--body", "--json").json["body"])
    assert masked["data"] == {"user_id": "user-1", "name": "…"}
    bare = came.run("inbox", "show", "3", "--body", "--unmask", "--json").json
    assert bare["body"] == DELETED
    assert "Jane" in came.run("inbox", "show", "3", "--body", "--unmask").out
    assert "Jane" not in came.run("inbox", "show", "3", "--body").out
    ignored = came.run("inbox", "show", "2", "--body", "--json").json
    assert ignored["body_kept"] is False
    assert "body" not in ignored
    assert came.run("inbox", "show", "3", "--unmask").code == 2
    assert came.run("inbox", "show", "4").code == 1


def test_applied_once_more(came: Commands) -> None:
    for wrong in ([], ["1", "--all"]):
        assert came.run("inbox", "replay", *wrong).code == 2
    none = came.run("inbox", "replay", "2", "3")
    assert (none.code, none.out) == (1, "dead letters that are applied once more: 0\n")
    assert listed(came, "--state", "dead") == ["bad"]
    some = came.run("inbox", "replay", "1", "3")
    assert (some.code, some.out) == (1, "dead letters that are applied once more: 1\n")
    assert listed(came, "--state", "dead") == []
    again = came.run("inbox", "replay", "1")
    assert (again.code, again.err) == (1, "error: not a dead letter that can be applied: 1\n")


def test_without_its_body_it_cannot_be(came: Commands) -> None:
    came.sql("UPDATE inbox SET body = NULL WHERE id = 1")
    for which in ("1", "--all"):
        result = came.run("inbox", "replay", which)
        assert result.code == 1
        assert "1 cannot be applied: their content is forgotten" in result.err


def test_dismissed(came: Commands) -> None:
    assert "polar-sync inbox dismiss" in came.run("status").out
    result = came.run("inbox", "dismiss", "1", "3")
    assert (result.code, result.out) == (1, "dead letters that are dismissed: 1\n")
    assert result.err == "error: not a dead letter: 3\n"
    shown = came.run("inbox", "show", "1", "--json").json
    assert (shown["status"], shown["body_kept"]) == ("ignored", False)
    assert shown["error"].startswith("dismissed: ")
    assert came.run("status", "--json").json["dead_letters"]["total"] == 0
