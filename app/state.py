"""What the routes share for as long as the process runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from starlette.requests import Request

from app.readiness import Readiness
from sync.hashing import Hasher
from sync.inbox.group_commit import Inbox
from sync.settings import Settings
from sync.signatures import Sender, Verifier
from sync.store.database import Database

if TYPE_CHECKING:
    from sync.receipts.signing import Signer
    from sync.reports.preview import Previews


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """Made by the lifespan, read by the routes."""

    settings: Settings
    database: Database
    hasher: Hasher
    inbox: Inbox
    event_sender: Sender
    polar_verifier: Verifier
    readiness: Readiness
    tasks: Mapping[str, asyncio.Task[None]]
    """The background tasks by name. One that is done has stopped unexpectedly."""
    previews: Previews | None
    """None: the status API is off."""
    signer: Signer | None
    """None: it is off, or receipts are not signed."""


class LifespanState(TypedDict):
    """`request.state`, as the lifespan yields it."""

    app: AppState


AppRequest = Request[LifespanState]
