"""What can be done from the console. Each thing is asked about first: what it does, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from app.console.pages import NOTHING_TYPED, no_deletion, page
from app.console.pages import problem as problem_page
from app.console.reasons import BUTTONS
from app.console.session import MAX_WHY, Done, Session, check_number
from app.state import AppRequest, AppState
from sync.deletions import pause as pausing
from sync.deletions.identity import map_user_of
from sync.deletions.leases import count_with_delete_next
from sync.deletions.ledger import Ledger
from sync.deletions.offers import Deed, Repair, possible, refusal
from sync.deletions.operator import Effect, Verb, act
from sync.deletions.pause import AlreadyPaused
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

_NOT_PAUSED = "nothing is paused"
_IDS = ("external_id", "customer_id")
"""What an entry of the mapping names the user's customer by: one of the two."""


@dataclass(frozen=True, slots=True)
class About:
    """What an action is called, and what it does."""

    name: str
    done: str
    """What is said of the deletion once it is done."""
    does: str
    cannot: str
    """Begins the sentence that says why it is not done."""
    is_final: bool = False
    """It cannot be undone, so the deletion's number is to be typed."""


ABOUT: Mapping[Deed, About] = {
    Verb.APPROVE: About(
        name=BUTTONS[Verb.APPROVE],
        done="it is approved.",
        cannot="Deletion {} cannot be approved",
        does="The deletion goes on: the customer is deleted at Polar, and with it go its"
        " subscriptions and benefits. That cannot be undone.",
        is_final=True,
    ),
    Verb.CANCEL: About(
        name=BUTTONS[Verb.CANCEL],
        done="it is canceled.",
        cannot="Deletion {} cannot be canceled",
        does="The customer is left alone, and the deletion ends. Only another `user.deleted` of"
        " your app's begins a new one.",
        is_final=True,
    ),
    Verb.RETRY: About(
        name=BUTTONS[Verb.RETRY],
        done="it is tried now.",
        cannot="Deletion {} cannot be tried now",
        does="The next step is taken at once, without waiting for a backoff or DELETION_DELAY.",
    ),
    Repair.MAP: About(
        name=BUTTONS[Repair.MAP],
        done="the user is mapped, and the deletion goes on.",
        cannot="The user of deletion {} cannot be mapped",
        does="Says who the user is at Polar, in place of what the event, the mapping or its rule"
        " says. The deletion goes on with that customer at once: it is deleted at Polar, and with"
        " it go its subscriptions and benefits. That cannot be undone.",
        is_final=True,
    ),
    Repair.TRANSFER: About(
        name=BUTTONS[Repair.TRANSFER],
        done="the team is handed over, and the user leaves it now. Its e-mail and name may still be"
        " the user's: change them at Polar.",
        cannot="The team of deletion {} cannot be handed over",
        does="Another member becomes the owner of the team at Polar. The user leaves it; the team"
        " stays, with its subscriptions.",
        is_final=True,
    ),
    Repair.REVOKE: About(
        name=BUTTONS[Repair.REVOKE],
        done="what survived is revoked, and it is checked now.",
        cannot="Nothing of deletion {} can be revoked",
        does="The subscriptions that have outlived the customer are ended at Polar at once, but for"
        " those that no request ends. That cannot be undone.",
        is_final=True,
    ),
}


async def ask(
    request: AppRequest,
    session: Session,
    problem: str | None = None,
    status: int = 400,
    *,
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> Response:
    """What would be done, before it is. `problem`: why it was not, though it is possible.
    `typed`: what the form had in it."""
    app, number, verb = request.state["app"], request.path_params["id"], _verb(request)
    if verb is None:
        return no_deletion(request, session, number)
    try:
        told = await reports.whole(app.database, app.hasher, number)
        why_not = await refusal(Ledger.of(app.database, app.settings), number, verb)
    except NothingFound:
        return no_deletion(request, session, number)
    if why_not is not None:
        status, problem = 409, f"{ABOUT[verb].cannot.format(number)}: {why_not}."
    return page(
        request,
        "action.html",
        200 if problem is None else status,
        session=session,
        it=told,
        verb=verb,
        about=ABOUT[verb],
        is_possible=why_not is None,
        problem=problem,
        typed=typed,
        max_why=MAX_WHY,
        team=await _others(app, told) if verb is Repair.TRANSFER else (),
    )


async def _others(app: AppState, told: DeletionReport) -> list[Member]:
    """Whom the team can be handed over to, as far as they are known."""
    team = await reports.team(app.database, told.customer_id or "")
    own = {told.external_id, told.user_id} - {None}
    return [one for one in team if one.external_id not in own]


async def do(request: AppRequest, session: Session, form: Mapping[str, str]) -> Response | Done:
    """Do it."""
    number, verb = request.path_params["id"], _verb(request)
    if verb is None:
        return no_deletion(request, session, number)
    try:
        if ABOUT[verb].is_final:
            check_number(form, number)
        effect = await _done(request, verb, session.person(form), form)
    except NothingFound:
        return no_deletion(request, session, number)
    except (InvalidInput, NotPossible) as error:
        return await ask(request, session, str(error), typed=form)
    except PolarError as error:
        return await ask(request, session, f"Polar does not do it: {error}", 502, typed=form)
    if effect.refusal is not None:
        said = f"{ABOUT[verb].cannot.format(number)}: {effect.refusal}."
        return await ask(request, session, said, typed=form)
    said = f"Deletion {number}: {ABOUT[verb].done}"
    return Done(f"/deletions/{number}", said if verb is Verb.CANCEL else session.about_pause(said))


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
    request: AppRequest,
    session: Session,
    problem: str | None = None,
    *,
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> Response:
    """What a pause does, before it begins. `problem`: why it has not."""
    if session.paused is not None:
        return _is_as_it_is(request, session, str(AlreadyPaused(session.paused)))
    return page(
        request,
        "pause.html",
        200 if problem is None else 400,
        session=session,
        problem=problem,
        typed=typed,
        max_why=MAX_WHY,
    )


async def pause(request: AppRequest, session: Session, form: Mapping[str, str]) -> Response | Done:
    """Stop all DELETEs."""
    try:
        await pausing.pause_by(request.state["app"].database, session.person(form))
    except InvalidInput as error:
        return await ask_to_pause(request, session, str(error), typed=form)
    except AlreadyPaused as error:
        return _is_as_it_is(request, replace(session, paused=error.before), str(error))
    return Done("")


async def ask_to_resume(
    request: AppRequest,
    session: Session,
    problem: str | None = None,
    *,
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> Response:
    """What goes on, before it does. `problem`: why it has not."""
    if session.paused is None:
        return _is_as_it_is(request, session, _NOT_PAUSED)
    async with request.state["app"].database.read() as reading:
        waiting = await count_with_delete_next(reading)
    return page(
        request,
        "resume.html",
        200 if problem is None else 400,
        session=session,
        waiting=waiting,
        problem=problem,
        typed=typed,
        max_why=MAX_WHY,
    )


async def resume(request: AppRequest, session: Session, form: Mapping[str, str]) -> Response | Done:
    """Have them go on."""
    try:
        person = session.person(form)
    except InvalidInput as error:
        return await ask_to_resume(request, session, str(error), typed=form)
    if not await pausing.resume(request.state["app"].database, person):
        return _is_as_it_is(request, replace(session, paused=None), _NOT_PAUSED)
    return Done("", "Deletions go on.")


def _is_as_it_is(request: AppRequest, session: Session, why: str) -> Response:
    return problem_page(request, session, f"{why[:1].upper()}{why[1:]}.", 409)
