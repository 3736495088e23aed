"""From what Polar sends to the mirror's objects. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sync.mirror.kinds import Kind
from sync.mirror.merge import without_what_is_gone
from sync.mirror.objects import API, M


def parse(kind: Kind[M], data: Mapping[str, Any], *, observed_at: datetime, by: str) -> M:
    """One of Polar's objects, from a webhook's `data` or an API answer.

    Args:
        observed_at: the webhook's `timestamp`, or when the API was read.
        by: the webhook's type, or `API`.

    Raises:
        ValueError: a field that the bridge needs is missing or of the wrong type.
    """
    provenance = {
        "version_at": data.get("modified_at") or data.get("created_at"),
        "observed_at": observed_at,
        # No two reads are made at one moment, so no tie between them has to be broken.
        "digest": "" if by == API else digest(data),
        "written_by": by,
    }
    given = {**data, **provenance, **kind.derived(data, observed_at, by)}
    return without_what_is_gone(kind, kind.adapter.validate_python(given))


def organization_of(data: Mapping[str, Any]) -> str | None:
    """The organization that one of Polar's objects belongs to, as it or its customer says."""
    customer = data.get("customer")
    owner = customer if isinstance(customer, Mapping) else data
    found = owner.get("organization_id")
    return found if isinstance(found, str) else None


def digest(content: object) -> str:
    """SHA-256 in hex over canonical JSON.

    Raises:
        ValueError: it is nested too deeply.
    """
    try:
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return hashlib.sha256(text.encode()).hexdigest()
