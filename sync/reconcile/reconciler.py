"""Reconciliation: compare the mirror and the deletions with Polar's truth, repair, report.

The whole of Polar is read page by page (`cursor`), each row is judged (`compare`), and what a page
leads to is written in one transaction together with the place reached, so that a stop at any
point loses nothing; where there is nothing to write, the place is written once a second. Memory
does not grow with the number of customers.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.cancellation import end
from sync.deletions import identity
from sync.deletions.ledger import Ledger, snapshot, wake
from sync.deletions.machine import observe
from sync.deletions.observations import Checked, CustomerGone
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.errors import NotPossible, PolarError
from sync.mirror import rows as mirror_rows
from sync.mirror.objects import API, ENDED_STATUSES, Customer, Grant, M, Mirrored, Subscription
from sync.mirror.tables import CustomerRow, GrantRow, SubscriptionRow
from sync.polar.budget import Budget
from sync.polar.client import MAX_IDS, CustomerState, Item, NotFound, Page, Unavailable, batches
from sync.polar.endpoint import LineReport, heal
from sync.polar.organization import Tenant
from sync.polar.webhooks import PolarWebhooks
from sync.reconcile.compare import KINDS, Difference, Finding, Judgement, Stored, extra, judge
from sync.reconcile.cursor import PAGE, Walk, Window, joined
from sync.reconcile.tables import ReconciliationRow
from sync.settings import Settings
from sync.store.columns import Texts, any_of
from sync.store.database import Database, StorageUnavailable

LISTED = 100
"""Differences that a report tells one by one; it counts all of them."""

_ROW = 1
_LEASE = timedelta(minutes=1)
"""How long a reconciliation that was killed keeps the next one waiting."""
_RESUMABLE = timedelta(days=1)
"""Older than this, a reconciliation that was stopped begins anew."""
_BATCH = 200
_TOGETHER = 10
"""Pages judged and written together, at most."""
_SOON = 0.1
"""Seconds that are waited for them: at Polar's own rate limit, little more than for one."""

_KEEP_EVERY = 1.0
"""Seconds after which the place reached is written although nothing else has to be."""

_RETRY_AFTER = (1.0, 2.0, 4.0)
"""Seconds to wait before a request that got no usable answer is sent again."""

T = TypeVar("T")

_SORT_KEYS = frozenset({"created_at", "started_at"})


class AlreadyRunning(NotPossible):
    """Another process is reconciling; only one does at a time."""


class Report(BaseModel):
    """What a reconciliation found. Holds no personal data."""

    model_config = ConfigDict(extra="forbid")

    started_at: datetime
    dry_run: bool = False
    calls: int = 0
    """Requests to Polar."""
    compared: dict[str, int] = {}
    """Rows that Polar listed, by kind."""
    found: dict[str, dict[str, int]] = {}
    """Differences by kind and finding."""
    left: int = 0
    """Differences that a person must see to."""
    differences: list[Difference] = []
    """The first `LISTED` of them."""
    moved_on: dict[str, int] = {}
    """Deletions that the evidence moved into these states."""
    deleted_elsewhere: int = 0
    """Customers deleted at Polar without a deletion here: in its dashboard, as a rule."""
    finished: bool = False
    stopped: str | None = None
    """Why it did not finish."""

    @property
    def total(self) -> int:
        """Differences found."""
        return sum(sum(of_kind.values()) for of_kind in self.found.values())

    def add(self, difference: Difference) -> None:
        """Count a difference, and tell it while there is room."""
        of_kind = self.found.setdefault(difference.kind, {})
        of_kind[difference.finding] = of_kind.get(difference.finding, 0) + 1
        self.left += not difference.repaired
        if len(self.differences) < LISTED:
            self.differences.append(difference)


class Progress(BaseModel):
    """How far a reconciliation of everything has come."""

    model_config = ConfigDict(extra="forbid")

    report: Report
    since: datetime | None = None
    walks: dict[str, Walk] = {}
    """How far each list that was begun has been read, by kind."""
    listed_at: datetime | None = None
    """When the reading of subscriptions and grants began."""

    def walk(self, kind: type[Mirrored]) -> Walk:
        """How far this list has been read."""
        return self.walks.get(KINDS[kind], Walk())

    def at(self, kind: type[Mirrored], walk: Walk) -> Progress:
        """The same but for one list."""
        return self.model_copy(update={"walks": self.walks | {KINDS[kind]: walk}})

    @property
    def reading(self) -> Sequence[str]:
        """What is being read."""
        return [name for name, walk in self.walks.items() if not walk.done] or ["deletion"]


