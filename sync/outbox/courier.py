"""The courier: sends what is in the outbox, each message until it is acknowledged."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

from sync.logs import about
from sync.outbox import queries
from sync.outbox.delivery import Delivery, Refused
from sync.outbox.message import Message, Recipient, wait_after
from sync.settings import Settings
from sync.store.database import Database
from sync.store.retry import keep_taking

_log = logging.getLogger(__name__)

_AT_ONCE = 8
"""Messages under way at once, of different deletions."""
_LEASE = timedelta(minutes=2)
"""A message whose courier died is sent by another after this; longer than any try."""


def deliveries(settings: Settings) -> Mapping[Recipient, Delivery]:
    """Where messages go, by recipient: those that the settings name."""
    found: dict[Recipient, Delivery] = {}
    private = settings.outcome_allow_private
    if settings.outcome_url is not None:
        found[Recipient.APP] = Delivery(
            settings.outcome_url,
            settings.outcome_secrets,
            setting="OUTCOME_URL",
            allow_private=private,
        )
    if settings.operator_url is not None:
        found[Recipient.OPERATOR] = Delivery(
            settings.operator_url, (), setting="OPERATOR_URL", allow_private=private
        )
    return found


class Courier:
    """Of several, each message has one at a time."""

    def __init__(self, database: Database, to: Mapping[Recipient, Delivery]) -> None:
        self._database = database
        self._to = to

    async def run(self) -> None:
        """Send what is due, until cancelled. A message that is under way then is sent again."""
        async with AsyncExitStack() as stack:
            for delivery in self._to.values():
                await stack.enter_async_context(delivery)
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(keep_taking(self.send_next, "the outbox", at_once=_AT_ONCE))

    async def send_next(self) -> bool:
        """Send the message that has been due longest. Returns whether there was one.

        Raises:
            StorageUnavailable: it may have been sent, and is sent again.
        """
        for message in await queries.claim(self._database, _LEASE, 1):
            await self._send(message)
            return True
        return False

    async def _send(self, message: Message) -> None:
        with about(message_id=message.id):
            await self._try(message)

    async def _try(self, message: Message) -> None:
        delivery = self._to.get(message.recipient)
        try:
            if delivery is None:
                # It was set when the message was written.
                raise Refused("its URL is not set any more")
            await delivery.send(message)
        except Refused as refused:
            tries = message.attempts + 1
            jitter = random.random()  # noqa: S311 - it only spreads retries
            wait = wait_after(tries, asked=refused.retry_after, jitter=jitter)
            await queries.failed(self._database, message, refused.why, wait)
            if wait is None:
                _log.error("message %s is a dead letter: %s", message.id, refused.why)
            elif message.attempts == 0:
                _log.warning("message %s is tried again: %s", message.id, refused.why)
        else:
            await queries.acknowledged(self._database, message)
