"""GET /livez and /readyz, for whatever restarts the process and sends it traffic."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse

from app.errors import error_response
from app.state import AppRequest
from sync.store.errors import StorageUnavailable
from sync.store.schema import SchemaMismatch

_log = logging.getLogger(__name__)


async def livez(_request: Request) -> JSONResponse:
    """200 as long as the process answers at all."""
    return JSONResponse({"status": "alive"})


async def readyz(request: AppRequest) -> JSONResponse:
    """200 while events can be taken and are worked on; 503 with the reason otherwise."""
    app = request.state["app"]
    for name, task in app.tasks.items():
        if task.done():
            return error_response(
                503, "not_ready", f"the {name} task has stopped; see the log, then restart"
            )
    try:
        await app.database.check_schema()
    except SchemaMismatch as error:
        return error_response(503, "not_ready", str(error))
    except StorageUnavailable as error:
        # The driver's message can name hosts and users: it is for the log only.
        _log.error("not ready: the database cannot be read: %s", error)
        return error_response(503, "not_ready", "the database cannot be read; see the log")
    return JSONResponse({"status": "ready"})
