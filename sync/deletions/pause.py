"""Stopping all DELETEs, in all processes, until a person has them go on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.errors import NotPossible
from sync.operators import actions
from sync.operators.actions import Did, Person
from sync.store import meta
from sync.store.database import Database
from sync.store.meta import MetaRow

_NAME = "paused"

IS_PAUSED = sa.select(col(MetaRow.name)).where(col(MetaRow.name) == _NAME).exists()
"""As a condition of a query."""


class Paused(NotPossible):
    """All DELETEs are stopped."""

    def __init__(self) -> None:
        super().__init__("all deletions are paused")


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when nothing is deleted, and why."""

    since: datetime
    why: str | None


async def current(session: AsyncSession) -> Pause | None:
    """The pause, if there is one."""
    value = await meta.get(session, _NAME)
    if value is None:
        return None
    content = json.loads(value)
    return Pause(datetime.fromisoformat(content["since"]), content["why"])


async def pause(database: Database, why: str | None, person: Person | None = None) -> Pause:
    """Stop all DELETEs. One that has left already is not called back. A second pause keeps the
    time of the first, and its reason where it has none of its own.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        before = await current(session)
        now = await database.now(session)
        since = now if before is None else before.since
        actions.note(session, person, Did.PAUSE, now, why=why)
        why = why or (None if before is None else before.why)
        value = json.dumps({"since": since.isoformat(), "why": why})
        await meta.put(database, session, _NAME, value)
    return Pause(since, why)


async def resume(database: Database, person: Person | None = None) -> bool:
    """Have DELETEs go on. Returns whether there was a pause.

    Args:
        person: who has logged in to do it; None: whoever may run commands.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        there_was = await meta.remove(session, _NAME)
        if there_was:
            actions.note(session, person, Did.RESUME, await database.now(session))
        return there_was
