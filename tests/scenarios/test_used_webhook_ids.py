"""An app that gives two events one webhook-id, as by making it of the user's id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.reports.status import status
from tests.helpers.bridge import Bridge, Run, ago
from tests.helpers.commands import Commands
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import deleted_customers
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

ID = "deleted-u1"


def post(it: Bridge, at: str, type_: str = "user.deleted", user_id: str = "u1") -> tuple[int, Any]:
    answer = it.post(event_body(type_, user_id, timestamp=at), webhook_id=ID)
    return answer.status_code, answer.json()


def lost(it: Bridge) -> Any:
    return it.beside(lambda database: status(database, it.settings, 10))["possibly_lost"]


def test_a_person_says_that_nothing_is_lost(
    run: Run, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run() as it:
        it.customer("u1", created_at=ago(days=9))
        assert post(it, ago(days=2))[0] == 202
        it.wait("u1", "verified")
        assert post(it, ago(hours=1))[0] == 409
        [row] = lost(it)["newest"]

        at_its_database = replace(commands, store=it.store)
        monkeypatch.setenv("DATABASE_URL", it.store.url)
        wrong = at_its_database.run("dismiss", str(row["id"] + 1))
        assert (wrong.code, lost(it)["total"]) == (1, 1)
        assert f"not possibly lost: {row['id'] + 1}" in wrong.err
        assert "polar-sync dismiss" in at_its_database.run("status").out
        right = at_its_database.run("dismiss", str(row["id"]))
        assert (right.code, right.out.strip()) == (0, f"dismissed: {row['id']}")
        assert lost(it)["total"] == 0


def test_a_second_deletion_under_a_used_id(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """It is a repetition while the first is open; then it is refused, with both times, and counted
    until it comes under an id of its own."""
    first, second, third = ago(days=2), ago(days=1), ago(hours=1)
    with run(deletion_delay=3) as it:
        old = it.customer("u1", "active", created_at=ago(days=9), email="old@example.com")
        assert post(it, first) == (202, {"status": "accepted"})
        # A retry with a time made anew.
        assert post(it, second) == (202, {"status": "duplicate"})
        it.wait("u1", "verified")
        assert lost(it)["total"] == 0
        new = it.customer("u1", "active", created_at=ago(hours=30))

        assert post(it, first) == (202, {"status": "duplicate"})
        for _ in range(2):
            code, answer = post(it, third)
            assert (code, answer["error"]) == (409, "conflict")
            assert first in answer["detail"]
            assert third in answer["detail"]
        found = lost(it)
        assert found["total"] == 1
        [row] = found["newest"]
        assert (row["event_type"], row["first_at"], row["event_at"], row["times"]) == (
            "user.deleted",
            first,
            third,
            2,
        )
        assert "possibly it is lost" in caplog.text
        assert ID not in caplog.text
        it.at_rest()
        assert deleted_customers(it) == [old]
        it.forgotten("old@example.com")

        it.tell("u1", timestamp=third)
        it.wait("u1", "verified", deletion=1)
        assert deleted_customers(it) == [old, new]
        assert lost(it)["total"] == 0
        # What has been dealt with otherwise is a repetition.
        assert post(it, third) == (202, {"status": "duplicate"})


def test_a_restoration_under_a_used_id(run: Run) -> None:
    """It is refused where the user would be deleted all the same."""
    with run(deletion_delay=3_600) as it:
        it.tell("u1", timestamp=ago(hours=9))
        assert post(it, ago(hours=8), "user.restored") == (202, {"status": "accepted"})
        it.wait("u1", "canceled")
        assert post(it, ago(hours=7), "user.restored") == (202, {"status": "duplicate"})
        it.tell("u1", timestamp=ago(hours=6))
        wait_for(lambda: len(it.deletions("u1")) == 2, "the second deletion")
        code, answer = post(it, ago(hours=5), "user.restored")
        assert (code, answer["error"]) == (409, "conflict")
        assert lost(it)["total"] == 1
        it.tell("u1", "user.restored", timestamp=ago(hours=5, minutes=-1))
        it.wait("u1", "canceled", deletion=1)
        assert lost(it)["total"] == 0


def test_another_user_under_a_used_id(run: Run) -> None:
    with run(deletion_delay=3_600) as it:
        assert post(it, ago(hours=1))[0] == 202
        assert post(it, ago(hours=1), user_id="u2")[0] == 409
        assert post(it, ago(hours=1), "user.of_no_concern")[0] == 409
        assert lost(it)["total"] == 1
        it.tell("u2", timestamp=ago(minutes=1))
        wait_for(lambda: lost(it)["total"] == 0, "it has come")
