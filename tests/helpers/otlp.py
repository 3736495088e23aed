"""The spans that a process sends, as a collector on loopback has them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.helpers.simulator import Receiver, receiving
from tests.helpers.waiting import wait_for


@dataclass(frozen=True, slots=True)
class Seen:
    """A span."""

    name: str
    trace: str
    """Its trace's id, in hex."""
    id: str
    parent: str
    """Empty: it has none."""
    kind: int
    status: int
    """2: an error."""
    attributes: dict[str, str]
    """Each value as text."""
    links: tuple[str, ...]
    """The ids of the spans that it is linked to."""


@dataclass(frozen=True, slots=True)
class Collector:
    """What has come so far."""

    receiver: Receiver

    @property
    def variables(self) -> dict[str, str]:
        """Have a process send its spans here, soon."""
        return {
            "TRACES": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.receiver.url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }

    @property
    def raw(self) -> bytes:
        """All of it, as it came over the wire."""
        return b"".join(it.body for it in list(self.receiver.received))

    @property
    def requests(self) -> list[ExportTraceServiceRequest]:
        return [
            ExportTraceServiceRequest.FromString(it.body) for it in list(self.receiver.received)
        ]

    @property
    def spans(self) -> list[Seen]:
        return [
            Seen(
                name=span.name,
                trace=span.trace_id.hex(),
                id=span.span_id.hex(),
                parent=span.parent_span_id.hex(),
                kind=span.kind,
                status=span.status.code,
                attributes={
                    it.key: it.value.string_value or str(it.value.int_value)
                    for it in span.attributes
                },
                links=tuple(it.span_id.hex() for it in span.links),
            )
            for request in self.requests
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]

    def wait_for(self, is_it: Callable[[Seen], bool], what: str) -> Seen:
        """The first such span."""

        def look() -> Seen | None:
            return next((it for it in self.spans if is_it(it)), None)

        found = wait_for(look, f"the span of {what}")
        assert found is not None
        return found

    def above(self, span: Seen) -> list[str]:
        """What it is within, the innermost first, itself included: names."""
        by_id = {it.id: it for it in self.spans}
        names = [span.name]
        while span.parent in by_id:
            span = by_id[span.parent]
            names.append(span.name)
        return names


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    """A collector."""
    with receiving() as receiver:
        yield Collector(receiver)
