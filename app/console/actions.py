"""What can be done from the console. Each thing is asked about first: what it does, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from app.console.pages import elsewhere, no_deletion, page
from app.console.session import MAX_WHY, Session
from app.state import AppRequest
from sync.deletions import operator
from sync.deletions import pause as pausing
from sync.deletions.ledger import Ledger
from sync.deletions.operator import Verb, act
from sync.deletions.queries import Which
from sync.errors import InvalidInput, NothingFound
from sync.operators.actions import Person
from sync.reports import deletion as reports


@dataclass(frozen=True, slots=True)
class About:
    """What an action is called, and what it does."""

    name: str
    done: str
    does: str
    is_final: bool = False
    """It cannot be undone, so the deletion's number is to be typed."""


ABOUT: Mapping[Verb, About] = {
    Verb.APPROVE: About(
        name="Approve",
        done="approved",
        does="The deletion goes on: the customer is deleted at Polar, and with it go its"
        " subscriptions and benefits. That cannot be undone.",
        is_final=True,
    ),
    Verb.CANCEL: About(
        name="Cancel",
        done="canceled",
        does="The customer is left alone, and the deletion ends. Only another `user.deleted` of"
        " your app's begins a new one.",
        is_final=True,
    ),
    Verb.RETRY: About(
        name="Try now",
        done="tried now",
        does="The next step is taken at once, without waiting for a backoff or DELETION_DELAY.",
    ),
}


async def ask(request: AppRequest, session: Session, problem: str | None = None) -> Response:
    """What would be done, before it is. `problem`: why it was not."""
    app, number, verb = request.state["app"], request.path_params["id"], _verb(request)
    if verb is None:
        return no_deletion(request, session, number)
    try:
        told = await reports.whole(app.database, app.hasher, number)
    except NothingFound:
        return no_deletion(request, session, number)
    return page(
        request,
        "action.html",
        200 if problem is None else 400,
        session=session,
        it=told,
        verb=verb,
        about=ABOUT[verb],
        problem=problem,
        max_why=MAX_WHY,
    )


async def do(request: AppRequest, session: Session, form: Mapping[str, str]) -> Response:
    """Do it."""
    app, number = request.state["app"], request.path_params["id"]
    verb = _verb(request)
    if verb is None:
        return no_deletion(request, session, number)
    try:
        person = session.person(form)
    except InvalidInput as error:
        return await ask(request, session, str(error))
    if ABOUT[verb].is_final and form.get("number", "").strip() != str(number):
        return await ask(request, session, f"Type {number}, so that it is the right one.")
    ledger = Ledger.of(app.database, app.settings)
    try:
        [effect] = await act(ledger, verb, Which(str(number), as_user=False), person)
    except NothingFound:
        return no_deletion(request, session, number)
    if effect.refusal is not None:
        return await ask(request, session, f"It cannot be done: {effect.refusal}.")
    return elsewhere(request, f"/deletions/{number}?done={verb}")


def _verb(request: AppRequest) -> Verb | None:
    name = request.path_params["verb"]
    return Verb(name) if name in set(Verb) else None


async def possible(request: AppRequest, number: int) -> Mapping[Verb, About]:
    """What can be done to the deletion now."""
    app = request.state["app"]
    verbs = await operator.possible(Ledger.of(app.database, app.settings), number)
    return {verb: ABOUT[verb] for verb in verbs}


# --- all of them ---------------------------------------------------------------------------------


async def ask_to_pause(
    request: AppRequest, session: Session, problem: str | None = None
) -> Response:
    """What a pause does, before it begins. `problem`: why it has not."""
    status = 200 if problem is None else 400
    return page(request, "pause.html", status, session=session, max_why=MAX_WHY, problem=problem)


async def pause(request: AppRequest, session: Session, form: Mapping[str, str]) -> Response:
    """Stop all DELETEs."""
    try:
        person = session.person(form)
    except InvalidInput as error:
        return await ask_to_pause(request, session, str(error))
    said = f"{person.why} ({person.name})" if person.why else person.name
    await pausing.pause(request.state["app"].database, said, person)
    return elsewhere(request, "")


async def resume(request: AppRequest, session: Session, _form: Mapping[str, str]) -> Response:
    """Have them go on."""
    await pausing.resume(request.state["app"].database, Person(name=session.name))
    return elsewhere(request, "")
