"""`polar-sync reconcile --users`: the app's users against whom Polar has."""

from __future__ import annotations

import csv
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.cli.exit_codes import EQUAL, LEFT, REPAIRED, UNFINISHED
from sync.deletions.observations import Canceled, CustomerMissing, Unmapped
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.bridge import ago
from tests.helpers.commands import CUSTOMER, HELD, SUPERSEDED, Commands, Result
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import EVENT_SECRET
from tests.helpers.simulator import SimulatorClient

pytestmark = BOTH_ENGINES

USAGE = 2
FORTUNE = {"status": "past_due", "amount": 99_900}


@dataclass
class Desk:
    """A command line, a Polar, and the file of the app's users."""

    commands: Commands
    sim: SimulatorClient
    file: Path
    customers: dict[str, str] = field(default_factory=dict)
    """Polar's ids, by external id."""

    def customer(self, external_id: str | None, *subscriptions: Any, **fields: Any) -> str:
        made = {"created_at": ago(days=9), "subscriptions": [*subscriptions], **fields}
        polar_id: str = self.sim.customer(external_id, **made)["customer"]["id"]
        self.customers[external_id or ""] = polar_id
        return polar_id

    def users(self, *ids: str) -> None:
        self.file.write_text("".join(f"{it}\n" for it in ("id", *ids)))

    def reconcile(self, *options: str) -> Result:
        # 100 % of few customers are soon gone.
        share = () if "--max-share" in options else ("--max-share", "100%")
        return self.commands.run("reconcile", "--users", str(self.file), *share, *options)

    def audit(self, *options: str) -> Any:
        """What `--json` says of the users."""
        return self.reconcile("--json", *options).json["users"]

    def found(self, *options: str) -> dict[str, str]:
        """What each is, by external id, or by Polar's."""
        return {
            it["external_id"] or it["customer_id"]: it["finding"]
            for it in self.audit(*options)["listed"]
        }

    def deletions(self) -> list[Any]:
        return self.commands.store.query("SELECT * FROM deletion ORDER BY id")


@pytest.fixture
def desk(commands: Commands, sim: SimulatorClient) -> Desk:
    variables = {
        "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
        "POLAR_BASE_URL": sim.url,
        "RATE_PER_MINUTE": "100000",
    }
    for name, value in variables.items():
        commands.monkeypatch.setenv(name, value)
    return Desk(commands, sim, commands.store.directory / "users.csv")


def test_who_was_missed_is_told_and_nothing_is_done(desk: Desk) -> None:
    desk.customer("here", "active")
    gone = desk.customer("gone", "active", "canceled", FORTUNE)
    poor = desk.customer("poor")
    unlinked = desk.customer(None, "active")
    desk.users("here", "no customer", "here")

    result = desk.reconcile("--json")

    assert (result.code, result.json["exit_code"]) == (LEFT, LEFT)
    report = result.json["users"]
    assert report["found"] == {"orphan": 2, "unlinked": 1}
    counts = {name: report[name] for name in ("users", "repeated", "without_customer")}
    assert counts == {"users": 2, "repeated": 1, "without_customer": 1}
    assert (report["customers"], report["linked"], report["opened"]) == (4, 3, 0)
    assert report["share"] == pytest.approx(2 / 3)
    # Whoever pays comes first.
    assert [it["customer_id"] for it in report["listed"]] == [gone, poor, unlinked]
    first = report["listed"][0]
    assert (first["user_id"], first["external_id"], first["deletion"]) == ("gone", "gone", None)
    amounts = {it["status"]: it["amount"] for it in first["subscriptions"]}
    assert amounts == {"active": 1_000, "past_due": 99_900}
    month = {"currency": "usd", "recurring_interval": "month"}
    assert report["pays"] == {
        "orphan": [{**month, "amount": 100_900, "subscriptions": 2}],
        "unlinked": [{**month, "amount": 1_000, "subscriptions": 1}],
    }
    assert report["file_sha256"] == hashlib.sha256(desk.file.read_bytes()).hexdigest()
    assert desk.deletions() == []

    told = desk.reconcile()
    assert told.code == LEFT
    assert "users: 2 in the file of" in told.out
    assert "(1 repeated), 1 of them without a customer" in told.out
    assert "orphan (2): customers whose users are gone; 1009.00 usd a month" in told.out
    assert gone in told.out
    assert "2 of 3 customers with an external id were missed: 66.67%" in told.out
    assert "`--open` opens a deletion for each" in told.out


