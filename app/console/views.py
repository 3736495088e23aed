"""What the pages show."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from starlette.responses import Response

from app.console import actions
from app.console.pages import download, no_deletion, page
from app.console.session import Session
from app.state import AppRequest
from sync.deletions.operator import Verb
from sync.deletions.queries import Which
from sync.deletions.states import State
from sync.errors import NothingFound
from sync.ids import MAX_ID
from sync.reports import deletion as reports
from sync.reports.overview import OUTCOMES, overview
from sync.reports.search import search
from sync.reports.status import status

_PAGE = 50
_LISTED = 20
"""Deletions that need a person, on the overview."""
_MEMBERSHIPS = 100
"""The newest that ended, among which it looks for seats that stay paid for."""


async def show_overview(request: AppRequest, session: Session) -> Response:
    """What needs a person, and how it goes."""
    app = request.state["app"]
    now, lately = await asyncio.gather(
        status(app.database, app.settings, _LISTED, memberships_among=_MEMBERSHIPS),
        overview(app.database),
    )
    return page(
        request,
        "overview.html",
        session=session,
        now=now,
        lately=lately,
        outcomes=OUTCOMES,
        highest=max(1, *(day.total for day in lately.days)),
        states=State,
    )


async def show_deletions(request: AppRequest, session: Session) -> Response:
    """A page of deletions, found by whatever somebody has in hand."""
    app = request.state["app"]
    asked = request.query_params
    text = asked.get("q", "").strip()[:MAX_ID]
    state = asked.get("state", "")
    before = asked.get("before", "")
    chosen = State(state) if state in set(State) else None
    is_number = Which(before).is_number
    found = await search(
        app.database,
        app.hasher,
        text=text,
        state=chosen,
        before=int(before) if is_number else None,
        limit=_PAGE,
    )
    more = {"q": text, "state": chosen or "", "before": found.next_cursor}
    return page(
        request,
        "deletions.html",
        session=session,
        found=found.deletions,
        text=text,
        chosen=chosen,
        states=State,
        is_first=not is_number,
        older=urlencode({name: it for name, it in more.items() if it})
        if found.next_cursor
        else None,
        first=urlencode({name: it for name, it in more.items() if it and name != "before"}),
    )


async def show_deletion(request: AppRequest, session: Session) -> Response:
    """Everything that is known about one."""
    app = request.state["app"]
    number = request.path_params["id"]
    try:
        told = await reports.whole(app.database, app.hasher, number)
    except NothingFound:
        return no_deletion(request, session, number)
    done = request.query_params.get("done", "")
    return page(
        request,
        "deletion.html",
        session=session,
        it=told,
        possible=await actions.possible(request, number),
        done=actions.ABOUT[Verb(done)].done if done in set(Verb) else None,
    )


async def give_receipt(request: AppRequest, session: Session) -> Response:
    """The receipt, as `polar-sync receipt` prints it."""
    app = request.state["app"]
    number = request.path_params["id"]
    try:
        _, receipt = await reports.receipt(app.database, app.hasher, app.signer, number)
    except NothingFound:
        return no_deletion(request, session, number)
    return download(f"receipt-{number}.json", receipt.model_dump_json(indent=2))
