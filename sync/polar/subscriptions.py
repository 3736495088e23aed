"""Subscriptions at Polar: looking at one, and ending it.

Source of every status and field: Polar's OpenAPI document, version 2026-10.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sync.mirror.kinds import SUBSCRIPTION
from sync.mirror.objects import API, Subscription
from sync.mirror.reading import parse
from sync.polar.client import PolarClient, segment
from sync.polar.errors import understood


async def get(polar: PolarClient, subscription_id: str) -> Subscription:
    """`GET /v1/subscriptions/{id}`.

    Raises:
        NotFound: there is none, or it has never started: Polar shows `incomplete` ones nowhere.
        Unavailable, Refused
    """
    read_at = datetime.now(UTC)
    answer = await polar.json("GET", f"/v1/subscriptions/{segment(subscription_id)}")
    return understood(lambda: parse(SUBSCRIPTION, answer, observed_at=read_at, by=API))


async def revoke(polar: PolarClient, subscription_id: str) -> Subscription:
    """`DELETE /v1/subscriptions/{id}`: ends it at once; answers with the ended subscription.

    Raises:
        AlreadyCanceled: it has ended, or is `unpaid`.
        NotFound, Unavailable, Refused
    """
    read_at = datetime.now(UTC)
    answer = await polar.json("DELETE", f"/v1/subscriptions/{segment(subscription_id)}")
    return understood(lambda: parse(SUBSCRIPTION, answer, observed_at=read_at, by=API))
