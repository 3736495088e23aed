"""`GET /metrics` of real processes, read by Prometheus' own parser."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import httpx
import orjson
import promql_parser
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sync.metrics.catalogue import BY_NAME
from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.clients import new_client
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.imports import imported_by_app, refusal_without
from tests.helpers.servers import ROOT, serve_process
from tests.helpers.settings import POLAR_SECRET, environment
from tests.helpers.simulator import SimulatorClient
from tests.helpers.site import site
from tests.helpers.store import Store
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body, polar_headers, signed_headers

pytestmark = BOTH_ENGINES

TOKEN = "m" * 40
RECEIVED = "polar_sync_events_received_total"
VERIFIED = "polar_sync_deletion_verified_duration_seconds_count"
REQUESTS = "polar_sync_polar_requests_total"

Scrape = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(client: httpx.Client) -> Scrape:
    """Each sample by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def total(found: Scrape, name: str, **labels: str) -> float:
    """The sum over whatever has these labels."""
    return sum(value for (it, has), value in found.items() if it == name and labels.items() <= has)


def variables(store: Store, sim: SimulatorClient | None = None, **more: str) -> dict[str, str]:
    polar = {"POLAR_ACCESS_TOKEN": DEFAULT_TOKEN, "POLAR_BASE_URL": sim.url} if sim else {}
    return environment(store, METRICS="true", RATE_PER_MINUTE="100000", **polar, **more)


def queries() -> list[str]:
    """All of dashboard, alert rules and docs."""
    dashboard = orjson.loads((ROOT / "docs/monitoring/grafana.json").read_bytes())
    panels = [it["expr"] for panel in dashboard["panels"] for it in panel["targets"]]
    rules = (ROOT / "docs/monitoring/alerts.yml").read_text()
    alerts = re.findall(r"^ +expr: (.*)$", rules, re.MULTILINE)
    assert rules.count("- alert:") == len(alerts) == rules.count(" action:") > 5
    page = (ROOT / "docs/metrics.md").read_text().partition("## What to ask")[2]
    asked = re.findall(r"^\| .*? \| `(.*)` \|$", page, re.MULTILINE)
    assert asked
    return [*panels, *alerts, *(it.replace("\\|", "|") for it in asked)]


def check_query(query: str, found: Scrape) -> None:
    """Prometheus can read it, and what it selects is there."""
    promql_parser.parse(query)
    selectors = re.findall(r"(polar_sync_\w+)(?:\{(.*?)\})?", query)
    assert selectors, query
    for name, matchers in selectors:
        series = [dict(labels) for it, labels in found if it == name]
        assert series, (query, name)
        for label, operator, value in re.findall(r'(\w+)(=~?)"(.*?)"', matchers):
            assert all(label in it for it in series), (query, label)
            if label == "state":
                known = {it[label] for it in series}
                assert operator == "=~"
                assert set(value.split("|")) <= known, query


@contextlib.contextmanager
def web(store: Store, sim: SimulatorClient | None = None, **more: str) -> Iterator[httpx.Client]:
    """A process that serves; stopped as a platform does, at the end."""
    with serve_process(variables(store, sim, **more), store.directory) as process:
        with new_client(process.url) as client:
            yield client
        process.popen.send_signal(signal.SIGTERM)
        process.popen.wait(60)


def send(client: httpx.Client, user_id: str, type_: str = "user.deleted") -> None:
    body = event_body(type_, user_id)
    answer = client.post("/events", content=body, headers=signed_headers(body))
    assert answer.status_code == 202


def until(client: httpx.Client, is_so: Callable[[Scrape], bool], what: str) -> Scrape:
    """Scrape until it is."""

    def look() -> Scrape | None:
        found = scraped(client)
        return found if is_so(found) else None

    found = wait_for(look, what)
    assert found is not None
    return found


