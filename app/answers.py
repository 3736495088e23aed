"""What the routes answer, but for what `sync.reports` tells.

Plain dicts, since an event is answered thousands of times a second; the OpenAPI document is made
from these types.
"""

from __future__ import annotations

from typing import Literal, NotRequired

# Python's own, before 3.12, is none that pydantic can read.
from typing_extensions import TypedDict


class EventTaken(TypedDict):
    """The event is on disk."""

    status: Literal["accepted", "duplicate", "ignored"]
    deletion_id: NotRequired[int]
    """Of a duplicate, with the status API on: the deletion that goes for it, once there is one."""


class Refusal(TypedDict):
    """Why a request was refused, and the remedy."""

    error: str
    detail: str
    field: NotRequired[str]
    """What is at fault, where that is one field."""


class Alive(TypedDict):
    """The process answers."""

    status: Literal["alive"]


class Ready(TypedDict):
    """Events can be taken, and are worked on."""

    status: Literal["ready"]


class NotReady(TypedDict):
    """They cannot, or are not."""

    error: Literal["not_ready"]
    reason: str
    detail: str