def test_where_all_have_users_nothing_is_left_to_do(desk: Desk) -> None:
    desk.customer("here", "active")
    desk.users("here")
    assert desk.reconcile().code == REPAIRED
    result = desk.reconcile()
    assert result.code == EQUAL
    assert "none of 1 customers with an external id was missed" in result.out


def test_open_holds_a_deletion_for_each_and_names_the_file(desk: Desk) -> None:
    for user in ("gone", "gone too", "here"):
        desk.customer(user, "active")
    desk.users("here")
    as_of = datetime.now(UTC) - timedelta(days=1)

    result = desk.reconcile("--open", "--json", "--as-of", as_of.isoformat())

    assert result.code == LEFT
    report = result.json["users"]
    assert report["opened"] == 2
    held = {it["user_id"]: (it["deletion"], it["state"]) for it in report["listed"]}
    rows = {row["user_id"]: row["id"] for row in desk.deletions()}
    assert held == {user: (rows[user], "held") for user in ("gone", "gone too")}
    shown = desk.commands.run("show", "gone", "--json").json["deletions"][0]
    assert shown["chain_unbroken"] is True
    assert shown["approved"] is False
    [link] = shown["evidence"]
    assert (link["kind"], link["source"], link["state"]) == ("orphan.found", "audit", "held")
    assert link["detail"]["customer_id"] == desk.customers["gone"]
    assert link["detail"]["file_sha256"] == report["file_sha256"]
    # Whoever comes after the file is not deleted, whatever the clocks say: CLOCK_SKEW is 30 s.
    assert datetime.fromisoformat(shown["event_at"]) == as_of - timedelta(seconds=30)

    again = desk.reconcile("--open", "--json", "--as-of", as_of.isoformat())
    assert again.json["users"]["found"] == {"under_way": 2}
    assert again.json["users"]["opened"] == 0
    assert len(desk.deletions()) == 2


@pytest.mark.slow
def test_what_an_audit_has_opened_is_approved_or_canceled_by_its_origin(desk: Desk) -> None:
    braked = desk.commands.deletion("braked", *HELD)
    for user in ("one", "two", "three"):
        desk.customer(user)
    desk.users("nobody")
    assert "deletions opened: 3, held" in desk.reconcile("--open").out
    numbers = {row["user_id"]: row["id"] for row in desk.deletions()}

    # Nobody approves them by the way.
    run = desk.commands.run
    assert run("approve", "--all", "--dry-run").out.endswith(": 1\n")
    assert run("approve", "--all", "--origin", "audit", "--dry-run").out.endswith(": 3\n")
    assert run("cancel", "two").code == 0
    assert run("retry", "one").code == 1
    assert run("approve", "--all", "--origin", "audit", "--count", "2").code == 0

    states = {row["user_id"]: row["state"] for row in desk.deletions()}
    assert states == {"braked": "held", "one": "received", "two": "canceled", "three": "received"}
    assert desk.commands.evidence(numbers["one"])[-1] == ("approved", "operator", "received")
    assert desk.commands.row(numbers["one"]).approved is False
    assert desk.commands.row(braked).state == "held"
    nothing = run("approve", "--all", "--origin", "audit")
    assert (nothing.code, "an audit has opened" in nothing.err) == (1, True)
    # It is not asked again what somebody has answered.
    assert desk.found() == {"one": "under_way", "two": "kept", "three": "under_way"}
    assert desk.reconcile().code == EQUAL
    assert run("cancel", "--all", "--origin", "audit", "--count", "1").code == 1
    assert "go with --all" in run("approve", "one", "--origin", "audit").err


