"""The status API's answers: what became of a user's deletion, and what one would take.

It changes nothing. No answer holds the id of a user who has been forgotten.
"""

from __future__ import annotations

from app.asked import listing_of, previewed_of
from app.body import read_body
from app.state import AppRequest
from sync.reports import deletion as reports
from sync.reports.preview import Preview
from sync.reports.told import DeletionPage, DeletionReport, Receipt


async def get_deletions(request: AppRequest) -> DeletionPage:
    """`GET /deletions`: a page of them, newest first."""
    app = request.state["app"]
    asked = listing_of(request.query_params)
    return await reports.page(
        app.database,
        user_hash=None if asked.user_id is None else app.hasher.user(asked.user_id),
        state=asked.state,
        before=None if asked.cursor is None else int(asked.cursor),
        limit=asked.limit,
    )


async def get_deletion(request: AppRequest) -> DeletionReport:
    """`GET /deletions/{id}`: everything that is known about it."""
    app = request.state["app"]
    return await reports.whole(app.database, app.hasher, request.path_params["id"])


async def get_receipt(request: AppRequest) -> Receipt:
    """`GET /deletions/{id}/receipt`: the proof, as far as it goes."""
    app = request.state["app"]
    number = request.path_params["id"]
    _, receipt = await reports.receipt(app.database, app.hasher, app.signer, number)
    return receipt


async def post_preview(request: AppRequest) -> Preview:
    """`POST /deletions/preview`: what would go, read from Polar now."""
    previews = request.state["app"].previews
    assert previews is not None  # noqa: S101 - with the route come the previews
    asked = previewed_of(await read_body(request, only_json=True))
    return await previews.of(str(asked.user_id), asked.external_id)
