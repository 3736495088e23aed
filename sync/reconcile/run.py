"""A reconciliation: compare mirror and deletions with Polar's truth, repair, report.

What a page leads to is written in one transaction together with the place reached, so that a stop
at any point loses nothing; where there is nothing to write, the place is written once a second.
Memory does not grow with the number of customers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.cancellation import cancel_and_wait
from sync.deletions.brake import by_default
from sync.deletions.ledger import Ledger
from sync.errors import PolarError
from sync.metrics import current
from sync.mirror import kinds, rows
from sync.mirror.kinds import CUSTOMER, MEMBER, Kind
from sync.mirror.objects import Customer, M, Mirrored
from sync.mirror.stored import Stored
from sync.polar.budget import Budget
from sync.polar.client import PolarClient
from sync.polar.lists import MAX_IDS, PAGE, Unreadable, apart, batches
from sync.polar.organization import Organization
from sync.reconcile import owed, selection
from sync.reconcile.calls import Calls, CallsUsedUp
from sync.reconcile.children import compare_children
from sync.reconcile.compare import differing, unseen
from sync.reconcile.context import Context
from sync.reconcile.cursor import joined
from sync.reconcile.listing import Read, reading
from sync.reconcile.otherwise import fetch_missing
from sync.reconcile.progress import Place, Progress
from sync.reconcile.redeliver import WebhookReport, check_webhooks
from sync.reconcile.repair import ask, follow, follow_silence
from sync.reconcile.report import Report
from sync.reconcile.shortfall import Shortfall
from sync.reconcile.standing import note_ended, note_line
from sync.settings import Settings

if TYPE_CHECKING:
    from sync.metrics.recorder import Ended


@asynccontextmanager
async def reconciliation(
    ledger: Ledger,
    settings: Settings,
    *,
    dry_run: bool = False,
    max_calls: int | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> AsyncIterator[Reconciliation]:
    """A reconciliation with a client of its own, which takes only those requests from the shared
    budget that no worker is waiting for.

    Args:
        dry_run: report only; nothing is written.
        max_calls: stop after so many requests to Polar, to go on at the next run.
        on_progress: told after each page.
    """
    budget = Budget(ledger.database, settings.rate_per_minute, background=True)
    async with PolarClient(settings, budget, Organization(ledger.database)) as polar:
        report = Report(started_at=datetime.now(UTC), dry_run=dry_run)
        context = Context(ledger, settings, Calls(polar, max_calls), report, dry_run)
        yield Reconciliation(context, on_progress)


class Reconciliation:
    """One reconciliation, in one of three ways."""

    def __init__(self, context: Context, on_progress: Callable[[Progress], None]) -> None:
        self._context = context
        self._on_progress = on_progress
        self._place = Place(context.database)
        self._calls_before = 0

    async def everything(self, since: timedelta | None = None) -> Report:
        """Compare all that is mirrored with Polar, and the deletions.

        Args:
            since: only what was created in this time.

        Raises:
            AlreadyRunning, StorageUnavailable
        """
        async with self._alone():
            progress = await self._begin(since)
            try:
                await self._read_list(progress, CUSTOMER)
                progress.listed_at = progress.listed_at or datetime.now(UTC)
                await self._read_lists(progress, kinds.owned())
                if since is None:
                    await self._read_children(progress)
                # What belongs to customers who were gone by then is in the mirror as Polar has it.
                whole = since is None and not self._context.report.incomplete
                listed_at = progress.listed_at if whole else None
                await owed.check_deletions(self._context, None, listed_at)
                await owed.count_deleted_elsewhere(self._context)
                if listed_at is not None:
                    await self._mention_brake()
                    await self._note_listed(listed_at)
            except (PolarError, CallsUsedUp) as error:
                self._context.report.stopped = str(error)
                async with self._context.session() as session:
                    await self._keep(session, progress)
            else:
                self._context.report.finished = True
                if self._is_kept(progress):
                    await self._place.finish()
            if since is None and not self._context.dry_run:
                await self._note_ended()
            return self._counted()

    async def user(self, user_id: str) -> Report:
        """Compare one user's customer and deletions.

        Raises:
            AlreadyRunning, StorageUnavailable
        """
        return await self._selected(lambda: selection.user(self._context, user_id))

    async def deletions(self) -> Report:
        """Compare the deletions that have not ended, and those that found nobody.

        Raises:
            AlreadyRunning, StorageUnavailable
        """
        return await self._selected(lambda: selection.open_deletions(self._context))

    async def webhooks(self, since: datetime, until: datetime, *, redeliver: bool) -> WebhookReport:
        """What is wrong with the endpoint at Polar, and what it lost in this time.

        Raises:
            Unavailable, Refused, StorageUnavailable
        """
        report = await check_webhooks(
            self._context.calls.polar,
            self._context.settings,
            since=since,
            until=until,
            redeliver=redeliver and not self._context.dry_run,
        )
        if not self._context.dry_run:
            async with self._context.session() as session:
                await note_line(self._context.database, session, report)
        return report

    async def _selected(self, work: Callable[[], Awaitable[None]]) -> Report:
        async with self._alone():
            try:
                await work()
            except (PolarError, CallsUsedUp) as error:
                self._context.report.stopped = str(error)
            else:
                self._context.report.finished = True
            return self._counted()

    # --- whole lists -----------------------------------------------------------------------

    async def _read_lists(self, progress: Progress, wanted: Iterable[Kind[Any]]) -> None:
        """Read the lists at once: while Polar works on a page of one, a page of another is judged.
        What stops one lets the others come as far as they can."""
        if self._context.calls.limit is not None:
            # In turn, so that each call allowed is made use of and no more.
            for kind in wanted:
                await self._read_list(progress, kind)
            return
        stopped: list[PolarError] = []

        async def read(kind: Kind[Any]) -> None:
            try:
                await self._read_list(progress, kind)
            except PolarError as error:
                stopped.append(error)

        tasks = [asyncio.create_task(read(kind)) for kind in wanted]
        try:
            await asyncio.gather(*tasks)
        finally:
            await cancel_and_wait(tasks)
        if stopped:
            raise stopped[0]

    async def _read_list(self, progress: Progress, kind: Kind[Any]) -> None:
        context = self._context
        cursor = progress.cursor(kind)
        async with (
            context.database.reading() as connection,
            reading(context.calls, kind, cursor, progress.since) as pages,
        ):
            async for batch in pages:
                await self._take(progress, kind, batch, connection)
                self._on_progress(progress)
        if progress.since is None:
            await self._fetch_missing(progress, kind)

    async def _read_children(self, progress: Progress) -> None:
        for kind in kinds.KINDS:
            if kind.parent is None:
                continue

            async def keep(session: AsyncSession, parent_id: str, name: str = kind.name) -> None:
                progress.parents[name] = parent_id
                await self._keep(session, progress)

            reached = progress.parents.get(kind.name, "")
            await compare_children(self._context, kind, kind.parent, reached, keep)

    async def _mention_brake(self) -> None:
        """On the first day nobody knows yet that the brake is there, and what it lets by."""
        context = self._context
        async with context.database.read() as session:
            is_first = await rows.listed_at(session, MEMBER) is None
        if is_first and context.settings.max_deletions_per_hour is None:
            context.report.brake = by_default(context.report.compared.get(CUSTOMER.name, 0))

    async def _note_ended(self) -> None:
        report = self._context.report
        ended: Ended = "incomplete" if report.incomplete else "complete"
        if report.stopped:
            ended = "stopped"
        async with self._context.session() as session:
            await note_ended(self._context.database, session, ended)
        if current.recorder:
            current.recorder.reconciled(ended, datetime.now(UTC).timestamp())

    async def _note_listed(self, listed_at: datetime) -> None:
        if self._context.dry_run:
            return
        async with self._context.session() as session:
            for kind in kinds.owned():
                await rows.note_listed(self._context.database, session, kind, listed_at)

    async def _fetch_missing(self, progress: Progress, kind: Kind[Any]) -> None:
        """Fetch what the list has not shown, and report what is missing all the same."""
        context, cursor = self._context, progress.cursor(kind)

        async def keep(session: AsyncSession, shortfall: Shortfall) -> None:
            await self._keep(session, progress.at(kind, cursor, shortfall))

        if not context.dry_run:
            # What was read before is told from the rest by being in the mirror.
            before = progress.shortfall(kind)
            async for reached in fetch_missing(context, kind, cursor, before, keep):
                progress.shortfalls[kind.name] = reached
                self._on_progress(progress)
        left = progress.shortfall(kind).left(cursor.short)
        if missing := left + context.report.unreadable(kind.name):
            context.report.incomplete[kind.name] = missing

    async def _take(
        self,
        progress: Progress,
        kind: Kind[M],
        batch: Sequence[Read[M]],
        connection: AsyncConnection,
    ) -> None:
        """Judge the pages, and write what that leads to together with the place reached."""
        context = self._context
        items = [item for read in batch for item in read.items]
        read_at = min(read.read_at for read in batch)
        windows = [read.window for read in batch if read.window is not None]
        window = joined(windows) if windows else None
        keys = {item.id: item.key for item in items}
        known = await rows.listed(connection, kind, window.span if window else None, keys)
        to_judge: list[M] = []
        unreadable: list[Unreadable] = []
        for some in batches(items, PAGE):
            read, not_read = apart(item.parsed() for item in differing(some, known))
            to_judge += read
            unreadable += not_read
            # Meanwhile the next pages come in.
            await asyncio.sleep(0)
        nameless = [item for read in batch for item in read.unreadable]
        context.tell_unreadable(kind, unreadable)
        # These were listed: nothing is gained by looking for them.
        listed_too = context.tell_unreadable(kind, nameless)
        shortfall = progress.shortfall(kind).and_found(listed_too)
        if window is not None:
            missing = unseen(known, window, read_at)
            asked = await self._look_for(progress, kind, missing, read_at)
            shortfall = shortfall.and_found(sum(window.holds(key) for key in asked))
        customers: dict[str, str | None] = {}
        if kind is CUSTOMER:
            # Whatever is written to the equal ones from now on is newer than the list.
            bad = {item.id for item in unreadable}
            customers = {
                item.id: item.content.get("external_id") for item in items if item.id not in bad
            }
            customers |= _external_ids(to_judge)
        to_write = to_judge or await owed.any_concerned(context, connection, customers)
        cursor = batch[-1].cursor
        if to_write or self._place.keeping_is_due:
            async with context.session() as session:
                now = await context.database.now(session)
                await follow(context, session, kind, to_judge, now)
                await owed.owed(context, session, customers, read_at, now)
                context.report.count(kind.name, len(items))
                await self._keep(session, progress.at(kind, cursor, shortfall))
        else:
            context.report.count(kind.name, len(items))
        # Only now: what another list writes meanwhile must not claim these pages.
        progress.cursors[kind.name] = cursor
        progress.shortfalls[kind.name] = shortfall

    async def _look_for(
        self, progress: Progress, kind: Kind[M], missing: Iterable[Stored[M]], read_at: datetime
    ) -> Sequence[datetime]:
        """Ask for the rows that the pages should have shown and did not. What comes of each request
        is written at once: however many there are, and however few calls are allowed, it gets on.

        Args:
            progress: as it was before the pages, which are not taken yet.

        Returns:
            The keys, at Polar, of those that are there.
        """
        context = self._context
        there: list[datetime] = []
        ids: dict[str, list[str]] = {}
        for item in missing:
            ids.setdefault(item.customer_id, []).append(item.id)
        for owners in batches(sorted(ids), 1 if kind is CUSTOMER else MAX_IDS):
            wanted = {polar_id for owner in owners for polar_id in ids[owner]}
            listing = await ask(context, kind, owners)
            found = [item for item in listing.items if item.id in wanted]
            there += [kind.key(item) for item in found]
            silent = wanted - {item.id for item in found}
            silent -= {polar_id for owner in listing.refusals for polar_id in ids.get(owner, ())}
            async with context.session() as session:
                now = await context.database.now(session)
                await follow(context, session, kind, found, now)
                await owed.owed(context, session, _external_ids(found), read_at, now)
                await follow_silence(context, session, kind, silent, read_at, now)
                await self._keep(session, progress)
        return there

    # --- the place reached -----------------------------------------------------------------

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        # A dry run writes nothing, so it needs no lease.
        async with nullcontext() if self._context.dry_run else self._place.alone():
            yield

    async def _begin(self, since: timedelta | None) -> Progress:
        """Where a run of everything that was stopped is to go on, or a new beginning."""
        report = self._context.report
        if since is not None:
            return Progress(report=report, since=report.started_at - since)
        resumed = None if self._context.dry_run else await self._place.resumed(report.started_at)
        if resumed is None:
            return Progress(report=report)
        self._context.report = resumed.report
        self._calls_before = resumed.report.calls
        return resumed

    def _is_kept(self, progress: Progress) -> bool:
        return not self._context.dry_run and progress.since is None

    async def _keep(self, session: AsyncSession, progress: Progress) -> None:
        if self._is_kept(progress):
            self._counted()
            await self._place.keep(session, progress)

    def _counted(self) -> Report:
        """The report, with the calls made so far."""
        report = self._context.report
        report.calls = self._calls_before + self._context.calls.sent
        return report


def _external_ids(listed: Iterable[Mirrored]) -> dict[str, str | None]:
    """Of the customers among them, by Polar's id."""
    return {item.id: item.external_id for item in listed if isinstance(item, Customer)}
