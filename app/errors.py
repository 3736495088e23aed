"""Every refusal in one shape: `{"error": code, "detail": what and the remedy, "field": path}`.

`field` is there only where one field is at fault. Nothing of the request is repeated.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Mapping
from functools import cached_property

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.answers import Refusal
from sync.errors import StorageError
from sync.intake.event_fields import EventError
from sync.logs import Ids, about_from_here, place_of
from sync.metrics import current
from sync.signatures import NoEventId, SignatureError

_log = logging.getLogger(__name__)

RETRY_AFTER = 5
"""Seconds that a sender is asked to wait when an event could not be stored."""

_REFUSED = 400
_FAULT = 500
_SOURCES: Mapping[str, str] = {"/events": "app", "/webhooks/polar": "polar"}
"""Whose events come where."""
_REQUEST_ID = b"x-request-id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._=+/:-]{1,128}", re.ASCII)

_CODES: Mapping[int, str] = {
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
}
# The router raises these two, and knows no remedy.
_DETAILS: Mapping[int, str] = {
    404: "there is nothing at this path; events go to /events, Polar's webhooks to /webhooks/polar",
    405: "this path does not take that method; the Allow header says which it takes",
}


def error_response(
    status: int,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A refusal. `detail` must hold nothing of the request."""
    content: Refusal = {"error": code, "detail": detail}
    if field is not None:
        content["field"] = field
    return JSONResponse(content, status, headers=headers)


class RequestRefused(Exception):
    """A request that is not answered, with the answer that says so."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.response = error_response(status, code, detail, field=field, headers=headers)


class _RequestId:
    """A request's id, made up once somebody wants to know it: its own `X-Request-ID`, where a proxy
    or the sender gives it one."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @cached_property
    def value(self) -> str:
        given = dict(self._scope["headers"]).get(_REQUEST_ID, b"").decode("latin-1")
        return given if _WELL_FORMED.fullmatch(given) else uuid.uuid4().hex

    def as_ids(self) -> Ids:
        return {"request_id": self.value}


class Errors:
    """Answers whatever the application raises: what it foresees with a refusal, anything else with
    a bare 500 and a line in the log that says where it came from.

    In place of Starlette's two layers, which would have the server log the exception's message (it
    could quote the body), and whose cost is felt at thousands of events a second.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        request_id = _RequestId(scope)
        about_from_here(request_id.as_ids)

        async def observed(message: Message) -> None:
            nonlocal started
            started = True
            if message.get("status", 0) >= _REFUSED:
                message["headers"].append((_REQUEST_ID, request_id.value.encode()))
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except asyncio.CancelledError:
            # The server stops, and waits for this one no longer.
            if started:
                raise
            await _stopping()(scope, receive, observed)
        except Exception as error:  # noqa: BLE001 - the last resort
            response = _refusal(error, scope["path"])
            if response is None or started:
                _log.error("unhandled %s", place_of(error))
                response = error_response(
                    500, "internal_error", "something went wrong here; the log says where"
                )
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if current.recorder and (source := _SOURCES.get(path)):
                result = "refused" if response.status_code < _FAULT else "not_stored"
                current.recorder.event_received(source, "", result, time.time())
            # A response that has begun can only be cut short, which the server does by itself.
            if not started:
                await response(scope, receive, observed)


def _stopping() -> JSONResponse:
    return error_response(
        503,
        "stopping",
        f"the server stops; what was sent is not stored for sure: send it again in {RETRY_AFTER}"
        " seconds",
        headers={"retry-after": str(RETRY_AFTER)},
    )


def _refusal(error: Exception, path: str) -> JSONResponse | None:
    """The answer to an error that is foreseen."""
    match error:
        case HTTPException(status_code=status):
            detail = _DETAILS.get(status, error.detail)
            return error_response(
                status, _CODES.get(status, "error"), detail, headers=error.headers
            )
        case SignatureError():
            _log.warning("%s: refused: %s", path, error)
            return error_response(401, "invalid_signature", str(error))
        case EventError() | NoEventId():
            _log.warning("%s: refused: %s", path, error)
            return error_response(400, "invalid_event", str(error), field=error.field)
        case ClientDisconnect():
            # Nobody is there to read it; the server drops it.
            return error_response(
                400, "incomplete_body", "the connection closed before the body was read"
            )
        case StorageError():
            return error_response(
                503,
                "not_stored",
                f"the event could not be stored; send it again in {RETRY_AFTER} seconds",
                headers={"retry-after": str(RETRY_AFTER)},
            )
    return None
