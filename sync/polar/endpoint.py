"""The line from Polar to the bridge: whether webhooks can come, and what was lost while not."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import SecretStr

from sync.polar.client import NotFound, Refused, Unavailable
from sync.polar.webhooks import RAW, Delivery, Endpoint, PolarWebhooks, WebhookEvent
from sync.settings import Settings

WEBHOOK_PATH = "/webhooks/polar"

NEEDED_TYPES: Sequence[str] = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.state_changed",
    "subscription.created",
    "subscription.updated",
    "subscription.active",
    "subscription.canceled",
    "subscription.uncanceled",
    "subscription.cycled",
    "subscription.revoked",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "benefit_grant.created",
    "benefit_grant.cycled",
    "benefit_grant.updated",
    "benefit_grant.revoked",
)
"""What the mirror is kept from. Source: `WebhookEventType` in Polar's OpenAPI document."""

_STILL_TRIED = timedelta(hours=1)
"""Polar's ten attempts at an event, at most 20 minutes apart and doubling, are over by then."""


class Fault(StrEnum):
    """What can be wrong with the line."""

    MISSING = "missing"
    ELSEWHERE = "elsewhere"
    DISABLED = "disabled"
    FORMAT = "format"
    SECRET = "secret"  # noqa: S105 - the name of a fault
    EVENTS = "events"
    TWICE = "twice"


_DELIVERS = frozenset({Fault.EVENTS, Fault.TWICE})
"""With these faults, what is sent still arrives and is understood."""


@dataclass(frozen=True, slots=True)
class Line:
    """The endpoint at Polar that is this bridge's, and what is wrong with it."""

    endpoint: Endpoint | None
    faults: dict[Fault, str]
    """By kind: one sentence that names no secret."""

    @property
    def delivers(self) -> bool:
        """Whether what Polar sends is received and understood."""
        return self.faults.keys() <= _DELIVERS


def judge(
    endpoints: Collection[Endpoint], *, url: str | None, secrets: Iterable[SecretStr]
) -> Line:
    """Which endpoint is this bridge's, and what is wrong with it.

    It is the one with the bridge's URL; or else, since somebody has put its secret here, one that
    signs with a secret of the bridge's.

    Args:
        url: the bridge's public URL; None: not known, so where an endpoint points is not judged.
        secrets: those that the bridge verifies webhooks with.
    """
    known = list(secrets)
    here = [item for item in endpoints if url is not None and points_to(item, url)]
    ours = best(here or [item for item in endpoints if _is_known(item, known)])
    if ours is None:
        where = "for " + webhook_url(url) if url else "with one of POLAR_WEBHOOK_SECRETS"
        return Line(None, {Fault.MISSING: f"Polar has no endpoint {where}"})
    faults: dict[Fault, str] = {}
    if url is not None and not here:
        faults[Fault.ELSEWHERE] = (
            f"the endpoint with this bridge's secret points to {shown(ours.url)},"
            f" not to {webhook_url(url)}"
        )
    if not ours.enabled:
        faults[Fault.DISABLED] = "the endpoint is disabled: Polar sends it nothing"
    if ours.format != RAW:
        faults[Fault.FORMAT] = f"the endpoint's format is {ours.format}, not {RAW}"
    if not _is_known(ours, known):
        faults[Fault.SECRET] = "the endpoint's secret is not among POLAR_WEBHOOK_SECRETS"
    if lacking := lacking_types(ours):
        faults[Fault.EVENTS] = f"the endpoint is not sent {', '.join(lacking)}"
    if len(here) > 1:
        faults[Fault.TWICE] = f"{len(here)} endpoints point here, so each event comes as often"
    return Line(ours, faults)


def points_to(endpoint: Endpoint, url: str) -> bool:
    """Whether it is the address of the bridge's webhooks, however that is written."""
    return _address(endpoint.url) == _address(webhook_url(url))


def best(candidates: Sequence[Endpoint]) -> Endpoint | None:
    """Of endpoints for the same: one that is enabled, and the oldest of those."""
    return min(candidates, key=lambda item: (not item.enabled, item.created_at), default=None)


def lacking_types(endpoint: Endpoint) -> list[str]:
    """The types of events that the bridge needs and the endpoint is not sent."""
    return [name for name in NEEDED_TYPES if name not in endpoint.events]


def webhook_url(url: str) -> str:
    """Where Polar is to send webhooks, of a bridge with that public URL."""
    return url + WEBHOOK_PATH


def shown(url: str) -> str:
    """An endpoint's URL without what could be a secret in it: user, password, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _address(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.netloc.lower()
    return scheme, host.removesuffix({"https": ":443", "http": ":80"}.get(scheme, "")), parts.path


def _is_known(endpoint: Endpoint, secrets: Iterable[SecretStr]) -> bool:
    theirs = endpoint.secret.get_secret_value().encode()
    return any(
        hmac.compare_digest(theirs, secret.get_secret_value().encode()) for secret in secrets
    )


# --- what was lost --------------------------------------------------------------------------


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
    client: PolarWebhooks, endpoint_id: str, *, since: datetime, until: datetime
) -> Lost:
    """The events of needed types that Polar tried in vain to deliver within that time.

    Only attempts are listed: what Polar skipped without one, or did not even record while the
    endpoint was disabled, is not among them.

    Raises:
        Unavailable, Refused
    """
    deliveries = await client.failed_deliveries(endpoint_id, NEEDED_TYPES, since=since, until=until)
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
class LineReport:
    """The line, what was lost on it, and what was done about that. All of it is plain JSON."""

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


async def heal(
    client: PolarWebhooks, settings: Settings, *, since: datetime, until: datetime, redeliver: bool
) -> LineReport:
    """See what is wrong with the line and what was lost within that time, and, with `redeliver`,
    have Polar send it again: each lost event once, oldest first.

    Nothing is sent again over a line that does not deliver, lest Polar disable the endpoint for it.
    Where sending ends early, `problems` says why, and `redelivered` how far it came.

    Raises:
        Unavailable, Refused: the endpoints or deliveries cannot be listed.
    """
    line = judge(
        await client.endpoints(), url=settings.public_url, secrets=settings.polar_webhook_secrets
    )
    report = LineReport(
        endpoint_id=line.endpoint.id if line.endpoint else None,
        endpoint_url=shown(line.endpoint.url) if line.endpoint else None,
        problems=list(line.faults.values()),
    )
    if line.endpoint is None:
        return report
    found = await lost_webhooks(client, line.endpoint.id, since=since, until=until)
    report.failed_deliveries = found.deliveries
    report.retrying, report.lost = len(found.retrying), len(found.lost)
    report.archived = len(found.archived)
    if redeliver and found.lost and not line.delivers:
        report.problems.append("nothing was redelivered: mend the endpoint first")
    elif redeliver:
        await _redeliver(client, found.lost, report)
    if report.archived:
        report.problems.append(
            f"lost webhooks that Polar cannot send again, being older than 90 days:"
            f" {report.archived}"
        )
    return report


async def _redeliver(
    client: PolarWebhooks, events: Iterable[WebhookEvent], report: LineReport
) -> None:
    for event in events:
        try:
            await client.redeliver(event.id)
        except NotFound:
            # Archived since it was listed.
            report.archived, report.lost = report.archived + 1, report.lost - 1
        except (Unavailable, Refused) as error:
            report.problems.append(f"not all that is lost was redelivered: {error}")
            return
        else:
            report.redelivered += 1