@asynccontextmanager
async def reconciler(
    ledger: Ledger, settings: Settings, **options: Any
) -> AsyncIterator[Reconciler]:
    """A reconciliation with a client of its own, which takes only those requests from the shared
    budget that no worker is waiting for. `options`: as for `Reconciler`."""
    budget = Budget(ledger.database, settings.rate_per_minute, background=True)
    async with PolarWebhooks(settings, budget, Tenant(ledger.database)) as polar:
        yield Reconciler(ledger, settings, polar, **options)


async def finished_since(database: Database, moment: datetime) -> bool:
    """Whether a reconciliation of everything has finished since then.

    Raises:
        StorageUnavailable
    """
    async with database.read() as session:
        row = await session.get(ReconciliationRow, _ROW)
        return row is not None and row.finished_at is not None and row.finished_at >= moment


class _Stopped(NotPossible):
    """The calls allowed are used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read(Generic[M]):
    """A page that was read, what it proves, and where the walk stands after it."""

    items: Sequence[Item[M]]
    """Those that were on no page before."""
    read_at: datetime
    window: Window | None
    walk: Walk


class Reconciler:
    """One reconciliation.

    Args:
        dry_run: report only; nothing is written.
        max_calls: stop after so many requests to Polar, to go on at the next run.
        on_progress: told after each page.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        polar: PolarWebhooks,
        *,
        dry_run: bool = False,
        max_calls: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._database: Database = ledger.database
        self._ledger = ledger
        self._settings = settings
        self._polar = polar
        self._dry_run = dry_run
        self._max_calls = max_calls
        # What a page leads to needs calls too, or the next run would come no further.
        self._together = _TOGETHER if max_calls is None else 1
        self._on_progress = on_progress
        self._keep_by = time.monotonic() + _KEEP_EVERY
        self._token = uuid.uuid4().hex
        self._requests_before = polar.requests
        self._calls_before = 0
        self._listed_at = datetime.now(UTC)
        self._told: set[str] = set()
        self._report = Report(started_at=datetime.now(UTC), dry_run=dry_run)

    async def line(self, since: datetime, until: datetime, *, redeliver: bool) -> LineReport:
        """What is wrong with the webhook line, and what was lost on it in this time.

        Raises:
            Unavailable, Refused
        """
        send = redeliver and not self._dry_run
        return await heal(self._polar, self._settings, since=since, until=until, redeliver=send)

    # --- the three ways ------------------------------------------------------------------

    async def everything(self, since: timedelta | None = None) -> Report:
        """Compare all of Polar's customers, subscriptions and granted benefits, and the deletions.

        Args:
            since: only what was created in this time.

        Raises:
            AlreadyRunning, StorageUnavailable
        """
        async with self._alone():
            progress = await self._begin(since)
            self._report = progress.report
            try:
                await self._read_list(progress, Customer)
                progress.listed_at = progress.listed_at or datetime.now(UTC)
                await self._read_lists(progress, Subscription, Grant)
                # What belongs to customers who were gone by then is in the mirror as Polar has it.
                listed_at = progress.listed_at if since is None else None
                await self._check_deletions(None, listed_at)
                await self._count_deleted_elsewhere()
            except (PolarError, _Stopped) as error:
                self._report.stopped = str(error)
                async with self._session() as session:
                    await self._keep(session, progress)
            else:
                await self._end(progress)
            self._count_calls()
            return self._report

    async def user(self, user_id: str) -> Report:
        """Compare one user's customer and deletions.

        Raises:
            AlreadyRunning, StorageUnavailable
        """
        async with self._alone():
            return await self._finished(self._user(user_id))

    async def deletions(self) -> Report:
        """Compare the deletions that have not ended, and those that found nobody.

        Raises:
            AlreadyRunning, StorageUnavailable
        """
        async with self._alone():
            return await self._finished(self._open_deletions())

    async def _finished(self, work: Awaitable[None]) -> Report:
        try:
            await work
        except (PolarError, _Stopped) as error:
            self._report.stopped = str(error)
        else:
            self._report.finished = True
        self._count_calls()
        return self._report

    # --- a whole list ----------------------------------------------------------------------

    async def _read_lists(self, progress: Progress, *kinds: type[Any]) -> None:
        """Read the lists at once: while Polar works on a page of one, a page of another is judged.
        What stops one lets the others come as far as they can."""
        if self._max_calls is not None:
            # In turn, so that each call allowed is made use of and no more.
            for kind in kinds:
                await self._read_list(progress, kind)
            return
        stopped: list[Exception] = []

        async def read(kind: type[Any]) -> None:
            try:
                await self._read_list(progress, kind)
            except PolarError as error:
                stopped.append(error)

        tasks = [asyncio.create_task(read(kind)) for kind in kinds]
        try:
            await asyncio.gather(*tasks)
        finally:
            await end(tasks)
        if stopped:
            raise stopped[0]

    async def _read_list(self, progress: Progress, kind: type[M]) -> None:
        ahead: asyncio.Queue[_Read[M] | Exception] = asyncio.Queue(_TOGETHER)
        reader = asyncio.create_task(self._read_ahead(progress, kind, ahead))
        try:
            async with self._database.reading() as connection:
                while not progress.walk(kind).done:
                    batch = await self._gathered(ahead)
                    await self._take(progress, kind, batch, connection)
                    for _ in batch:
                        ahead.task_done()
                    self._on_progress(progress)
        finally:
            await end([reader])

    async def _gathered(self, ahead: asyncio.Queue[_Read[M] | Exception]) -> list[_Read[M]]:
        """The page that is next, and those that come soon after it."""
        batch = [_or_raise(await ahead.get())]
        with suppress(TimeoutError):
            async with asyncio.timeout(_SOON):
                while len(batch) < self._together and not batch[-1].walk.done:
                    following = await ahead.get()
                    if isinstance(following, Exception):
                        # First what was read before it.
                        ahead.put_nowait(following)
                        break
                    batch.append(following)
        return batch

    async def _read_ahead(
        self, progress: Progress, kind: type[M], ahead: asyncio.Queue[_Read[M] | Exception]
    ) -> None:
        """Read pages while those before are being judged."""
        walk = progress.walk(kind).model_copy()
        try:
            while not walk.done:
                if self._together == 1:
                    await ahead.join()
                page = await self._page(kind, walk.page, descending=walk.descending)
                keys = [(item.id, item.key) for item in page.items]
                repeated = walk.repeated(keys)
                window = walk.read(keys, page.total, page.pages)
                if progress.since is not None and any(key < progress.since for _, key in keys):
                    walk.finish()
                items = [item for item in page.items if item.id not in repeated]
                await ahead.put(
                    _Read(items=items, read_at=page.read_at, window=window, walk=walk.model_copy())
                )
        except Exception as error:  # noqa: BLE001 - raised by whoever waits for the page
            await ahead.put(error)

    async def _page(self, kind: type[M], number: int, *, descending: bool) -> Page[M]:
        return await self._patiently(lambda: self._polar.page(kind, number, descending=descending))

    async def _take(
        self,
        progress: Progress,
        kind: type[M],
        batch: Sequence[_Read[M]],
        connection: AsyncConnection,
    ) -> None:
        """Judge the pages, and write what that leads to together with the place reached."""
        listed = [item for read in batch for item in read.items]
        read_at = min(read.read_at for read in batch)
        windows = [read.window for read in batch if read.window is not None]
        window = joined(windows) if windows else None
        keys = {item.id: item.key for item in listed}
        known = await mirror_rows.listed(connection, kind, window, keys)
        differing: list[M] = []
        external_ids: dict[str, str | None] = {}
        for number, item in enumerate(listed):
            if number % PAGE == 0:
                # Meanwhile the next pages come in.
                await asyncio.sleep(0)
            stored = known.get(item.id)
            if stored is not None and stored.is_as_sent(item.content):
                # Whatever is written to it from now on is newer than the list.
                if kind is Customer:
                    external_ids[item.id] = item.content["external_id"]
            else:
                differing.append(item.parsed())
        customers = external_ids | _external_ids(differing)
        if window is not None:
            await self._look_for(progress, kind, _unseen(known, window, read_at), read_at)
        to_write = differing or await self._any_concerned(connection, customers)
        walk = batch[-1].walk
        if to_write or time.monotonic() >= self._keep_by:
            async with self._session() as session:
                now = await self._database.now(session)
                await self._judge(session, kind, differing, now)
                await self._owed(session, customers, read_at, now)
                self._count(kind, len(listed))
                await self._keep(session, progress.at(kind, walk))
        else:
            self._count(kind, len(listed))
        # Only now: what another list writes meanwhile must not claim these pages.
        progress.walks[KINDS[kind]] = walk

    async def _look_for(
        self, progress: Progress, kind: type[M], unseen: Iterable[Stored[M]], read_at: datetime
    ) -> None:
        """Ask for the rows that the pages should have shown and did not. What comes of each request
        is written at once: however many there are, and however few calls are allowed, it gets on.

        Args:
            progress: as it was before the pages, which are not taken yet.
        """
        names: dict[str, list[str]] = {}
        for item in unseen:
            names.setdefault(item.customer_id, []).append(item.id)
        for owners in batches(sorted(names), 1 if kind is Customer else MAX_IDS):
            wanted = {name for owner in owners for name in names[owner]}
            found = [item for item in await self._ask(kind, owners) if item.id in wanted]
            async with self._session() as session:
                now = await self._database.now(session)
                await self._judge(session, kind, found, now)
                await self._owed(session, _external_ids(found), read_at, now)
                await self._bury(session, kind, wanted - {item.id for item in found}, read_at, now)
                await self._keep(session, progress)

    async def _ask(self, kind: type[M], customer_ids: Sequence[str]) -> Sequence[Any]:
        """What Polar has of this kind for these customers; of customers, for one."""
        if kind is Customer:
            [customer_id] = customer_ids
            state = await self._state(None, customer_id)
            return [] if state is None else [state.customer]
        if kind is Subscription:
            return await self._patiently(lambda: self._polar.subscriptions_of(customer_ids))
        return await self._patiently(lambda: self._polar.granted_benefits_of(customer_ids))

    async def _judge(
        self,
        session: AsyncSession,
        kind: type[M],
        listed: Sequence[M],
        now: datetime,
    ) -> None:
        known = await mirror_rows.stored(session, kind, [item.id for item in listed])
        write: list[M] = []
        for item in listed:
            judgement: Judgement[M] = judge(known.get(item.id), item)
            if judgement.difference is not None:
                self._tell(judgement.difference)
            if judgement.write is not None:
                write.append(judgement.write)
        if not self._dry_run:
            await mirror_rows.overwrite(self._database, session, kind, write, now)

    def _tell(self, difference: Difference) -> None:
        """Report it. A row with another sort key than Polar's is come upon in two places: where
        nothing is written, it would be told twice."""
        if self._dry_run and any(change.field in _SORT_KEYS for change in difference.changes):
            if difference.id in self._told:
                return
            self._told.add(difference.id)
        self._report.add(difference)

    async def _bury(
        self,
        session: AsyncSession,
        kind: type[M],
        gone: Iterable[str],
        read_at: datetime,
        now: datetime,
    ) -> None:
        """Have the mirror follow Polar where Polar has nothing."""
        known = await mirror_rows.stored(session, kind, gone)
        rows = [item.row for item in known.values() if item.written_at < read_at]
        for row in rows:
            self._report.add(extra(row))
        if self._dry_run or not rows:
            return
        if kind is Subscription:
            await mirror_rows.remove_subscriptions(session, [row.id for row in rows])
            return
        await mirror_rows.overwrite(
            self._database, session, kind, [_ended(row, now) for row in rows], now
        )
        for row in rows:
            if isinstance(row, Customer):
                await self._customer_gone(session, row.id, now)

    async def _customer_gone(self, session: AsyncSession, customer_id: str, now: datetime) -> None:
        for deletion in await self._ledger.concerning(session, [customer_id]):
            if snapshot(deletion).stage in {State.RESOLVED, State.DELETING}:
                await self._ledger.record(
                    session, deletion, CustomerGone(), now, source=API, answer="404"
                )
                self._moved_on(deletion)

    # --- what deletions are owed -------------------------------------------------------------

    async def _owed(
        self,
        session: AsyncSession,
        customers: Mapping[str, str | None],
        read_at: datetime,
        now: datetime,
    ) -> None:
        """Customers who are still there although their user was deleted.

        Args:
            customers: Polar's ids with the external ids, as listed.
        """
        if not customers:
            return
        by_hash = self._by_hash(customers)
        found = await session.exec(
            self._locked(select(DeletionRow).where(_CONCERNING)),
            params={"customers": customers, "hashes": by_hash},
        )
        for row in found.all():
            if row.state is State.NO_CUSTOMER:
                customer_id = by_hash[row.external_hash or ""]
                self._add(row, f"customer {customer_id} is there now; the deletion looks again")
                if not self._dry_run:
                    # The id may have been forgotten here; this is it again.
                    row.external_id = customers[customer_id]
                    wake(row, now)
            elif (
                row.customer_id in customers
                and row.state in {State.DELETED, State.INCOMPLETE, State.VERIFIED}
                and row.deleted_at is not None
                and row.deleted_at < read_at
            ):
                self._add(
                    row,
                    f"Polar lists customer {row.customer_id}, which it had said was deleted:"
                    " delete it in its dashboard",
                    repaired=False,
                )

    async def _any_concerned(
        self, connection: AsyncConnection, customers: Mapping[str, str | None]
    ) -> bool:
        """Whether there are deletions of these customers, or of others with their external ids."""
        if not customers:
            return False
        parameters = {"customers": customers, "hashes": self._by_hash(customers)}
        found = await connection.execute(ANY_CONCERNED, parameters)
        return found.first() is not None

    def _by_hash(self, customers: Mapping[str, str | None]) -> dict[str, str]:
        """Polar's ids by the hash of the external id."""
        return {
            self._ledger.hasher.external(external_id): customer_id
            for customer_id, external_id in customers.items()
            if external_id is not None
        }

    async def _check_deletions(self, ids: Sequence[int] | None, listed_at: datetime | None) -> None:
        """Show the mirror, which is as Polar listed it since `listed_at`, to the deletions."""
        last = 0
        while True:
            async with self._session() as session:
                rows: Sequence[DeletionRow] = (
                    await session.exec(
                        self._locked(
                            select(DeletionRow)
                            .where(
                                col(DeletionRow.id) > last,
                                _to_be_checked(),
                                sa.true() if ids is None else col(DeletionRow.id).in_(ids),
                            )
                            .order_by(col(DeletionRow.id))
                            .limit(_BATCH)
                        )
                    )
                ).all()
                now = await self._database.now(session)
                known = await mirror_rows.facts(
                    session, [row.customer_id for row in rows if row.customer_id], listed_at
                )
                for row in rows:
                    await self._check(session, row, known[row.customer_id or ""], now)
                    last = row.id or last
            if len(rows) < _BATCH:
                return

    async def _check(
        self, session: AsyncSession, row: DeletionRow, checked: Checked, now: datetime
    ) -> None:
        fresh = checked.listed_at is not None and (
            row.deleted_at is None or checked.listed_at >= row.deleted_at
        )
        if not fresh:
            checked = replace(checked, listed_at=None)
        before = row.state
        after = observe(snapshot(row), checked, self._ledger.policy, now).state
        if not self._dry_run:
            await self._ledger.record(session, row, checked, now, source=API)
            if row.state is not before:
                self._moved_on(row)
        # A deletion that is still at it, or that the API has not been asked about, owes nothing.
        open_ones = [item.id for item in checked.open_subscriptions]
        open_ones += [item.id for item in checked.open_grants]
        if fresh and open_ones and after is State.INCOMPLETE:
            names = ", ".join(open_ones)
            self._add(row, f"not ended, though the customer is gone: {names}", repaired=False)

    async def _count_deleted_elsewhere(self) -> None:
        pinned = (
            sa.select(col(DeletionRow.id))
            .where(col(DeletionRow.customer_id) == col(CustomerRow.id))
            .exists()
        )
        async with self._database.read() as session:
            count = await session.exec(
                select(sa.func.count())
                .select_from(CustomerRow)
                .where(col(CustomerRow.deleted_at).is_not(None), ~pinned)
            )
            self._report.deleted_elsewhere = count.one()

    def _add(self, row: DeletionRow, cause: str, *, repaired: bool = True) -> None:
        self._report.add(
            Difference(
                kind="deletion",
                id=str(row.id),
                finding=Finding.OWED,
                cause=cause,
                repaired=repaired,
            )
        )

    def _moved_on(self, row: DeletionRow) -> None:
        self._report.moved_on[row.state] = self._report.moved_on.get(row.state, 0) + 1

    # --- one user, or the deletions only -----------------------------------------------------

    async def _user(self, user_id: str) -> None:
        async with self._database.read() as session:
            target = await identity.resolve(session, user_id, None, self._settings)
            rows = (
                await session.exec(
                    select(DeletionRow).where(
                        col(DeletionRow.user_hash) == self._ledger.hasher.user(user_id)
                    )
                )
            ).all()
        known = {row.customer_id for row in rows if row.customer_id}
        there: set[str] = set()
        if target is not None:
            there = await self._take_customer(target.external_id, target.customer_id)
            known |= await self._mirrored_as(target) | there
        await self._compare(sorted(known), there)
        await self._check_deletions([row.id for row in rows if row.id], self._listed_at)

    async def _mirrored_as(self, target: identity.Target) -> set[str]:
        """Customers whom the mirror has as the user's."""
        which = (
            col(CustomerRow.id) == target.customer_id
            if target.customer_id is not None
            else col(CustomerRow.external_id) == target.external_id
        )
        async with self._database.read() as session:
            return set((await session.exec(select(CustomerRow.id).where(which))).all())

    async def _open_deletions(self) -> None:
        last = 0
        while True:
            async with self._database.read() as session:
                rows = (
                    await session.exec(
                        select(DeletionRow)
                        .where(
                            col(DeletionRow.id) > last,
                            col(DeletionRow.state).not_in(
                                [State.VERIFIED, State.SUPERSEDED, State.CANCELED]
                            ),
                        )
                        .order_by(col(DeletionRow.id))
                        .limit(MAX_IDS)
                    )
                ).all()
            if not rows:
                return
            last = rows[-1].id or last
            there: set[str] = set()
            for row in rows:
                if row.state is State.NO_CUSTOMER and row.external_id is not None:
                    there |= await self._take_customer(row.external_id, None)
            await self._compare(sorted({row.customer_id for row in rows if row.customer_id}), there)
            await self._check_deletions([row.id for row in rows if row.id], self._listed_at)

    async def _state(
        self, external_id: str | None, customer_id: str | None
    ) -> CustomerState | None:
        with suppress(NotFound):
            return await self._patiently(
                lambda: self._polar.customer_state(external_id=external_id, customer_id=customer_id)
            )
        return None

    async def _take_customer(self, external_id: str | None, customer_id: str | None) -> set[str]:
        """Compare the customer who is at Polar under one of the ids, if any; returns Polar's id."""
        state = await self._state(external_id, customer_id)
        if state is None:
            return set()
        async with self._session() as session:
            now = await self._database.now(session)
            await self._judge(session, Customer, [state.customer], now)
            owed = _external_ids([state.customer])
            await self._owed(session, owed, state.customer.observed_at, now)
        self._count(Customer, 1)
        return {state.customer.id}

    async def _compare(self, customer_ids: Sequence[str], there: Set[str]) -> None:
        """Compare these customers, with their subscriptions and grants. Who is `there` has been
        compared already; of the others those are asked for whom the mirror has as living."""
        for batch in batches(customer_ids):
            read_at = datetime.now(UTC)
            async with self._database.read() as session:
                known = await mirror_rows.stored(session, Customer, batch)
            for item in known.values():
                if item.row.deleted_at is None and item.row.id not in there:
                    await self._settle_customer(item.row.id, read_at)
        self._listed_at = datetime.now(UTC)
        for batch in batches(customer_ids):
            read_at = datetime.now(UTC)
            subscriptions = await self._ask(Subscription, batch)
            grants = await self._ask(Grant, batch)
            async with self._session() as session:
                now = await self._database.now(session)
                await self._compare_with(session, Subscription, subscriptions, batch, read_at, now)
                await self._compare_with(session, Grant, grants, batch, read_at, now)

    async def _settle_customer(self, customer_id: str, read_at: datetime) -> None:
        found = await self._take_customer(None, customer_id)
        if not found:
            async with self._session() as session:
                now = await self._database.now(session)
                await self._bury(session, Customer, [customer_id], read_at, now)

    async def _compare_with(
        self,
        session: AsyncSession,
        kind: type[M],
        listed: Sequence[M],
        customer_ids: Sequence[str],
        read_at: datetime,
        now: datetime,
    ) -> None:
        await self._judge(session, kind, listed, now)
        known = await mirror_rows.stored_of(session, kind, customer_ids)
        there = {item.id for item in listed}
        gone = [
            name
            for name, item in known.items()
            if name not in there and not (isinstance(item.row, Grant) and not item.row.is_granted)
        ]
        await self._bury(session, kind, gone, read_at, now)
        self._count(kind, len(listed))

    def _count(self, kind: type[Mirrored], number: int) -> None:
        name = KINDS[kind]
        self._report.compared[name] = self._report.compared.get(name, 0) + number

    # --- calls, sessions, progress -----------------------------------------------------------

    def _locked(self, statement: Any) -> Any:
        return statement if self._dry_run else self._database.locked(statement)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask Polar while calls are allowed, and again where that can help: one time-out must not
        end a reconciliation of ten thousand requests. A 429's wait is the budget's."""
        for seconds in _RETRY_AFTER:
            self._allow()
            # The budget is in the database.
            with suppress(Unavailable, StorageUnavailable):
                return await ask()
            await asyncio.sleep(seconds)
        self._allow()
        return await ask()

    def _allow(self) -> None:
        """Make sure that another request is allowed."""
        sent = self._count_calls()
        if self._max_calls is not None and sent >= self._max_calls:
            raise _Stopped(f"the {self._max_calls} calls allowed are used up; run it again")

    def _count_calls(self) -> int:
        sent = self._polar.requests - self._requests_before
        self._report.calls = self._calls_before + sent
        return sent

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        if self._dry_run:
            async with self._database.read() as session:
                yield session
            return
        async with AsyncExitStack() as stack:
            yield await self._locked_in(stack)

    async def _locked_in(self, stack: AsyncExitStack) -> AsyncSession:
        """A write transaction that has begun. SQLite lets a busy process keep the lock from another
        for longer than any time-out; its load is no reason to end."""
        for seconds in _RETRY_AFTER:
            with suppress(StorageUnavailable):
                return await self._begun(stack)
            await asyncio.sleep(seconds)
        return await self._begun(stack)

    async def _begun(self, stack: AsyncExitStack) -> AsyncSession:
        async with AsyncExitStack() as attempt:
            session = await attempt.enter_async_context(self._database.write())
            await session.connection()
            await stack.enter_async_context(attempt.pop_all())
        return session

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold the lease that only one process at a time can have. A dry run writes nothing, so it
        needs none."""
        if self._dry_run:
            yield
            return
        await self._lease()
        keeping = asyncio.create_task(self._keep_lease())
        try:
            yield
        finally:
            await end([keeping])
            # Otherwise it runs out.
            with suppress(StorageUnavailable):
                async with self._database.write() as session:
                    row = await session.get(ReconciliationRow, _ROW)
                    if row is not None and row.lease_token == self._token:
                        row.lease_token = row.lease_until = None

    async def _lease(self) -> None:
        async with self._database.write() as session:
            row = await self._row(session)
            now = await self._database.now(session)
            taken = row.lease_token not in {None, self._token}
            if taken and row.lease_until is not None and row.lease_until > now:
                raise AlreadyRunning(
                    "another process is reconciling, or was killed less than a minute ago"
                )
            row.lease_token, row.lease_until = self._token, now + _LEASE
            session.add(row)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(_LEASE.total_seconds() / 4)
            with suppress(StorageUnavailable):
                await self._lease()

    async def _row(self, session: AsyncSession) -> ReconciliationRow:
        found = await session.exec(
            self._database.locked(
                select(ReconciliationRow).where(col(ReconciliationRow.id) == _ROW)
            )
        )
        row: ReconciliationRow | None = found.first()
        return row or ReconciliationRow(id=_ROW)

    async def _begin(self, since: timedelta | None) -> Progress:
        """Where a run of everything that was stopped is to go on, or a new beginning."""
        fresh = Progress(report=self._report)
        if since is not None:
            fresh.since = self._report.started_at - since
            return fresh
        if self._dry_run:
            return fresh
        async with self._database.read() as session:
            row = await session.get(ReconciliationRow, _ROW)
        if row is None or row.progress is None:
            return fresh
        try:
            stored = Progress.model_validate(row.progress)
        except ValidationError:
            # Written by another version.
            return fresh
        if stored.report.started_at < self._report.started_at - _RESUMABLE:
            return fresh
        self._calls_before, stored.report.stopped = stored.report.calls, None
        return stored

    async def _keep(self, session: AsyncSession, progress: Progress) -> None:
        if self._dry_run or progress.since is not None:
            return
        self._count_calls()
        row = await self._row(session)
        if row.lease_token != self._token:
            raise AlreadyRunning("another process has taken over this reconciliation")
        row.progress = progress.model_dump(mode="json")
        session.add(row)
        self._keep_by = time.monotonic() + _KEEP_EVERY

    async def _end(self, progress: Progress) -> None:
        self._report.finished = True
        if self._dry_run or progress.since is not None:
            return
        async with self._session() as session:
            row = await self._row(session)
            row.progress, row.finished_at = None, await self._database.now(session)
            session.add(row)


