"""What operators are told, and how often. Pure.

Nothing tells of each deletion by itself: a wrong token blocks a thousand of them at once. What
concerns a person is looked at as a whole, by kind, now and then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

QUIET = timedelta(hours=1)
"""After telling of a kind, until more of it is told."""
REMINDER = timedelta(days=1)
"""After telling of a kind, until what is still there is told again."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something of one kind that a person must see to."""

    number: int
    mark: str
    """Another one whenever it is not the very same things any more."""
    text: str
    """For a person; names no user."""
    is_repeated: bool = True
    """Told again after `REMINDER`: somebody waits, and it can be ended."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was last told of a kind."""

    at: datetime
    number: int
    mark: str


def is_due(concern: Concern, told: Told | None, now: datetime) -> bool:
    """Whether it is to be told now."""
    # Told in the future: by a clock that was wrong.
    if told is None or told.at > now:
        return True
    if concern.is_repeated and now - told.at >= REMINDER:
        return True
    grew = concern.mark != told.mark and concern.number >= told.number
    return grew and now - told.at >= QUIET


def after(
    concerns: Mapping[str, Concern], told: Mapping[str, Told], now: datetime
) -> tuple[list[Concern], dict[str, Told]]:
    """Which concerns are to be told now, and what has been told then. What is over is forgotten, so
    that it is told at once when it comes again."""
    due = {kind for kind, it in concerns.items() if is_due(it, told.get(kind), now)}
    new = {kind: Told(now, concerns[kind].number, concerns[kind].mark) for kind in due}
    kept = {kind: it for kind, it in told.items() if kind in concerns and kind not in due}
    return [concerns[kind] for kind in concerns if kind in due], kept | new


def to_text(told: Mapping[str, Told]) -> str:
    """To be stored."""
    return json.dumps({k: {**asdict(it), "at": it.at.isoformat()} for k, it in told.items()})


def from_text(text: str | None) -> dict[str, Told]:
    """What `to_text` has made; None: nothing yet."""
    stored = json.loads(text or "{}")
    return {
        kind: Told(datetime.fromisoformat(it["at"]), it["number"], it["mark"])
        for kind, it in stored.items()
    }
