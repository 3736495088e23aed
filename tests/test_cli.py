"""The command line, run as its users run it: arguments, exit codes, stdout and stderr."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.dialects import sqlite
from sqlmodel import col, select
from typer.testing import CliRunner

from sync.cli.main import cli, main
from sync.deletions.leases import LeaseLost, Leases
from sync.deletions.ledger import Ledger
from sync.deletions.observations import (
    Brake,
    Checked,
    CustomerFound,
    CustomerMissing,
    DeleteAnswered,
    DeleteSent,
    Failed,
    FailureKind,
    Observation,
    Unmapped,
)
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.inbox.group_commit import Entry, Inbox
from sync.inbox.tables import OPEN_INBOX, InboxRow, InboxStatus, Source
from sync.intake.apply import Applier
from sync.mirror import objects as mirror
from sync.mirror import rows as mirror_rows
from sync.settings import Settings
from sync.store.database import Database
from tests.conftest import StoreFactory
from tests.store import Store
from tests.support import (
    BOTH_ENGINES,
    EVENT_SECRET,
    HASH_KEY,
    POLAR_SECRET,
    SQLITE,
    environment,
    inbox_rows,
    load_settings,
    new_id,
    serve_settings,
)
from tests.waiting import wait_for

pytestmark = BOTH_ENGINES

CUSTOMER = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"
OTHER = "7a3d2e1f-4054-4a6f-8b66-1e7e2a7d3c22"
AT = datetime(2026, 10, 1, tzinfo=UTC)
NOW = AT + timedelta(minutes=1)
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
COMMAND = [sys.executable, "-m", "sync.cli"]

FOUND = CustomerFound(customer_id=CUSTOMER, created_at=AT - timedelta(days=9), listed_at=NOW)
HELD = (FOUND, Brake(sent=3, limit=3))
DELETED = (FOUND, DeleteSent(), DeleteAnswered())
VERIFIED = (*DELETED, Checked(subscriptions=(), grants=(), listed_at=NOW))
SUPERSEDED = CustomerFound(customer_id=OTHER, created_at=AT + timedelta(days=1), listed_at=NOW)
BLOCKED = Failed(kind=FailureKind.BLOCKED, reason="GET was answered 401: mend the token")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stdout holds, which must be JSON and nothing else."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A deployment on a database: seeded through the ledger, looked at through the commands."""

    store: Store
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @property
    def settings(self) -> Settings:
        return load_settings(self.store)

    def run(self, *arguments: str) -> Result:
        """A command through the entry point, in this process."""
        self.monkeypatch.setattr(sys, "argv", ["polar-sync", *arguments])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        out, err = self.capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        assert "Traceback" not in err
        return Result(exit_.value.code, out, err)

    def do(self, work: Callable[[Ledger], Awaitable[T]]) -> T:
        """Anything else, on the same database."""

        async def run() -> T:
            database = Database(self.settings.database_url.get_secret_value())
            try:
                return await work(Ledger.of(database, self.settings))
            finally:
                await database.close()

        return asyncio.run(run())

    def deletion(
        self, user_id: str = "user-1", *observations: Observation, at: datetime = AT
    ) -> int:
        """A deletion that has come as far as the observations bring it; returns its number."""

        async def work(ledger: Ledger) -> int:
            async with ledger.database.write() as session:
                row = await ledger.open(
                    session, user_id=user_id, external_id=None, event_at=at, now=NOW, digest="d"
                )
                for observation in observations:
                    await ledger.record(session, row, observation, NOW, source="worker")
                assert row.id is not None
                return row.id

        return self.do(work)

    def dead_letter(self, body: bytes = b"no JSON") -> None:
        """An event from Polar that could not be applied."""

        async def work(ledger: Ledger) -> None:
            inbox = Inbox(ledger.database)
            running = asyncio.create_task(inbox.run())
            await inbox.put(Entry(source=Source.POLAR, webhook_id=new_id(), body=body))
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await Applier(ledger.database, ledger, self.settings).apply_batch()

        self.do(work)

    def row(self, number: int) -> DeletionRow:
        async def work(ledger: Ledger) -> DeletionRow:
            async with ledger.database.read() as session:
                return (
                    await session.exec(select(DeletionRow).where(col(DeletionRow.id) == number))
                ).one()

        return self.do(work)

    def evidence(self, number: int) -> list[tuple[str, str, str]]:
        """Kind, source and state of each link."""

        async def work(ledger: Ledger) -> Sequence[EvidenceRow]:
            async with ledger.database.read() as session:
                return (
                    await session.exec(
                        select(EvidenceRow)
                        .where(col(EvidenceRow.deletion_id) == number)
                        .order_by(col(EvidenceRow.seq))
                    )
                ).all()

        return [(row.kind, row.source, row.state) for row in self.do(work)]

    def sql(self, statement: str) -> None:
        self.store.execute(statement)


