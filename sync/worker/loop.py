"""The worker: applies the inbox, leases due deletions and has each moved on by one step."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

from sync.cancellation import cancel_and_wait
from sync.deletions import pause
from sync.deletions.leases import Leased, Leases
from sync.deletions.ledger import Ledger
from sync.deletions.states import Action
from sync.deletions.steps import Steps
from sync.deletions.waking import wake_blocked
from sync.inbox.announcements import listen
from sync.intake.apply import BATCH, Applier
from sync.logs import about_from_here, place_of
from sync.polar.budget import Budget
from sync.polar.client import PolarClient
from sync.polar.lists import MAX_IDS, batches
from sync.polar.organization import Organization
from sync.receipts import signer_of
from sync.settings import Settings
from sync.store.database import Database
from sync.store.errors import StorageUnavailable
from sync.store.retry import until_answered
from sync.store.vacuum import Vacuum
from sync.traces import current
from sync.worker.clock import Watch
from sync.worker.heads import Heads
from sync.worker.retention import Retention
from sync.worker.schedule import Schedule

_log = logging.getLogger(__name__)

_MAX_HELD = 2 * MAX_IDS
"""Deletions that one worker holds at once."""
_IDLE = 0.5
"""Seconds between looks at the tables when nothing wakes the worker."""
_UNTOLD = 0.1
"""The same for the inbox, where another process fills it and cannot say so."""
_GATHER = 0.05
"""Seconds after taking work up, or emptying the inbox, in which more comes to be done together."""
_AFTER_ERROR = 1.0
"""Seconds to wait when something unforeseen has happened."""
_GRACE = 8.0
"""Seconds that work under way is given to finish when the worker is told to stop."""


class Worker:
    """One worker. Several may share a database; each deletion is leased by one at a time."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._ledger = Ledger.of(database, settings)
        self._applier = Applier(database, self._ledger, settings)
        self._vacuum = Vacuum(database)
        self._watch = Watch(self._ledger)
        self._signer = signer_of(settings)
        self._leases = Leases(database, timedelta(seconds=settings.lease))
        self._paused: pause.Pause | None = None
        self._moved: dict[asyncio.Event, float] = {}
        """When each loop that is told of changes last began anew, by the event loop's clock."""
        self._inbox_changed = asyncio.Event()
        self._deletions_changed = asyncio.Event()
        self._held: dict[asyncio.Task[None], Sequence[Leased]] = {}
        self._listing: set[asyncio.Task[None]] = set()
        """Those of the tasks that ask for lists."""

    def wake(self) -> None:
        """Something has come into the inbox: do not wait for the next look."""
        self._inbox_changed.set()

    def stands_still(self) -> float:
        """Seconds for which it has not come round."""
        last = min((self._moved[it] for it in self._watched if it in self._moved), default=None)
        return 0.0 if last is None else asyncio.get_running_loop().time() - last

    @property
    def _watched(self) -> tuple[asyncio.Event, asyncio.Event]:
        return self._inbox_changed, self._deletions_changed

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish or give back what is held, within 10 seconds."""
        budget = Budget(self._database, self._settings.rate_per_minute)
        organization = Organization(self._database)
        async with PolarClient(self._settings, budget, organization) as polar:
            steps = Steps(self._database, self._ledger, self._leases, polar, self._settings)
            async with asyncio.TaskGroup() as group:
                loops = [group.create_task(loop) for loop in self._loops(steps, polar, group)]
                try:
                    await self._retry_blocked()
                    await stop.wait()
                finally:
                    await cancel_and_wait(loops)
                    await self._finish()

    def _loops(
        self, steps: Steps, polar: PolarClient, group: asyncio.TaskGroup
    ) -> Iterator[Coroutine[None, None, None]]:
        """What runs until the worker is told to stop."""
        yield self._repeat(self._apply, self._inbox_changed, self._patience)
        yield self._repeat(lambda: self._act(steps, group), self._deletions_changed)
        yield self._repeat(self._renew, asyncio.Event())
        yield self._repeat(self._scrub, asyncio.Event())
        if self._settings.operator_url is not None:
            from sync.worker.alerts import Alerts

            yield Alerts(self._database, self._settings, polar).run()
        yield self._watch.run()
        yield Retention.of(self._database, self._settings).run(self._watch)
        yield Heads(self._database, self._signer).run()
        yield listen(self._database, self.wake)
        if self._settings.outcome_url is not None or self._settings.operator_url is not None:
            # Costs nothing where nobody is told.
            from sync.outbox.courier import Courier, deliveries

            yield Courier(self._database, deliveries(self._settings)).run()
        if self._settings.carries_profiles:
            from sync.provisioning.carrier import Carrier

            yield Carrier(self._ledger, self._settings).run()
        if self._settings.reconcile_cron is not None:
            yield Schedule(self._ledger, self._settings, self._settings.reconcile_cron).run()

    async def _retry_blocked(self) -> None:
        """A restart is how a token or a URL is fixed: see at once whether it was."""
        try:
            async with self._database.write() as session:
                await wake_blocked(session, await self._database.now(session))
        except StorageUnavailable as error:
            _log.error("the database does not answer: %s", error)

    async def _finish(self) -> None:
        if self._held:
            await asyncio.wait(self._held, timeout=_GRACE)
        # Whatever is left is given back where it stands; a DELETE under way stays `deleting`.
        unfinished = list(self._tokens())
        await cancel_and_wait(self._held)
        if unfinished:
            try:
                await self._leases.give_back(unfinished)
            except StorageUnavailable as error:
                _log.error("leases could not be given back and will run out: %s", error)

    @property
    def _pinned_together(self) -> int:
        """Customers looked up in one batch: with another batch and the DELETEs of both, no more
        requests than the budget gives within the time that a pin stays fresh."""
        return min(max(self._settings.rate_per_minute // 12, 1), MAX_IDS)

    @property
    def _patience(self) -> float:
        told = self._settings.worker == "embedded" or self._database.announces
        return _IDLE if told else _UNTOLD

    async def _repeat(
        self,
        step: Callable[[], Awaitable[bool]],
        changed: asyncio.Event,
        patience: float = _IDLE,
    ) -> None:
        """Repeat the step for ever; it returns whether there may be more to do at once."""
        while True:
            changed.clear()
            self._moved[changed] = asyncio.get_running_loop().time()
            try:
                async for attempt in until_answered("the worker"):
                    with attempt:
                        more = await step()
            except Exception as error:  # noqa: BLE001 - a worker that stands still is worse
                _log.error("unexpected; tried again: %s", place_of(error))
                await asyncio.sleep(_AFTER_ERROR)
                continue
            if not more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await changed.wait()

    async def _apply(self) -> bool:
        if not await self._applier.anything_pending():
            return False
        applied = await self._applier.apply_batch()
        if applied:
            self._deletions_changed.set()
        if applied < BATCH:
            await asyncio.sleep(_GATHER)
        return applied > 0

    async def _act(self, steps: Steps, group: asyncio.TaskGroup) -> bool:
        free = _MAX_HELD - sum(len(batch) for batch in self._held.values())
        # What becomes due meanwhile shares the next list requests. One batch asks while the other
        # writes down what it was answered, so that the rate budget is never left unused.
        busy = len(self._listing) > 1 or free < MAX_IDS // 2
        if busy or not await self._leases.anything_due():
            return False
        claimed = await self._leases.claim(free)
        to_resolve: list[Leased] = []
        to_check: list[Leased] = []
        idle: list[Leased] = []
        for leased in claimed:
            match leased.action:
                case Action.RESOLVE:
                    to_resolve.append(leased)
                case Action.DELETE:
                    self._start(group, steps.delete(leased), [leased])
                case Action.CHECK:
                    to_check.append(leased)
                case _:
                    idle.append(leased)
        if idle:
            await self._leases.give_back([leased.token for leased in idle])
        for batch in batches(to_resolve, self._pinned_together):
            self._listing.add(self._start(group, steps.resolve(batch), batch))
        for batch in batches(to_check):
            self._listing.add(self._start(group, steps.check(batch), batch))
        if claimed:
            await asyncio.sleep(_GATHER)
        return False

    def _start(
        self, group: asyncio.TaskGroup, step: Awaitable[None], batch: Sequence[Leased]
    ) -> asyncio.Task[None]:
        task = group.create_task(self._guarded(step, batch))
        self._held[task] = batch
        task.add_done_callback(self._done)
        return task

    async def _guarded(self, step: Awaitable[None], batch: Sequence[Leased]) -> None:
        numbers = ",".join(str(leased.id) for leased in batch)
        about_from_here(lambda: {"deletion": numbers})
        came_by = [leased.row.traceparent for leased in batch]
        try:
            with current.span(f"deletion.{batch[0].action}", came_by, deletions=numbers):
                await step
        except StorageUnavailable as error:
            # Nothing that Polar has answered is lost with it; it is taken up again from the start.
            _log.error("the database does not answer: %s", error)
            tokens = [leased.token for leased in batch]
            async for attempt in until_answered("giving back leases"):
                with attempt:
                    await self._leases.give_back(tokens)
        except Exception as error:  # noqa: BLE001 - the other deletions must go on
            _log.error("a step failed unexpectedly; its lease runs out: %s", place_of(error))

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._held[task]
        self._listing.discard(task)
        self._deletions_changed.set()

    async def _renew(self) -> bool:
        tokens = list(self._tokens())
        if tokens:
            await self._leases.renew(tokens)
        await self._notice_pause()
        await asyncio.sleep(self._settings.lease / 3)
        return True

    async def _notice_pause(self) -> None:
        async with self._database.read() as session:
            paused = await pause.current(session)
        if paused is not None and self._paused != paused:
            why = f": {paused.why}" if paused.why else ""
            _log.warning("all deletions are paused since %s%s", paused.since, why)
        elif paused is None and self._paused is not None:
            _log.warning("deletions go on")
        self._paused = paused

    async def _scrub(self) -> bool:
        await self._database.scrub()
        await self._vacuum.run()
        return False

    def _tokens(self) -> Iterator[str]:
        return (leased.token for batch in self._held.values() for leased in batch)
