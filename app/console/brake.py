"""What the brake holds, approved at once, as `polar-sync approve --all` does it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from app.console.pages import NOTHING_TYPED, page
from app.console.session import MAX_WHY, Done, Session
from app.state import AppRequest
from sync.deletions.ledger import Ledger
from sync.deletions.operator import BULK, Many, Verb, act_on_many, count_many
from sync.errors import InvalidInput

_HELD = Many(states=BULK[Verb.APPROVE])


async def ask(
    request: AppRequest,
    session: Session,
    problem: str | None = None,
    typed: Mapping[str, str] = NOTHING_TYPED,
) -> Response:
    """What would be approved, before it is. `problem`: why it was not, with what was typed."""
    app = request.state["app"]
    number, _ = await count_many(app.database, Verb.APPROVE, _HELD)
    return page(
        request,
        "brake.html",
        200 if problem is None else 400,
        session=session,
        number=number,
        rate=app.settings.rate_per_minute,
        problem=problem,
        typed=typed,
        max_why=MAX_WHY,
    )


async def approve(
    request: AppRequest, session: Session, form: Mapping[str, str]
) -> Response | Done:
    """Approve all that is held now, where it is as many as were typed."""
    app = request.state["app"]
    try:
        person = session.person(form, needs_why=True)
    except InvalidInput as error:
        return await ask(request, session, str(error), form)
    # What the brake holds from now on has not been counted.
    number, newest = await count_many(app.database, Verb.APPROVE, _HELD)
    if not number or form.get("number", "").strip() != str(number):
        said = f"The brake holds {number} now: type that, so that it is what you mean."
        said = said if number else "The brake holds nothing any more."
        return await ask(request, session, said, form)
    ledger = Ledger.of(app.database, app.settings)
    await act_on_many(ledger, Verb.APPROVE, _HELD, newest, person)
    return Done("/done", session.about_pause(f"Approved: {number}."))
