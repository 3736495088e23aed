"""Keeps the log's head once a day."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.auditing import heads
from sync.logs import place_of
from sync.store.database import Database
from sync.store.errors import StorageUnavailable

if TYPE_CHECKING:
    from sync.receipts.signing import Signer

_log = logging.getLogger(__name__)

_INTERVAL = 600.0
"""Seconds from one look to the next."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Of several workers one keeps it."""

    database: Database
    signer: Signer | None

    async def run(self) -> None:
        """Look now and then whether it is time, until cancelled."""
        while True:
            try:
                await heads.keep(self.database, self.signer)
            except StorageUnavailable as error:
                _log.error("the log's head: the database does not answer: %s", error)
            except Exception as error:  # noqa: BLE001 - the next time must come all the same
                _log.error("keeping the log's head failed unexpectedly: %s", place_of(error))
            await asyncio.sleep(_INTERVAL)
