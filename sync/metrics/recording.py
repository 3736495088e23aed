"""Counts for as long as a process runs, and writes it down every few seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from sync.cancellation import cancel_and_wait
from sync.logs import place_of
from sync.metrics import current, queries
from sync.metrics.recorder import Recorder
from sync.store.database import Database
from sync.store.errors import StorageUnavailable

_log = logging.getLogger(__name__)

_INTERVAL = 3.0
"""Seconds; so much is lost at most when a process is killed."""


@asynccontextmanager
async def recording(database: Database, types: Collection[str]) -> AsyncIterator[None]:
    """Count while the block runs. `types`: as `Recorder` has them."""
    recorder = Recorder(types)
    before, current.recorder = current.recorder, recorder
    writing = asyncio.create_task(_keep_writing(database, recorder), name="metrics")
    try:
        yield
    finally:
        await cancel_and_wait([writing])
        current.recorder = before
        await write_down(database, recorder)


async def _keep_writing(database: Database, recorder: Recorder) -> None:
    while True:
        await asyncio.sleep(_INTERVAL)
        await write_down(database, recorder)


async def write_down(database: Database, recorder: Recorder) -> None:
    """Add what was counted to the sums. What cannot be written now stays counted."""
    taken = recorder.take()
    if not taken.added and not taken.latest:
        return
    try:
        await queries.write(database, taken)
    except StorageUnavailable as error:
        recorder.put_back(taken)
        _log.error("metrics: the database does not answer: %s", error)
    except asyncio.CancelledError:
        # Perhaps it was committed. To count it twice is better than not at all.
        recorder.put_back(taken)
        raise
    except Exception as error:  # noqa: BLE001 - the next time must come all the same
        _log.error("metrics failed unexpectedly: %s", place_of(error))
