"""POST /webhooks/polar: Polar's signed webhooks."""

from __future__ import annotations

from starlette.responses import Response

from app.body import read_body, refuse_compressed
from app.state import AppRequest
from sync.inbox.entry import Entry, Outcome, Source
from sync.metrics import current
from sync.signatures import SignatureError
from sync.traces import current as traces

_TAKEN = Response(status_code=202)


async def post_polar(request: AppRequest) -> Response:
    """Verify and store one webhook; 202 once it is on disk.

    What the body says is not looked at, nor its Content-Type: Polar disables an endpoint that
    refuses ten events in a row, so whatever is signed is taken, understood or not. It reads no
    answer, so there is nothing in it: a body would be sent by itself.
    """
    app = request.state["app"]
    body = await read_body(request, only_json=False)
    try:
        webhook_id = app.polar_verifier.verify(request.headers, body)
    except SignatureError:
        refuse_compressed(request)
        raise
    entry = Entry(source=Source.POLAR, webhook_id=webhook_id, body=body, traceparent=traces.here())
    outcome = await app.inbox.put(entry)
    if current.recorder:
        result = "accepted" if outcome is Outcome.ACCEPTED else "duplicate"
        current.recorder.event_received("polar", "", result, entry.received_at.timestamp())
    return _TAKEN