@pytest.mark.slow
def test_too_large_a_share_is_refused_with_the_figures(desk: Desk) -> None:
    for number in range(20):
        desk.customer(f"u{number}", "active")
    desk.users(*(f"u{number}" for number in range(18)))

    result = desk.reconcile("--open", "--max-share", "5%")
    assert result.code == LEFT
    assert "2 of 20 customers with an external id were missed: 10.00%" in result.out
    assert "that is more than --max-share 5%, so nothing is opened" in result.out
    assert desk.deletions() == []
    default = desk.commands.run("reconcile", "--users", str(desk.file), "--open", "--json").json
    assert (default["users"]["refused"], default["users"]["max_share"]) == (True, 0.05)
    assert desk.deletions() == []

    allowed = desk.audit("--open", "--max-share", "10%")
    assert (allowed["refused"], allowed["opened"]) == (False, 2)


@pytest.mark.slow
def test_who_is_newer_than_the_file_is_left_alone(desk: Desk) -> None:
    desk.customer("old", created_at=ago(hours=3))
    desk.customer("new", created_at=ago(hours=1))
    desk.users("nobody")
    assert desk.found() == {"old": "orphan", "new": "orphan"}
    assert desk.found("--as-of", "2h") == {"old": "orphan", "new": "newer"}

    two_hours_ago = datetime.now(UTC).timestamp() - 7_200
    os.utime(desk.file, (two_hours_ago, two_hours_ago))
    report = desk.audit("--open")
    assert report["found"] == {"orphan": 1, "newer": 1}
    assert datetime.fromisoformat(report["as_of"]).timestamp() == pytest.approx(two_hours_ago)
    assert [row["user_id"] for row in desk.deletions()] == ["old"]
    # A clock that was ahead is not believed.
    tomorrow = datetime.now(UTC).timestamp() + 86_400
    os.utime(desk.file, (tomorrow, tomorrow))
    assert datetime.fromisoformat(desk.audit()["as_of"]) <= datetime.now(UTC)


@pytest.mark.slow
def test_a_buyer_who_signed_up_after_the_file_is_left_alone(desk: Desk) -> None:
    guest = desk.customer(None, "active")
    desk.customer("gone", "active")
    desk.users("nobody")
    linked = desk.sim.api.patch(f"/v1/customers/{guest}", json={"external_id": "buyer"})
    assert linked.status_code == 200

    assert desk.found("--as-of", "1h") == {"buyer": "newer", "gone": "orphan"}
    assert desk.audit("--open", "--as-of", "1h")["opened"] == 1
    assert [row["user_id"] for row in desk.deletions()] == ["gone"]


def test_the_app_is_told_of_what_an_audit_holds(desk: Desk) -> None:
    desk.commands.monkeypatch.setenv("OUTCOME_URL", "https://app.example.com/outcomes")
    desk.commands.monkeypatch.setenv("OUTCOME_SECRETS", EVENT_SECRET)
    desk.customer("gone")
    desk.users("nobody")
    desk.audit("--open")
    [message] = desk.commands.run("outbox", "list", "--json").json["messages"]
    [row] = desk.deletions()
    assert (message["type"], message["deletion_id"]) == ("deletion.needs_action", row["id"])


def test_a_member_whose_user_is_gone_is_told(desk: Desk) -> None:
    there = {"external_id": "here", "email": "h@example.com", "name": "H", "role": "member"}
    gone = {"external_id": "gone", "email": "g@example.com", "name": "G", "role": "member"}
    team = desk.customer("boss", "active", members=[there, gone])
    desk.users("boss", "here")

    result = desk.reconcile("--open", "--json")

    assert result.code == LEFT
    report = result.json["users"]
    assert (report["found"], report["opened"], report["without_customer"]) == ({"member": 1}, 0, 1)
    [it] = report["listed"]
    assert (it["customer_id"], it["external_id"], it["user_id"]) == (team, "gone", "gone")
    assert it["member_id"] is not None
    assert "polar-sync send user.deleted" in desk.reconcile().out


