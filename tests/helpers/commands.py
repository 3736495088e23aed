"""The command line as a person uses it, in this process or in one of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlmodel import col, select

from sync.cli.main import main
from sync.deletions.ledger import Ledger
from sync.deletions.observations import (
    Brake,
    Checked,
    CustomerFound,
    DeleteAnswered,
    DeleteSent,
    Failed,
    FailureKind,
    Observation,
    TeamFound,
)
from sync.deletions.tables import DeletionRow, EvidenceRow, MembershipRow
from sync.inbox.entry import Entry, Source
from sync.inbox.group_commit import Inbox
from sync.intake.apply import Applier
from sync.mirror.tables import SubscriptionRow
from sync.settings import Settings
from sync.store.database import Database
from tests.helpers.servers import ROOT
from tests.helpers.settings import environment, load_settings
from tests.helpers.store import Store
from tests.helpers.webhooks import new_id

CUSTOMER = "6f2c1d0e-3f43-4f5e-9a55-0d6d1f6c2b11"
OTHER = "7a3d2e1f-4054-4a6f-8b66-1e7e2a7d3c22"
AT = datetime(2026, 10, 1, tzinfo=UTC)
NOW = AT + timedelta(minutes=1)
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
COMMAND = [sys.executable, "-m", "sync.cli"]

FOUND = CustomerFound(customer_id=CUSTOMER, created_at=AT - timedelta(days=9), listed_at=NOW)
HELD = (FOUND, Brake(sent=3, limit=3))
TEAM = (FOUND, TeamFound(others=2, subscriptions=("s1",)))
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
class Commands:
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
            settings = self.settings
            database = Database(settings.database_url.get_secret_value())
            try:
                return await work(Ledger.of(database, settings))
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

    def empty_seats(self, number: int) -> None:
        """The deletion has ended a membership, `number` days after `AT`; the two seats of its
        subscription are paid for, and nobody is on them."""

        async def work(ledger: Ledger) -> None:
            subscription_id = f"subscription-{number}"
            async with ledger.database.write() as session:
                session.add(
                    SubscriptionRow(
                        version_at=AT,
                        observed_at=AT,
                        digest="",
                        written_by="api",
                        written_at=AT,
                        id=subscription_id,
                        customer_id=CUSTOMER,
                        created_at=AT,
                        status="active",
                        product_id="product",
                        amount=1_000,
                        currency="eur",
                        recurring_interval="month",
                        cancel_at_period_end=False,
                        seats=2,
                    )
                )
                session.add(
                    MembershipRow(
                        deletion_id=number,
                        member_id=f"member-{number}",
                        customer_id=CUSTOMER,
                        found_at=AT,
                        ended_at=AT + timedelta(days=number),
                        seats=[{"seat_id": f"seat-{number}", "subscription_id": subscription_id}],
                    )
                )

        self.do(work)

    def sql(self, statement: str) -> None:
        self.store.execute(statement)


def process(
    *arguments: str, variables: dict[str, str], cwd: Path, code: str | None = None
) -> subprocess.Popen[str]:
    """A command in a process of its own. `code`: what runs it, in place of the entry point."""
    program = COMMAND if code is None else [sys.executable, "-c", code]
    bare = {k: v for k, v in os.environ.items() if k not in environment(cwd)}
    return subprocess.Popen(
        [*program, *arguments],
        cwd=cwd,
        env={**bare, **variables, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(
    *arguments: str, variables: dict[str, str], cwd: Path, code: str | None = None
) -> Result:
    """The same, once it has ended."""
    with process(*arguments, variables=variables, cwd=cwd, code=code) as popen:
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
