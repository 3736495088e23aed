"""How a page is written: templates, what they can say, and the headers that each answer has."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.console.reasons import specific
from app.console.session import SAID_COOKIE, Session
from app.state import AppRequest
from sync.deletions.queries import Which
from sync.errors import InvalidInput

_HEADERS = {
    # Nothing but our own style and forms: no script at all, no frame, nothing from elsewhere.
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-frame-options": "DENY",
    # Nothing to anybody else. Without any, forms would come from the origin `null`.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
NOTHING_TYPED: Mapping[str, str] = {}
"""What stands in the fields of a form that is new."""
_UNITS = (("second", 1, 60), ("minute", 60, 60), ("hour", 3_600, 24))
"""Each with its seconds, and of how many on it is the next one."""
_A_DAY = 86_400
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def base_of(request: AppRequest) -> str:
    """Where the console is, as the browser sees it."""
    app, scope = request.state["app"], request.scope
    return f"{app.settings.root_path or scope.get('root_path', '').rstrip('/')}/console"


def page(
    request: AppRequest,
    template: str,
    status: int = 200,
    *,
    session: Session | None = None,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """The page that the template makes of the values. What the session has done is said on it, and
    no more."""
    text = (
        _environment()
        .get_template(template)
        .render(base=base_of(request), edition=_edition(), session=session, **values)
    )
    response = HTMLResponse(text, status, headers={**_HEADERS, **(headers or {})})
    if session is not None and session.said is not None:
        response.delete_cookie(SAID_COOKIE, path=base_of(request))
    return response


def problem(
    request: AppRequest,
    session: Session | None,
    said: str,
    status: int = 404,
    *,
    back: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page that says why there is none. `back`: which page to go on from."""
    return page(
        request, "problem.html", status, session=session, headers=headers, problem=said, back=back
    )


def no_deletion(request: AppRequest, session: Session, number: int) -> Response:
    """There is none of that number."""
    return problem(request, session, f"There is no deletion {number}.", back="/deletions")


def elsewhere(request: AppRequest, path: str) -> Response:
    """Have the browser go on to a page of the console's."""
    return RedirectResponse(base_of(request) + path, 303, headers=_HEADERS)


def number_before(request: AppRequest) -> int | None:
    """The number that a page of older ones begins below; None: it is the first page.

    Raises:
        InvalidInput: the address has something else there.
    """
    before = Which(request.query_params.get("before", ""))
    if before.text and not before.is_number:
        raise InvalidInput("There is no such page: its address ends in no number.")
    return int(before.text) if before.text else None


def download(name: str, content: str) -> Response:
    """A JSON file that the browser saves."""
    headers = {**_HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)


def to_overview(request: AppRequest) -> Response:
    """From an address with a slash too many."""
    return elsewhere(request, "")


def finished_page(text: str) -> Response:
    """A page with a style sheet of its own in it, which alone it is allowed."""
    within = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(sha256(within.encode()).digest()).decode()
    policy = _HEADERS["content-security-policy"].replace(
        "style-src 'self'", f"style-src 'sha256-{digest}'"
    )
    return HTMLResponse(text, headers={**_HEADERS, "content-security-policy": policy})


def style(_request: AppRequest) -> Response:
    """The style sheet."""
    return _file("console.css", "text/css")


def icon(_request: AppRequest) -> Response:
    """What stands in the browser's tab."""
    return _file("icon.svg", "image/svg+xml")


def _file(name: str, media_type: str) -> Response:
    # Its address is another one with another content.
    headers = {**_HEADERS, "cache-control": "public, max-age=31536000, immutable"}
    return Response(_content(name), media_type=media_type, headers=headers)


@cache
def _content(name: str) -> bytes:
    return files("app.console").joinpath(name).read_bytes()


@cache
def _edition() -> str:
    return sha256(_content("console.css") + _content("icon.svg")).hexdigest()[:12]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("app.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "ago": ago,
        "count": count,
        "exact": exact,
        "iso": lambda at: _time(at).isoformat(),
        "lasting": lasting,
        "marked": marked,
        "reason": lambda text: marked(specific(text)),
        "plain": lambda value: value if isinstance(value, str) else json.dumps(value),
        "sentence": lambda text: text[:1].upper() + text[1:],
        "words": words,
    }
    return made


# --- what templates say --------------------------------------------------------------------------


def exact(at: datetime | str) -> str:
    """`2026-01-31 12:00:00 UTC`."""
    return _time(at).strftime("%Y-%m-%d %H:%M:%S UTC")


def ago(at: datetime | str) -> str:
    """`3 hours ago`, `in 2 minutes`, `just now`."""
    seconds = (datetime.now(UTC) - _time(at)).total_seconds()
    if abs(seconds) < 60:
        return "just now"
    said = lasting(abs(seconds))
    return f"{said} ago" if seconds > 0 else f"in {said}"


def lasting(seconds: float) -> str:
    """`3 hours`, rounded."""
    for unit, length, most in _UNITS:
        if (number := round(seconds / length)) < most:
            return count(number, unit)
    return count(round(seconds / _A_DAY), "day")


def count(number: int, one: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def marked(text: str) -> Markup:
    """With what stands between backticks as code, and times as all others are."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else _with_times(part)
        for number, part in enumerate(parts)
    )


def _with_times(text: str) -> Markup:
    # What is escaped stays as it is where a time is.
    return Markup(_ISO.sub(lambda found: _exact_if_it_is(found[0]), escape(text)))  # noqa: S704


def _exact_if_it_is(text: str) -> str:
    try:
        return f'<time datetime="{text}">{exact(text)}</time>'
    except ValueError:
        return text


def words(name: str) -> str:
    """`no_customer` as `no customer`."""
    return name.replace("_", " ")


def _time(at: datetime | str) -> datetime:
    return (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(UTC)
