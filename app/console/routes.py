"""The console's routes: who may see a page, and what each shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.body import read_body
from app.console.pages import base_of, download, elsewhere, icon, page, style
from app.console.session import COOKIE, LASTS, MAX_NAME, Session, Sessions, Tries
from app.endpoint import Endpoint
from app.state import AppRequest
from sync.deletions.states import NEEDS_A_PERSON, State
from sync.errors import NothingFound
from sync.ids import MAX_ID
from sync.reports import deletion as reports
from sync.reports.overview import OUTCOMES, overview
from sync.reports.search import search
from sync.reports.status import status
from sync.settings import Settings

Show = Callable[[AppRequest, Session], Awaitable[Response]]

_PAGE = 50
_LISTED = 20
"""Deletions that need a person, on the overview."""
_LOGIN = "/login"


def routes(settings: Settings) -> list[BaseRoute]:
    """The console's."""
    assert settings.console_token is not None  # noqa: S101 - without it there is no console
    door = _Door(Sessions(settings.console_token))
    guarded = {
        "": show_overview,
        "/deletions": show_deletions,
        "/deletions/{id:int}": show_deletion,
        "/deletions/{id:int}/receipt.json": give_receipt,
    }
    return [
        Route("/console/style.css", style),
        Route("/console/icon.svg", icon),
        Route(f"/console{_LOGIN}", Endpoint(door.show), methods=["GET"]),
        Route(f"/console{_LOGIN}", Endpoint(door.enter), methods=["POST"]),
        Route("/console/logout", Endpoint(door.leave), methods=["POST"]),
        *(
            Route(f"/console{path}", Endpoint(door.guarding(show)), methods=["GET"])
            for path, show in guarded.items()
        ),
    ]


# --- who may see it ------------------------------------------------------------------------------


class _Door:
    """Lets those in who know CONSOLE_TOKEN."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._tries = Tries()

    def guarding(self, show: Show) -> Callable[[AppRequest], Awaitable[Response]]:
        """The page, for whoever is logged in; anybody else logs in first."""

        async def guarded(request: AppRequest) -> Response:
            session = self._session(request)
            if session is None:
                return elsewhere(request, f"{_LOGIN}?{urlencode({'next': _wanted(request)})}")
            return await show(request, session)

        return guarded

    async def show(self, request: AppRequest) -> Response:
        """The form to log in with."""
        return self._form(request, request.query_params.get("next", ""))

    async def enter(self, request: AppRequest) -> Response:
        """Log in with a name and CONSOLE_TOKEN."""
        if not _is_from_here(request):
            return self._form(request, "", 403, "The form came from another site: send it again.")
        address = request.client.host if request.client else ""
        wait = self._tries.wait(address)
        if wait:
            said = f"Too many wrong tokens: try again in {wait:.0f} seconds."
            return self._form(request, "", 429, said, {"retry-after": f"{wait:.0f}"})
        form = await _form_of(request)
        name, wanted = form.get("name", "").strip(), form.get("next", "")
        if not self._sessions.knows(form.get("token", "")):
            self._tries.wrong(address)
            return self._form(request, wanted, 401, "That is not CONSOLE_TOKEN.")
        if not name or len(name) > MAX_NAME or not name.isprintable():
            said = (
                f"Say who you are, in at most {MAX_NAME} characters: what you do is noted with it."
            )
            return self._form(request, wanted, 400, said)
        response = elsewhere(request, _safe(wanted))
        response.set_cookie(
            COOKIE,
            self._sessions.begin(name),
            max_age=LASTS,
            path=base_of(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    async def leave(self, request: AppRequest) -> Response:
        """Log out."""
        session = self._session(request)
        if session is not None and not await _is_theirs(request, session):
            return self._form(request, "", 403, "The form is not of this session: log in again.")
        response = elsewhere(request, _LOGIN)
        response.delete_cookie(COOKIE, path=base_of(request))
        return response

    def _session(self, request: AppRequest) -> Session | None:
        return self._sessions.read(request.cookies.get(COOKIE, ""))

    def _form(
        self,
        request: AppRequest,
        wanted: str,
        status: int = 200,
        problem: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        return page(
            request,
            "login.html",
            status,
            headers=headers,
            next=_safe(wanted),
            problem=problem,
            max_name=MAX_NAME,
        )


async def _is_theirs(request: AppRequest, session: Session) -> bool:
    """Whether the form was made for this session, and sent from a page of ours."""
    return _is_from_here(request) and (await _form_of(request)).get("csrf") == session.csrf


def _is_from_here(request: AppRequest) -> bool:
    """By the `Origin` that browsers send with each form; whoever sends none is no browser."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _form_of(request: AppRequest) -> dict[str, str]:
    body = await read_body(request, only_json=False)
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))


def _wanted(request: AppRequest) -> str:
    path = request.scope["path"].removeprefix(base_of(request))
    return f"{quote(path)}?{request.url.query}" if request.url.query else quote(path)


def _safe(wanted: str) -> str:
    """A page of the console's, whatever was asked for."""
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and wanted.startswith("/deletions")
    return wanted if is_ours and wanted.isprintable() else ""


# --- what they see -------------------------------------------------------------------------------


async def show_overview(request: AppRequest, session: Session) -> Response:
    """What needs a person, and how it goes."""
    app = request.state["app"]
    lately = await overview(app.database)
    return page(
        request,
        "overview.html",
        session=session,
        now=await status(app.database, app.settings, _LISTED),
        lately=lately,
        outcomes=OUTCOMES,
        highest=max(1, *(day.total for day in lately.days)),
        states=State,
        needs_a_person=NEEDS_A_PERSON,
    )


async def show_deletions(request: AppRequest, session: Session) -> Response:
    """A page of deletions, found by whatever somebody has in hand."""
    app = request.state["app"]
    asked = request.query_params
    text = asked.get("q", "").strip()[:MAX_ID]
    state = asked.get("state", "")
    before = asked.get("before", "")
    chosen = State(state) if state in set(State) else None
    is_number = before.isascii() and before.isdigit() and len(before) <= 18
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
        return _no_deletion(request, session, number)
    return page(request, "deletion.html", session=session, it=told)


async def give_receipt(request: AppRequest, session: Session) -> Response:
    """The receipt, as `polar-sync receipt` prints it."""
    app = request.state["app"]
    number = request.path_params["id"]
    try:
        _, receipt = await reports.receipt(app.database, app.hasher, app.signer, number)
    except NothingFound:
        return _no_deletion(request, session, number)
    return download(f"receipt-{number}.json", receipt.model_dump_json(indent=2))


def _no_deletion(request: AppRequest, session: Session, number: int) -> Response:
    said = f"There is no deletion {number}."
    return page(request, "problem.html", 404, session=session, problem=said)
