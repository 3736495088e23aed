"""What an id must look like to be taken. Pure."""

from __future__ import annotations

import re

MAX_ID = 255
"""Longest user id, external id and webhook-id taken, in characters."""

# Neither belongs in an id, and PostgreSQL takes no NUL, UTF-8 no lone surrogate.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def has_forbidden_characters(text: str) -> bool:
    """Whether it holds control characters or lone surrogates."""
    return _FORBIDDEN.search(text) is not None


def trimmed(external_id: str) -> str:
    """An external id as Polar stores it: without blanks at its ends. "": it was nothing else, and
    Polar has none."""
    return external_id.strip()
