"""Rows as plain dicts, as `--json` prints them: keys are stable, times are ISO 8601 in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

PAID_SEAT_FIELDS = ("deletion", "customer_id", "subscription_id", "seats")


def fields_of(row: object, names: Iterable[str]) -> dict[str, Any]:
    """These fields of the row."""
    return {name: plain(value) for name, value in attributes(row, names).items()}


def attributes(row: object, names: Iterable[str]) -> dict[str, Any]:
    """The same, as the row has them."""
    return {name: getattr(row, name) for name in names}


def plain(value: Any) -> Any:
    """The value, a time as text."""
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
