"""What can be done from the console. Each thing is asked about first: what it does, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from app.console.pages import elsewhere, no_deletion, page
from app.console.reasons import BUTTONS
from app.console.session import MAX_WHY, Session
from app.state import AppRequest, AppState
from sync.deletions import pause as pausing
from sync.deletions.identity import map_user_of
from sync.deletions.ledger import Ledger
from sync.deletions.offers import Repair, possible
from sync.deletions.operator import Effect, Verb, act
from sync.deletions.queries import Which
from sync.deletions.revoking import revoke
from sync.deletions.transfer import transfer
from sync.errors import InvalidInput, NothingFound, NotPossible, PolarError
from sync.mirror.objects import Member
from sync.operators.actions import Person
from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.organization import Organization
from sync.reports import deletion as reports
from sync.reports.told import DeletionReport

_IDS = ("external_id", "customer_id")
"""What an entry of the mapping names the user's customer by: one of the two."""

Deed = Verb | Repair


@dataclass(frozen=True, slots=True)
class About:
    """What an action is called, and what it does."""

    name: str
    done: str
    does: str
    is_final: bool = False
    """It cannot be undone, so the deletion's number is to be typed."""


ABOUT: Mapping[Deed, About] = {
    Verb.APPROVE: About(
        name=BUTTONS[Verb.APPROVE],
        done="It is approved.",
        does="The deletion goes on: the customer is deleted at Polar, and with it go its"
        " subscriptions and benefits. That cannot be undone.",
        is_final=True,
    ),
    Verb.CANCEL: About(
        name=BUTTONS[Verb.CANCEL],
        done="It is canceled.",
        does="The customer is left alone, and the deletion ends. Only another `user.deleted` of"
        " your app's begins a new one.",
        is_final=True,
    ),
    Verb.RETRY: About(
        name=BUTTONS[Verb.RETRY],
        done="It is tried now.",
        does="The next step is taken at once, without waiting for a backoff or DELETION_DELAY.",
    ),
    Repair.MAP: About(
        name=BUTTONS[Repair.MAP],
        done="The user is mapped, and the deletion goes on.",
        does="Says who the user is at Polar, in place of what the event, the mapping or its rule"
        " says. The deletion goes on with that customer at once: it is deleted at Polar, and with"
        " it go its subscriptions and benefits. That cannot be undone.",
        is_final=True,
    ),
    Repair.TRANSFER: About(
        name=BUTTONS[Repair.TRANSFER],
        done="The team is handed over, and the user leaves it now. Its e-mail and name may still be"
        " the user's: change them at Polar.",
        does="Another member becomes the owner of the team at Polar. The user leaves it; the team"
        " stays, with its subscriptions.",
        is_final=True,
    ),
    Repair.REVOKE: About(
        name=BUTTONS[Repair.REVOKE],
        done="What survived is revoked; the deletion is checked now.",
        does="The subscriptions that have outlived the customer are ended at Polar at once, but for"
        " those that no request ends. That cannot be undone.",
        is_final=True,
    ),
}


async def ask(
    request: AppRequest, session: Session, problem: str | None = None, status: int = 400
) -> Response:
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
        200 if problem is None else status,
        session=session,
        it=told,
        verb=verb,
        about=ABOUT[verb],
        problem=problem,
        max_why=MAX_WHY,
        team=await _others(app, told) if verb is Repair.TRANSFER else (),
    )


async def _others(app: AppState, told: DeletionReport) -> list[Member]:
    """Whom the team can be handed over to, as far as they are known."""
    team = await reports.team(app.database, told.customer_id or "")
    own = {told.external_id, told.user_id} - {None}
    return [one for one in team if one.external_id not in own]


async def do(request: AppRequest, session: Session, form: Mapping[str, str]) -> Response:
    """Do it."""
    number, verb = request.path_params["id"], _verb(request)
    if verb is None:
        return no_deletion(request, session, number)
    if ABOUT[verb].is_final and form.get("number", "").strip() != str(number):
        return await ask(request, session, f"Type {number}, so that it is the right one.")
    try:
        effect = await _done(request, verb, session.person(form), form)
    except NothingFound:
        return no_deletion(request, session, number)
    except (InvalidInput, NotPossible) as error:
        return await ask(request, session, str(error))
    except PolarError as error:
        return await ask(request, session, f"Polar does not do it: {error}", 502)
    if effect.refusal is not None:
        return await ask(request, session, f"It cannot be done: {effect.refusal}.")
    return elsewhere(request, f"/deletions/{number}?done={verb}")


async def _done(request: AppRequest, verb: Deed, person: Person, form: Mapping[str, str]) -> Effect:
    app, number = request.state["app"], request.path_params["id"]
    ledger, which = Ledger.of(app.database, app.settings), Which(str(number), as_user=False)
    match verb:
        case Repair.MAP:
            ids = {name: form.get(name, "").strip() or None for name in _IDS}
            return await map_user_of(ledger, number, person, **ids)
        case Repair.TRANSFER:
            async with _polar(app) as polar:
                return await transfer(ledger, polar, which, form.get("to", "").strip(), person)
        case Repair.REVOKE:
            async with _polar(app) as polar:
                return await revoke(ledger, polar, which, person)
        case _:
            [effect] = await act(ledger, verb, which, person)
            return effect


def _polar(app: AppState) -> PolarClient:
    return PolarClient(app.settings, Unmetered(), Organization(app.database))


def _verb(request: AppRequest) -> Deed | None:
    name = request.path_params["verb"]
    return next((it for it in ABOUT if it == name), None)


async def offered(request: AppRequest, number: int) -> Mapping[Deed, About]:
    """What can be done to the deletion now."""
    app = request.state["app"]
    deeds = await possible(Ledger.of(app.database, app.settings), number)
    return {deed: ABOUT[deed] for deed in deeds}


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
