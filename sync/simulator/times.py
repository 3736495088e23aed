"""How Polar writes times."""

from datetime import datetime


def time(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, with `Z`."""
    return None if value is None else value.isoformat().replace("+00:00", "Z")
