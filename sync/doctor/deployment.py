"""The deployment that is examined: opened and asked as the checks come to it, each part once."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import cached_property
from typing import Generic, TypeVar

from sync.errors import PolarError, StorageError
from sync.polar import customers, webhooks
from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.endpoint import Diagnosis, Endpoint, diagnose
from sync.settings import Settings
from sync.store.database import Database, StorageUnavailable
from sync.store.opening import database_of

T = TypeVar("T")


class _Once(Generic[T]):
    """What is made when it is first asked for, and kept."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._made: list[T] = []

    async def __call__(self) -> T:
        if not self._made:
            self._made.append(await self._make())
        return self._made[0]


class Deployment:
    """What the checks look at.

    Args:
        url: the bridge's public URL, in place of PUBLIC_URL.
        stack: closes what was opened.
    """

    def __init__(self, url: str | None, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack
        self.database = _Once(self._open_database)
        """Raises: SettingsError, SchemaMismatch, StorageUnavailable."""
        self.polar = _Once(self._connect)
        """The client. What it asks is not counted in the rate budget."""
        self.answer = _Once(self._ask_for_nobody)
        """How Polar refuses the question for a customer that does not exist; None: it does not."""
        self.endpoints = _Once(self._list_endpoints)
        """The webhook endpoints at Polar. Raises: PolarError."""

    @cached_property
    def settings(self) -> Settings:
        """Raises: SettingsError."""
        return Settings.load()

    @property
    def url(self) -> str | None:
        """Where Polar reaches the bridge, as far as that is known."""
        return self._url or self.settings.public_url

    async def diagnosis(self) -> Diagnosis:
        """The endpoint that is this bridge's, and what is wrong with it.

        Raises:
            PolarError
        """
        secrets = self.settings.polar_webhook_secrets
        return diagnose(await self.endpoints(), url=self.url, secrets=secrets)

    async def _open_database(self) -> Database:
        database = database_of(self.settings)
        try:
            await database.check_schema()
        except StorageError:
            await _close(database)
            raise
        self._stack.push_async_callback(_close, database)
        return database

    async def _connect(self) -> PolarClient:
        return await self._stack.enter_async_context(PolarClient(self.settings, Unmetered()))

    async def _ask_for_nobody(self) -> PolarError | None:
        return await refusal(customers.state_of(await self.polar(), customer_id=nobody()))

    async def _list_endpoints(self) -> Sequence[Endpoint]:
        return await webhooks.endpoints(await self.polar())


async def _close(database: Database) -> None:
    # Whatever has become of it, the findings must be told.
    with contextlib.suppress(StorageUnavailable):
        await database.close()


async def refusal(request: Awaitable[object]) -> PolarError | None:
    """How Polar refuses the request; None: it does not."""
    try:
        await request
    except PolarError as error:
        return error
    return None


def nobody() -> str:
    """The id of a customer or subscription that does not exist."""
    return str(uuid.uuid4())
