"""The deployment that a command works on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.garbage_collector import startup_objects_frozen
from sync.hashing import Hasher
from sync.settings import Settings
from sync.store.database import Database
from sync.store.hash_key import check_hash_key, check_known_hash_key
from sync.store.opening import database_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the settings describe, checked and open."""

    settings: Settings
    database: Database
    hasher: Hasher


def in_deployment(work: Callable[[Deployment], Awaitable[T]], *, only_looks: bool = False) -> T:
    """Do the work on the deployment's database, once it is known to be the right one.

    Args:
        only_looks: the work writes nothing, so a database that nobody has used yet stays so.

    Raises:
        SettingsError, SchemaMismatch, StorageUnavailable
    """
    with startup_objects_frozen():
        return asyncio.run(_with_database(work, only_looks))


def looked_up(read: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """What is read from the deployment's database, to which nothing is written.

    Raises:
        SettingsError, SchemaMismatch, StorageUnavailable
    """

    async def look(it: Deployment) -> T:
        async with it.database.read() as session:
            return await read(session)

    return in_deployment(look, only_looks=True)


async def _with_database(work: Callable[[Deployment], Awaitable[T]], only_looks: bool) -> T:
    settings = Settings.load()
    database = database_of(settings)
    try:
        await database.check_schema()
        hasher = Hasher(settings.hash_key)
        await (check_known_hash_key if only_looks else check_hash_key)(database, hasher)
        deployment = Deployment(settings, database, hasher)
        if only_looks or not settings.counts:
            return await work(deployment)
        from sync.intake.counted_types import COUNTED_TYPES
        from sync.metrics.recording import recording

        async with recording(database, COUNTED_TYPES):
            return await work(deployment)
    finally:
        await database.close()
