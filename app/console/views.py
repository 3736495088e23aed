"""What the pages show."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from starlette.responses import Response

from app.console import actions
from app.console.pages import (
    download,
    finished_page,
    no_deletion,
    number_before,
    page,
    problem,
)
from app.console.reasons import to_do
from app.console.session import Session
from app.state import AppRequest
from sync.deletions.finding import Group, Received
from sync.deletions.receipts import not_covered
from sync.deletions.states import State
from sync.errors import InvalidInput, NothingFound
from sync.ids import MAX_ID
from sync.operators import actions as operators
from sync.receipts.page import page as receipt_page
from sync.reports import deletion as reports
from sync.reports.overview import MOST_HELD, OUTCOMES, overview
from sync.reports.search import search
from sync.reports.status import status
from sync.reports.told import DeletionPage

_PAGE = 50
_DAYS = ("from", "to")
"""The parameters that a search by date has."""
_GROUPS: Mapping[Group, str] = {
    Group.NEEDS_A_PERSON: "all that need a person",
    Group.HELD_BY_BRAKE: "held by the brake",
}
_LISTED = 20
"""Deletions that need a person, on the overview."""
_MEMBERSHIPS = 100
"""The newest that ended, among which it looks for seats that stay paid for."""


async def show_overview(request: AppRequest, session: Session) -> Response:
    """What needs a person, and how it goes."""
    app = request.state["app"]
    now, lately = await asyncio.gather(
        status(
            app.database,
            app.settings,
            _LISTED,
            but_for_brake=True,
            memberships_among=_MEMBERSHIPS,
        ),
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
    said = {name: asked.get(name, "").strip() for name in ("q", "state", *_DAYS)}
    before = asked.get("before", "")
    found, problem = DeletionPage(deletions=[], next_cursor=None), None
    try:
        found = await search(
            app.database,
            app.hasher,
            text=_id(said["q"]),
            chosen=_chosen(said["state"]),
            received=_received(*(_day(said[name]) for name in _DAYS)),
            before=before,
            limit=_PAGE,
        )
    except InvalidInput as error:
        problem = str(error)
    first = {name: it for name, it in said.items() if it}
    return page(
        request,
        "deletions.html",
        200 if problem is None else 400,
        session=session,
        found=found.deletions,
        problem=problem,
        said=said,
        states=State,
        groups=_GROUPS,
        is_first=not before,
        older=urlencode(first | {"before": found.next_cursor}) if found.next_cursor else None,
        first=urlencode(first),
    )


def _id(text: str) -> str:
    if len(text) > MAX_ID:
        raise InvalidInput(f"No id is longer than {MAX_ID} characters.")
    return text


def _chosen(text: str) -> State | Group | None:
    if text in set(State):
        return State(text)
    if text in set(Group):
        return Group(text)
    if text:
        raise InvalidInput(f"There is no state {text[:MAX_ID]}.")
    return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput(f"{text[:MAX_ID]} is no day: write it as 2026-01-31.") from None


def _received(first: date | None, last: date | None) -> Received | None:
    """From the beginning of the first day to the end of the last, by UTC."""
    if first is None and last is None:
        return None
    if first and last and first > last:
        raise InvalidInput("The first day is after the last: nothing was received between them.")
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
    possible = await actions.offered(request, number)
    return page(
        request,
        "deletion.html",
        session=session,
        it=told,
        not_covered=not_covered(told.evidence) if told.state is State.VERIFIED else None,
        possible=possible,
        to_do=to_do(told.asks, possible),
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
    """What operators did."""
    try:
        before = number_before(request)
    except InvalidInput as error:
        return problem(request, session, str(error), 400, back="/done")
    async with request.state["app"].database.read() as reading:
        found = await operators.newest(reading, before, _PAGE + 1)
    return page(
        request,
        "done.html",
        session=session,
        found=found[:_PAGE],
        on_deletions=operators.ON_DELETIONS,
        is_first=before is None,
        older=found[_PAGE - 1].id if len(found) > _PAGE else None,
    )
