"""What real processes send to a collector."""

from __future__ import annotations

import contextlib
import re
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers.clients import new_client
from tests.helpers.commands import finished
from tests.helpers.console import TOKEN as CONSOLE_TOKEN
from tests.helpers.console import Visitor
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.imports import imported_by_app
from tests.helpers.otlp import Collector, collector
from tests.helpers.servers import ROOT, serve_process
from tests.helpers.settings import EVENT_SECRET, HASH_KEY, POLAR_SECRET, environment
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.webhooks import event_body, polar_headers, signed_headers

pytestmark = BOTH_ENGINES

DELETE = "DELETE /v1/customers/external/{id}"
PLANTED = "planted"
"""What everything is called that nobody may see."""
ALWAYS = {"http.route", "polar_sync.deletions", "polar_sync.type", "url.template"}
OLDER = {"db.statement", "db.system", "http.method", "http.status_code"}
NEWER = {
    "db.query.text",
    "db.system.name",
    "http.request.method",
    "http.response.status_code",
    "server.address",
    "server.port",
}
PEER = {"error.type", "net.peer.name", "net.peer.port"}
NAMES = {"": OLDER, "http,database": NEWER}
CLIENT, SERVER = 3, 2
ERROR = 2


@pytest.fixture
def collected() -> Iterator[Collector]:
    with collector() as made:
        yield made


def variables(store: Store, sim: SimulatorClient, **more: str) -> dict[str, str]:
    polar = {"POLAR_ACCESS_TOKEN": DEFAULT_TOKEN, "POLAR_BASE_URL": sim.url}
    return environment(store, RATE_PER_MINUTE="100000", **polar, **more)


@contextlib.contextmanager
def web(store: Store, sim: SimulatorClient, **more: str) -> Iterator[httpx.Client]:
    """A process that serves; stopped as a platform does, at the end."""
    with serve_process(variables(store, sim, **more), store.directory) as process:
        with new_client(process.url) as client:
            yield client
        process.popen.send_signal(signal.SIGTERM)
        process.popen.wait(WAIT)


