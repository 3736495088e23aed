"""What the status API can be asked, checked: what is wrong names the field and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
)
from starlette.datastructures import QueryParams

from app.errors import RequestRefused
from sync.deletions.states import State
from sync.ids import MAX_ID

NUMBER = "[1-9][0-9]{0,17}"
"""A deletion's. Any number of so many digits fits its 64 bits."""
MAX_PAGE = 200

# What an event takes: no control characters, and something that is no blank.
_ID = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
_Id = Annotated[StrictStr, Field(max_length=MAX_ID, pattern=_ID)]


def _whole(value: object) -> object:
    """To JSON Schema 42.0 is an integer, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Number = Annotated[StrictInt, Field(ge=-(2**63), lt=2**63), BeforeValidator(_whole)]
_NAME_SHOWN = 40


class Asked(BaseModel):
    """Its fields are all that is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Listing(Asked):
    """The query of `GET /deletions`."""

    user_id: Annotated[str, Field(min_length=1, max_length=MAX_ID)] | None = None
    """Your own id of a user, as your events have it: only this user's deletions. They are found
    after the user has been forgotten, too."""
    state: State | None = None
    """Only those in this state."""
    cursor: Annotated[str, Field(pattern=f"^{NUMBER}$")] | None = None
    """`next_cursor` of the page before."""
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50
    """How many on a page."""


class Previewed(Asked):
    """The body of `POST /deletions/preview`."""

    user_id: _Id | _Number
    """Your own id of the user, as your events have it."""
    external_id: _Id | None = None
    """What your events bring as external id, if they do."""


_REMEDIES: Mapping[str, str] = {
    "user_id": f"must be your own id of one user, as your events have it, of 1 to {MAX_ID}"
    " characters and not only blanks",
    "external_id": "must be the user's external id, as your events have it, or be left out",
    "state": f"must be one of {', '.join(State)}",
    "cursor": "must be the next_cursor of the page before, or be left out",
    "limit": f"must be a number from 1 to {MAX_PAGE}",
}


def listing_of(query: QueryParams) -> Listing:
    """What the query asks for.

    Raises:
        RequestRefused: 400
    """
    given = query.multi_items()
    names = [name for name, _ in given]
    for name in Listing.model_fields:
        if names.count(name) > 1:
            raise _refused(f"{name} is there {names.count(name)} times; give it once", name)
    try:
        return Listing.model_validate(dict(given))
    except ValidationError as error:
        raise _named(error, Listing, "parameter") from None


def previewed_of(body: bytes) -> Previewed:
    """What the body asks for.

    Raises:
        RequestRefused: 400
    """
    try:
        return Previewed.model_validate_json(body)
    except ValidationError as error:
        raise _named(error, Previewed, "field") from None


def _named(error: ValidationError, model: type[Asked], what: str) -> RequestRefused:
    """The first that is wrong, without the value."""
    [first, *_] = error.errors(include_url=False, include_input=False, include_context=False)
    if not first["loc"]:
        return _refused('the body must be a JSON object such as {"user_id": "42"}, in UTF-8', None)
    field = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        names = ", ".join(model.model_fields)
        return _refused(f"there is no {what} of this name; there are {names}", field[:_NAME_SHOWN])
    return _refused(f"{field} {_REMEDIES[field]}", field)


def _refused(detail: str, field: str | None) -> RequestRefused:
    return RequestRefused(400, "invalid_request", detail, field=field)
