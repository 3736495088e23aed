"""Dead letters: what hangs, tried again or dismissed. Each is asked about first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import Response

from app.console.pages import NOTHING_TYPED, elsewhere, number_before, page, problem
from app.console.session import MAX_WHY, Done, Session, check_number
from app.state import AppRequest
from sync.errors import InvalidInput, NothingFound
from sync.inbox import queries as inbox
from sync.operators.actions import Person
from sync.outbox import queries as outbox
from sync.profiles import queries as profiles
from sync.reports.dead_letters import DeadLetter, Kind, dead_letter, dead_letters, totals
from sync.store.database import Database

_PAGE = 50


class Verb(StrEnum):
    """What can be done to them."""

    REPLAY = "replay"
    DISMISS = "dismiss"


_SAID = {Verb.REPLAY: "Tried again", Verb.DISMISS: "Dismissed"}

Do = Callable[[Database, Collection[int] | None, Person], Awaitable[Collection[int]]]
"""To these, or all; returns to which it was done."""


@dataclass(frozen=True, slots=True)
class About:
    """A kind of dead letters, and what can be done to them."""

    name: str
    noun: str
    """One of them."""
    meaning: str
    replay: Do | None
    does_replay: str
    dismiss: Callable[[Database, Collection[int], Person], Awaitable[Collection[int]]]
    does_dismiss: str
    command: str
    """Which shows one of them, before its number; empty: there is none."""


async def _replay_events(
    database: Database, numbers: Collection[int] | None, person: Person
) -> Collection[int]:
    again, _forgotten = await inbox.replay(database, numbers, person)
    return again


ABOUT: Mapping[Kind, About] = {
    Kind.EVENTS: About(
        name="Events",
        noun="event",
        meaning="Events of the app's and of Polar's that could not be applied. Mend what the reason"
        " names, then replay them.",
        replay=_replay_events,
        does_replay="The worker applies it once more, as if it had just come. If that fails, it is"
        " a dead letter again.",
        dismiss=inbox.dismiss,
        does_dismiss="It is never applied, and its content goes: of a `user.deleted`, nobody is"
        " deleted.",
        command="polar-sync inbox show",
    ),
    Kind.MESSAGES: About(
        name="Messages",
        noun="message",
        meaning="Messages to your app, or to its operators, that were not acknowledged for days, or"
        " were refused.",
        replay=outbox.replay,
        does_replay="It is sent once more, with the same webhook-id.",
        dismiss=outbox.dismiss,
        does_dismiss="It is never delivered, and is removed.",
        command="polar-sync outbox show",
    ),
    Kind.PROFILES: About(
        name="Profiles",
        noun="profile",
        meaning="What the app says of its users, and Polar refuses.",
        replay=profiles.replay,
        does_replay="It is carried to Polar once more.",
        dismiss=profiles.dismiss,
        does_dismiss="It is not carried to Polar, and what is personal in it goes. What the app"
        " says of the user next is carried.",
        command="polar-sync profiles show",
    ),
    Kind.LOST: About(
        name="Possibly lost",
        noun="event",
        meaning="Events of the app's that came under the webhook-id of another event about somebody"
        " else, and were refused. The app has to send them under an id of their own; once it has,"
        " they go from here.",
        replay=None,
        does_replay="",
        dismiss=inbox.dismiss_lost,
        does_dismiss="It is not listed any more. Nothing is applied: if the event is lost indeed,"
        " have the app send it again.",
        command="",
    ),
}


async def show_first(request: AppRequest, _session: Session) -> Response:
    """Those of the first kind of which there are any."""
    counted = await totals(request.state["app"].database)
    kind = next((it for it, number in counted.items() if number), Kind.EVENTS)
    return elsewhere(request, f"/dead-letters/{kind}")


async def show(request: AppRequest, session: Session) -> Response:
    """A page of those of one kind."""
    kind = _kind(request)
    if kind is None:
        return _nothing(request, session)
    try:
        before = number_before(request)
    except InvalidInput as error:
        return problem(request, session, str(error), 400, back="/dead-letters")
    return page(
        request,
        "letters.html",
        session=session,
        kind=kind,
        kinds=ABOUT,
        about=ABOUT[kind],
        found=await dead_letters(
            request.state["app"].database,
            kind,
            before,
            _PAGE,
        ),
        is_first=before is None,
    )


async def ask(
    request: AppRequest,
    session: Session,
    said: str | None = None,
    *,
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> Response:
    """What would be done, before it is. `said`: why it was not. `typed`: what the form had in
    it."""
    kind, verb = _kind(request), _verb(request)
    if kind is None or verb is None:
        return _nothing(request, session)
    database = request.state["app"].database
    number = request.path_params.get("id")
    try:
        letter = None if number is None else await dead_letter(database, kind, number)
    except NothingFound:
        return _nothing(request, session)
    total = (await totals(database))[kind]
    why_not = _why_not(ABOUT[kind], verb, letter, total)
    return page(
        request,
        "letter.html",
        409 if why_not else 400 if said else 200,
        session=session,
        kind=kind,
        about=ABOUT[kind],
        verb=verb,
        letter=letter,
        total=total,
        is_possible=why_not is None,
        problem=why_not or said,
        typed=typed,
        max_why=MAX_WHY,
    )


async def do(request: AppRequest, session: Session, form: Mapping[str, str]) -> Response | Done:
    """Do it."""
    kind, verb = _kind(request), _verb(request)
    if kind is None or verb is None:
        return _nothing(request, session)
    number = request.path_params.get("id")
    database, about = request.state["app"].database, ABOUT[kind]
    try:
        person = session.person(form, needs_why=verb is Verb.DISMISS)
        # By number, messages that are on their way would be sent at once, too.
        if number is not None:
            await dead_letter(database, kind, number)
        if verb is Verb.DISMISS:
            check_number(form, request.path_params["id"])
    except InvalidInput as error:
        return await ask(request, session, str(error), typed=form)
    except NothingFound:
        return _nothing(request, session)
    if verb is Verb.DISMISS:
        done = await about.dismiss(database, {request.path_params["id"]}, person)
    else:
        which = None if number is None else {number}
        done = await about.replay(database, which, person) if about.replay else ()
    if not done:
        said = "Nothing was done: the content of all of them is forgotten."
        return await ask(request, session, said, typed=form)
    said = f"{_SAID[verb]}: {len(done):,}."
    if verb is Verb.REPLAY:
        said += " What fails once more comes back here."
    # A pause stops what is carried to Polar, too.
    is_carried = kind is Kind.PROFILES and verb is Verb.REPLAY
    return Done(f"/dead-letters/{kind}", session.about_pause(said) if is_carried else said)


def _kind(request: AppRequest) -> Kind | None:
    name = request.path_params["kind"]
    return Kind(name) if name in set(Kind) else None


def _why_not(about: About, verb: Verb, letter: DeadLetter | None, total: int) -> str | None:
    """Why it cannot be done to the letter, or to all; None: it can."""
    if letter is None:
        return None if total else "Nothing hangs here."
    if verb is Verb.REPLAY and not letter.is_kept:
        named = f"{about.noun} {letter.number}".capitalize()
        return f"{named} cannot be replayed: its content is forgotten. It can only be dismissed."
    return None


def _verb(request: AppRequest) -> Verb | None:
    """What is asked for, where there is such a thing: nothing is dismissed but one by one."""
    name, kind = request.path_params["verb"], _kind(request)
    if name == Verb.DISMISS and "id" in request.path_params:
        return Verb.DISMISS
    if name == Verb.REPLAY and kind is not None and ABOUT[kind].replay is not None:
        return Verb.REPLAY
    return None


def _nothing(request: AppRequest, session: Session) -> Response:
    return problem(request, session, "Nothing hangs there any more.", back="/dead-letters")