@contextlib.contextmanager
def worker(store: Store, sim: SimulatorClient, **more: str) -> Iterator[None]:
    """A process that works; the same."""
    popen = subprocess.Popen(
        [sys.executable, "-m", "sync.cli", "worker"],
        cwd=ROOT,
        env={"PATH": "", **variables(store, sim, **more)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        popen.send_signal(signal.SIGTERM)
        assert popen.wait(WAIT) == 0
    finally:
        popen.kill()
        popen.wait()


def send(client: httpx.Client, user_id: str = "user-1", **headers: str) -> None:
    body = event_body("user.deleted", user_id)
    answer = client.post("/events", content=body, headers={**signed_headers(body), **headers})
    assert answer.status_code == 202


@pytest.mark.slow
def test_from_the_apps_own_span_to_the_delete_it_is_one_trace(
    store: Store, sim: SimulatorClient, collected: Collector
) -> None:
    sim.customer("user-1", subscriptions=["active"])
    trace, caller = secrets.token_hex(16), secrets.token_hex(8)
    on = collected.variables
    with web(store, sim, **on) as client:
        send(client, traceparent=f"00-{trace}-{caller}-01")
    # Another process takes it up, once the first has ended.
    with worker(store, sim, **on):
        collected.wait_for(lambda it: it.name == "deletion.delete", "the step")
    [delete] = [it for it in collected.spans if it.name == DELETE]
    assert delete.trace == trace
    assert collected.above(delete) == [DELETE, "deletion.delete", "event.apply", "POST /events"]
    [request] = [it for it in collected.spans if it.name == "POST /events"]
    assert (request.parent, request.kind, request.trace) == (caller, SERVER, trace)
    assert request.attributes["http.route"] == "/events"
    assert delete.kind == CLIENT
    assert delete.attributes["url.template"] == "/v1/customers/external/{id}"
    within = {it.name for it in collected.spans if it.parent == request.id}
    assert within == {"inbox.commit", "inbox.apply", "event.apply"}
    statements = [it for it in collected.spans if "db.statement" in it.attributes]
    assert {it.name for it in statements} >= {"SELECT", "INSERT", "UPDATE"}
    # Each within what sent it: to look for work twice a second is no trace.
    assert all(it.parent for it in statements)
    [service] = {
        attribute.value.string_value
        for made in collected.requests
        for of_resource in made.resource_spans
        for attribute in of_resource.resource.attributes
        if attribute.key == "service.name"
    }
    assert service == "polar-sync"


@pytest.mark.slow
def test_a_batch_is_linked_to_what_each_of_it_came_by(
    store: Store, sim: SimulatorClient, collected: Collector
) -> None:
    users = [f"user-{number}" for number in range(5)]
    with web(store, sim, **collected.variables) as client:
        for user_id in users:
            send(client, user_id)
    with worker(store, sim, **collected.variables):
        resolved = collected.wait_for(
            lambda it: it.name == "deletion.resolve" and len(it.links) > 1, "several together"
        )
    by_id = {it.id: it for it in collected.spans}
    assert resolved.parent == ""
    assert {by_id[it].name for it in resolved.links} == {"event.apply"}
    assert len(resolved.attributes["polar_sync.deletions"].split(",")) == len(resolved.links)
    assert len({by_id[it].trace for it in resolved.links}) == len(resolved.links)


@pytest.mark.slow
def test_what_is_not_sampled_where_it_began_is_not_sampled_later(
    store: Store, sim: SimulatorClient, collected: Collector
) -> None:
    for user_id in ("user-1", "user-2"):
        sim.customer(user_id)
    unseen = secrets.token_hex(16)
    with web(store, sim, WORKER="embedded", **collected.variables) as client:
        sim.endpoint(str(client.base_url.join("/webhooks/polar")), secret=POLAR_SECRET)
        send(client, "user-1", traceparent=f"00-{unseen}-{secrets.token_hex(8)}-00")
        wait_for(lambda: len(sim.control("GET", "/requests?method=DELETE")["requests"]) == 1, "it")
        send(client, "user-2")
        collected.wait_for(lambda it: it.name == DELETE, "the other's DELETE")
        sim.start_over()
    assert len([it for it in collected.spans if it.name == DELETE]) == 1
    assert unseen not in {it.trace for it in collected.spans}


@pytest.mark.slow
def test_no_trace_stays_of_who_is_forgotten(
    store: Store, sim: SimulatorClient, collected: Collector
) -> None:
    sim.customer("user-1")
    with web(store, sim, WORKER="embedded", **collected.variables) as client:
        sim.endpoint(str(client.base_url.join("/webhooks/polar")), secret=POLAR_SECRET)
        send(client)
        wait_for(lambda: store.query("SELECT 1 FROM deletion WHERE state = 'verified'"), "verified")
        sim.settle()
        wait_for(lambda: not store.query("SELECT 1 FROM inbox WHERE status = 'pending'"), "applied")
    for table in ("inbox", "deletion"):
        assert not store.query(f"SELECT 1 FROM {table} WHERE traceparent IS NOT NULL")  # noqa: S608


@pytest.mark.slow
@pytest.mark.parametrize("names", ["", "http,database"], ids=["older", "newer"])
def test_nothing_personal_and_no_secret_is_in_any_span(
    store: Store, sim: SimulatorClient, collected: Collector, names: str
) -> None:
    """Planted wherever somebody from outside can write something, and with whatever fails."""
    for user_id in (f"{PLANTED}-user", f"{PLANTED}/slash"):
        sim.customer(
            user_id,
            email=f"{user_id}@example.com",
            name=f"{PLANTED} Name",
            metadata={PLANTED: PLANTED},
            subscriptions=["active", "paused"],
        )
    sim.faults({"kind": "error", "status": 500, "count": 2})
    headers = {
        "baggage": f"user={PLANTED}",
        "tracestate": f"vendor={PLANTED}",
        "cookie": f"a={PLANTED}",
        "user-agent": PLANTED,
        "x-forwarded-for": "203.0.113.77",
        "x-request-id": PLANTED,
        "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
    }
    api_token = f"{PLANTED}-api-token-" + "t" * 32
    on = {
        "WORKER": "embedded",
        "API_TOKENS": f"office:{api_token}",
        "CONSOLE_TOKEN": CONSOLE_TOKEN,
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={PLANTED}",
        # Would have every header be an attribute.
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": ".*",
        "OTEL_SEMCONV_STABILITY_OPT_IN": names,
        **collected.variables,
    }
    with web(store, sim, **on) as client:
        sim.endpoint(str(client.base_url.join("/webhooks/polar")), secret=POLAR_SECRET)
        for user_id in (f"{PLANTED}-user", f"{PLANTED}/slash"):
            send(client, user_id, **headers)
        body = event_body(f"{PLANTED}.type", f"{PLANTED}-other", external_id=PLANTED)
        client.post("/events", content=body, headers={**signed_headers(body), **headers})
        forged = {**signed_headers(body, key=b"of nobody else's."), **headers}
        assert client.post("/events", content=body, headers=forged).status_code == 401
        broken = polar_headers(b'{"type": "customer.deleted", "data": "%s"}' % PLANTED.encode())
        client.post("/webhooks/polar", content=b"{}", headers={**broken, **headers})
        client.get(f"/{PLANTED}?{PLANTED}={PLANTED}", headers=headers)
        visitor = Visitor(client)
        visitor.log_in(name=PLANTED)
        for path in (f"/deletions?q={PLANTED}-user", f"/deletions/{PLANTED}", "/deletions/1"):
            visitor.get(path, **headers)
        as_office = {**headers, "authorization": f"Bearer {api_token}"}
        listed = client.get("/deletions", params={"user_id": PLANTED}, headers=as_office)
        assert listed.status_code == 200
        asked = {"user_id": f"{PLANTED}-someone"}
        client.post("/deletions/preview", json=asked, headers=as_office)
        wait_for(
            lambda: len(store.query("SELECT 1 FROM deletion WHERE deleted_at IS NOT NULL")) == 2,
            "both are deleted",
        )
        sim.start_over()
    called = {it.name for it in collected.spans}
    assert {DELETE, "DELETE /v1/customers/{id}", "POST /events", "GET /console/deletions"} <= called
    assert any(it.status == ERROR for it in collected.spans)
    told = collected.raw.lower()
    secret = (DEFAULT_TOKEN, POLAR_SECRET, EVENT_SECRET, HASH_KEY, CONSOLE_TOKEN, store.url)
    for text in (PLANTED, "203.0.113.77", "127.0.0.1:", *secret):
        assert text.lower().encode() not in told, text
    there = {name for it in collected.spans for name in it.attributes}
    assert ALWAYS | NAMES[names] <= there <= ALWAYS | NAMES[names] | PEER
    # Nor does it go on to Polar.
    for request in sim.control("GET", "/requests")["requests"]:
        assert "traceparent" not in str(request).lower()


@pytest.mark.slow
def test_a_collector_that_hangs_holds_up_neither_work_nor_the_end(
    store: Store, sim: SimulatorClient, collected: Collector
) -> None:
    over = threading.Event()

    def hang(_: object) -> int:
        over.wait(WAIT)
        return 200

    collected.receiver.answer = hang
    sim.customer("user-1")
    patient = {"OTEL_EXPORTER_OTLP_TIMEOUT": "600", **collected.variables}
    with serve_process(
        variables(store, sim, WORKER="embedded", **patient), store.directory
    ) as process:
        with new_client(process.url) as client:
            send(client)
            wait_for(lambda: sim.control("GET", "/requests?method=DELETE")["requests"], "a DELETE")
        process.popen.send_signal(signal.SIGTERM)
        # The library's own patience is 30 s.
        process.popen.wait(25)
        over.set()


@pytest.mark.slow
def test_a_collector_that_is_away_is_said_once_and_not_by_its_url(
    store: Store, sim: SimulatorClient
) -> None:
    away = {
        "TRACES": "true",
        "LOG_LEVEL": "debug",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:1/{PLANTED}?key={PLANTED}",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
    }
    # By the command, which configures the log.
    command = [sys.executable, "-m", "sync.cli", "serve", "--port", "0"]
    environment_ = {"PATH": "", **variables(store, sim, **away)}
    popen = subprocess.Popen(command, cwd=ROOT, env=environment_, stderr=subprocess.PIPE, text=True)
    assert popen.stderr is not None
    said = []
    try:
        for line in popen.stderr:
            said.append(line)
            if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                with new_client(found[1]) as client:
                    send(client)
            if "does not take spans" in line:
                break
        popen.send_signal(signal.SIGTERM)
        said += popen.stderr
    finally:
        popen.kill()
        popen.wait()
        popen.stderr.close()
    assert [line for line in said if "OTEL_EXPORTER_OTLP_ENDPOINT" in line] == [
        line for line in said if "does not take spans" in line
    ]
    assert PLANTED not in "".join(said)
    assert "Traceback" not in "".join(said)


@pytest.mark.slow
def test_it_is_off_unless_asked_for(
    store: Store, sim: SimulatorClient, collected: Collector
) -> None:
    on = {name: it for name, it in collected.variables.items() if name != "TRACES"}
    with web(store, sim, WORKER="embedded", **on) as client:
        send(client)
        wait_for(lambda: store.query("SELECT 1 FROM deletion"), "the deletion")
    assert collected.spans == []
    assert not store.query("SELECT 1 FROM inbox WHERE traceparent IS NOT NULL")


@pytest.mark.slow
def test_what_is_off_is_not_imported(store: Store) -> None:
    found = {
        it
        for it in imported_by_app(store)
        if it.startswith(("opentelemetry", "sync.traces.", "google", "requests"))
    }
    assert found == {"sync.traces.current"}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_the_extra_is_named_where_it_is_missing(store: Store, command: str) -> None:
    code = "import sys; sys.modules['opentelemetry'] = None; from sync.cli.main import main; main()"
    done = finished(
        command,
        *(["--port", "0"] if command == "serve" else []),
        variables=environment(store, TRACES="true"),
        cwd=store.directory,
        code=code,
    )
    assert (
        "TRACES needs packages that are missing: in a clone, uv tool install or pip install"
        in done.err
    )
    assert done.code == 2
    assert "Traceback" not in done.err
