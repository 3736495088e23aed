"""`polar-sync setup`: makes or repairs the bridge's webhook endpoint at Polar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sync.mirror.kinds import needed_events
from sync.polar import webhooks
from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.endpoint import RAW, Endpoint, best, lacking_types, points_to, webhook_url
from sync.settings import PolarSettings


@dataclass(frozen=True, slots=True)
class Setup:
    """The endpoint as it is now, and what was done to it."""

    endpoint: Endpoint
    created: bool
    done: Sequence[str]
    """In words; empty: it was as it should be."""
    others: int
    """Further endpoints that point to the same URL."""


async def set_up(settings: PolarSettings, url: str) -> Setup:
    """Have an endpoint for the bridge with that public URL, as the bridge needs it.

    May be repeated. Event types beyond those that the bridge needs are left as they are.

    Raises:
        Unavailable: try again; whether the endpoint was made is not known.
        NotFound, Refused: nothing was changed.
    """
    async with PolarClient(settings, Unmetered()) as polar:
        here = [item for item in await webhooks.endpoints(polar) if points_to(item, url)]
        found = best(here)
        if found is None:
            endpoint = await webhooks.create_endpoint(polar, webhook_url(url), needed_events())
            return Setup(endpoint, True, ["created"], 0)
        changes, done = _mend(found)
        if changes:
            found = await webhooks.update_endpoint(polar, found.id, changes)
        return Setup(found, False, done, len(here) - 1)


def _mend(endpoint: Endpoint) -> tuple[dict[str, Any], list[str]]:
    changes: dict[str, Any] = {}
    done: list[str] = []
    if not endpoint.enabled:
        changes["enabled"] = True
        done.append("enabled")
    if endpoint.format != RAW:
        changes["format"] = RAW
        done.append(f"format set to {RAW}, from {endpoint.format}")
    if lacking := lacking_types(endpoint):
        changes["events"] = [*endpoint.events, *lacking]
        done.append(f"event types added: {', '.join(lacking)}")
    return changes, done
