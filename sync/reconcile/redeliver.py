"""Redelivery: what Polar tried in vain to deliver, and having it sent again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sync.mirror.kinds import needed_events
from sync.polar import webhooks
from sync.polar.client import PolarClient
from sync.polar.endpoint import diagnose, shown
from sync.polar.errors import NotFound, Refused, Unavailable
from sync.polar.webhooks import Delivery, WebhookEvent
from sync.settings import Settings

_STILL_TRIED = timedelta(hours=1)
"""Polar's ten attempts at an event, at most 20 minutes apart and doubling, are over by then."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of events whose delivery failed, and which have not been delivered since."""

    deliveries: int
    """Attempts that failed, of whatever became of the event."""
    retrying: Sequence[WebhookEvent]
    """Polar will try again by itself."""
    lost: Sequence[WebhookEvent]
    """Polar has given up, and can be told to send them again. Oldest first."""
    archived: Sequence[WebhookEvent]
    """Polar has given up, and has no payload any more."""


async def lost_webhooks(
    polar: PolarClient, endpoint_id: str, *, since: datetime, until: datetime
) -> Lost:
    """The events of needed types that Polar tried in vain to deliver within that time.

    Only attempts are listed: what Polar skipped without one, or did not even record while the
    endpoint was disabled, is not among them.

    Raises:
        Unavailable, Refused
    """
    deliveries = await webhooks.failed_deliveries(
        polar, endpoint_id, needed_events(), since=since, until=until
    )
    return _sorted(deliveries, datetime.now(UTC))


def _sorted(deliveries: Collection[Delivery], now: datetime) -> Lost:
    newest: dict[str, Delivery] = {}
    for item in sorted(deliveries, key=lambda item: item.created_at):
        newest[item.webhook_event.id] = item
    retrying, lost, archived = [], [], []
    for item in sorted(newest.values(), key=lambda item: item.webhook_event.created_at):
        event = item.webhook_event
        if event.succeeded:
            continue
        given_up = event.succeeded is False or event.skipped
        if event.is_archived:
            archived.append(event)
        elif given_up or now - item.created_at > _STILL_TRIED:
            lost.append(event)
        else:
            retrying.append(event)
    return Lost(len(deliveries), retrying, lost, archived)


@dataclass(slots=True, kw_only=True)
class WebhookReport:
    """The endpoint, what it lost, and what was done about that. All of it is plain JSON."""

    endpoint_id: str | None
    endpoint_url: str | None
    failed_deliveries: int = 0
    """Attempts that failed, events delivered since included."""
    retrying: int = 0
    """Events that Polar will try again by itself."""
    lost: int = 0
    """Events that Polar has given up and can send again."""
    archived: int = 0
    """Events that Polar cannot send again: they are older than 90 days."""
    redelivered: int = 0
    """Of the lost ones, those that Polar has promised to send again."""
    problems: list[str] = field(default_factory=list)


async def check_webhooks(
    polar: PolarClient, settings: Settings, *, since: datetime, until: datetime, redeliver: bool
) -> WebhookReport:
    """See what is wrong with the endpoint and what was lost within that time, and, with
    `redeliver`, have Polar send it again: each lost event once, oldest first.

    Nothing is sent again to an endpoint that does not take it, lest Polar disable it for that.
    Where sending ends early, `problems` says why, and `redelivered` how far it came.

    Raises:
        Unavailable, Refused: the endpoints or deliveries cannot be listed.
    """
    diagnosis = diagnose(
        await webhooks.endpoints(polar),
        url=settings.public_url,
        secrets=settings.polar_webhook_secrets,
    )
    report = WebhookReport(
        endpoint_id=diagnosis.endpoint.id if diagnosis.endpoint else None,
        endpoint_url=shown(diagnosis.endpoint.url) if diagnosis.endpoint else None,
        problems=list(diagnosis.faults.values()),
    )
    if diagnosis.endpoint is None:
        return report
    found = await lost_webhooks(polar, diagnosis.endpoint.id, since=since, until=until)
    report.failed_deliveries = found.deliveries
    report.retrying, report.lost = len(found.retrying), len(found.lost)
    report.archived = len(found.archived)
    if redeliver and found.lost and not diagnosis.delivers:
        report.problems.append("nothing was redelivered: fix the endpoint first")
    elif redeliver:
        await _redeliver(polar, found.lost, report)
    if report.archived:
        report.problems.append(
            f"lost webhooks that Polar cannot send again, being older than 90 days:"
            f" {report.archived}"
        )
    return report


async def _redeliver(
    polar: PolarClient, events: Iterable[WebhookEvent], report: WebhookReport
) -> None:
    for event in events:
        try:
            await webhooks.redeliver(polar, event.id)
        except NotFound:
            # Archived since it was listed.
            report.archived, report.lost = report.archived + 1, report.lost - 1
        except (Unavailable, Refused) as error:
            report.problems.append(f"not all that is lost was redelivered: {error}")
            return
        else:
            report.redelivered += 1
