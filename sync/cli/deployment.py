"""The deployment that a command works on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from sync import garbage_collector as garbage
from sync.hashing import Hasher
from sync.settings import Settings
from sync.store.database import Database, StorageUnavailable
from sync.store.opening import database_of, driver_ended

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the settings describe, checked and open."""

    settings: Settings
    database: Database
    hasher: Hasher


def in_deployment(work: Callable[[Deployment], Awaitable[T]]) -> T:
    """Do the work on the deployment's database, once it is known to be the right one.

    Raises:
        SettingsError, SchemaMismatch, StorageUnavailable
    """

    async def run() -> T:
        try:
            return await _with_database(work)
        except StorageUnavailable:
            await driver_ended()
            raise

    with garbage.spared():
        return asyncio.run(run())


async def _with_database(work: Callable[[Deployment], Awaitable[T]]) -> T:
    settings = Settings.load()
    database = database_of(settings)
    try:
        await database.check_schema()
        hasher = Hasher(settings.hash_key)
        await hasher.check(database)
        return await work(Deployment(settings, database, hasher))
    finally:
        await database.close()
