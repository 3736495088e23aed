"""Reading the fields of the app's events, which are where the EVENT_… settings say. Pure."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from sync.errors import InvalidInput
from sync.ids import MAX_ID, has_forbidden_characters, trimmed
from sync.settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(minutes=5)
# As seconds this is the year 5138, as milliseconds 1973: no event is near either.
_FIRST_MILLISECONDS = 100_000_000_000
_MAX_TEXT = 1_000
"""Characters of an e-mail or a name. Polar takes fewer, and says so itself."""
_ITEM = re.compile(r"(.+)\[(.+)\]")
_NOTHING = object()
"""Stands for a field that is not there; one that is null is there."""


class EventError(InvalidInput):
    """A signed event cannot be read. `field`: the path as configured, None for the body as a whole.
    `problem`: what is wrong and what to do, without the value."""

    def __init__(self, field: str | None, problem: str) -> None:
        super().__init__(f"{field or 'the body'} {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class EventFields:
    """An event's fields, each read and checked when it is asked for.

    Raises (every property): EventError, where the field is missing or unusable.
    """

    event: dict[str, Any]
    settings: Settings
    received_at: datetime

    @classmethod
    def of(cls, body: bytes, settings: Settings, received_at: datetime) -> EventFields:
        """Those of a verified body.

        Raises:
            EventError: it is not a JSON object.
        """
        return cls(_object(body), settings, received_at)

    @property
    def type(self) -> str:
        """What has happened. Of several parts, with dots between them."""
        paths = self.settings.event_type_path.split("+")
        return ".".join(_text(self.event, path, setting="EVENT_TYPE_PATH") for path in paths)

    @property
    def user_id(self) -> str:
        """Whom it is about."""
        path = self.settings.event_user_id_path
        return _identifier(self.event, path, setting="EVENT_USER_ID_PATH")

    @property
    def external_id(self) -> str | None:
        """The user's external id at Polar, as Polar has it, where the event names it."""
        path = self.settings.event_external_id_path
        if _find(self.event, path) is None:
            return None
        return trimmed(_identifier(self.event, path, setting="EVENT_EXTERNAL_ID_PATH"))

    @property
    def email(self) -> str | None:
        """The user's e-mail, as the app has it; None: it is not there, or null."""
        return _said(self.event, self.settings.event_email_path)

    @property
    def name(self) -> str | None:
        """The user's name; None: it is not there, or null. Of several parts those that are there,
        with blanks between them."""
        paths = self.settings.event_name_path.split("+")
        parts = (_said(self.event, path) for path in paths)
        return " ".join(part for part in parts if part is not None) or None

    def require_email(self) -> None:
        """Make sure that the event has a place for the e-mail, if only with null in it.

        Raises:
            EventError
        """
        path = self.settings.event_email_path
        if _look(self.event, path) is _NOTHING:
            raise EventError(
                path,
                "is missing; send it there, or set EVENT_EMAIL_PATH to where your events have it",
            )

    @property
    def at(self) -> datetime:
        """When it happened, by the app; never later than the event came."""
        return _time(self.event, self.settings.event_timestamp_path, self.received_at)


def _object(body: bytes) -> dict[str, Any]:
    try:
        # Left to itself, json.loads would guess at other encodings.
        value = json.loads(body.decode(), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise EventError(None, "is not UTF-8; send JSON in UTF-8") from None
    except RecursionError:
        raise EventError(None, "is nested too deeply; send a flat JSON object") from None
    except ValueError:
        if body.startswith(codecs.BOM_UTF8):
            raise EventError(
                None, "is not valid JSON: it begins with a byte order mark; send it without one"
            ) from None
        # Also a number of more digits than Python converts.
        raise EventError(None, "is not valid JSON; send a JSON object") from None
    if not isinstance(value, dict):
        raise EventError(None, "is not a JSON object; send one with the event's fields")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _find(event: dict[str, Any], path: str) -> Any:
    """What is at a dotted path, None where there is nothing or null."""
    value = _look(event, path)
    return None if value is _NOTHING else value


def _look(event: dict[str, Any], path: str) -> Any:
    """What is at a dotted path; `_NOTHING` where there is not even null. `list[field]`: of the
    list's objects the one whose `id` that field beside the list has; null where none has it."""
    value: Any = event
    for key in path.split("."):
        if value is None:
            return None
        if not isinstance(value, dict):
            return _NOTHING
        item = _ITEM.fullmatch(key)
        if item is None:
            value = value.get(key, _NOTHING)
        elif isinstance(items := value.get(item[1]), list):
            wanted = value.get(item[2])
            with_id = (it for it in items if isinstance(it, dict) and it.get("id") == wanted)
            value = None if wanted is None else next(with_id, None)
        else:
            return _NOTHING
    return value


def _said(event: dict[str, Any], path: str) -> str | None:
    """What the app says of a user, without blanks around it; None where it says nothing."""
    value = _find(event, path)
    if value is None:
        return None
    if not isinstance(value, str):
        raise EventError(path, "must be a string; leave it away where there is none")
    if len(value) > _MAX_TEXT or has_forbidden_characters(value):
        raise EventError(
            path,
            f"must be at most {_MAX_TEXT} characters, without control characters and lone "
            "surrogates",
        )
    return value.strip() or None


def _present(event: dict[str, Any], path: str, setting: str) -> Any:
    value = _find(event, path)
    if value is None:
        raise EventError(
            path, f"is missing; send it there, or set {setting} to where your events have it"
        )
    return value


def _text(event: dict[str, Any], path: str, *, setting: str) -> str:
    value = _present(event, path, setting)
    if not isinstance(value, str):
        raise EventError(path, f"must be a string; send one, or set {setting} to where it is")
    return _checked(value, path)


def _identifier(event: dict[str, Any], path: str, *, setting: str) -> str:
    value = _present(event, path, setting)
    if isinstance(value, int) and not isinstance(value, bool):
        return _checked(str(value), path)
    if not isinstance(value, str):
        raise EventError(
            path, f"must be a string or an integer; send one, or set {setting} to where it is"
        )
    return _checked(value, path)


def _checked(value: str, path: str) -> str:
    if len(value) > MAX_ID or not value.strip() or has_forbidden_characters(value):
        raise EventError(
            path,
            f"must be 1 to {MAX_ID} characters, not only blanks, without control characters and "
            "lone surrogates",
        )
    return value


def _time(event: dict[str, Any], path: str, now: datetime) -> datetime:
    value = _present(event, path, "EVENT_TIMESTAMP_PATH")
    if isinstance(value, str):
        at = _from_iso(value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        at = _from_epoch(value, path)
    else:
        raise EventError(path, "must be an ISO 8601 string, or seconds or milliseconds since 1970")
    if at < _EARLIEST:
        raise EventError(path, "is before the year 2000; send when the user was deleted")
    if at > now + _TOLERANCE:
        raise EventError(path, "is more than 5 minutes in the future; check the sender's clock")
    # An event cannot have happened after it came. Taken at its word, a clock that is ahead would
    # make a customer who signed up again meanwhile look older than the deletion.
    return min(at, now).astimezone(UTC)


def _from_iso(value: str, path: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise EventError(
            path, "is not an ISO 8601 time; send one such as 2026-01-31T12:00:00Z"
        ) from None
    if at.tzinfo is None:
        raise EventError(path, "has no time zone; end it with Z or an offset such as +02:00")
    return at


def _from_epoch(value: float, path: str) -> datetime:
    milliseconds = value if abs(value) >= _FIRST_MILLISECONDS else value * 1000
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        raise EventError(path, "is out of range; send seconds or milliseconds since 1970") from None
