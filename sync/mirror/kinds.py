"""The kinds of Polar objects that are mirrored. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for a sort key that is not set. Polar sorts those last, and first when descending."""

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
"""Before every sort key."""