@pytest.mark.slow
def test_what_is_known_of_a_deletion_is_told(desk: Desk) -> None:
    desk.customer("superseded")
    for user in ("unmapped", "looks again", "kept", "pinned another", "came back"):
        desk.customer(user)
    desk.users("nobody")
    commands = desk.commands
    commands.deletion("superseded", SUPERSEDED)
    unmapped = commands.deletion("unmapped", Unmapped())
    commands.deletion("looks again", CustomerMissing())
    kept = commands.deletion("kept", Unmapped())
    assert commands.run("cancel", "kept").code == 0
    commands.deletion("pinned another", *HELD)
    # What the app has taken back says nothing of a user who is gone again.
    commands.deletion("came back", Canceled())

    report = desk.audit()

    known = {it["external_id"]: (it["finding"], it["deletion"]) for it in report["listed"]}
    assert known["superseded"] == ("orphan", None)
    assert known["unmapped"] == ("under_way", unmapped)
    assert known["looks again"][0] == "under_way"
    assert known["kept"] == ("kept", kept)
    assert known["pinned another"] == known["came back"] == ("orphan", None)


@pytest.mark.slow
def test_the_mapping_says_whose_a_customer_is(desk: Desk) -> None:
    mapped = desk.customer(None, "active")
    elsewhere = desk.customer("moved")
    desk.customer("ext-9")
    desk.customer("ext-8")
    desk.customer("of two")
    for user, *target in (
        ("u7", "--customer-id", mapped),
        ("u9", "--external-id", "ext-9"),
        ("u8", "--external-id", "ext-8"),
        # Who has an entry is not under the id that the rule would give.
        ("moved", "--customer-id", CUSTOMER),
        ("first", "--external-id", "of two"),
        ("second", "--customer-id", desk.customers["of two"]),
    ):
        assert desk.commands.run("map", "set", user, *target).code == 0
    desk.users("u8", "moved")

    report = desk.audit()

    found = {it["customer_id"]: (it["finding"], it["user_id"]) for it in report["listed"]}
    assert found == {
        mapped: ("orphan", "u7"),
        desk.customers["ext-9"]: ("orphan", "u9"),
        elsewhere: ("unmapped", None),
        desk.customers["of two"]: ("unmapped", None),
    }
    assert (report["linked"], report["without_customer"]) == (5, 1)


@pytest.mark.slow
def test_the_rule_says_whose_a_customer_is(desk: Desk) -> None:
    for name, value in (("MAPPING", "template"), ("EXTERNAL_ID_TEMPLATE", "app:{user_id}")):
        desk.commands.monkeypatch.setenv(name, value)
    for external_id in ("app:u1", "app:u2", "u1"):
        desk.customer(external_id)
    desk.users("u1")
    assert desk.found() == {"app:u2": "orphan", "u1": "unmapped"}
    desk.audit("--open")
    assert [row["user_id"] for row in desk.deletions()] == ["u2"]

    desk.commands.monkeypatch.setenv("MAPPING", "table")
    assert desk.found() == {"app:u1": "unmapped", "app:u2": "unmapped", "u1": "unmapped"}


@pytest.mark.slow
def test_all_that_were_found_are_written_as_csv(desk: Desk) -> None:
    for number in range(120):
        desk.customer(f"u{number}")
    rich = desk.customer("=rich", "active")
    desk.users("nobody")
    out = desk.file.with_name("missed.csv")

    result = desk.reconcile("--open", "--out", str(out))

    assert "and 21 more" in result.out
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 121
    [it] = [row for row in rows if row["customer_id"] == rich]
    assert (it["external_id"], it["pays"]) == ("'=rich", "10.00 usd a month")
    assert {row["state"] for row in rows} == {"held"}
    assert len({row["deletion"] for row in rows}) == 121
    assert list(desk.file.parent.glob("tmp*")) == []


