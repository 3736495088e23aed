"""Who was missed: an audit of the app's users, and what becomes of what it opens."""

from __future__ import annotations

import pytest

from sync.cli.exit_codes import EQUAL, LEFT
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.bridge import DELETE, Bridge, Run, ago
from tests.helpers.commands import Result, finished
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import deleted_customers
from tests.helpers.settings import environment
from tests.helpers.waiting import wait_for

pytestmark = [pytest.mark.slow, BOTH_ENGINES]

A_MEMBER = {"external_id": "member", "email": "m@example.com", "name": "M", "role": "member"}


def command(it: Bridge, *arguments: str) -> Result:
    """A command in a process of its own, beside the server."""
    polar = {"POLAR_ACCESS_TOKEN": DEFAULT_TOKEN, "POLAR_BASE_URL": it.sim.url}
    variables = environment(it.store, RATE_PER_MINUTE="100000", **polar)
    return finished(*arguments, variables=variables, cwd=it.store.directory)


def audit(it: Bridge, users: list[str], *options: str) -> Result:
    file = it.store.directory / "users.txt"
    file.write_text("".join(f"{user}\n" for user in users))
    share = ("--max-share", "100%")
    return command(it, "reconcile", "--users", str(file), *share, "--json", *options)


def test_from_a_report_to_a_proof(run: Run) -> None:
    with run() as it:
        customers = {
            user: it.customer(user, "active", grants=1, created_at=ago(days=9))
            for user in ("here", "gone", "gone too")
        }
        it.settled()

        assert audit(it, ["here"]).json["users"]["found"] == {"orphan": 2}
        assert it.deletions("gone") == []

        opened = audit(it, ["here"], "--open")
        assert (opened.code, opened.json["users"]["opened"]) == (LEFT, 2)
        held = it.wait("gone", "held")
        assert "not a user any more" in command(it, "show", "gone").out
        [link] = it.evidence(held)
        assert link["source"] == "audit"
        assert link["detail"]["file_sha256"] == opened.json["users"]["file_sha256"]
        # Nothing goes by itself.
        it.tell("nobody")
        it.wait("nobody", "no_customer")
        assert deleted_customers(it) == []

        approved = command(it, "approve", "--all", "--origin", "audit", "--count", "2")
        assert (approved.code, approved.out) == (0, "deletions approved: 2\n")
        it.wait_all(("gone", "gone too"), "verified")
        assert sorted(deleted_customers(it)) == sorted(
            customers[user] for user in ("gone", "gone too")
        )
        assert not it.is_gone(customers["here"])
        receipt = it.receipt(it.deletions("gone")[0])
        assert receipt["chain_unbroken"] is True
        assert receipt["evidence"][0]["source"] == receipt["said_by"] == "audit"
        it.forgotten("gone too")
        again = audit(it, ["here"])
        assert (again.code, again.json["users"]["found"]) == (EQUAL, {})


def test_what_is_approved_goes_as_the_brake_lets_it(run: Run) -> None:
    with run(max_deletions_per_hour=1) as it:
        users = ["one", "two", "three"]
        for user in users:
            it.customer(user, "active", created_at=ago(days=9))
        assert audit(it, ["nobody"], "--open").json["users"]["opened"] == 3

        command(it, "approve", "--all", "--origin", "audit", "--count", "3")

        def states() -> list[str]:
            return sorted(it.deletions(user)[0]["state"] for user in users)

        wait_for(lambda: states() == ["held", "held", "verified"], "one goes, two are held")
        assert it.counts()[DELETE] == 1
        [held, _] = [it.deletions(u)[0] for u in users if it.deletions(u)[0]["state"] == "held"]
        assert "MAX_DELETIONS_PER_HOUR" in held["reason"]


def test_the_apps_own_word_comes_after_the_audit(run: Run) -> None:
    with run() as it:
        customers = {
            user: it.customer(user, "active", created_at=ago(days=9))
            for user in ("left", "came back")
        }
        audit(it, ["nobody"], "--open")

        # The event was late: it is what the deletion waits for.
        it.tell("left", timestamp=ago(hours=1))
        it.tell("came back", "user.restored")

        row = it.wait("left", "verified")
        it.wait("came back", "canceled")
        assert [len(it.deletions(user)) for user in customers] == [1, 1]
        assert it.receipt(row)["said_by"] == "app"
        assert it.kinds(row)[:3] == ["orphan.found", "event.joined", "approved"]
        assert [link["source"] for link in it.evidence(row)][:3] == ["audit", "app", "app"]
        assert deleted_customers(it) == [customers["left"]]


def test_who_signs_up_again_after_the_file_is_kept(run: Run) -> None:
    with run() as it:
        old = it.customer("gone", "active", created_at=ago(days=9))
        assert audit(it, ["nobody"], "--open", "--as-of", "1h").json["users"]["opened"] == 1
        assert it.sim.delete("gone").status_code == 204
        new = it.customer("gone", "active")
        it.settled()

        command(it, "approve", "gone")

        it.wait("gone", "superseded")
        assert not it.is_gone(new)
        assert deleted_customers(it) == [old]  # by hand


def test_what_else_holds_a_deletion_holds_this_one_too(run: Run) -> None:
    with run() as it:
        team = it.customer("boss", "active", created_at=ago(days=9), members=[A_MEMBER])
        customer = it.customer("back", created_at=ago(days=9))
        audit(it, ["member"], "--open", "--as-of", "1h")
        it.sim.control("POST", "/subscriptions", {"customer_id": customer, "status": "active"})
        it.settled()

        command(it, "approve", "--all", "--origin", "audit", "--count", "2")

        def reason(user: str) -> str:
            return str(it.deletions(user)[0]["reason"])

        wait_for(lambda: "ON_TEAM" in reason("boss") or "team" in reason("boss"), "held for others")
        wait_for(lambda: "subscri" in reason("back"), "held for what is new")
        assert {it.deletions(user)[0]["state"] for user in ("boss", "back")} == {"held"}
        assert not it.is_gone(team)
        assert not it.is_gone(customer)


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("user.updated", "before it is opened"),
        ("user.restored", "before it is opened"),
        ("user.created", "held"),
        ("user.updated", "approved"),
    ],
)
def test_of_whom_the_app_says_something_after_the_file_is_there(
    run: Run, said: str, when: str
) -> None:
    with run(sync_events="deleted,restored,updated,created", deletion_delay=3600) as it:
        customer = it.customer("u1", "active", created_at=ago(days=9))
        gone = it.customer("u2", "active", created_at=ago(days=9))
        it.settled()
        if when == "before it is opened":
            it.tell("u1", said, email="u1@example.com")
            it.settled()
        found = audit(it, ["here"], "--open").json["users"]
        if when == "before it is opened":
            assert (found["found"], found["opened"]) == ({"newer": 1, "orphan": 1}, 1)
        elif when == "approved":
            approved = command(it, "approve", "u1")
            assert approved.code == 0, approved.err
        if when != "before it is opened":
            assert found["opened"] == 2
            it.tell("u1", said, email="u1@example.com")
            row = it.wait("u1", "canceled")
            assert it.evidence(row)[-1]["detail"]["by"] == said
        command(it, "approve", "--all", "--origin", "audit")
        command(it, "retry", "u2")
        it.wait("u2", "verified")
        assert it.is_gone(gone)
        assert not it.is_gone(customer)
