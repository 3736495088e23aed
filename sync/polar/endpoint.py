"""The webhook endpoint at Polar: which one is this bridge's, and what is wrong with it. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, SecretStr

from sync.mirror.kinds import needed_events

WEBHOOK_PATH = "/webhooks/polar"

RAW = "raw"
"""The format of an endpoint that is sent events; others get messages for a chat."""


class Endpoint(BaseModel):
    """Where Polar sends events. Source: Polar's OpenAPI document, version 2026-10."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    created_at: AwareDatetime
    url: str
    format: str
    events: tuple[str, ...]
    """Types. Polar has more of them with time."""
    enabled: bool
    secret: SecretStr


class Fault(StrEnum):
    """What can be wrong with the endpoint."""

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
class Diagnosis:
    """The endpoint at Polar that is this bridge's, and what is wrong with it."""

    endpoint: Endpoint | None
    faults: dict[Fault, str]
    """By kind: one sentence that names no secret."""

    @property
    def delivers(self) -> bool:
        """Whether what Polar sends is received and understood."""
        return self.faults.keys() <= _DELIVERS


def diagnose(
    endpoints: Collection[Endpoint], *, url: str | None, secrets: Iterable[SecretStr]
) -> Diagnosis:
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
        return Diagnosis(None, {Fault.MISSING: f"Polar has no endpoint {where}"})
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
    return Diagnosis(ours, faults)


def points_to(endpoint: Endpoint, url: str) -> bool:
    """Whether it is the address of the bridge's webhooks, however that is written."""
    return _address(endpoint.url) == _address(webhook_url(url))


def best(candidates: Sequence[Endpoint]) -> Endpoint | None:
    """Of endpoints for the same: one that is enabled, and the oldest of those."""
    return min(candidates, key=lambda item: (not item.enabled, item.created_at), default=None)


def lacking_types(endpoint: Endpoint) -> list[str]:
    """The types of events that the bridge needs and the endpoint is not sent."""
    return [name for name in needed_events() if name not in endpoint.events]


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
