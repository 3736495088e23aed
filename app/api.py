"""The status API and its OpenAPI document. Imported only where API_TOKENS is set.

It changes nothing, so a deletion's evidence says nothing of it; the log has each request, with the
name of its token.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from urllib.parse import quote

from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.asked import NUMBER
from app.auth import who_asks
from app.deletions import get_deletion, get_deletions, get_receipt, post_preview
from app.endpoint import Endpoint
from app.errors import RETRY_AFTER, RequestRefused
from app.openapi import document
from app.state import AppRequest
from sync.deletions.ledger import Ledger
from sync.errors import NothingFound, PolarError, StorageError
from sync.polar.budget import Budget
from sync.polar.client import PolarClient
from sync.polar.errors import Unavailable
from sync.polar.organization import Organization
from sync.polar.share import Share, ShareSpent
from sync.reports.preview import PATIENCE, NobodyThere, Previews
from sync.reports.told import Told
from sync.settings import Settings
from sync.store.database import Database

_log = logging.getLogger(__name__)

_AT_ONCE = 2
"""Requests to Polar that previews have under way in one process."""

Answer = Callable[[AppRequest], Awaitable[Told]]


class _Number(Convertor[int]):
    """A deletion's, in a path."""

    regex = NUMBER

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


def routes(settings: Settings) -> list[BaseRoute]:
    """What there is beside the routes that are always there."""
    register_url_convertor("number", _Number())

    def get(path: str, answer: Answer) -> Route:
        return Route(path, _for_tokens(settings, answer), methods=["GET"])

    return [
        get("/deletions", get_deletions),
        get("/deletions/{id:number}", get_deletion),
        get("/deletions/{id:number}/receipt", get_receipt),
        Route("/deletions/preview", _for_tokens(settings, post_preview), methods=["POST"]),
        Route("/openapi.json", _openapi(settings), methods=["GET"]),
    ]


@contextlib.asynccontextmanager
async def previewing(database: Database, settings: Settings) -> AsyncIterator[Previews]:
    """What makes previews. It has a client of its own, so that it takes none of the worker's
    `CONCURRENCY`."""
    few = settings.model_copy(update={"concurrency": min(_AT_ONCE, settings.concurrency)})
    budget = Budget(database, settings.rate_per_minute, patience=PATIENCE)
    async with PolarClient(few, budget, Organization(database)) as polar:
        share = Share(database, settings.rate_per_minute)
        yield Previews(Ledger.of(database, settings), settings, polar, share)


def _openapi(settings: Settings) -> Endpoint:
    """Without a token: what it says is in the docs, but for where your events have their fields."""
    content = document(settings)

    async def get_document(_request: AppRequest) -> Response:
        return Response(content, media_type="application/json")

    return Endpoint(get_document)


def _for_tokens(settings: Settings, answer: Answer) -> Endpoint:
    async def guarded(request: AppRequest) -> Response:
        name = None
        try:
            name = who_asks(request.headers, settings.api_tokens)
            told = await _refusing(answer, request)
            response = Response(told.model_dump_json(), media_type="application/json")
        except RequestRefused as refusal:
            response = refusal.response
        response.headers["cache-control"] = "no-store"
        # Without the query, which can hold a user's id.
        what = f"{request.method} {quote(request.url.path)}"
        _log.info("API: %s: %s: %d", name or "nobody", what, response.status_code)
        return response

    return Endpoint(guarded)


async def _refusing(answer: Answer, request: AppRequest) -> Told:
    """The answer.

    Raises:
        RequestRefused: also for each error that is foreseen.
    """
    try:
        return await answer(request)
    except NobodyThere as error:
        detail = f"{error}: no customer, and no membership that is known"
        raise RequestRefused(404, "nobody_there", detail) from None
    except NothingFound:
        detail = "there is no deletion with this number; GET /deletions?user_id= finds a user's"
        raise RequestRefused(404, "not_found", detail) from None
    except ShareSpent as spent:
        detail = "a tenth of RATE_PER_MINUTE is for previews, and it is used up for now"
        raise _later(429, "too_many_previews", detail, spent.retry_after) from None
    except Unavailable as error:
        detail = f"Polar cannot be asked now: {error}"
        raise _later(503, "polar_unavailable", detail, error.retry_after) from None
    except PolarError as error:
        raise RequestRefused(502, "polar_refuses", f"Polar refuses: {error}") from None
    except StorageError:
        raise _later(503, "database_unavailable", "the database does not answer") from None


def _later(status: int, code: str, detail: str, wait: timedelta = timedelta(0)) -> RequestRefused:
    seconds = str(max(math.ceil(wait.total_seconds()), RETRY_AFTER))
    detail = f"{detail}; ask again in {seconds} seconds"
    return RequestRefused(status, code, detail, headers={"retry-after": seconds})
