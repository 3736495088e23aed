"""Stopping all DELETEs, in all processes, until a person has them go on."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
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
    reason: str | None
    by: str | None = None
    """Who had logged in to do it; None: whoever may run commands."""

    @property
    def why(self) -> str | None:
        """The reason, and who gave it."""
        if self.by is None:
            return self.reason
        return f"{self.reason} ({self.by})" if self.reason else self.by


class AlreadyPaused(NotPossible):
    """They were stopped before; that pause goes on as it was."""

    def __init__(self, before: Pause) -> None:
        super().__init__(f"all deletions are paused already, by {before.by or 'a command'}")
        self.before = before


async def current(session: AsyncSession) -> Pause | None:
    """The pause, if there is one."""
    value = await meta.get(session, _NAME)
    if value is None:
        return None
    content = json.loads(value)
    # Who did it has not always been written down.
    return Pause(datetime.fromisoformat(content["since"]), content["why"], content.get("by"))


async def pause(database: Database, why: str | None) -> Pause:
    """Stop all DELETEs, by a command. One that has left already is not called back. A second pause
    keeps the time of the first, and its reason where it has none of its own.

    Raises:
        StorageUnavailable
    """
    async with database.write() as session:
        before = await current(session)
        now = await database.now(session)
        actions.note(session, None, Did.PAUSE, now, why=why)
        if before is None:
            made = Pause(now, why)
        else:
            made = replace(before, reason=why, by=None) if why else before
        await _put(database, session, made)
    return made


async def pause_by(database: Database, person: Person) -> Pause:
    """The same, by whoever has logged in.

    Raises:
        AlreadyPaused
        StorageUnavailable
    """
    async with database.write() as session:
        before = await current(session)
        if before is not None:
            raise AlreadyPaused(before)
        now = await database.now(session)
        actions.note(session, person, Did.PAUSE, now)
        made = Pause(now, person.why, person.name)
        await _put(database, session, made)
    return made


async def _put(database: Database, session: AsyncSession, made: Pause) -> None:
    content = {"since": made.since.isoformat(), "why": made.reason, "by": made.by}
    await meta.put(database, session, _NAME, json.dumps(content))


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
