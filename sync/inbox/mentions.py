"""Which ids a body holds, wherever they are in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from sync import keeping

_WORD = re.compile(r"[\w.@+~-]+")
_LONG = 8
"""Characters from which an id is no accident in the middle of a text."""


class Mentions:
    """The texts of a body that could be ids: whole ones, their words, and numbers in fields that
    are named like ids. A number elsewhere is an amount."""

    def __init__(self, body: bytes) -> None:
        try:
            said = list(_texts(keeping.from_json(body)))
        except ValueError:
            said = [body.decode(errors="replace")]
        self.ids = {text.strip() for text in said}
        for text in said:
            self.ids.update(_WORD.findall(text))
        self._said = [text.casefold() for text in said]

    def any_of(self, ids: Collection[str]) -> bool:
        """Whether one of the ids is in it. They are in `folded()` form."""
        if not folded(self.ids).isdisjoint(ids):
            return True
        # One with blanks or slashes in it is none of the words.
        odd = [it for it in ids if len(it) >= _LONG and not _WORD.fullmatch(it)]
        return any(it in text for it in odd for text in self._said)


def holds(body: bytes, ids: Collection[str]) -> bool:
    """Whether one of the ids, which are in `folded()` form, is in the body."""
    if body.isascii() and b"\\" not in body:
        # Without anything escaped an id stands there as it is, or not at all.
        lowered = body.lower()
        if not any(it.encode() in lowered for it in ids):
            return False
    return Mentions(body).any_of(ids)


def folded(ids: Collection[str]) -> frozenset[str]:
    """The ids, as they are looked for: Polar's are the same in capitals."""
    return frozenset(it.strip().casefold() for it in ids)


def _texts(content: object) -> Iterator[str]:
    waiting: list[tuple[object, bool]] = [(content, False)]
    while waiting:
        match waiting.pop():
            case str() as text, _:
                yield text
            case bool(), _:
                pass
            case int() as number, True:
                yield str(number)
            case dict() as fields, _:
                yield from fields
                waiting += ((it, name.endswith(("id", "Id"))) for name, it in fields.items())
            case list() as items, named:
                waiting += ((it, named) for it in items)
