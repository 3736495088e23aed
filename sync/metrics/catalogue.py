"""All that is measured: names, labels and buckets, by Prometheus' conventions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """As Prometheus has them."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram's, in seconds, rising, without infinity."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of a counter or a gauge."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


# --- what processes count ------------------------------------------------------------------------

EVENTS_RECEIVED = Metric(
    "polar_sync_events_received_total",
    Type.COUNTER,
    "Events and webhooks answered, by how. A webhook is stored unread: its type is empty.",
    ("source", "type", "result"),
)
EVENTS_APPLIED = Metric(
    "polar_sync_events_applied_total",
    Type.COUNTER,
    "Events and webhooks taken from the inbox, by what became of them.",
    ("source", "type", "result"),
)
POLAR_REQUESTS = Metric(
    "polar_sync_polar_requests_total",
    Type.COUNTER,
    "Requests to Polar, by the status of the answer; none where there was no answer.",
    ("method", "route", "status"),
)
POLAR_SECONDS = Metric(
    "polar_sync_polar_request_duration_seconds",
    Type.HISTOGRAM,
    "How long Polar took to answer, or not to.",
    ("method", "route"),
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
LEASES_LOST = Metric(
    "polar_sync_leases_lost_total",
    Type.COUNTER,
    "Deletions whose lease was gone when what was learnt was to be written down.",
)
VERIFIED_SECONDS = Metric(
    "polar_sync_deletion_verified_duration_seconds",
    Type.HISTOGRAM,
    "From the event's arrival to verified.",
    (),
    (5, 15, 60, 300, 900, 3_600, 4 * 3_600, 86_400, 7 * 86_400, 30 * 86_400),
)
LAST_WEBHOOK = Metric(
    "polar_sync_last_webhook_timestamp_seconds",
    Type.GAUGE,
    "When the last signed webhook came from Polar, in seconds since 1970.",
)
LAST_RECONCILIATION = Metric(
    "polar_sync_last_reconciliation_timestamp_seconds",
    Type.GAUGE,
    "When the last reconciliation of everything ended, by how, in seconds since 1970.",
    ("result",),
)

COUNTED = (
    EVENTS_RECEIVED,
    EVENTS_APPLIED,
    POLAR_REQUESTS,
    POLAR_SECONDS,
    LEASES_LOST,
    VERIFIED_SECONDS,
    LAST_WEBHOOK,
    LAST_RECONCILIATION,
)
"""What a scrape finds summed up over all processes."""

# --- what the database knows ---------------------------------------------------------------------

DELETIONS = Metric("polar_sync_deletions", Type.GAUGE, "Deletions in each state.", ("state",))
OLDEST_OPEN = Metric(
    "polar_sync_oldest_open_deletion_age_seconds",
    Type.GAUGE,
    "For how long the oldest deletion has not ended; 0: there is none.",
)
INBOX_PENDING = Metric("polar_sync_inbox_pending", Type.GAUGE, "Events not applied yet.")
INBOX_AGE = Metric(
    "polar_sync_inbox_oldest_pending_age_seconds",
    Type.GAUGE,
    "For how long the oldest event has waited to be applied; 0: there is none.",
)
INBOX_DEAD = Metric(
    "polar_sync_inbox_dead_letters", Type.GAUGE, "Events that could not be applied."
)
OUTBOX_PENDING = Metric(
    "polar_sync_outbox_pending", Type.GAUGE, "Messages to the app not acknowledged yet."
)
OUTBOX_AGE = Metric(
    "polar_sync_outbox_oldest_pending_age_seconds",
    Type.GAUGE,
    "For how long the oldest message to the app has waited; 0: there is none.",
)
OUTBOX_DEAD = Metric(
    "polar_sync_outbox_dead_letters", Type.GAUGE, "Messages that could not be delivered."
)
PAUSED = Metric("polar_sync_paused", Type.GAUGE, "1 while a person has paused all deletions.")
RATE_LIMIT = Metric(
    "polar_sync_polar_rate_limit_requests",
    Type.GAUGE,
    "Requests a minute that the deployment may send (RATE_PER_MINUTE).",
)
QUEUE_SECONDS = Metric(
    "polar_sync_polar_queue_seconds",
    Type.GAUGE,
    "How long a request asked for now would wait for its share of the rate budget.",
)
POLAR_PAUSED_SECONDS = Metric(
    "polar_sync_polar_paused_seconds",
    Type.GAUGE,
    "For how long Polar has asked for no requests (Retry-After).",
)

READ = (
    DELETIONS,
    OLDEST_OPEN,
    INBOX_PENDING,
    INBOX_AGE,
    INBOX_DEAD,
    OUTBOX_PENDING,
    OUTBOX_AGE,
    OUTBOX_DEAD,
    PAUSED,
    RATE_LIMIT,
    QUEUE_SECONDS,
    POLAR_PAUSED_SECONDS,
)

BY_NAME: Mapping[str, Metric] = {it.name: it for it in (*COUNTED, *READ)}

INFINITY = "+Inf"
"""The bound of a histogram's last bucket."""


def bound(metric: Metric, value: float) -> str:
    """The bucket that the value falls into, by its upper bound."""
    return next((f"{it:g}" for it in metric.buckets if value <= it), INFINITY)


_WORDS = frozenset(
    {
        "benefit-grants",
        "customer-seats",
        "customers",
        "deliveries",
        "endpoints",
        "events",
        "external",
        "members",
        "organizations",
        "redeliver",
        "state",
        "subscriptions",
        "v1",
        "webhooks",
        "",
    }
)
"""What paths at Polar are made of, but for ids."""


def route_of(path: str) -> str:
    """The path with `{id}` in place of each id."""
    return "/".join(part if part in _WORDS else "{id}" for part in path.split("/"))