@pytest.fixture
def bridge(
    new_store: StoreFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Bridge:
    store = new_store()
    # No `.env` of whoever runs the tests.
    monkeypatch.chdir(store.directory)
    for name, value in environment(store).items():
        monkeypatch.setenv(name, value)
    return Bridge(store, capsys, monkeypatch)


def process(*arguments: str, variables: dict[str, str], cwd: Path) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    bare = {k: v for k, v in os.environ.items() if k not in environment(cwd)}
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        env={**bare, **variables, "PYTHONPATH": str(Path(__file__).parent.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(*arguments: str, variables: dict[str, str], cwd: Path) -> Result:
    """The same, once it has ended."""
    with process(*arguments, variables=variables, cwd=cwd) as popen:
        out, err = popen.communicate(timeout=60)
    return Result(popen.returncode, out, err)


@contextlib.contextmanager
def started(
    *arguments: str, variables: dict[str, str], cwd: Path, until: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that keeps running, once it has said `until`; gives the line that says so."""
    with process(*arguments, variables=variables, cwd=cwd) as popen:
        try:
            assert popen.stderr is not None
            line = next((line for line in popen.stderr if until in line), "")
            assert line
            yield popen, line
        finally:
            popen.kill()


# --- configuration ----------------------------------------------------------------------------


def test_each_missing_variable_is_one_line_on_stderr(tmp_path: Path) -> None:
    result = finished("status", "--json", variables={}, cwd=tmp_path)

    assert (result.code, result.out) == (2, "")
    lines = result.err.splitlines()
    assert [line.split()[1] for line in lines] == [
        "POLAR_ACCESS_TOKEN",
        "POLAR_WEBHOOK_SECRETS",
        "EVENT_SECRETS",
        "HASH_KEY",
    ]
    assert all("is not set" in line for line in lines)


@pytest.mark.parametrize(
    "command",
    [
        ["serve"],
        ["worker"],
        ["migrate"],
        ["show", "u"],
        ["cancel", "u"],
        ["map", "show", "u"],
        ["send", "user.deleted", "u"],
    ],
    ids=" ".join,
)
def test_a_secret_is_never_printed(bridge: Bridge, command: list[str]) -> None:
    bridge.monkeypatch.setenv("EVENT_SECRETS", "whsec_!not-base64-but-secret!")
    bridge.monkeypatch.setenv("HASH_KEY", "short-but-secret")

    result = bridge.run(*command)

    assert result.code == 2
    assert [line.split()[1] for line in result.err.splitlines()] == ["EVENT_SECRETS", "HASH_KEY"]
    assert "secret!" not in result.err
    assert "short-but" not in result.err


@pytest.mark.parametrize("command", [["status"], ["serve"], ["worker"], ["cancel", "u"]])
def test_a_database_without_tables_says_what_to_run(
    bridge: Bridge, command: list[str], tmp_path: Path
) -> None:
    bridge.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.db")

    result = bridge.run(*command)

    assert (result.code, result.out) == (2, "")
    assert result.err == "error: the database has no tables yet; run: polar-sync migrate\n"


def test_migrate_makes_the_tables_and_may_be_repeated(bridge: Bridge, tmp_path: Path) -> None:
    bridge.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/deep/new.db")

    assert bridge.run("migrate").code == 0
    assert bridge.run("migrate").code == 0
    assert bridge.run("status").code == 0


def test_another_hash_key_is_refused(bridge: Bridge) -> None:
    assert bridge.run("status").code == 0
    bridge.monkeypatch.setenv("HASH_KEY", HASH_KEY[::-1])

    result = bridge.run("show", "user-1")

    assert result.code == 2
    assert result.err.startswith("error: HASH_KEY is not the key")
    assert HASH_KEY[::-1] not in result.err


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all.db",
        "postgresql://u:hunter2@127.0.0.1:1/x",
        "postgresql://u@h:p/x",
    ],
)
def test_a_database_that_cannot_be_used_is_one_line(bridge: Bridge, url: str) -> None:
    bridge.monkeypatch.setenv("DATABASE_URL", url)

    result = bridge.run("status")

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "hunter2" not in result.err


def test_what_is_no_database_and_where_none_can_be(bridge: Bridge, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"not a database " * 100)
    bridge.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/file")
    result = bridge.run("status")
    assert (result.code, result.err.count("\n")) == (2, 1)

    bridge.monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/file/below.db")
    result = bridge.run("migrate")
    assert (result.code, result.err) == (2, "error: the database cannot be used: File exists\n")


def test_the_version_the_help_and_a_wrong_usage() -> None:
    runner = CliRunner()

    assert re.fullmatch(r"polar-sync \d+\.\d+\.\d+\n", runner.invoke(cli, ["--version"]).output)
    help_ = runner.invoke(cli, ["--help"])
    assert help_.exit_code == 0
    assert "Exit codes" in help_.output
    for arguments in (["show"], ["nonsense"], ["retry"], ["approve"], ["receipt", "x"]):
        assert runner.invoke(cli, arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["retry", "1", "--dead-letters"],
        ["approve", "1", "--all"],
        ["show", "caf\udce9"],
        ["receipt", "0"],
        ["send", "user.updated", "u"],
    ],
    ids=repr,
)
def test_a_wrong_usage_exits_with_2(bridge: Bridge, arguments: list[str]) -> None:
    assert bridge.run(*arguments).code == 2


# --- status -----------------------------------------------------------------------------------


def test_status_of_an_empty_bridge(bridge: Bridge) -> None:
    result = bridge.run("status", "--json")

    assert (result.code, result.err) == (0, "")
    assert result.json == {
        "states": {state.value: 0 for state in State},
        "oldest_waiting": None,
        "need_person": {"total": 0, "deletions": []},
        "inbox": {"pending": 0, "oldest_pending_at": None},
        "dead_letters": {"total": 0, "newest": []},
    }
    assert "no deletions yet" in bridge.run("status").out


def test_status_lists_what_needs_a_person_and_why(bridge: Bridge) -> None:
    verified = bridge.deletion("user-0", *VERIFIED)
    superseded = bridge.deletion("user-1", SUPERSEDED)
    unmapped = bridge.deletion("user-2", Unmapped())
    held = bridge.deletion("user-3", *HELD)
    blocked = bridge.deletion("user-4", BLOCKED)
    bridge.deletion("user-5")
    bridge.dead_letter()

    report = bridge.run("status", "--json").json

    assert {state: count for state, count in report["states"].items() if count} == {
        "verified": 1,
        "superseded": 1,
        "unmapped": 1,
        "held": 1,
        "blocked": 1,
        "received": 1,
    }
    assert report["oldest_waiting"]["id"] == unmapped
    assert ISO.fullmatch(report["oldest_waiting"]["received_at"])
    needed = report["need_person"]
    assert needed["total"] == 4
    assert [row["id"] for row in needed["deletions"]] == [unmapped, held, blocked, superseded]
    assert all(row["reason"] for row in needed["deletions"])
    assert needed["deletions"][0]["user_id"] == "user-2"
    dead = report["dead_letters"]
    assert dead["total"] == 1
    assert dead["newest"][0]["error"] == "the body is not JSON"
    assert set(dead["newest"][0]) == {"id", "source", "event_type", "received_at", "error"}

    shown = bridge.run("status").out
    assert "the brake tripped" in shown
    assert "created after the event" in shown
    assert "the body is not JSON" in shown
    assert "map set" in shown
    assert verified not in [row["id"] for row in needed["deletions"]]


def test_status_lists_no_more_than_it_is_asked_to(bridge: Bridge) -> None:
    for number in range(3):
        bridge.deletion(f"user-{number}", Unmapped())

    report = bridge.run("status", "--json", "--limit", "2").json

    assert report["need_person"]["total"] == 3
    assert len(report["need_person"]["deletions"]) == 2
    assert "and 1 more" in bridge.run("status", "--limit", "2").out


def test_status_counts_the_backlog(bridge: Bridge) -> None:
    bridge.dead_letter()
    assert bridge.run("retry", "--dead-letters").code == 0

    inbox = bridge.run("status", "--json").json["inbox"]

    assert inbox["pending"] == 1
    assert ISO.fullmatch(inbox["oldest_pending_at"])


@SQLITE
def test_status_reads_the_inbox_by_its_index(bridge: Bridge) -> None:
    async def plan(ledger: Ledger) -> str:
        async with ledger.database.read() as session:
            dead = col(InboxRow.status) == InboxStatus.DEAD
            compiled = select(InboxRow).where(OPEN_INBOX, dead).compile(dialect=sqlite.dialect())
            connection = await session.connection()
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ("dead",))
            return str(rows.all())

    assert "USING INDEX ix_inbox_open" in bridge.do(plan)


# --- show and receipt -------------------------------------------------------------------------


def mirrored(bridge: Bridge) -> None:
    """The customer, one paused subscription and one grant, in the mirror."""
    common = {"created_at": "2026-09-01T00:00:00Z", "modified_at": None}

    async def work(ledger: Ledger) -> None:
        async with ledger.database.write() as session:
            observed: list[mirror.Mirrored] = [
                mirror.parse(
                    mirror.Customer,
                    {**common, "id": CUSTOMER, "email": "ada@example.com", "external_id": "user-1"},
                    observed_at=NOW,
                    by="api",
                ),
                mirror.parse(
                    mirror.Subscription,
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
                mirror.parse(
                    mirror.Grant,
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

    bridge.do(work)


def test_show_tells_everything_about_a_users_deletions(bridge: Bridge) -> None:
    mirrored(bridge)
    first = bridge.deletion("user-1", SUPERSEDED)
    second = bridge.deletion("user-1", *DELETED, at=AT + timedelta(hours=1))
    bridge.deletion("user-2")

    report = bridge.run("show", "user-1", "--json").json

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
    assert bridge.run("show", str(second), "--json").json == report

    shown = bridge.run("show", "user-1").out
    for text in ("delete.answered", "paused", OTHER, CUSTOMER, "is unbroken"):
        assert text in shown
    assert "ada@example.com" not in shown + json.dumps(report)


def test_show_says_when_the_chain_is_broken(bridge: Bridge) -> None:
    number = bridge.deletion("user-1", *DELETED)
    bridge.sql("UPDATE evidence SET source = 'operator' WHERE seq = 2")

    assert bridge.run("show", "user-1", "--json").json["deletions"][0]["chain_unbroken"] is False
    assert "THE CHAIN OF EVIDENCE IS BROKEN" in bridge.run("show", "user-1").out
    result = bridge.run("receipt", str(number))
    assert result.code == 1
    assert result.json["chain_unbroken"] is False
    assert "broken" in result.err


def test_a_forgotten_user_is_found_and_shown_by_hash_only(bridge: Bridge) -> None:
    number = bridge.deletion("ada-the-user", *VERIFIED)

    for shown in (
        bridge.run("show", "ada-the-user"),
        bridge.run("show", "ada-the-user", "--json"),
        bridge.run("show", str(number)),
        bridge.run("status", "--json"),
    ):
        assert shown.code == 0
        assert "ada-the-user" not in shown.out
    assert bridge.run("show", str(number), "--json").json["deletions"][0]["user_id"] is None
    assert "forgotten" in bridge.run("show", str(number)).out


def test_who_is_not_found_is_a_1(bridge: Bridge) -> None:
    for text in ("nobody", "7", "9" * 30, "", "a[b]c"):
        result = bridge.run("show", text, "--json")
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("error: there is no deletion")
    assert bridge.run("receipt", "7").code == 1


def test_a_number_may_be_a_users_id(bridge: Bridge) -> None:
    first = bridge.deletion("2")
    second = bridge.deletion("user-1")
    assert (first, second) == (1, 2)

    for command in ("show", "cancel", "retry"):
        result = bridge.run(command, "2")
        assert result.code == 2
        assert "--deletion or --user" in result.err
    by_user = bridge.run("show", "2", "--user", "--json").json
    by_number = bridge.run("show", "2", "--deletion", "--json").json
    assert [item["id"] for item in by_user["deletions"]] == [first]
    assert [item["id"] for item in by_number["deletions"]] == [second]
    assert bridge.run("cancel", "2", "--user").out == "deletion 1: is canceled\n"
    assert bridge.row(second).state is State.RECEIVED


def test_a_receipt_is_its_users(bridge: Bridge) -> None:
    number = bridge.deletion("user-1", *VERIFIED)

    plain = bridge.run("receipt", str(number))
    theirs = bridge.run("receipt", str(number), "--user", "user-1")
    somebody_elses = bridge.run("receipt", str(number), "--user", "user-2")

    assert (plain.code, plain.err) == (0, "")
    assert plain.json == theirs.json == somebody_elses.json
    assert plain.json["state"] == "verified"
    assert plain.json["chain_unbroken"] is True
    assert (theirs.code, theirs.err) == (0, "this is the receipt of user-1\n")
    assert (somebody_elses.code, somebody_elses.err) == (1, "this is not the receipt of user-2\n")


def test_what_comes_from_elsewhere_cannot_rewrite_the_terminal(bridge: Bridge) -> None:
    reason = "\x1b[2J[bold]red[/bold] :smile:\r\n\u202egnp"
    bridge.deletion("user-1", Failed(kind=FailureKind.BLOCKED, reason=reason))

    for shown in (bridge.run("status").out, bridge.run("show", "user-1").out):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "[bold]red[/bold] :smile:" in shown


def test_a_pipe_gets_no_colours_and_any_encoding_will_do(bridge: Bridge) -> None:
    bridge.deletion("usér-1", *VERIFIED[:-1])
    variables = {
        **environment(bridge.store),
        "FORCE_COLOR": "1",
        "PYTHONIOENCODING": "ascii",
        "TERM": "xterm-256color",
    }

    result = finished("show", "usér-1", variables=variables, cwd=bridge.store.directory)

    assert (result.code, result.err) == (0, "")
    assert "\x1b" not in result.out
    assert "us\\xe9r-1" in result.out
    assert CUSTOMER in result.out


# --- retry, approve, cancel -------------------------------------------------------------------


def test_retry_tries_at_once(bridge: Bridge) -> None:
    number = bridge.deletion("user-1", BLOCKED)
    signals = bridge.row(number).signals

    result = bridge.run("retry", "user-1")

    assert (result.code, result.out) == (0, f"deletion {number}: is tried now\n")
    row = bridge.row(number)
    assert row.next_attempt_at is not None
    assert row.next_attempt_at > NOW
    assert (row.attempts, row.signals) == (0, signals + 1)
    assert bridge.evidence(number)[-1] == ("retried", "operator", "blocked")


def test_retry_is_no_approval(bridge: Bridge) -> None:
    number = bridge.deletion("user-1", *HELD)

    result = bridge.run("retry", str(number))

    assert result.code == 1
    assert f"polar-sync approve {number}" in result.err
    assert bridge.row(number).state is State.HELD


def test_retry_looks_again_for_a_customer_but_not_of_the_forgotten(bridge: Bridge) -> None:
    number = bridge.deletion("user-1", CustomerMissing())
    assert bridge.run("retry", "user-1").code == 0
    assert bridge.evidence(number)[-1] == ("retried", "operator", "no_customer")

    bridge.sql("UPDATE deletion SET user_id = NULL, external_id = NULL")
    result = bridge.run("retry", "user-1")
    assert result.code == 1
    assert "forgotten" in result.err


def test_what_has_ended_cannot_be_retried(bridge: Bridge) -> None:
    bridge.deletion("user-1", SUPERSEDED)

    result = bridge.run("retry", "user-1")

    assert result.code == 1
    assert result.err == "error: deletion 1: cannot retry: it has ended: superseded\n"


def test_approve_lets_a_held_deletion_go_on(bridge: Bridge) -> None:
    number = bridge.deletion("user-1", *HELD)

    assert bridge.run("approve", "user-1").out == f"deletion {number}: is approved\n"
    row = bridge.row(number)
    assert (row.state, row.approved) == (State.RESOLVED, True)
    assert bridge.evidence(number)[-1] == ("approved", "operator", "resolved")
    again = bridge.run("approve", "user-1")
    assert again.code == 1
    assert "it is not held but resolved" in again.err


def test_approve_all_approves_what_is_held_and_nothing_else(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.deletions.operator._BATCH", 2)
    held = [bridge.deletion(f"user-{number}", *HELD) for number in range(5)]
    other = bridge.deletion("user-9", Unmapped())

    assert bridge.run("approve", "--all").out == "deletions approved: 5\n"
    assert {bridge.row(number).state for number in held} == {State.RESOLVED}
    assert bridge.row(other).state is State.UNMAPPED
    again = bridge.run("approve", "--all")
    assert (again.code, again.err) == (1, "error: no deletion is held\n")


def test_cancel_leaves_the_customer_alone(bridge: Bridge) -> None:
    number = bridge.deletion("user-1", FOUND)

    assert bridge.run("cancel", str(number)).out == f"deletion {number}: is canceled\n"
    assert bridge.row(number).state is State.CANCELED
    assert bridge.evidence(number)[-1] == ("canceled", "operator", "canceled")
    assert bridge.run("show", "user-1", "--json").json["deletions"][0]["chain_unbroken"] is True
    again = bridge.run("cancel", "user-1")
    assert (again.code, again.out) == (1, "")
    assert "it has ended: canceled" in again.err


def test_cancel_takes_the_deletion_from_the_worker_that_has_it(bridge: Bridge) -> None:
    bridge.deletion("user-1")

    async def claim(ledger: Ledger) -> Any:
        return await Leases(ledger.database, timedelta(minutes=1)).claim(1)

    [leased] = bridge.do(claim)
    assert bridge.run("cancel", "user-1").code == 0

    async def go_on(ledger: Ledger) -> None:
        async with ledger.database.write() as session:
            await Leases(ledger.database, timedelta(minutes=1)).held(session, leased)

    with pytest.raises(LeaseLost):
        bridge.do(go_on)


@pytest.mark.parametrize(
    ("observations", "why"),
    [
        ((FOUND, DeleteSent()), "it is too late: the DELETE has been sent to Polar"),
        ((FOUND, DeleteSent(), BLOCKED), "it is too late: the DELETE has been sent to Polar"),
        (DELETED, "it is too late: the customer is already deleted at Polar"),
        (VERIFIED, "it has ended: verified"),
    ],
)
def test_cancel_can_come_too_late(
    bridge: Bridge, observations: tuple[Observation, ...], why: str
) -> None:
    number = bridge.deletion("user-1", *observations)
    before = bridge.evidence(number)

    result = bridge.run("cancel", str(number))

    assert (result.code, result.out) == (1, "")
    assert result.err == f"error: deletion {number}: cannot cancel: {why}\n"
    assert bridge.evidence(number) == before


def test_an_action_on_a_user_is_for_the_open_deletions(bridge: Bridge) -> None:
    superseded = bridge.deletion("user-1", SUPERSEDED)
    sent = bridge.deletion("user-1", FOUND, DeleteSent(), at=AT + timedelta(hours=1))
    waiting = bridge.deletion("user-1", at=AT + timedelta(hours=2))

    result = bridge.run("cancel", "user-1")

    assert result.code == 1
    assert result.out == f"deletion {waiting}: is canceled\n"
    assert f"deletion {sent}: cannot cancel" in result.err
    assert bridge.row(superseded).state is State.SUPERSEDED


def test_dead_letters_go_back_into_the_inbox(bridge: Bridge) -> None:
    bridge.dead_letter(b"one")
    bridge.dead_letter(b"two")
    bridge.sql("UPDATE inbox SET body = NULL WHERE id = 2")

    result = bridge.run("retry", "--dead-letters")

    assert (result.code, result.out) == (0, "dead letters that are applied once more: 1\n")
    assert result.err == "1 cannot be retried: their content is forgotten\n"
    one, two = inbox_rows(bridge.store)
    assert (one["status"], one["error"], one["applied_at"]) == (InboxStatus.PENDING, None, None)
    assert two["status"] == InboxStatus.DEAD
    assert bridge.run("retry", "--dead-letters").code == 1


# --- the mapping ------------------------------------------------------------------------------


def test_map_set_show_and_remove(bridge: Bridge) -> None:
    number = bridge.deletion("user-1", Unmapped())
    by_rule = bridge.run("map", "show", "user-1", "--json").json
    assert by_rule["by"] == "identity"

    assert bridge.run("map", "set", "user-1", "--external-id", "cus/1").code == 0
    assert bridge.run("map", "show", "user-1", "--json").json == {
        "user_id": "user-1",
        "external_id": "cus/1",
        "customer_id": None,
        "by": "entry",
    }
    assert "cus/1" in bridge.run("map", "show", "user-1").out
    assert bridge.row(number).next_attempt_at is not None
    assert bridge.run("map", "set", "user-1", "--customer-id", CUSTOMER).code == 0
    assert CUSTOMER in bridge.run("map", "show", "user-1").out
    assert bridge.run("map", "remove", "user-1").code == 0
    assert bridge.run("map", "remove", "user-1").code == 1


def test_map_show_finds_nobody_where_there_are_only_entries(bridge: Bridge) -> None:
    bridge.monkeypatch.setenv("MAPPING", "table")

    result = bridge.run("map", "show", "user-1", "--json")

    assert (result.code, result.out) == (1, "")
    assert result.err == "error: user-1 has no entry, and MAPPING is table\n"


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--external-id", "x", "--customer-id", CUSTOMER],
        ["--customer-id", "x"],
        ["--external-id", "a\nb"],
        ["--external-id", "x" * 256],
    ],
    ids=lambda options: " ".join(options)[:20],
)
def test_map_set_says_what_is_wrong(bridge: Bridge, options: list[str]) -> None:
    result = bridge.run("map", "set", "user-1", *options)

    assert (result.code, result.out) == (2, "")
    assert "_id" in result.err


def test_map_import_by_name_format_and_stdin(bridge: Bridge, tmp_path: Path) -> None:
    csv = tmp_path / "Users.CSV"
    csv.write_text("user_id,external_id\nuser-1,a\nuser-2,b\n")
    jsonl = tmp_path / "users.txt"
    jsonl.write_text('{"user_id": "user-3", "external_id": "c"}\n')

    assert bridge.run("map", "import", str(csv)).out == "users imported: 2\n"
    assert bridge.run("map", "import", str(jsonl)).code == 2
    assert bridge.run("map", "import", str(jsonl), "--format", "jsonl").code == 0
    (tmp_path / "more").write_text("user_id,external_id\nuser-4,d\n")
    with (tmp_path / "more").open() as stdin:
        bridge.monkeypatch.setattr(sys, "stdin", stdin)
        assert bridge.run("map", "import", "-").code == 2
        assert bridge.run("map", "import", "-", "--format", "csv").code == 0
    for number, external_id in enumerate("abcd", 1):
        shown = bridge.run("map", "show", f"user-{number}", "--json").json
        assert (shown["external_id"], shown["by"]) == (external_id, "entry")


def test_map_import_is_all_or_nothing(bridge: Bridge, tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("user_id,external_id\nuser-1,a\nuser-2,\n,c\n")

    result = bridge.run("map", "import", str(path))

    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines() == [
        "error: nothing was imported",
        "error: line 3: external_id, customer_id: give exactly one of the two",
        "error: line 4: user_id: is missing or empty",
    ]
    assert bridge.run("map", "remove", "user-1").code == 1
    assert bridge.run("map", "import", str(tmp_path / "missing.csv")).code == 2
    assert bridge.run("map", "import", str(tmp_path)).code == 2


# --- send, and the processes ------------------------------------------------------------------


def test_send_signs_what_the_server_takes(bridge: Bridge) -> None:
    with serve_settings(bridge.settings) as url:
        bridge.monkeypatch.setenv("PORT", url.rpartition(":")[2])
        # Whatever proxy there is, the server is on this machine.
        bridge.monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        deleted = bridge.run("send", "user.deleted", "user-1", "--external-id", "cus/1")
        bridge.monkeypatch.delenv("HTTP_PROXY")
        restored = bridge.run("send", "user.restored", "user-2", "--url", f"{url}/events")
        lost = bridge.run("send", "user.deleted", "user-3", "--url", f"{url}/elsewhere")
        bridge.monkeypatch.setenv("EVENT_SECRETS", "whsec_" + "A" * 44)
        forged = bridge.run("send", "user.deleted", "user-4")

    assert deleted == Result(0, '202 {"status":"accepted"}\n', "")
    assert restored.code == 0
    assert (lost.code, lost.out[:3]) == (1, "404")
    assert (forged.code, forged.out[:3]) == (1, "401")
    rows = inbox_rows(bridge.store)
    assert [row["event_type"] for row in rows] == ["user.deleted", "user.restored"]
    data = json.loads(rows[0]["body"])["data"]
    assert data == {"user_id": "user-1", "external_id": "cus/1"}


def test_send_puts_the_fields_where_the_settings_look_for_them(bridge: Bridge) -> None:
    variables = {"EVENT_PRESET": "clerk", "EVENT_TIMESTAMP_PATH": "data.at"}
    for name, value in variables.items():
        bridge.monkeypatch.setenv(name, value)
    settings = load_settings(bridge.store, **{k.lower(): v for k, v in variables.items()})
    with serve_settings(settings) as url:
        bridge.monkeypatch.setenv("PORT", url.rpartition(":")[2])
        assert bridge.run("send", "user.deleted", "user-1").code == 0

    assert json.loads(inbox_rows(bridge.store)[0]["body"])["data"]["id"] == "user-1"


def test_send_to_nobody(bridge: Bridge) -> None:
    unreachable = bridge.run("send", "user.deleted", "u", "--url", "http://127.0.0.1:1/events")
    assert (unreachable.code, unreachable.out) == (1, "")
    assert "no answer from http://127.0.0.1:1/events" in unreachable.err
    for url in ("ftp://host/events", "host:1/events", "http://h:port/events"):
        assert bridge.run("send", "user.deleted", "u", "--url", url).code == 2


def test_serve_accepts_and_ends_cleanly(bridge: Bridge) -> None:
    nowhere = {"WORKER": "embedded", "POLAR_BASE_URL": "http://127.0.0.1:1"}
    with started(
        "serve",
        "--port",
        "0",
        variables={**environment(bridge.store), **nowhere},
        cwd=bridge.store.directory,
        until="running on",
    ) as (popen, line):
        found = re.match(r"(\S+Z) INFO uvicorn.error: .*running on (http://127\.0\.0\.1:\d+)", line)
        assert found
        datetime.fromisoformat(found[1])
        url = f"{found[2]}/events"
        assert bridge.run("send", "user.deleted", "user-1", "--url", url).code == 0
        begun = time.monotonic()
        popen.send_signal(signal.SIGTERM)
        out, err = popen.communicate(timeout=20)

    assert (popen.returncode, out) == (0, "")
    assert time.monotonic() - begun < 10
    assert "Traceback" not in err
    assert "POST" not in err
    for secret in (EVENT_SECRET, POLAR_SECRET, HASH_KEY, "user-1"):
        assert secret not in err


def test_serve_on_a_port_that_is_taken(bridge: Bridge) -> None:
    with serve_settings(bridge.settings) as url:
        result = finished(
            "serve",
            "--port",
            url.rpartition(":")[2],
            variables=environment(bridge.store),
            cwd=bridge.store.directory,
        )

    assert result.code == 1
    assert "address already in use" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_applies_the_inbox_until_it_is_told_to_stop(
    bridge: Bridge, number: signal.Signals
) -> None:
    bridge.dead_letter()
    assert bridge.run("retry", "--dead-letters").code == 0
    with started(
        "worker",
        variables=environment(bridge.store),
        cwd=bridge.store.directory,
        until="the worker has started",
    ) as (popen, _):
        wait_for(
            lambda: inbox_rows(bridge.store)[0]["status"] == InboxStatus.DEAD, "applied", seconds=20
        )
        begun = time.monotonic()
        popen.send_signal(number)
        _, err = popen.communicate(timeout=20)

    assert popen.returncode == 0
    assert time.monotonic() - begun < 10
    assert "the worker has stopped" in err
    assert "Traceback" not in err


def test_an_unforeseen_error_is_one_line_without_its_message(bridge: Bridge) -> None:
    bridge.deletion("user-1")
    bridge.sql("UPDATE deletion SET state = 'a secret'")

    result = bridge.run("show", "user-1")

    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(r"error: unexpected \w+ at \S+/sync/[\w/]+\.py:\d+\n", result.err)


def test_the_demo_runs_without_settings_or_stops_with_its_own_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    demo = pytest.importorskip("sync.demo.story")
    monkeypatch.setattr(demo, "run", lambda _console: 7)

    assert CliRunner().invoke(cli, ["demo"]).exit_code == 7
