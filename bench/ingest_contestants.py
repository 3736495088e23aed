"""What `bench/ingest.py` compares with: the ceiling, and the obvious way."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from polar.v2026_10.webhooks import validate_event
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route

from sync.signatures import Verifier

SECRET = os.environ.get("BENCH_SECRET", "")


class ObviousEvent(SQLModel, table=True):
    """One row an event."""

    webhook_id: Annotated[str, Field(primary_key=True)]
    received_at: datetime
    body: bytes


def bare() -> Starlette:
    """Reads the body, verifies it, answers 202."""
    verifier = Verifier.for_polar([SecretStr(SECRET)])

    async def post(request: StarletteRequest) -> StarletteResponse:
        verifier.verify(request.headers, await request.body())
        return StarletteResponse(status_code=202)

    return Starlette(routes=[Route("/webhooks/polar", post, methods=["POST"])])


def obvious() -> FastAPI:
    """FastAPI, the official SDK, one insert and commit a request."""
    engine = create_async_engine("sqlite+aiosqlite:///obvious.db", connect_args={"timeout": 60})
    app = FastAPI()

    @app.on_event("startup")
    async def create() -> None:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            await connection.exec_driver_sql("PRAGMA synchronous = FULL")
            await connection.run_sync(SQLModel.metadata.create_all)

    @app.post("/webhooks/polar", status_code=202)
    async def post(request: Request) -> Response:
        body = await request.body()
        headers: dict[str, Any] = dict(request.headers)
        validate_event(body, headers, SECRET)
        async with AsyncSession(engine) as session:
            session.add(
                ObviousEvent(
                    webhook_id=headers["webhook-id"], received_at=datetime.now(UTC), body=body
                )
            )
            await session.commit()
        return Response(status_code=202)

    return app
