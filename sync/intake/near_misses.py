"""Which ignored types of events were probably meant as one that the bridge acts on. Pure.

Nothing is done by such a guess: it is listed, for a person to mend the sender or the settings.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

from sync.intake.event_types import EventType

_SUBJECTS = ("user", "account")
_VERBS = (
    # What takes something back comes first: "undeleted" has the other within it.
    (EventType.USER_RESTORED, ("undelet", "restor", "recover"), ("restored", "restore")),
    (
        EventType.USER_DELETED,
        ("delet", "remov", "destroy", "eras"),
        ("deleted", "delete", "deletion"),
    ),
    (EventType.USER_UPDATED, ("updat", "chang", "modif", "edit"), ("updated", "update")),
    (EventType.USER_CREATED, ("creat", "regist"), ("created", "create")),
)
"""For each type the stems of the verbs that say it, and words of which a slip is recognized."""
_SLIP = 0.8


def meant(event_type: str, among: Collection[EventType]) -> EventType | None:
    """Which of these the type was probably meant as: a user and what has become of it, in any
    spelling, with anything before it. None: something else."""
    found = _meant(event_type)
    return found if found in among else None


def _meant(event_type: str) -> EventType | None:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", event_type)]
    *_, before, last = ["", "", *words]
    for subject in _SUBJECTS:
        if last.startswith(subject) and (found := _verb(last.removeprefix(subject))):
            return found  # "userdeleted"
        if before.removesuffix("s") == subject and (found := _verb(last)):
            return found
        if last.removesuffix("s") == subject and (found := _verb(before)):
            return found  # "delete_user"
    return None


def _verb(word: str) -> EventType | None:
    for event_type, stems, words in _VERBS:
        if word.startswith(stems) or get_close_matches(word, words, 1, _SLIP):
            return event_type
    return None
