"""GET /metrics, for Prometheus. Imported only where METRICS or METRICS_TOKEN is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.auth import who_asks
from app.endpoint import Endpoint
from app.errors import RETRY_AFTER, RequestRefused, error_response
from app.state import AppRequest
from sync.api_tokens import ApiToken
from sync.errors import StorageError
from sync.metrics import catalogue
from sync.metrics.catalogue import COUNTED, INFINITY, READ, Type
from sync.metrics.recorder import SUM
from sync.reports.metrics import Measured, measured
from sync.settings import Settings


def routes(settings: Settings) -> list[BaseRoute]:
    """What there is beside the routes that are always there."""
    token = settings.metrics_token
    tokens = () if token is None else (ApiToken("metrics", token),)

    async def get_metrics(request: AppRequest) -> Response:
        try:
            if tokens:
                who_asks(request.headers, tokens, "METRICS_TOKEN")
            found = await measured(request.state["app"].database, settings)
        except RequestRefused as refusal:
            return refusal.response
        except StorageError:
            detail = f"the database does not answer; ask again in {RETRY_AFTER} seconds"
            later = {"retry-after": str(RETRY_AFTER)}
            return error_response(503, "database_unavailable", detail, headers=later)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        registry = CollectorRegistry()
        registry.register(_Families(found))
        content: bytes = encode(registry)
        return Response(
            content, headers={"content-type": content_type, "cache-control": "no-store"}
        )

    return [Route("/metrics", Endpoint(get_metrics), methods=["GET"])]


class _Families(Collector):
    def __init__(self, found: Measured) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        for metric in READ:
            gauge = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for sample in self._found.gauges:
                if sample.metric is metric:
                    gauge.add_metric(sample.labels, sample.value)
            yield gauge
        for metric in COUNTED:
            yield _family(metric, dict(self._values(metric)))

    def _values(self, metric: catalogue.Metric) -> Iterator[tuple[tuple[str, ...], float]]:
        width = len(metric.labels) + bool(metric.buckets)
        for (name, labels), value in self._found.counted.items():
            # Another version may have had other labels.
            if name == metric.name and len(labels) == width:
                yield labels, value


def _family(metric: catalogue.Metric, values: Mapping[tuple[str, ...], float]) -> Metric:
    if metric.type is Type.HISTOGRAM:
        return _histogram(metric, values)
    kind = CounterMetricFamily if metric.type is Type.COUNTER else GaugeMetricFamily
    family = kind(metric.name, metric.help, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    if not metric.labels and not values and metric.type is Type.COUNTER:
        # So that the first one is seen as an increase.
        family.add_metric((), 0)
    return family


def _histogram(
    metric: catalogue.Metric, values: Mapping[tuple[str, ...], float]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    bounds = [*(f"{it:g}" for it in metric.buckets), INFINITY]
    series = {labels[:-1] for labels in values} | (set() if metric.labels else {()})
    for labels in sorted(series):
        total, buckets = 0.0, []
        for bound in bounds:
            total += values.get((*labels, bound), 0.0)
            buckets.append((bound, total))
        family.add_metric(labels, buckets, values.get((*labels, SUM), 0.0))
    return family
