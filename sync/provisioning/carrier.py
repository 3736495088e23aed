"""The carrier: takes the profiles that are due, and has each carried to Polar.

It sends only what nobody else is waiting to send: deletions go first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

from sync.cancellation import cancel_and_wait
from sync.deletions.ledger import Ledger
from sync.deletions.pause import IS_PAUSED
from sync.logs import about
from sync.polar.budget import Budget
from sync.polar.client import PolarClient
from sync.polar.organization import Organization
from sync.profiles import queries as profiles
from sync.profiles.queries import Leased
from sync.provisioning.carrying import Carrying
from sync.settings import Settings
from sync.store.errors import StorageUnavailable
from sync.store.retry import keep_taking

_log = logging.getLogger(__name__)

_AT_ONCE = 4
"""Profiles under way at once, of different users."""


class Carrier:
    """Of several, each profile has one at a time."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._settings = settings
        self._lease = timedelta(seconds=settings.lease)

    async def run(self) -> None:
        """Carry what is due, until cancelled. What is under way then is looked at again."""
        database, rate = self._ledger.database, self._settings.rate_per_minute
        budget = Budget(database, rate, background=True)
        async with (
            PolarClient(self._settings, budget, Organization(database)) as polar,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(_AT_ONCE):
                group.create_task(
                    keep_taking(lambda: self.carry_next(polar), "profiles", at_once=_AT_ONCE)
                )

    async def carry_next(self, polar: PolarClient) -> bool:
        """Carry the profile that has been due longest. Returns whether there was one.

        Raises:
            StorageUnavailable
        """
        leased = await profiles.claim(self._ledger.database, self._lease, IS_PAUSED)
        if leased is None:
            return False
        async with self._renewing(leased):
            with about(profile=leased.id):
                await Carrying(self._ledger, polar, self._settings, leased).run()
        return True

    @contextlib.asynccontextmanager
    async def _renewing(self, leased: Leased) -> AsyncIterator[None]:
        """Keep the lease meanwhile: its turn may be long in coming."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self._lease.total_seconds() / 3)
                with contextlib.suppress(StorageUnavailable):
                    await profiles.renew(self._ledger.database, leased, self._lease)

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            await cancel_and_wait([task])
