"""The relay's loop: claims rows, hands them to the bridge, and waits for more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import stamina

from sync.cancellation import cancel_and_wait
from sync.relay.bridge import BridgeClient, NotTaken, Refused
from sync.relay.outbox import Event, Left, Outbox
from sync.settings import RelaySettings
from sync.store.errors import StorageUnavailable

_log = logging.getLogger(__name__)

_BATCH = 50
"""Rows that one transaction holds."""
_AT_ONCE = 8
"""Posts under way at once. The bridge commits together what comes together."""
_LOOK = 10.0
"""Seconds between looks into the table where no NOTIFY comes, as with a pooler in between."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
"""Seconds, after trouble; they double."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some rows."""

    sent: int
    refused: int
    trouble: NotTaken | None
    """The bridge did not take one of them. Others were not tried then."""

    @property
    def is_empty(self) -> bool:
        return not self.sent and not self.refused and self.trouble is None


class Relay:
    """One relay. Several may share a table; each row is with one at a time."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._stopping = False
        self._is_sending = False

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set, whatever goes wrong meanwhile. Then what is under way is
        finished, within 10 seconds."""
        work = asyncio.create_task(self._for_ever())
        told = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
            self._stopping = True
            if self._is_sending:
                # No post takes longer.
                await asyncio.wait({work})
        finally:
            await cancel_and_wait([work, told])
        if not work.cancelled():
            # What went wrong at the end is tried again at the next start.
            with suppress(NotTaken, StorageUnavailable):
                work.result()

    async def once(self) -> tuple[int, Left]:
        """Send what is there. Returns how many rows were sent, and what is left.

        Raises:
            NotTaken: the bridge did not take one, and would not take others.
            StorageUnavailable
        """
        sent = 0
        async with self._bridge() as bridge, Outbox.at(self._settings.relay_database_url) as outbox:
            while not (batch := await self._send(outbox, bridge)).is_empty:
                sent += batch.sent
                if batch.trouble is not None:
                    raise batch.trouble
            return sent, await outbox.left()

    def _bridge(self) -> BridgeClient:
        return BridgeClient(self._settings.bridge_url, self._settings.event_secrets)

    async def _for_ever(self) -> None:
        async with self._bridge() as bridge:
            while not self._stopping:
                async for attempt in self._until_it_goes():
                    with attempt:
                        await self._connected(bridge)

    async def _connected(self, bridge: BridgeClient) -> None:
        """Send for as long as all goes well, or until told to stop.

        Raises:
            NotTaken, StorageUnavailable: nothing went well, so it is better to wait.
        """
        went_well = False
        try:
            async with Outbox.at(self._settings.relay_database_url) as outbox:
                while not self._stopping:
                    batch = await self._send(outbox, bridge)
                    went_well |= batch.sent > 0
                    if batch.trouble is not None:
                        raise batch.trouble
                    if batch.is_empty and not self._stopping:
                        await outbox.changed(_LOOK)
                        went_well = True
        except (NotTaken, StorageUnavailable) as error:
            if not went_well:
                raise
            _log.warning("%s", error)

    def _until_it_goes(self) -> AsyncIterator[stamina.Attempt]:
        """Attempts with longer and longer waits between them, or as long as the bridge asks for."""

        def wait(error: Exception) -> bool | timedelta:
            if not isinstance(error, NotTaken | StorageUnavailable) or self._stopping:
                return False
            _log.warning("it is tried again: %s", error)
            return (isinstance(error, NotTaken) and error.retry_after) or True

        return stamina.retry_context(
            on=wait,
            attempts=None,
            timeout=None,
            wait_initial=_FIRST_WAIT,
            wait_max=_LONGEST_WAIT,
            wait_jitter=_FIRST_WAIT,
        )

    async def _send(self, outbox: Outbox, bridge: BridgeClient) -> Batch:
        self._is_sending = True
        try:
            async with outbox.claimed(_BATCH) as events:
                tries = _Tries(iter(events), bridge)
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(_AT_ONCE, len(events))):
                        group.create_task(tries.run(lambda: self._stopping))
                await outbox.remove(tries.sent)
                for event, why in tries.refused:
                    await outbox.keep(event, why, for_good=True)
                for event, why_not in tries.not_taken:
                    await outbox.keep(event, str(why_not), for_good=False)
        finally:
            self._is_sending = False
        for event, why in tries.refused:
            _log.error(
                "row %s (%s) is kept, and not sent again: %s", event.id, event.webhook_id, why
            )
        trouble = tries.not_taken[0][1] if tries.not_taken else None
        return Batch(len(tries.sent), len(tries.refused), trouble)


@dataclass(slots=True)
class _Tries:
    """Rows of one batch, and what the bridge said to those that were tried."""

    events: Iterator[Event]
    bridge: BridgeClient
    sent: list[Event] = field(default_factory=list)
    refused: list[tuple[Event, str]] = field(default_factory=list)
    not_taken: list[tuple[Event, NotTaken]] = field(default_factory=list)

    async def run(self, is_stopping: Callable[[], bool]) -> None:
        """Try one after the other, until the bridge does not take one; several may run at once."""
        for event in self.events:
            if is_stopping() or self.not_taken:
                return
            try:
                await self.bridge.post(event)
            except Refused as refused:
                self.refused.append((event, str(refused)))
            except NotTaken as trouble:
                self.not_taken.append((event, trouble))
            else:
                self.sent.append(event)
