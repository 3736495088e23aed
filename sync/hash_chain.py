"""What a chain of hashes is made of: the one way to write its content, and what comes before the
first link. Pure.
"""

from __future__ import annotations

import json
from datetime import datetime

GENESIS = "0" * 64
"""Stands for the hash before the first link."""


def canonical(content: object) -> bytes:
    """The one way to write it as JSON, so that its hash comes out the same again."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def iso(at: datetime) -> str:
    """The time as it stands in a chain and in a receipt."""
    return at.isoformat(timespec="microseconds")
