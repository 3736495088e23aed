"""POST /events: the app's own signed events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_never

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.body import read_body
from app.state import AppRequest
from sync.inbox.entry import Entry, Outcome, Source
from sync.intake import repeats
from sync.intake.app_events import OtherEvent, parse_event


async def post_event(request: AppRequest) -> Response:
    """Verify, check and store one event; 202 once it is on disk."""
    app = request.state["app"]
    body = await read_body(request, only_json=True)
    webhook_id = app.event_verifier.verify(request.headers, body)
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
    )
    outcome = await app.inbox.put(entry)
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
    return JSONResponse({"status": status}, 202)


def _time(entry: Entry) -> str:
    return entry.event_at.isoformat() if entry.event_at else "none"
