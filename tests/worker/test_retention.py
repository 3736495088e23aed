"""What is kept for how long, on real databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlmodel import col, select

from sync.deletions import evidence
from sync.deletions.chain import unbroken
from sync.deletions.ledger import Ledger
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow, EvidenceRow
from sync.inbox.entry import Entry, InboxStatus, Outcome, Source
from sync.inbox.group_commit import Inbox
from sync.inbox.tables import InboxRow, RefusedRow
from sync.intake.apply import Applier
from sync.intake.event_types import EventType
from sync.operators import actions
from sync.operators.actions import Did
from sync.profiles.tables import ProfileRow
from sync.settings import Settings, SettingsError
from sync.store.database import Database
from sync.worker.loop import Worker
from sync.worker.retention import Retention, Swept
from tests.helpers.settings import load_settings
from tests.helpers.store import Store, StoreFactory
from tests.helpers.waiting import WAIT
from tests.helpers.webhooks import new_id

pytestmark = pytest.mark.engines("sqlite", "postgresql")

T = TypeVar("T")

NOW = datetime.now(UTC)
SECRET = b"someone@example.com"
NOTHING = Swept(payloads=0, inbox_rows=0, deletions=0)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


class Deployment:
    """A database with what the bridge does on it."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.store = store
        self.settings: Settings = load_settings(store, **settings)
        self.database = Database(store.url)
        self.ledger = Ledger.of(self.database, self.settings)
        self.retention = Retention.of(self.database, self.settings)

    async def add(self, *rows: InboxRow | DeletionRow) -> list[int]:
        async with self.database.write() as session:
            session.add_all(rows)
            await session.flush()
            return [row.id or 0 for row in rows]

    async def inbox(self) -> dict[str, InboxRow]:
        """By webhook-id."""
        async with self.database.read() as session:
            return {row.webhook_id: row for row in await session.exec(select(InboxRow))}

    async def deletions(self) -> dict[int, DeletionRow]:
        async with self.database.read() as session:
            return {row.id or 0: row for row in await session.exec(select(DeletionRow))}

    async def event(self, kind: str, user_id: str, at: datetime) -> InboxRow:
        """What has become of such an event of the app's."""
        body = {"type": kind, "timestamp": at.isoformat(), "data": {"user_id": user_id}}
        row = InboxRow(
            source=Source.APP,
            webhook_id=new_id(),
            received_at=datetime.now(UTC),
            body=json.dumps(body).encode(),
            digest="",
            event_type=kind,
            event_at=at,
            user_hash=self.ledger.hasher.user(user_id),
        )
        await self.add(row)
        await Applier(self.database, self.ledger, self.settings).apply_batch()
        return (await self.inbox())[row.webhook_id]


@pytest.fixture
def run(new_store: StoreFactory) -> Callable[..., Any]:
    """Runs a test's coroutine on a deployment of its own; settings are given by name."""

    def start(test: Callable[[Deployment], Awaitable[T]], **settings: Any) -> T:
        async def whole() -> T:
            deployment = Deployment(new_store(), **settings)
            try:
                return await test(deployment)
            finally:
                await deployment.database.close()

        return asyncio.run(whole())

    return start


def polar(name: str, days: float, status: InboxStatus = InboxStatus.APPLIED) -> InboxRow:
    """A webhook that came so long ago."""
    return InboxRow(
        source=Source.POLAR,
        webhook_id=name,
        received_at=ago(days),
        applied_at=None if status is InboxStatus.PENDING else ago(days),
        body=None if status is InboxStatus.IGNORED else SECRET,
        digest="",
        status=status,
        event_type="customer.updated",
        event_at=ago(days),
    )


def ended(state: State, days: float, **fields: Any) -> DeletionRow:
    """A deletion that ended so long ago."""
    return DeletionRow(
        user_hash=new_id(),
        user_id=None,
        event_at=ago(days),
        received_at=ago(days),
        state=state,
        ended_at=ago(days),
        **fields,
    )


