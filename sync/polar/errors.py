"""What can be wrong with an answer of Polar's, and how to tell.

Source of every status and field: Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import httpx

from sync import keeping
from sync.errors import PolarError
from sync.polar.faults import Fault, details_in, faults_in
from sync.polar.scopes import scope_for

T = TypeVar("T")

_NO_RETRY_AFTER = timedelta(seconds=5)
_MAX_RETRY_AFTER = timedelta(hours=1)

_MAX_SAID = 200
"""Characters of an answer that are repeated."""


class NotFound(PolarError):
    """`404 {"error": "ResourceNotFound"}`: the object is not there, or not any more.

    Only this 404 means that. A wrong path, base URL or `Polar-Version` gets another, which is
    `Refused`.
    """


class AlreadyCanceled(PolarError):
    """`403 AlreadyCanceledSubscription`: it has ended, or its status cannot be revoked."""


class OnlyOwner(PolarError):
    """422 for the deletion of a member: a customer keeps an owner."""


class Unavailable(PolarError):
    """No usable answer: time-out, connection, 408, 409, 425, 429, 5xx. Trying again can help.

    The request may have had its effect all the same.
    """

    def __init__(
        self, message: str, retry_after: timedelta = timedelta(0), *, answered: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.answered = answered
        """Polar itself has answered that it did nothing."""


class Refused(PolarError):
    """Polar will go on answering this until a person changes something: the message says what."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status, where that alone is what was refused."""


class Invalid(Refused):
    """422: Polar does not take what the request says."""

    def __init__(self, message: str, faults: Sequence[Fault]) -> None:
        super().__init__(message, httpx.codes.UNPROCESSABLE_ENTITY)
        self.faults = faults


class ScopeMissing(Refused):
    """`403 insufficient_scope`: the token lacks the scope that the request needs."""

    def __init__(self, method: str, scope: str) -> None:
        super().__init__(
            f"{method} was answered 403: the token lacks the scope {scope}: give"
            " POLAR_ACCESS_TOKEN that scope at Polar",
            httpx.codes.FORBIDDEN,
        )
        self.scope = scope


def error_of(method: str, response: httpx.Response) -> PolarError:
    """What an answer that is no success means."""
    status = response.status_code
    body = json_object(response) or {}
    code = body.get("error")
    if status == httpx.codes.NOT_FOUND and code == "ResourceNotFound":
        return NotFound(f"{method}: ResourceNotFound")
    if status == httpx.codes.FORBIDDEN and code == "AlreadyCanceledSubscription":
        return AlreadyCanceled(f"{method}: AlreadyCanceledSubscription")
    if status in {408, 409, 425, 429} or status >= 500:
        # A gateway's 408 or 5xx does not say what becomes of the request behind it.
        answered = status in {409, 425, 429}
        return Unavailable(f"{method}: {status}", retry_after(response), answered=answered)
    path = response.request.url.path
    match status, code:
        case 401, "invalid_token":
            remedy = (
                "the token is not accepted: set POLAR_ACCESS_TOKEN to a valid one; if it is valid,"
                " the organization's API access is switched off, which Polar's support can tell"
            )
        case 403, "insufficient_scope":
            return ScopeMissing(method, scope_for(method, path))
        case 401 | 403, _:
            remedy = _said(body) or (
                "without a reason of Polar's: check POLAR_BASE_URL, and any proxy on the way"
            )
        case 404, _:
            remedy = (
                "not Polar's ResourceNotFound: check POLAR_BASE_URL, POLAR_SERVER and POLAR_VERSION"
            )
        case 422, _:
            said = f"{method} was answered 422: the request is not valid ({_fields(body)})"
            return Invalid(said, list(faults_in(body)))
        case _:
            remedy = "check POLAR_BASE_URL and POLAR_SERVER"
    return Refused(f"{method} was answered {status}: {remedy}", status)


def unexpected(response: httpx.Response) -> Refused:
    """A success that Polar does not answer this request with."""
    return Refused(
        f"Polar answered {response.status_code} to {response.request.method}, which it never does:"
        " does POLAR_BASE_URL point at Polar?"
    )


def understood(read: Callable[[], T]) -> T:
    """What `read` makes of an answer.

    Raises:
        Refused: it cannot be read.
    """
    try:
        return read()
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"Polar's answer cannot be read ({type(error).__name__}): does POLAR_BASE_URL point at"
            " Polar, and is POLAR_VERSION one that this version of polar-sync knows?"
        ) from None


def json_object(response: httpx.Response) -> dict[str, Any] | None:
    """The body, if it is a JSON object."""
    with contextlib.suppress(ValueError):
        answer = keeping.from_json(response.content)
        if isinstance(answer, dict):
            return answer
    return None


def retry_after(response: httpx.Response) -> timedelta:
    """How long Polar asks to be left alone. It gives whole seconds; anything else counts as not
    given."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return min(timedelta(seconds=int(value[:9])), _MAX_RETRY_AFTER)
    return _NO_RETRY_AFTER if response.status_code == 429 else timedelta(0)


def _said(body: Mapping[str, Any]) -> str:
    """Polar's own words for what it refuses; "": it has none."""
    said = ": ".join(
        text for name in ("error", "detail") if isinstance(text := body.get(name), str)
    )
    return f"Polar says {keeping.kept(said[:_MAX_SAID])}" if said else ""


def _fields(body: Mapping[str, Any]) -> str:
    """Where a 422 found fault. `loc` only: `input` repeats what was sent."""
    locations = [".".join(str(part) for part in item["loc"]) for item in details_in(body)]
    return keeping.kept(", ".join(locations)[:_MAX_SAID]) or "no field named"
