"""Makes spans for as long as a process runs, and sends them over OTLP/HTTP.

OpenTelemetry's own variables (`OTEL_…`) say where to, under which name, and how many. Source:
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    default_getter,
    default_setter,
)
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from sync.traces import current
from sync.traces.shown import OWN, Shown

if TYPE_CHECKING:
    import httpx
    import sqlalchemy as sa

_FLUSH_SECONDS = 2.0
"""For what is left to be sent when the process ends; more is lost."""
_QUOTING = ("opentelemetry.exporter", "urllib3")
"""Loggers that quote the collector's URL, which can hold a key. `Shown` says what is to be said."""
_TRACEPARENT = "traceparent"
_W3C = TraceContextTextMapPropagator()

App = Callable[..., Any]
"""An ASGI application."""


class _ComesIn(TraceContextTextMapPropagator):
    """Joins the trace of whoever sends a request, by its ids alone: what else is sent along
    (`tracestate`, `baggage`) could name somebody. Tells nobody else of it: neither Polar nor a chat
    has a use for it."""

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        found = getter.get(carrier, _TRACEPARENT)
        return super().extract({_TRACEPARENT: found} if found else {}, context)

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        pass


class Tracing:
    """What spans are made with."""

    def __init__(self, exporter: SpanExporter) -> None:
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "polar-sync"}
        resource = Resource.create(named)
        # The end is this module's, and has a bound.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        # A worker looks for work twice a second: a statement is a span within another one only.
        self._within = TracerProvider(
            resource=resource, shutdown_on_exit=False, sampler=ParentBased(ALWAYS_OFF)
        )
        processor = BatchSpanProcessor(Shown(exporter))
        for provider in (self._provider, self._within):
            provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("polar-sync")

    def here(self) -> str | None:
        """As `current.here`."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get(_TRACEPARENT)

    @contextmanager
    def span(
        self, name: str, came_by: Sequence[str | None], about: Mapping[str, str]
    ) -> Iterator[None]:
        """As `current.span`."""
        before = [_W3C.extract({_TRACEPARENT: it}) for it in came_by if it is not None]
        spans = [trace.get_current_span(context).get_span_context() for context in before]
        is_child = len(came_by) == 1 and len(before) == 1
        with self._tracer.start_as_current_span(
            name,
            context=before[0] if is_child else None,
            links=None if is_child else [trace.Link(it) for it in spans],
            attributes={OWN + key: value for key, value in about.items()},
            record_exception=False,
        ):
            yield

    def requests_to(self, app: App, route_of: Callable[[Any], str]) -> App:
        """The application, with a span for each request. `route_of`: what of a request's path is
        the application's own, from its ASGI scope."""

        def details(scope: Any) -> tuple[str, dict[str, str]]:
            route = route_of(scope)
            return f"{scope['method']} {route}".rstrip(), {"http.route": route} if route else {}

        middleware: App = OpenTelemetryMiddleware(
            app,
            default_span_details=details,
            tracer_provider=self._provider,
            meter_provider=NoOpMeterProvider(),
            exclude_spans=["receive", "send"],
        )
        return middleware

    def requests_by(
        self, client: httpx.AsyncClient, route_of: Callable[[str], str] | None = None
    ) -> None:
        """Make a span for each request that the client sends. `route_of`: what of a path names
        nobody."""

        async def name(span: trace.Span, request: Any) -> None:
            if route_of is not None:
                method = request.method.decode()
                route = route_of(request.url.raw_path.decode("ascii").partition("?")[0])
                span.update_name(f"{method} {route}")
                span.set_attribute("url.template", route)

        HTTPXClientInstrumentor.instrument_client(
            client,
            tracer_provider=self._provider,
            meter_provider=NoOpMeterProvider(),
            request_hook=name,
        )

    def statements_of(self, engine: sa.Engine) -> None:
        """Make a span for each statement that is sent within another span."""
        meter = NoOpMeterProvider().get_meter("polar-sync")
        # The instrumentor also has every engine of the process watched, and each connecting.
        EngineTracer(  # type: ignore[no-untyped-call]
            self._within.get_tracer("polar-sync"), engine, meter.create_up_down_counter("unused")
        )

    async def end(self) -> None:
        """Send what is left, within `_FLUSH_SECONDS`."""
        done, loop = asyncio.Event(), asyncio.get_running_loop()

        def send() -> None:
            self._provider.shutdown()
            # Where it took too long, the loop is gone.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(done.set)

        # Not one of the executor's, for which the process would wait.
        threading.Thread(target=send, name="traces", daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_SECONDS):
                await done.wait()


@asynccontextmanager
async def tracing(exporter: SpanExporter | None = None) -> AsyncIterator[Tracing]:
    """Make spans while the block runs. `exporter`: in place of OTLP over HTTP."""
    for name in _QUOTING:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    made = Tracing(OTLPSpanExporter() if exporter is None else exporter)
    before, current.tracing = current.tracing, made
    propagated = propagate.get_global_textmap()
    propagate.set_global_textmap(_ComesIn())
    try:
        yield made
    finally:
        propagate.set_global_textmap(propagated)
        current.tracing = before
        await made.end()
