"""POST /events: the app's own signed events."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal, assert_never

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.answers import EventTaken
from app.body import read_body
from app.state import AppRequest, AppState
from sync.deletions import queries
from sync.errors import StorageError
from sync.inbox.entry import Entry, Outcome, Source
from sync.intake import repeats
from sync.intake.app_events import OtherEvent, parse_event
from sync.intake.event_types import EventType
from sync.metrics import current
from sync.traces import current as traces


async def post_event(request: AppRequest) -> Response:
    """Verify, check and store one event; 202 once it is on disk."""
    app = request.state["app"]
    body = await read_body(request, only_json=True)
    webhook_id = app.event_sender.verify(request.headers, body)
    now = datetime.now(UTC)
    event = parse_event(body, app.settings, now)
    ignored = isinstance(event, OtherEvent)
    entry = Entry(
        source=Source.APP,
        webhook_id=webhook_id,
        body=body,
        event_type=event.type,
        event_at=None if isinstance(event, OtherEvent) else event.at,
        user_hash=None if isinstance(event, OtherEvent) else app.hasher.user(event.user_id),
        ignored=ignored,
        received_at=now,
        traceparent=traces.here(),
    )
    outcome = await app.inbox.put(entry)
    status: Literal["accepted", "duplicate", "ignored"]
    match outcome:
        case Outcome.ACCEPTED:
            status = "ignored" if ignored else "accepted"
        case Outcome.DUPLICATE:
            status = "duplicate"
        case Outcome.ANOTHER_TIME:
            first_at = await repeats.refused_for(app.database, entry)
            if first_at is not None:
                raise HTTPException(
                    409,
                    f"this webhook-id was used for what happened at {first_at.isoformat()}, which "
                    f"has been dealt with; this event says {_time(entry)}. If it is another one, "
                    "send it under a webhook-id of its own, never made of the user's id",
                )
            status = "duplicate"
        case Outcome.CONFLICT:
            await repeats.refuse(app.database, entry)
            raise HTTPException(
                409,
                "another event was sent under this webhook-id; give each event an id of its own, "
                "and keep it when sending the event again",
            )
        case _:
            assert_never(outcome)
    if current.recorder:
        current.recorder.event_received("app", event.type, status, now.timestamp())
    taken: EventTaken = {"status": status}
    # Not of a new one: its deletion is yet to be opened, and to look costs more than to store it.
    if status == "duplicate" and app.settings.api_tokens:
        number = await _deletion_of(app, entry)
        if number is not None:
            taken["deletion_id"] = number
    return JSONResponse(taken, 202)


async def _deletion_of(app: AppState, entry: Entry) -> int | None:
    """The number of the deletion that goes for the event, once a worker has applied it."""
    if entry.event_type != EventType.USER_DELETED or not (entry.user_hash and entry.event_at):
        return None
    # The event is stored, whatever becomes of this.
    with suppress(StorageError):
        async with app.database.read() as session:
            return await queries.of_event(session, entry.user_hash, entry.event_at)
    return None


def _time(entry: Entry) -> str:
    return entry.event_at.isoformat() if entry.event_at else "none"