def test_what_cannot_be_written_is_said_at_the_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.customer("gone")
    desk.users("nobody")
    (directory := desk.file.with_name("results")).mkdir()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sync.reconcile.users_csv.write", full)
    result = desk.reconcile("--out", str(directory / "missed.csv"))
    assert result.code == UNFINISHED
    assert "No space left on device; the rest is done" in result.err
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "line 1: file: is empty"),
        (b"u1,a,b\nu2,c,d\n", "line 1: header: there are 3 columns and no header"),
        (b"id,name\nu1,a\nu2", "line 3: line: has 1 values, the header 2"),
    ],
)
def test_a_file_that_cannot_be_used_costs_no_call(desk: Desk, content: bytes, why: str) -> None:
    desk.customer("u1")
    desk.file.write_bytes(content)
    result = desk.reconcile("--open", "--json")
    assert result.code == USAGE
    assert result.json["exit_code"] == USAGE
    assert why in result.err
    assert len(result.err.splitlines()) == 1
    assert desk.sim.control("GET", "/counts") == {}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--open"], "go with --users"),
        (["--max-share", "5%"], "go with --users"),
        (["--as-of", "2h"], "go with --users"),
        (["--out", "x.csv"], "go with --users"),
        (["--users", "users.csv", "--user", "u1"], "--users needs a whole run"),
        (["--users", "users.csv", "--deletions"], "--users needs a whole run"),
        (["--users", "users.csv", "--since", "2h"], "--users needs a whole run"),
        (["--users", "users.csv", "--dry-run"], "without --open it reports only"),
        (["--users", "nowhere.csv"], "nowhere.csv"),
        (["--users", "users.csv", "--max-share", "5"], "it must be a percentage"),
        (["--users", "users.csv", "--max-share", "101%"], "it must be a percentage"),
        (["--users", "users.csv", "--max-share", "-5%"], "it must be a percentage"),
        (["--users", "users.csv", "--as-of", "yesterday"], "it must be a duration"),
        (["--users", "users.csv", "--as-of", "2999-01-01T00:00:00Z"], "that is still to come"),
        (["--users", "users.csv", "--out", "no/where.csv"], "there is no directory no"),
        (["--users", "users.csv", "--out", "."], "that is no file"),
        (["--users", "users.csv", "--out", "users.csv"], "that is the file of --users"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
def test_what_cannot_be_asked_for(desk: Desk, options: list[str], why: str) -> None:
    desk.users("u1")
    result = desk.commands.run("reconcile", *options)
    assert result.code == USAGE
    assert why in " ".join(result.err.replace("│", " ").split())


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Stdin is a pipe; its other end."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield write


def test_of_a_pipe_nobody_knows_how_old_it_is(desk: Desk, pipe: int) -> None:
    desk.customer("gone", created_at=ago(hours=2))
    with os.fdopen(pipe, "wb") as app:
        app.write(b"u1\n")
    command = ("reconcile", "--users", "-", "--max-share", "100%")

    refused = desk.commands.run(*command, "--open")
    assert refused.code == USAGE
    assert "--open needs --as-of here" in " ".join(refused.err.replace("│", " ").split())

    opened = desk.commands.run(*command, "--open", "--as-of", "1h", "--json")
    assert opened.json["users"]["opened"] == 1


def test_a_pipe_is_as_old_as_the_command_where_nothing_is_opened(desk: Desk, pipe: int) -> None:
    desk.customer("gone")
    with os.fdopen(pipe, "wb") as app:
        app.write(b"u1\n")
    before = datetime.now(UTC)
    report = desk.commands.run("reconcile", "--users", "-", "--json").json["users"]
    assert report["found"] == {"orphan": 1}
    assert datetime.fromisoformat(report["as_of"]) >= before


@pytest.mark.slow
def test_users_are_compared_only_with_all_that_polar_has(desk: Desk) -> None:
    for number in range(101):
        desk.customer(f"u{number}")
    desk.users("u1")
    stopped = desk.reconcile("--open", "--max-calls", "2")
    assert stopped.code == UNFINISHED
    assert "users: not compared, since it did not finish" in stopped.out
    assert desk.deletions() == []

    whole = desk.reconcile("--open", "--json")
    assert whole.json["users"]["opened"] == 100
