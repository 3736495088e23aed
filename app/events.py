"""POST /events: the app's own signed events."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.body import read_body
from app.state import AppRequest
from sync.inbox.entry import Entry, Outcome, Source
from sync.intake.app_events import OtherEvent, parse_event


async def post_event(request: AppRequest) -> Response:
    """Verify, check and store one event; 202 once it is on disk."""
    app = request.state["app"]
    body = await read_body(request, only_json=True)
    webhook_id = app.event_verifier.verify(request.headers, body)
    now = datetime.now(UTC)
    event = parse_event(body, app.settings, now)
    ignored = isinstance(event, OtherEvent)
    outcome = await app.inbox.put(
        Entry(
            source=Source.APP,
            webhook_id=webhook_id,
            body=body,
            event_type=event.type,
            event_at=None if isinstance(event, OtherEvent) else event.at,
            user_hash=None if isinstance(event, OtherEvent) else app.hasher.user(event.user_id),
            ignored=ignored,
            received_at=now,
        )
    )
    if outcome is Outcome.CONFLICT:
        raise HTTPException(
            409,
            "another event was sent under this webhook-id; give each event an id of its own, and "
            "keep it when sending the event again",
        )
    status = "ignored" if ignored and outcome is Outcome.ACCEPTED else outcome.value
    return JSONResponse({"status": status}, 202)
