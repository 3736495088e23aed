"""Whether events can be taken and are worked on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sync.inbox import queries as inbox
from sync.logs import place_of
from sync.settings import Settings
from sync.store import meta
from sync.store.database import Database, Lane
from sync.store.errors import Replaced, StorageUnavailable
from sync.store.schema import SchemaMismatch
from sync.worker.loop import Worker

_log = logging.getLogger(__name__)

_PROBE = "readyz.probe"
"""The row that is written: when it was."""
_PROBES, _PER_SECONDS = 10, 10.0
"""At most so many writes in so many seconds: anybody may ask."""
_PATIENCE = 10.0
"""For one probe, in seconds."""
_SHORTEST = 5.0
"""Seconds that a worker may take for one round, however short its lease is."""


class Reason(StrEnum):
    """Why it is not ready."""

    TASK_STOPPED = "task_stopped"
    WORKER_STANDS_STILL = "worker_stands_still"
    SCHEMA = "schema"
    FILE_REPLACED = "file_replaced"
    DATABASE_UNREADABLE = "database_unreadable"
    DATABASE_UNWRITABLE = "database_unwritable"
    BACKLOG = "backlog"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, with the remedy. It may be shown to anybody."""

    reason: Reason
    detail: str


class Readiness:
    """Looks at one process and its database, each time anew; the probe that writes, now and then.

    Args:
        tasks: those that must run, by name.
        worker: None: it is a process of its own, and is seen by what it leaves undone.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        tasks: Mapping[str, asyncio.Task[None]],
        worker: Worker | None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._tasks = tasks
        self._worker = worker
        self._probing = asyncio.Lock()
        self._probed_at: deque[float] = deque(maxlen=_PROBES)
        self._last: Problem | None = None
        self._said: Reason | None = None

    async def problem(self) -> Problem | None:
        """The first that is found; None: it is ready. The log says when that changes."""
        found = await self._found()
        reason = found.reason if found else None
        if reason is not self._said:
            self._said = reason
            if found is None:
                _log.warning("ready again")
            else:
                _log.error("not ready: %s", found.detail)
        return found

    async def _found(self) -> Problem | None:
        for name, task in self._tasks.items():
            if task.done():
                return Problem(
                    Reason.TASK_STOPPED,
                    f"the {name} task has stopped; see the log, then restart",
                )
        return self._worker_problem() or await self._database_problem() or await self._probed()

    def _worker_problem(self) -> Problem | None:
        allowed = max(self._settings.lease, _SHORTEST)
        still = self._worker.stands_still() if self._worker else 0.0
        if still <= allowed:
            return None
        return Problem(
            Reason.WORKER_STANDS_STILL,
            f"the worker has not moved for {still:.0f} seconds; see the log, then restart",
        )

    async def _database_problem(self) -> Problem | None:
        try:
            await self._database.check_schema()
            if self._settings.backlog_after:
                async with self._database.read() as session:
                    oldest = await inbox.oldest_pending(session)
                    now = await self._database.now(session)
                limit = timedelta(seconds=self._settings.backlog_after)
                if oldest is not None and now - oldest > limit:
                    return Problem(
                        Reason.BACKLOG,
                        f"the oldest event has waited since {oldest:%Y-%m-%d %H:%M:%S} UTC, longer "
                        "than BACKLOG_AFTER; see that a worker runs, and its log",
                    )
        except SchemaMismatch as error:
            return Problem(Reason.SCHEMA, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it cannot be read
            return _unusable(error, Reason.DATABASE_UNREADABLE, "read")
        return None

    async def _probed(self) -> Problem | None:
        async with self._probing:
            now = time.monotonic()
            if len(self._probed_at) < _PROBES or now - self._probed_at[0] > _PER_SECONDS:
                self._probed_at.append(now)
                self._last = await self._probe()
            return self._last

    async def _probe(self) -> Problem | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._database.look_over()
        except Exception as error:  # noqa: BLE001 - as above
            return _unusable(error, Reason.DATABASE_UNREADABLE, "read")
        try:
            async with asyncio.timeout(_PATIENCE), self._database.write(Lane.INBOX) as session:
                await inbox.try_to_store(session)
                await meta.put(self._database, session, _PROBE, datetime.now(UTC).isoformat())
        except Exception as error:  # noqa: BLE001 - as above
            return _unusable(error, Reason.DATABASE_UNWRITABLE, "written")
        return None


def _unusable(error: Exception, reason: Reason, what: str) -> Problem:
    if isinstance(error, Replaced):
        _log.error("%s", error)
        return Problem(
            Reason.FILE_REPLACED,
            "the database's file has been deleted or replaced; put it back, or restart",
        )
    # The driver's message can name hosts and users: it is for the log only.
    said = error if isinstance(error, StorageUnavailable) else place_of(error)
    _log.error("the database cannot be %s: %s", what, said)
    return Problem(reason, f"the database cannot be {what}; see the log")
