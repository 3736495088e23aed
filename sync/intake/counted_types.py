"""The types of events and webhooks that metrics name; all others are counted as one."""

from __future__ import annotations

from sync.intake.event_types import EventType
from sync.mirror.kinds import needed_events

COUNTED_TYPES = frozenset(EventType) | frozenset(needed_events())
