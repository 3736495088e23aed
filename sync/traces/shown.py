"""What of a span leaves the process: names that are known, and nothing else.

What instruments libraries notes whole URLs, query strings, addresses, statements and the messages
of errors; any of them can name a user or hold a secret. So everything goes but what is listed here,
whatever a later version adds.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status

_log = logging.getLogger(__name__)

_LOST = "does not take spans, which are lost: is OTEL_EXPORTER_OTLP_ENDPOINT right, and is it up?"
OWN = "polar_sync."
"""What the bridge's own attributes begin with."""
_SHOWN = frozenset(
    {
        # Each under its older and its newer name.
        "db.system",
        "db.system.name",
        "db.statement",
        "db.query.text",
        "error.type",
        "http.method",
        "http.request.method",
        "http.route",
        "http.status_code",
        "http.response.status_code",
        "url.template",
    }
)
_OF_A_CLIENT = frozenset({"net.peer.name", "net.peer.port", "server.address", "server.port"})
"""Where the bridge itself goes. Of a request that comes it is what the sender has written."""
_STATEMENTS = frozenset({"db.statement", "db.query.text"})
_MOST = 1_000
"""Characters of a statement. One that writes many rows is as long as they are many."""


class Shown(SpanExporter):
    """Has the exporter send what may leave."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._works = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export([_shown(span) for span in spans])
        works = result is SpanExportResult.SUCCESS
        if works != self._works:
            _log.warning("traces: the collector %s", "takes spans again" if works else _LOST)
        self._works = works
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _shown(span: ReadableSpan) -> ReadableSpan:
    attributes: Mapping[str, object] = span.attributes or {}
    known = _SHOWN | _OF_A_CLIENT if span.kind is SpanKind.CLIENT else _SHOWN
    # The instrumentation of SQLAlchemy has the database's name in it, which can be a path.
    is_statement = not _STATEMENTS.isdisjoint(attributes)
    return ReadableSpan(
        name=span.name.partition(" ")[0] if is_statement else span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={
            name: value[:_MOST] if name in _STATEMENTS and isinstance(value, str) else value
            for name, value in (span.attributes or {}).items()
            if name in known or name.startswith(OWN)
        },
        # Without events, which quote errors, and without what a status says of one.
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
