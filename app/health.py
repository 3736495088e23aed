"""GET /livez and /readyz, for whatever restarts the process and sends it traffic."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from app.answers import Alive, NotReady, Ready
from app.state import AppRequest


async def livez(_request: Request) -> JSONResponse:
    """200 as long as the process answers at all."""
    answer: Alive = {"status": "alive"}
    return JSONResponse(answer)


async def readyz(request: AppRequest) -> JSONResponse:
    """200 while events can be taken and are worked on; 503 with the reason otherwise."""
    problem = await request.state["app"].readiness.problem()
    if problem is None:
        ready: Ready = {"status": "ready"}
        return JSONResponse(ready)
    not_ready: NotReady = {
        "error": "not_ready",
        "reason": problem.reason.value,
        "detail": problem.detail,
    }
    return JSONResponse(not_ready, 503)
