"""The line from Polar: judging an endpoint, and having what was lost on it sent again."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, get_args

import pytest
from pydantic import SecretStr

from sync.mirror import kinds
from sync.mirror.kinds import needed_events
from sync.polar import webhooks
from sync.polar.budget import Budget
from sync.polar.client import PolarClient
from sync.polar.endpoint import Diagnosis, Endpoint, Fault, diagnose, shown, webhook_url
from sync.polar.errors import NotFound, Refused
from sync.reconcile.redeliver import WebhookReport, check_webhooks, lost_webhooks
from sync.settings import Settings
from sync.simulator.inputs import EventType
from sync.store.database import Database
from tests.helpers import bridge
from tests.helpers.bridge import query
from tests.helpers.servers import serve_settings
from tests.helpers.settings import POLAR_SECRET, database_path
from tests.helpers.simulator import Json, SimulatorClient
from tests.helpers.store import DatabaseFactory
from tests.helpers.waiting import wait_for

URL = "https://bridge.example.com"
SECRETS = [SecretStr(POLAR_SECRET), SecretStr("polar_whs_the-one-before")]
NOWHERE = "http://127.0.0.1:9/webhooks/polar"
HOUR = timedelta(hours=1)

T = TypeVar("T")


# --- judging --------------------------------------------------------------------------------


def endpoint(**fields: Any) -> Endpoint:
    return Endpoint(
        **{
            "id": "1",
            "created_at": datetime(2026, 10, 1, tzinfo=UTC),
            "url": f"{URL}/webhooks/polar",
            "format": "raw",
            "events": needed_events(),
            "enabled": True,
            "secret": SecretStr(POLAR_SECRET),
            **fields,
        }
    )


def judged(*endpoints: Endpoint, url: str | None = URL) -> Diagnosis:
    return diagnose(endpoints, url=url, secrets=SECRETS)


def test_the_needed_types_are_all_of_five_families() -> None:
    families = ("customer.", "subscription.", "benefit_grant.", "member.", "customer_seat.")

    assert set(needed_events()) == {
        name for name in get_args(EventType) if name.startswith(families)
    }


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"url": "HTTPS://Bridge.Example.COM:443/webhooks/polar"},
        {"secret": SECRETS[1]},
        {"events": (*needed_events(), "order.created", "one.of_tomorrow")},
    ],
)
def test_a_sound_line(fields: Json) -> None:
    line = judged(
        endpoint(url="https://elsewhere.example.com/hook", secret="x"), endpoint(**fields)
    )

    assert line.endpoint == endpoint(**fields)
    assert line.faults == {}
    assert line.delivers


@pytest.mark.parametrize(
    ("fields", "fault", "words", "delivers"),
    [
        ({"enabled": False}, Fault.DISABLED, "disabled", False),
        ({"format": "slack"}, Fault.FORMAT, "slack, not raw", False),
        ({"secret": SecretStr("another")}, Fault.SECRET, "POLAR_WEBHOOK_SECRETS", False),
        ({"events": needed_events()[2:]}, Fault.EVENTS, "customer.created, customer.updated", True),
        ({"url": f"{URL}/webhooks/polar/"}, Fault.ELSEWHERE, "/webhooks/polar/, not to", False),
        ({"url": "http://old.example.com/x"}, Fault.ELSEWHERE, "old.example.com", False),
    ],
)
def test_what_can_be_wrong_with_an_endpoint(
    fields: Json, fault: Fault, words: str, delivers: bool
) -> None:
    line = judged(endpoint(**fields))

    assert list(line.faults) == [fault]
    assert words in line.faults[fault]
    assert line.delivers is delivers


def test_several_things_can_be_wrong_at_once() -> None:
    line = judged(endpoint(enabled=False, format="discord", events=()))

    assert list(line.faults) == [Fault.DISABLED, Fault.FORMAT, Fault.EVENTS]


@pytest.mark.parametrize("url", [URL, None])
def test_an_endpoint_that_is_somebody_elses(url: str | None) -> None:
    line = judged(endpoint(url="https://elsewhere.example.com", secret="theirs"), url=url)

    assert line.endpoint is None
    assert list(line.faults) == [Fault.MISSING]
    assert not line.delivers


def test_without_a_url_the_secret_tells_which_endpoint_it_is() -> None:
    ours = endpoint(url="https://wherever.example.com/webhooks/polar")

    assert judged(endpoint(secret="theirs"), ours, url=None) == Diagnosis(ours, {})


def test_of_two_endpoints_for_the_same_url_the_enabled_one_counts() -> None:
    line = judged(endpoint(id="off", enabled=False), endpoint(id="on"))

    assert line.endpoint is not None
    assert line.endpoint.id == "on"
    assert list(line.faults) == [Fault.TWICE]
    assert line.delivers


def test_what_is_shown_of_a_url_holds_no_secret() -> None:
    assert shown("https://me:pass@host.example:8443/a/b?token=s#f") == (
        "https://host.example:8443/a/b"
    )
    assert "s3cret" not in repr(endpoint(secret="s3cret"))


# --- with Polar -----------------------------------------------------------------------------


@pytest.fixture
def polar(sim: SimulatorClient) -> SimulatorClient:
    """A Polar that gives an event up at its first failure, and never an endpoint."""
    sim.settings(max_attempts=1, disable_after=10_000, keep_payloads=20_000)
    return sim


@pytest.fixture
def settings(polar: SimulatorClient, new_database: DatabaseFactory) -> Settings:
    return bridge.bridge_settings(polar, new_database(), public_url=URL)


def with_client(settings: Settings, work: Callable[[PolarClient], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(settings.database_url.get_secret_value())
        try:
            async with PolarClient(settings, Budget(database, 100_000)) as client:
                return await work(client)
        finally:
            await database.close()

    return asyncio.run(run())


def healed(settings: Settings, *, redeliver: bool = True) -> WebhookReport:
    """The report, which must be JSON and hold no secret."""
    now = datetime.now(UTC)
    report = with_client(
        settings,
        lambda client: check_webhooks(
            client, settings, since=now - HOUR, until=now + HOUR, redeliver=redeliver
        ),
    )
    assert POLAR_SECRET not in json.dumps(asdict(report))
    return report


def move(polar: SimulatorClient, endpoint_id: str, **fields: Any) -> None:
    answer = polar.api.patch(f"/v1/webhooks/endpoints/{endpoint_id}", json=fields)
    assert answer.status_code == 200


def lose(polar: SimulatorClient, customers: int = 3) -> Json:
    """Our endpoint, after events that were sent to nobody: one for each customer."""
    made = polar.endpoint(NOWHERE, secret=POLAR_SECRET, events=["customer.created"])
    for number in range(customers):
        polar.customer(f"lost-{number}")
        polar.settle()
    move(polar, made["id"], url=webhook_url(URL), events=list(needed_events()))
    return made


def redeliveries(polar: SimulatorClient) -> list[str]:
    found = polar.control("GET", "/requests?route=/v1/webhooks/events/{id}/redeliver")
    return [item["path"] for item in found["requests"]]


@pytest.mark.slow
def test_endpoints_are_created_listed_and_updated(
    polar: SimulatorClient, settings: Settings
) -> None:
    async def work(client: PolarClient) -> None:
        made = await webhooks.create_endpoint(client, webhook_url(URL), needed_events())
        assert (made.format, made.enabled, made.events) == ("raw", True, tuple(needed_events()))
        for number in range(100):
            await webhooks.create_endpoint(
                client, f"https://{number}.example.com", ["order.created"]
            )
        listed = await webhooks.endpoints(client)
        assert len(listed) == 101
        assert made in listed
        changed = await webhooks.update_endpoint(client, made.id, {"enabled": False})
        assert (changed.id, changed.enabled, changed.events) == (made.id, False, made.events)
        with pytest.raises(NotFound):
            await webhooks.update_endpoint(client, str(uuid.uuid4()), {"enabled": True})

    with_client(settings, work)


def test_what_polar_refuses_about_webhooks_names_their_scopes(
    polar: SimulatorClient, settings: Settings
) -> None:
    polar.settings(scopes=["customers:read"])

    with pytest.raises(Refused, match=r"403: .*webhooks:read") as caught:
        with_client(settings, lambda client: webhooks.endpoints(client))

    assert caught.value.status == 403


def test_what_was_lost_is_redelivered_and_applied(
    polar: SimulatorClient, new_database: DatabaseFactory
) -> None:
    settings = bridge.bridge_settings(polar, new_database())
    with serve_settings(settings) as url:
        here = settings.model_copy(update={"public_url": url})
        made = lose(polar, customers=3)
        move(polar, made["id"], url=webhook_url(url))

        def mirrored() -> int:
            found: int = query(database_path(settings), "SELECT count(*) FROM customer")[0][0]
            return found

        looked = healed(here, redeliver=False)
        assert (looked.lost, looked.redelivered, mirrored()) == (3, 0, 0)

        report = healed(here)
        assert asdict(report) == {
            "endpoint_id": made["id"],
            "endpoint_url": f"{url}/webhooks/polar",
            "failed_deliveries": 3,
            "retrying": 0,
            "lost": 3,
            "archived": 0,
            "redelivered": 3,
            "problems": [],
        }
        wait_for(lambda: mirrored() == 3, "the lost webhooks are applied")
        assert len(set(redeliveries(polar))) == len(redeliveries(polar)) == 3

        # What has been delivered meanwhile is lost no more.
        polar.settle()
        again = healed(here)
        assert (again.failed_deliveries, again.lost, again.redelivered) == (3, 0, 0)


def test_the_oldest_is_sent_first_and_an_event_once(
    polar: SimulatorClient, settings: Settings
) -> None:
    polar.settings(max_attempts=3, backoff_base=0)
    made = lose(polar, customers=2)

    report = healed(settings)

    assert (report.failed_deliveries, report.lost, report.redelivered) == (6, 2, 2)
    events = [item["id"] for item in polar.events() if item["endpoint_id"] == made["id"]]
    assert redeliveries(polar) == [f"/v1/webhooks/events/{item}/redeliver" for item in events]


def test_what_polar_still_tries_is_left_to_it(polar: SimulatorClient, settings: Settings) -> None:
    polar.settings(max_attempts=10, backoff_base=1_000_000, backoff_cap=1_000_000)
    polar.endpoint(NOWHERE, secret=POLAR_SECRET, events=["customer.created"])
    polar.customer()
    wait_for(lambda: polar.items("/v1/webhooks/deliveries"), "one attempt")

    report = healed(settings.model_copy(update={"public_url": "http://127.0.0.1:9"}))

    assert (report.retrying, report.lost, report.redelivered) == (1, 0, 0)
    assert redeliveries(polar) == []


def test_what_polar_has_no_payload_of_is_named(polar: SimulatorClient, settings: Settings) -> None:
    polar.settings(keep_payloads=1)
    lose(polar, customers=3)

    report = healed(settings)

    assert (report.archived, report.lost, report.redelivered) == (2, 1, 1)
    assert [problem for problem in report.problems if "90 days: 2" in problem]


def test_a_window_and_the_needed_types_bound_what_is_looked_at(
    polar: SimulatorClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All that the simulator sends is needed, but for this kind's.
    others = tuple(kind for kind in kinds.KINDS if kind is not kinds.MEMBER)
    monkeypatch.setattr(kinds, "KINDS", others)
    made = polar.endpoint(NOWHERE, secret=POLAR_SECRET, events=["member.created"])
    polar.customer("of-no-concern")
    polar.settle()
    move(polar, made["id"], events=["customer.created"])
    polar.customer("of-concern")
    polar.settle()
    now = datetime.now(UTC)

    def lost(since: datetime, until: datetime) -> int:
        found = with_client(
            settings,
            lambda client: lost_webhooks(client, made["id"], since=since, until=until),
        )
        return len(found.lost)

    assert lost(now - HOUR, now + HOUR) == 1
    assert lost(now - HOUR, now - HOUR / 2) == 0
    assert lost(now + HOUR / 2, now + HOUR) == 0


@pytest.mark.parametrize(
    "fields", [{"enabled": False}, {"format": "slack"}, {"url": "https://other.example.com/"}]
)
def test_nothing_is_sent_over_a_line_that_does_not_deliver(
    polar: SimulatorClient, settings: Settings, fields: Json
) -> None:
    made = lose(polar)
    move(polar, made["id"], **fields)

    report = healed(settings)

    assert (report.lost, report.redelivered) == (3, 0)
    assert report.problems[-1] == "nothing was redelivered: fix the endpoint first"
    assert redeliveries(polar) == []


def test_without_an_endpoint_there_is_nothing_to_heal(
    polar: SimulatorClient, settings: Settings
) -> None:
    report = healed(settings)

    assert (report.endpoint_id, report.lost) == (None, 0)
    assert report.problems == [f"Polar has no endpoint for {URL}/webhooks/polar"]


@pytest.mark.parametrize("fault", ["scope", "outage"])
def test_a_redelivery_that_ends_early_says_why(
    polar: SimulatorClient, settings: Settings, fault: str
) -> None:
    lose(polar)
    if fault == "scope":
        polar.settings(scopes=["webhooks:read"])
    else:
        polar.faults({"kind": "error", "status": 502, "path": "redeliver$"})

    report = healed(settings)

    assert (report.lost, report.redelivered) == (3, 0)
    (problem,) = report.problems
    assert ("webhooks:write" if fault == "scope" else "502") in problem
    assert len(redeliveries(polar)) == 1
    polar.faults()