def _or_raise(read: _Read[M] | Exception) -> _Read[M]:
    if isinstance(read, Exception):
        raise read
    return read


def _unseen(
    known: Mapping[str, Stored[M]], window: Window, read_at: datetime
) -> Iterator[Stored[M]]:
    """What should have been listed and was not. Not what was written only after the list was read:
    the list may be the older of the two."""
    return (
        item
        for name, item in known.items()
        if name not in window.seen and item.written_at < read_at
    )


def _external_ids(listed: Iterable[Mirrored]) -> dict[str, str | None]:
    """Of the customers among them, by Polar's id."""
    return {item.id: item.external_id for item in listed if isinstance(item, Customer)}


def _ended(row: M, now: datetime) -> M:
    """The row as Polar's silence about it says: the customer deleted, the benefit revoked."""
    if isinstance(row, Customer):
        return replace(row, deleted_at=now, observed_at=now, written_by=API).merge(row)
    return replace(row, is_granted=False, observed_at=now, written_by=API)  # type: ignore[call-arg]


# No word of the state: SQLite would look it up, and read through all that have been verified.
_CONCERNING = sa.or_(
    any_of(col(DeletionRow.customer_id), sa.bindparam("customers", type_=Texts())),
    any_of(col(DeletionRow.external_hash), sa.bindparam("hashes", type_=Texts())),
)
# Without a LIMIT: for one row PostgreSQL would rather begin to read the table.
ANY_CONCERNED = sa.select(col(DeletionRow.id)).where(_CONCERNING)


def _to_be_checked() -> sa.ColumnElement[bool]:
    """Deletions whose customer is gone, but of the verified ones only those that something open
    contradicts: there may be a million."""
    open_subscription = (
        sa.select(col(SubscriptionRow.id))
        .where(
            col(SubscriptionRow.customer_id) == col(DeletionRow.customer_id),
            col(SubscriptionRow.ended_at).is_(None),
            col(SubscriptionRow.status).not_in(ENDED_STATUSES),
        )
        .exists()
    )
    granted = (
        sa.select(col(GrantRow.id))
        .where(col(GrantRow.customer_id) == col(DeletionRow.customer_id), col(GrantRow.is_granted))
        .exists()
    )
    state = col(DeletionRow.state)
    return sa.or_(
        state.in_([State.DELETED, State.INCOMPLETE]),
        sa.and_(state == State.VERIFIED, sa.or_(open_subscription, granted)),
    )
