"""From what Polar sends to the mirror's objects. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from sync import keeping
from sync.mirror.kinds import Kind
from sync.mirror.merge import without_what_is_gone
from sync.mirror.objects import API, M, is_polar_id


def parse(kind: Kind[M], data: Mapping[str, Any], *, observed_at: datetime, by: str) -> M:
    """One of Polar's objects, from a webhook's `data` or an API answer.

    Args:
        observed_at: the webhook's `timestamp`, or when the API was read.
        by: the webhook's type, or `API`.

    Raises:
        ValueError: a field that a decision rests on is missing or of the wrong type.
    """
    given = {
        **data,
        "version_at": data.get("modified_at") or data.get("created_at"),
        "observed_at": observed_at,
        # No two reads are made at one moment, so no tie between them has to be broken.
        "digest": "" if by == API else keeping.sha256(data),
        "written_by": by,
        "not_kept": None,
        **kind.derived(data, observed_at, by),
    }
    try:
        read = kind.adapter.validate_python(given)
    except ValidationError as error:
        read = kind.adapter.validate_python(_as_can_be_kept(kind, given, error))
    return without_what_is_gone(kind, read)


def _as_can_be_kept(
    kind: Kind[Any], given: Mapping[str, Any], error: ValidationError
) -> Mapping[str, Any]:
    """The fields, with something that can be kept in place of each that is at fault and that
    nothing rests on, and named by its digest."""
    at_fault = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
    instead = {name: kind.instead(name, given[name]) for name in sorted(at_fault & given.keys())}
    not_kept = {name: keeping.digest(given[name]) for name in instead}
    return {**given, **instead, "not_kept": not_kept or None}


def organization_of(data: Mapping[str, Any]) -> str | None:
    """The organization that one of Polar's objects belongs to, as it or its customer says."""
    customer = data.get("customer")
    owner = customer if isinstance(customer, Mapping) else data
    found = owner.get("organization_id")
    return found if isinstance(found, str) and is_polar_id(found) else None
