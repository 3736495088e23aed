"""Counts in memory, until it is written down. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from sync.metrics import catalogue
from sync.metrics.catalogue import Metric, bound, route_of

Key = tuple[str, tuple[str, ...]]
"""Name of a metric, and the values of its labels; a histogram's have the bucket's bound at the end,
or `SUM`."""
Ended = Literal["complete", "incomplete", "stopped"]
"""How a reconciliation has."""
SUM = "sum"
OTHER = "other"
"""In place of a type that is not known: a sender can make up any number."""


@dataclass(slots=True)
class Recorder:
    """What has happened in this process since it was last written down.

    Args:
        types: of events and webhooks, that are counted by name.
    """

    types: Collection[str]
    added: dict[Key, float] = field(default_factory=dict)
    """What is to be added to what is there."""
    latest: dict[Key, float] = field(default_factory=dict)
    """What takes the place of what is there."""

    def event_received(self, source: str, event_type: str, result: str, at: float) -> None:
        """An event was answered.

        Args:
            event_type: "": it was not looked at.
            at: in seconds since 1970.
        """
        self._count(catalogue.EVENTS_RECEIVED, source, self._known(event_type), result)
        if source == "polar" and result in {"accepted", "duplicate"}:
            self.latest[catalogue.LAST_WEBHOOK.name, ()] = at

    def events_applied(self, events: Iterable[tuple[str, str | None, str]]) -> None:
        """Events were taken from the inbox: source, type and what became of it, of each."""
        for source, event_type, result in events:
            self._count(catalogue.EVENTS_APPLIED, source, self._known(event_type or OTHER), result)

    def polar_answered(self, method: str, path: str, status: int | None, seconds: float) -> None:
        """A request to Polar has ended. `status`: None: without an answer."""
        route = route_of(path)
        answer = "none" if status is None else str(status)
        self._count(catalogue.POLAR_REQUESTS, method, route, answer)
        self._observe(catalogue.POLAR_SECONDS, seconds, method, route)

    def lease_lost(self) -> None:
        """What was learnt of a deletion could not be written: its lease was gone."""
        self._count(catalogue.LEASES_LOST)

    def verified(self, seconds: float) -> None:
        """A deletion is verified, so long after its event came."""
        self._observe(catalogue.VERIFIED_SECONDS, seconds)

    def reconciled(self, result: Ended, at: float) -> None:
        """A reconciliation of everything has ended, at `at` seconds since 1970."""
        self.latest[catalogue.LAST_RECONCILIATION.name, (result,)] = at

    def take(self) -> Recorder:
        """All of it; nothing is left."""
        taken = Recorder(self.types, self.added, self.latest)
        self.added, self.latest = {}, {}
        return taken

    def put_back(self, taken: Recorder) -> None:
        """It could not be written."""
        for key, value in taken.added.items():
            self._add(key, value)
        self.latest = taken.latest | self.latest

    def _known(self, event_type: str) -> str:
        return event_type if event_type in self.types or not event_type else OTHER

    def _count(self, metric: Metric, *labels: str) -> None:
        self._add((metric.name, labels), 1.0)

    def _observe(self, metric: Metric, value: float, *labels: str) -> None:
        # By a clock that was set meanwhile it may be less than nothing.
        seconds = max(value, 0.0)
        self._add((metric.name, (*labels, bound(metric, seconds))), 1.0)
        self._add((metric.name, (*labels, SUM)), seconds)

    def _add(self, key: Key, value: float) -> None:
        self.added[key] = self.added.get(key, 0.0) + value
