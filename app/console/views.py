"""What the pages show."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from starlette.responses import Response

from app.console import actions
from app.console.pages import download, finished_page, no_deletion, page, problem
from app.console.session import Session
from app.state import AppRequest
from sync.deletions.finding import Received
from sync.deletions.queries import Which
from sync.deletions.receipts import not_covered
from sync.deletions.states import State
from sync.errors import NothingFound
from sync.ids import MAX_ID
from sync.operators import actions as operators
from sync.receipts.page import page as receipt_page
from sync.reports import deletion as reports
from sync.reports.overview import MOST_HELD, OUTCOMES, overview
from sync.reports.search import search
from sync.reports.status import status

_PAGE = 50
_DAYS = ("from", "to")
"""The parameters that a search by date has."""
_LISTED = 20
"""Deletions that need a person, on the overview."""
_MEMBERSHIPS = 100
"""The newest that ended, among which it looks for seats that stay paid for."""


async def show_overview(request: AppRequest, session: Session) -> Response:
    """What needs a person, and how it goes."""
    app = request.state["app"]
    now, lately = await asyncio.gather(
        status(app.database, app.settings, _LISTED, memberships_among=_MEMBERSHIPS),
        overview(app.database, app.settings),
    )
    return page(
        request,
        "overview.html",
        session=session,
        now=now,
        lately=lately,
        outcomes=OUTCOMES,
        most_held=MOST_HELD,
        rate=app.settings.rate_per_minute,
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
    days = {name: _day(asked.get(name, "")) for name in _DAYS}
    chosen = State(state) if state in set(State) else None
    found = await search(
        app.database,
        app.hasher,
        text=text,
        state=chosen,
        received=_received(days) if any(days.values()) else None,
        before=before,
        limit=_PAGE,
    )
    more = {
        "q": text,
        "state": chosen or "",
        **{name: day.isoformat() for name, day in days.items() if day},
        "before": found.next_cursor,
    }
    return page(
        request,
        "deletions.html",
        session=session,
        found=found.deletions,
        text=text,
        chosen=chosen,
        states=State,
        days=days,
        is_first=not before,
        older=urlencode({name: it for name, it in more.items() if it})
        if found.next_cursor
        else None,
        first=urlencode({name: it for name, it in more.items() if it and name != "before"}),
    )


def _day(text: str) -> date | None:
    """`2026-01-31`; None: it is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _received(days: Mapping[str, date | None]) -> Received:
    """From the beginning of the first of the `_DAYS` to the end of the last, by UTC."""
    first, last = (days[name] for name in _DAYS)
    return Received(
        datetime.combine(first, time.min, UTC) if first else None,
        datetime.combine(last, time.max, UTC) if last else None,
    )


async def show_deletion(request: AppRequest, session: Session) -> Response:
    """Everything that is known about one."""
    app = request.state["app"]
    number = request.path_params["id"]
    try:
        told = await reports.whole(app.database, app.hasher, number)
    except NothingFound:
        return no_deletion(request, session, number)
    return page(
        request,
        "deletion.html",
        session=session,
        it=told,
        not_covered=not_covered(told.evidence) if told.state is State.VERIFIED else None,
        possible=await actions.offered(request, number),
    )


async def show_nothing(request: AppRequest, session: Session) -> Response:
    """There is no such page."""
    return problem(request, session, "There is no such page.")


async def show_receipt(request: AppRequest, session: Session) -> Response:
    """The receipt as a page for people, as `polar-sync receipt show --html` prints it."""
    app = request.state["app"]
    number = request.path_params["id"]
    try:
        _, receipt = await reports.receipt(app.database, app.hasher, app.signer, number)
    except NothingFound:
        return no_deletion(request, session, number)
    return finished_page(receipt_page(receipt.model_dump(mode="json"), app.settings.public_url))


async def give_receipt(request: AppRequest, session: Session) -> Response:
    """The receipt, as `polar-sync receipt` prints it."""
    app = request.state["app"]
    number = request.path_params["id"]
    try:
        _, receipt = await reports.receipt(app.database, app.hasher, app.signer, number)
    except NothingFound:
        return no_deletion(request, session, number)
    return download(f"receipt-{number}.json", receipt.model_dump_json(indent=2))


async def show_done(request: AppRequest, session: Session) -> Response:
    """What operators did that is in no deletion's evidence."""
    before = Which(request.query_params.get("before", ""))
    async with request.state["app"].database.read() as reading:
        found = await operators.newest(
            reading, int(before.text) if before.is_number else None, _PAGE + 1
        )
    return page(
        request,
        "done.html",
        session=session,
        found=found[:_PAGE],
        is_first=not before.is_number,
        older=found[_PAGE - 1].id if len(found) > _PAGE else None,
    )
