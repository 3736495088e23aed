"""Who is let in: by a form with a name and CONSOLE_TOKEN, and whose forms are taken."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.responses import Response

from app.body import read_body
from app.console.pages import base_of, elsewhere, page, problem
from app.console.session import (
    COOKIE,
    LASTS,
    MAX_NAME,
    SAID_COOKIE,
    SAID_LASTS,
    Done,
    Session,
    Sessions,
    Tries,
)
from app.errors import RETRY_AFTER
from app.state import AppRequest
from sync.deletions import pause
from sync.errors import StorageError
from sync.operators import sessions as ended

_log = logging.getLogger(__name__)

LOGIN = "/login"
_PAGES = ("/deletions", "/dead-letters", "/done", "/pause", "/resume", "/brake")
"""That one can be led to after the login, or to what is below."""
_PATH = re.compile(r"(/[a-z0-9][a-z0-9-]*(\.[a-z]+)?)+")
"""Without what a browser would make another path of."""
_NOT_THEIRS = "The form is not of this session, and nothing was done: log in again."

Answer = Callable[[AppRequest], Awaitable[Response]]
Show = Callable[[AppRequest, Session], Awaitable[Response]]
Act = Callable[[AppRequest, Session, Mapping[str, str]], Awaitable[Response | Done]]
"""With the form that was sent."""


class Door:
    """Lets those in who know CONSOLE_TOKEN."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._tries = Tries()

    def for_whoever_is_in(self, show: Show) -> Answer:
        """A page, for whoever is logged in; anybody else logs in first."""

        async def guarded(request: AppRequest, session: Session | None) -> Response:
            if session is None:
                return elsewhere(request, f"{LOGIN}?{urlencode({'next': _wanted(request)})}")
            return await show(request, session)

        return self._knowing(guarded)

    def for_their_forms(self, act: Act) -> Answer:
        """What a form does, where it was made for the session that sends it."""

        async def guarded(request: AppRequest, session: Session | None) -> Response:
            form = await _form_of(request)
            if session is None or not _is_theirs(request, session, form):
                # Its page is where the form is.
                return self._form(request, _wanted(request), 403, _NOT_THEIRS)
            done = await act(request, session, form)
            return self._gone_on(request, session, done) if isinstance(done, Done) else done

        return self._knowing(guarded)

    def to_log_in(self) -> Answer:
        """The form to log in with; whoever is in goes on."""

        async def show(request: AppRequest, session: Session | None) -> Response:
            wanted = request.query_params.get("next", "")
            if session is not None:
                return elsewhere(request, _safe(wanted))
            return self._form(request, wanted)

        return self._knowing(show)

    async def enter(self, request: AppRequest) -> Response:
        """Log in with a name and CONSOLE_TOKEN."""
        if not _is_from_here(request):
            return self._form(request, "", 403, "The form came from another site: send it again.")
        form = await _form_of(request)
        name, wanted = form.get("name", "").strip(), form.get("next", "")
        address = request.client.host if request.client else ""
        wait = self._tries.wait(address)
        if wait:
            said = f"Too many wrong tokens: try again in {wait:.0f} seconds."
            headers = {"retry-after": f"{wait:.0f}"}
            return self._form(request, wanted, 429, said, headers, name=name)
        if not self._sessions.knows(form.get("token", "")):
            self._tries.wrong(address)
            return self._form(request, wanted, 401, "That is not CONSOLE_TOKEN.", name=name)
        if not name or len(name) > MAX_NAME or not name.isprintable():
            said = (
                f"Say who you are, in at most {MAX_NAME} characters: what you do is noted with it."
            )
            return self._form(request, wanted, 400, said, name=name)
        response = elsewhere(request, _safe(wanted))
        _set(response, request, COOKIE, self._sessions.begin(name), LASTS)
        return response

    async def leave(
        self, request: AppRequest, session: Session, _form: Mapping[str, str]
    ) -> Response:
        """Log out: whoever has the cookie is out, too."""
        await ended.end(request.state["app"].database, session.key, timedelta(seconds=LASTS))
        response = elsewhere(request, LOGIN)
        response.delete_cookie(COOKIE, path=base_of(request))
        return response

    def _knowing(
        self, answer: Callable[[AppRequest, Session | None], Awaitable[Response]]
    ) -> Answer:
        """The answer to whoever it is, or a page that says why there is none."""

        async def answered(request: AppRequest) -> Response:
            session = None
            try:
                session = await self._session(request)
                return await answer(request, session)
            except StorageError as error:
                _log.error("the console: the database cannot be used: %s", error)
                said = "The database cannot be used now: the log says why. Try again in a moment."
                headers = {"retry-after": str(RETRY_AFTER)}
                return problem(request, session, said, 503, headers=headers)

        return answered

    async def _session(self, request: AppRequest) -> Session | None:
        """Who is in, and what each page says of how things stand."""
        cookies = request.cookies
        session = self._sessions.read(cookies.get(COOKIE, ""), cookies.get(SAID_COOKIE, ""))
        if session is None:
            return None
        async with request.state["app"].database.read() as reading:
            if await ended.has_ended(reading, session.key):
                return None
            return replace(session, paused=await pause.current(reading))

    def _gone_on(self, request: AppRequest, session: Session, done: Done) -> Response:
        response = elsewhere(request, done.path)
        if done.said is not None:
            value = self._sessions.say(session, done.said)
            _set(response, request, SAID_COOKIE, value, SAID_LASTS)
        return response

    def _form(
        self,
        request: AppRequest,
        wanted: str,
        status: int = 200,
        problem: str | None = None,
        headers: dict[str, str] | None = None,
        name: str = "",
    ) -> Response:
        return page(
            request,
            "login.html",
            status,
            headers=headers,
            next=_safe(wanted),
            problem=problem,
            name=name,
            max_name=MAX_NAME,
        )


def _set(response: Response, request: AppRequest, name: str, value: str, lasts: int) -> None:
    """Set a cookie that only the console gets."""
    response.set_cookie(
        name,
        value,
        max_age=lasts,
        path=base_of(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


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
    path, _, query = wanted.partition("?")
    is_ours = path.startswith(_PAGES) and _PATH.fullmatch(path) is not None
    return wanted if is_ours and query.isprintable() else ""