@pytest.mark.slow
def test_a_deletion_is_seen_from_the_event_to_verified(store: Store, sim: SimulatorClient) -> None:
    sim.customer("user-1", subscriptions=["active"])
    before = time.time()
    with web(store, sim, WORKER="embedded") as client:
        sim.endpoint(str(client.base_url.join("/webhooks/polar")), secret=POLAR_SECRET)
        send(client, "user-1")
        send(client, "user-2", "made.up")
        refused = client.post(
            "/events", content=b"{}", headers={"content-type": "application/json"}
        )
        assert refused.status_code == 401
        found = until(client, lambda it: total(it, VERIFIED) == 1, "verified")
        applied = {"source": "polar", "type": "customer.deleted", "result": "applied"}
        found = until(
            client,
            lambda it: (
                total(it, "polar_sync_events_applied_total", **applied) >= 1
                and total(it, "polar_sync_last_webhook_timestamp_seconds") > 0
            ),
            "webhooks counted",
        )
        assert total(found, "polar_sync_deletions", state="verified") == 1
        assert total(found, "polar_sync_deletions") == 1
        assert total(found, RECEIVED, source="app", type="user.deleted", result="accepted") == 1
        assert total(found, RECEIVED, source="app", type="other", result="ignored") == 1
        assert total(found, RECEIVED, source="app", type="", result="refused") == 1
        delete = {"method": "DELETE", "route": "/v1/customers/external/{id}"}
        assert total(found, REQUESTS, status="204", **delete) == 1
        seconds = "polar_sync_polar_request_duration_seconds"
        assert total(found, f"{seconds}_count", **delete) == 1
        assert total(found, f"{seconds}_bucket", le="+Inf", **delete) == 1
        assert total(found, f"{seconds}_sum", **delete) > 0
        webhook = total(found, "polar_sync_last_webhook_timestamp_seconds")
        assert before <= webhook <= time.time()
        # A command counts too, where it has the same settings.
        reconcile = [sys.executable, "-m", "sync.cli", "reconcile"]
        settings = {"PATH": "", **variables(store, sim)}
        subprocess.run(reconcile, cwd=ROOT, env=settings, capture_output=True, check=False)
        found = scraped(client)
        reconciled = "polar_sync_last_reconciliation_timestamp_seconds"
        assert before <= total(found, reconciled, result="complete") <= time.time()
        for query in queries():
            check_query(query, found)
        text = client.get("/metrics").text
        assert "user-1" not in text
        assert "made.up" not in text
        sim.start_over()


@pytest.mark.slow
def test_every_metric_has_help_and_type_and_few_series(store: Store) -> None:
    with web(store) as client:
        families = {
            it.name: it for it in text_string_to_metric_families(client.get("/metrics").text)
        }
        assert families.keys() == {name.removesuffix("_total") for name in BY_NAME}
        for name, metric in BY_NAME.items():
            family = families[name.removesuffix("_total")]
            assert (family.type, family.documentation) == (metric.type.value, metric.help)
            labels = {frozenset(sample.labels) - {"le"} for sample in family.samples}
            assert labels <= {frozenset(metric.labels)}
        openmetrics = client.get("/metrics", headers={"accept": "application/openmetrics-text"})
        assert openmetrics.text.endswith("# EOF\n")


@pytest.mark.slow
def test_processes_sum_up_and_a_restart_keeps_it(store: Store) -> None:
    def received(number: int) -> Callable[[Scrape], bool]:
        return lambda it: total(it, RECEIVED, result="accepted") == number

    with web(store) as one, web(store) as other:
        for number in range(3):
            send(one, f"one-{number}")
        for number in range(4):
            send(other, f"other-{number}")
        for client in (one, other):
            found = until(client, received(7), "both are counted by both")
        assert total(found, "polar_sync_inbox_pending") == 7
        assert total(found, "polar_sync_inbox_oldest_pending_age_seconds") > 0
        # Written down as it stops.
        send(one, "one-more")
    with web(store) as again:
        assert received(8)(scraped(again))


@pytest.mark.slow
def test_a_worker_that_serves_nothing_counts_too(store: Store, sim: SimulatorClient) -> None:
    sim.customer("user-1")
    worker = subprocess.Popen(
        [sys.executable, "-m", "sync.cli", "worker"],
        cwd=ROOT,
        env={"PATH": "", **variables(store, sim)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with web(store, sim) as client:
            send(client, "user-1")
            until(client, lambda it: total(it, REQUESTS, method="DELETE") == 1, "counted")
    finally:
        worker.kill()
        worker.wait()


def test_it_is_off_unless_asked_for(store: Store) -> None:
    with site(store) as it:
        assert it.client.get("/metrics").status_code == 404
        it.event(event_body())
    assert not store.query("SELECT * FROM counter")


def test_a_token_is_needed_where_one_is_set(store: Store) -> None:
    with site(store, metrics_token=TOKEN) as it:
        for headers in ({}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": TOKEN}):
            answer = it.client.get("/metrics", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "METRICS_TOKEN" in answer.text or "no token" in answer.text
            assert TOKEN not in answer.text
        right = it.client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert right.status_code == 200
        body = event_body()
        assert it.post("/webhooks/polar", body, polar_headers(body)).status_code == 202


@pytest.mark.slow
def test_what_is_off_is_not_imported(store: Store) -> None:
    found = {it for it in imported_by_app(store) if it.startswith(("prometheus", "sync.metrics."))}
    assert found == {"sync.metrics.current"}


@pytest.mark.slow
def test_the_extra_is_named_where_it_is_missing(store: Store) -> None:
    said = refusal_without("prometheus_client", store, METRICS="true")
    assert "METRICS needs packages that are missing: in a clone, uv tool install or pip" in said
