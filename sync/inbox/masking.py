"""A body without what it says of a person: ids, types, times and amounts stay. Pure."""

from __future__ import annotations

import json
import re

from sync import keeping

MASK = "…"

_KEPT = re.compile(r"(?:.*_)?(?:id|ids|at|type|status|currency|timestamp)|\w*[a-z](?:Id|Ids|At)")
"""Names of fields whose text is an id, a time, or a word of Polar's."""
_FREE = ("metadata", "custom_field_data", "address")
"""How the names of objects end in which anything can stand under any name."""


def masked(body: bytes) -> str:
    """The body as JSON, with a mask in place of each text that could be personal; whole where it is
    no JSON. An id that is an e-mail address is personal, too."""
    try:
        content = keeping.from_json(body)
    except ValueError:
        return f"{MASK} ({len(body)} bytes that are not JSON)"
    return json.dumps(_masked(content, ""), ensure_ascii=False, default=str)


def _masked(content: object, name: str) -> object:
    match content:
        case dict() if _is_free(name):
            return MASK
        case dict():
            return {key: _masked(it, key) for key, it in content.items()}
        case list():
            return [_masked(it, name) for it in content]
        case str() if not _KEPT.fullmatch(name) or "@" in content:
            return MASK
        case _:
            return content


def _is_free(name: str) -> bool:
    return name.casefold().endswith(_FREE)