async def prove(it: Deployment) -> None:
    """Give every deletion a chain of evidence."""
    async with it.database.write() as session:
        for row in await session.exec(select(DeletionRow)):
            for kind in ("event.received", "checked", "forgotten"):
                await evidence.append(session, row, kind, source="worker", at=row.received_at)


# --- the inbox ------------------------------------------------------------------------------


def test_payloads_go_long_before_the_rows_that_recognize_a_repetition(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(
            polar("young", 6.9),
            polar("old", 7.1),
            polar("old and waiting", 89, InboxStatus.PENDING),
            polar("old and dead", 89, InboxStatus.DEAD),
            polar("older", 89.9),
        )
        assert await it.retention.sweep() == Swept(payloads=2, inbox_rows=0, deletions=0)
        left = {name: row.body for name, row in (await it.inbox()).items()}
        assert left == {
            "young": SECRET,
            "old": None,
            "old and waiting": SECRET,
            "old and dead": SECRET,
            "older": None,
        }
        assert await it.retention.sweep() == NOTHING

    run(test)


def test_rows_go_with_time_and_of_a_dead_letter_the_body(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(
            polar("applied", 90.1),
            polar("ignored", 90.1, InboxStatus.IGNORED),
            polar("dead", 90.1, InboxStatus.DEAD),
            polar("pending", 90.1, InboxStatus.PENDING),
            polar("young", 89.9, InboxStatus.IGNORED),
        )
        assert (await it.retention.sweep()).inbox_rows == 2
        rows = await it.inbox()
        assert rows.keys() == {"dead", "pending", "young"}
        assert (rows["dead"].body, rows["dead"].status) == (None, InboxStatus.DEAD)
        assert rows["pending"].body == SECRET
        assert await it.retention.sweep() == NOTHING

    run(test)


def test_what_the_app_said_of_a_user_goes_as_a_dead_letter_does(run: Any) -> None:
    async def test(it: Deployment) -> None:
        async with it.database.write() as session:
            for name, days in (("old", 90.1), ("young", 89.9)):
                session.add(
                    ProfileRow(user_hash=name, user_id=name, name="Ann", changed_at=ago(days))
                )
        await it.retention.sweep()
        assert [row["user_hash"] for row in it.store.query("SELECT * FROM profile")] == ["young"]

    run(test)


def test_days_are_those_of_the_settings(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(polar("a", 29), polar("b", 31), polar("c", 119), polar("d", 121))
        swept = await it.retention.sweep()
        assert swept == Swept(payloads=3, inbox_rows=1, deletions=0)

    run(test, payload_retention_days=30, inbox_retention_days=120)


def test_no_row_goes_while_polar_can_send_its_webhook_again() -> None:
    with pytest.raises(SettingsError, match="INBOX_RETENTION_DAYS"):
        load_settings(Store("sqlite:///x", None), inbox_retention_days=89)  # type: ignore[arg-type]


@pytest.mark.slow
def test_several_workers_at_once_do_it_once(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(*(polar(f"msg_{number}", 91) for number in range(1_100)))
        await it.add(*(ended(State.VERIFIED, 400) for _ in range(130)))
        await prove(it)
        others = [Deployment(it.store, audit_retention_days=365) for _ in range(2)]
        swept = await asyncio.gather(it.retention.sweep(), *(o.retention.sweep() for o in others))
        assert sum(item.payloads for item in swept) == 1_100
        assert sum(item.inbox_rows for item in swept) == 1_100
        assert sum(item.deletions for item in swept) == 129
        assert await it.inbox() == {}
        assert len(await it.deletions()) == 1
        for other in others:
            await other.database.close()

    run(test, audit_retention_days=365)


@pytest.mark.slow
def test_events_are_accepted_in_between(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(*(polar(f"msg_{number}", 91) for number in range(1_100)))
        inbox = Inbox(it.database)
        running = asyncio.create_task(inbox.run())
        sweeping = asyncio.create_task(it.retention.sweep())
        accepted = 0
        while not sweeping.done():
            entry = Entry(source=Source.POLAR, webhook_id=new_id(), body=b"{}")
            assert await inbox.put(entry) is Outcome.ACCEPTED
            accepted += 1
        running.cancel()
        assert (await sweeping).inbox_rows == 1_100
        # Between any two of six batches; beside a single transaction it would be two at most.
        assert accepted >= 4
        assert len(await it.inbox()) == accepted

    run(test)


@pytest.mark.engines("sqlite")
def test_the_bytes_leave_the_file(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(polar("payload", 8), polar("dead", 91, InboxStatus.DEAD))
        assert SECRET in it.store.stored()
        await it.retention.sweep()
        await it.database.scrub()
        assert SECRET not in it.store.stored()

    run(test)


def test_a_worker_does_it(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(polar("payload", 8))
        stop = asyncio.Event()
        working = asyncio.create_task(Worker(it.database, it.settings).run(stop))
        async with asyncio.timeout(WAIT):
            while (await it.inbox())["payload"].body is not None:  # noqa: ASYNC110 - the worker's work
                await asyncio.sleep(0.02)
        stop.set()
        await working

    run(test)


# --- restorations, which can come first -----------------------------------------------------


def test_a_restoration_is_found_however_late_the_deletion_comes(run: Any) -> None:
    async def test(it: Deployment) -> None:
        row = await it.event(EventType.USER_RESTORED, "u1", ago(400))
        it.store.execute("UPDATE inbox SET received_at = applied_at")
        later = replace(it.retention, inbox=timedelta(days=-1), payloads=timedelta(days=-1))
        assert await later.sweep() == Swept(payloads=1, inbox_rows=0, deletions=0)
        assert (await it.inbox())[row.webhook_id].body is None

        await it.event(EventType.USER_DELETED, "u1", ago(401))
        assert [row.state for row in (await it.deletions()).values()] == [State.CANCELED]

    run(test)


def test_a_restoration_goes_once_a_deletion_that_old_opens_nothing(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.event(EventType.USER_RESTORED, "u1", ago(400))
        young = await it.event(EventType.USER_RESTORED, "u2", ago(300))
        await it.add(ended(State.VERIFIED, 500), ended(State.VERIFIED, 1))
        later = replace(it.retention, inbox=timedelta(days=-1))
        assert await later.sweep() == Swept(payloads=0, inbox_rows=1, deletions=1)
        assert (await it.inbox()).keys() == {young.webhook_id}

        late = await it.event(EventType.USER_DELETED, "u1", ago(401))
        assert late.status is InboxStatus.DEAD
        await it.event(EventType.USER_DELETED, "u2", ago(301))
        assert [row.state for row in (await it.deletions()).values()] == [
            State.VERIFIED,
            State.CANCELED,
        ]

    run(test, audit_retention_days=365)


# --- deletions and their evidence -----------------------------------------------------------


def test_deletions_are_kept_for_ever_unless_told_otherwise(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(ended(State.VERIFIED, 4_000), ended(State.VERIFIED, 1))
        assert await it.retention.sweep() == NOTHING

    run(test)


def test_what_operators_did_goes_with_the_deletions_of_that_time(run: Any) -> None:
    async def test(it: Deployment) -> None:
        for days in (400, 300):
            async with it.database.write() as session:
                actions.note(session, None, Did.RESUME, ago(days))
        await it.retention.sweep()
        async with it.database.read() as session:
            [left] = await actions.newest(session, None, 10)
        assert left.at > ago(301)
        forever = replace(it.retention, audit=None)
        await forever.sweep()
        async with it.database.read() as session:
            assert len(await actions.newest(session, None, 10)) == 1

    run(test, audit_retention_days=365)


def test_what_has_ended_goes_whole_and_nothing_else(run: Any) -> None:
    async def test(it: Deployment) -> None:
        goes = [
            ended(State.VERIFIED, 366),
            ended(State.CANCELED, 366),
            ended(State.NO_CUSTOMER, 366, forgotten_at=ago(359)),
        ]
        stays = [
            ended(State.NO_CUSTOMER, 366, next_attempt_at=NOW),
            ended(State.SUPERSEDED, 366),
            ended(State.VERIFIED, 364),
            *(
                DeletionRow(
                    user_hash=state,
                    user_id="u",
                    event_at=ago(900),
                    received_at=ago(900),
                    state=state,
                )
                for state in (State.INCOMPLETE, State.HELD, State.BLOCKED, State.DELETED)
            ),
            # The newest, whose number the next one would get.
            ended(State.VERIFIED, 900),
        ]
        await it.add(*goes)
        kept = await it.add(*stays)
        await prove(it)

        assert await it.retention.sweep() == Swept(payloads=0, inbox_rows=0, deletions=len(goes))

        assert set(await it.deletions()) == set(kept)
        async with it.database.read() as session:
            owners = await session.exec(select(col(EvidenceRow.deletion_id)).distinct())
            assert set(owners) == set(kept)
            for number in kept:
                chain = await evidence.of(session, number)
                assert len(chain) == 3
                assert unbroken(chain)
        assert await it.retention.sweep() == NOTHING
        assert max(await it.add(ended(State.VERIFIED, 0))) == max(kept) + 1

    run(test, audit_retention_days=365)


def test_an_event_whose_deletion_is_gone_opens_no_other(run: Any) -> None:
    async def test(it: Deployment) -> None:
        gone = ended(State.VERIFIED, 400)
        gone.user_hash = it.ledger.hasher.user("u1")
        await it.add(gone, ended(State.VERIFIED, 1))
        before = await it.event(EventType.USER_DELETED, "u1", ago(400))
        assert before.status is InboxStatus.APPLIED  # recognized as a repetition
        assert (await it.retention.sweep()).deletions == 1

        again = await it.event(EventType.USER_DELETED, "u1", ago(400))
        assert (again.status, len(await it.deletions())) == (InboxStatus.DEAD, 1)
        assert again.error is not None
        assert "send a new user.deleted" in again.error

        # Nor once more is kept again: what is gone stays gone.
        it.settings = load_settings(it.store, audit_retention_days=0)
        assert (await it.event(EventType.USER_DELETED, "u1", ago(399))).status is InboxStatus.DEAD
        assert (
            await it.event(EventType.USER_DELETED, "u1", ago(0.1))
        ).status is InboxStatus.APPLIED
        assert len(await it.deletions()) == 2

    run(test, audit_retention_days=365)


def test_the_horizon_never_moves_back(run: Any) -> None:
    async def test(it: Deployment) -> None:
        await it.add(ended(State.VERIFIED, 100), ended(State.VERIFIED, 1))
        await it.retention.sweep()
        await it.add(ended(State.VERIFIED, 500), ended(State.VERIFIED, 1))
        longer = replace(it.retention, audit=timedelta(days=365))
        assert (await longer.sweep()).deletions == 1

        assert (await it.event(EventType.USER_DELETED, "u1", ago(31))).status is InboxStatus.DEAD
        assert (await it.event(EventType.USER_DELETED, "u1", ago(29))).status is InboxStatus.APPLIED

    run(test, audit_retention_days=30)


@pytest.mark.parametrize("days", [0, 365])
def test_refused_events_are_known_as_long_as_the_deletions_of_their_time(
    run: Any, days: int
) -> None:
    async def test(it: Deployment) -> None:
        async with it.database.write() as session:
            for age in (366, 364):
                session.add(
                    RefusedRow(
                        first_id=1,
                        event_type=EventType.USER_DELETED,
                        user_hash=f"{age}",
                        event_at=ago(age),
                        received_at=ago(age),
                    )
                )
        await it.retention.sweep()
        await it.retention.sweep()
        async with it.database.read() as session:
            left = {row.user_hash for row in await session.exec(select(RefusedRow))}
        assert left == ({"364"} if days else {"364", "366"})

    run(test, audit_retention_days=days)
