"""What the last reconciliation has left to know: how it ended, and how the line from Polar was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.reconcile.progress import is_running
from sync.reconcile.redeliver import WebhookReport
from sync.store import meta
from sync.store.database import Database

if TYPE_CHECKING:
    from sync.metrics.recorder import Ended

_LINE, _ENDED = "endpoint_seen", "reconciliation_ended"


@dataclass(frozen=True, slots=True)
class Line:
    """The webhook endpoint at Polar, as a reconciliation has seen it."""

    seen_at: datetime
    problems: Sequence[str]
    """Empty: it is enabled, and receives what it needs."""
    lost: int
    """Events that Polar had given up by then."""
    redelivered: int
    """Of these, those that it was told to send again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known without asking Polar."""

    line: Line | None
    """None: no reconciliation has looked at it."""
    ended: Ended | None
    """How the last reconciliation of everything has ended; None: there has been none."""
    ended_at: datetime | None
    is_running: bool
    """One is under way."""


async def note_line(database: Database, session: AsyncSession, report: WebhookReport) -> None:
    """The endpoint has been looked at now."""
    content = {
        "seen_at": (await database.now(session)).isoformat(),
        "problems": report.problems,
        "lost": report.lost,
        "redelivered": report.redelivered,
    }
    await meta.put(database, session, _LINE, json.dumps(content))


async def note_ended(database: Database, session: AsyncSession, ended: Ended) -> None:
    """A reconciliation of everything ends now."""
    content = {"ended": ended, "at": (await database.now(session)).isoformat()}
    await meta.put(database, session, _ENDED, json.dumps(content))


async def standing(session: AsyncSession, now: datetime) -> Standing:
    """What is known now."""
    line = json.loads(await meta.get(session, _LINE) or "null")
    last = json.loads(await meta.get(session, _ENDED) or "null")
    return Standing(
        line=line and Line(**{**line, "seen_at": datetime.fromisoformat(line["seen_at"])}),
        ended=last and last["ended"],
        ended_at=last and datetime.fromisoformat(last["at"]),
        is_running=await is_running(session, now),
    )
