"""Who is let in: by a form with a name and CONSOLE_TOKEN, and whose forms are taken."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.responses import Response

from app.body import read_body
from app.console.pages import base_of, elsewhere, page, problem
from app.console.session import COOKIE, LASTS, MAX_NAME, Session, Sessions, Tries
from app.errors import RETRY_AFTER
from app.state import AppRequest
from sync.errors import StorageError

_log = logging.getLogger(__name__)

LOGIN = "/login"
_PAGES = ("/deletions", "/dead-letters", "/done", "/pause", "/brake")
"""That one can be led to after the login."""
_NOT_THEIRS = "The form is not of this session, and nothing was done: log in again."

Answer = Callable[[AppRequest], Awaitable[Response]]
Show = Callable[[AppRequest, Session], Awaitable[Response]]
Act = Callable[[AppRequest, Session, Mapping[str, str]], Awaitable[Response]]
"""With the form that was sent."""


class Door:
    """Lets those in who know CONSOLE_TOKEN."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._tries = Tries()

    def for_whoever_is_in(self, show: Show) -> Answer:
        """A page, for whoever is logged in; anybody else logs in first."""

        async def guarded(request: AppRequest) -> Response:
            session = self._session(request)
            if session is None:
                return elsewhere(request, f"{LOGIN}?{urlencode({'next': _wanted(request)})}")
            return await _answered(request, session, show(request, session))

        return guarded

    def for_their_forms(self, act: Act) -> Answer:
        """What a form does, where it was made for the session that sends it."""

        async def guarded(request: AppRequest) -> Response:
            session = self._session(request)
            form = await _form_of(request)
            if session is None or not _is_theirs(request, session, form):
                return self._form(request, "", 403, _NOT_THEIRS)
            return await _answered(request, session, act(request, session, form))

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

    async def leave(
        self, request: AppRequest, _session: Session, _form: Mapping[str, str]
    ) -> Response:
        """Log out."""
        response = elsewhere(request, LOGIN)
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


async def _answered(request: AppRequest, session: Session, answer: Awaitable[Response]) -> Response:
    """The answer, or a page that says why there is none."""
    try:
        return await answer
    except StorageError as error:
        _log.error("the console: the database cannot be used: %s", error)
        said = "The database cannot be used now: the log says why. Try again in a moment."
        headers = {"retry-after": str(RETRY_AFTER)}
        return problem(request, session, said, 503, headers=headers)


def _is_theirs(request: AppRequest, session: Session, form: Mapping[str, str]) -> bool:
    """Whether the form was made for this session, and sent from a page of ours."""
    return _is_from_here(request) and form.get("csrf") == session.csrf


def _is_from_here(request: AppRequest) -> bool:
    """By the `Origin` that browsers send with each form; whoever sends none is no browser. Behind a
    proxy that changes the `Host`, by what browsers say of it themselves."""
    origin = request.headers.get("origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return is_ours or request.headers.get("sec-fetch-site") == "same-origin"


async def _form_of(request: AppRequest) -> dict[str, str]:
    body = await read_body(request, only_json=False)
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))


def _wanted(request: AppRequest) -> str:
    root = request.scope.get("root_path", "")
    path = request.scope["path"].removeprefix(root).removeprefix("/console")
    return f"{quote(path)}?{request.url.query}" if request.url.query else quote(path)


def _safe(wanted: str) -> str:
    """A page of the console's, whatever was asked for."""
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and wanted.startswith(_PAGES)
    return wanted if is_ours and wanted.isprintable() else ""
