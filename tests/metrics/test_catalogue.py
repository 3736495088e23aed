"""Names, labels and buckets: Prometheus' conventions, few label values, and what the docs say."""

from __future__ import annotations

import re

import pytest

from sync.metrics import catalogue
from sync.metrics.catalogue import BY_NAME, Metric, Type, bound, route_of
from sync.metrics.recorder import OTHER, SUM, Recorder
from tests.helpers.servers import ROOT

ALL = list(BY_NAME.values())


@pytest.mark.parametrize("metric", ALL, ids=lambda it: it.name)
def test_names_keep_the_conventions(metric: Metric) -> None:
    assert re.fullmatch(r"polar_sync_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.type is Type.COUNTER)
    assert metric.help.endswith(".")
    assert not re.search(
        r"_(milliseconds|ms|minutes|hours|days|count|sum|bucket|info)$", metric.name
    )
    assert all(re.fullmatch(r"[a-z]+", label) for label in metric.labels)
    assert not {"le", "quantile", "job", "instance", "id", "user"} & set(metric.labels)
    if metric.type is Type.HISTOGRAM:
        assert metric.name.endswith("_seconds")
        assert list(metric.buckets) == sorted(set(metric.buckets))
    else:
        assert not metric.buckets


def test_no_two_have_one_name() -> None:
    assert len(BY_NAME) == len(catalogue.COUNTED) + len(catalogue.READ)


def test_the_docs_have_each_of_them_as_it_is() -> None:
    page = (ROOT / "docs/metrics.md").read_text()
    table = page.partition("## What is measured")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", table, re.MULTILINE)
    assert {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels)), text)
        for name, kind, labels, text in described
    } == {it.name: (it.type.value, it.labels, it.help) for it in ALL}
    named = set(re.findall(r"polar_sync_\w+", page))
    assert {re.sub("_bucket$", "", it) for it in named} == set(BY_NAME)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/customers/external/usr_42/state", "/v1/customers/external/{id}/state"),
        ("/v1/customers/0b1/members/9f2", "/v1/customers/{id}/members/{id}"),
        ("/v1/customers/", "/v1/customers/"),
        ("/v1/webhooks/events/77/redeliver", "/v1/webhooks/events/{id}/redeliver"),
    ],
)
def test_a_route_has_no_id(path: str, route: str) -> None:
    assert route_of(path) == route


def test_a_value_on_a_bound_is_within_it() -> None:
    metric = catalogue.POLAR_SECONDS
    assert [bound(metric, it) for it in (0, 0.05, 0.051, 120, 121)] == [
        "0.05",
        "0.05",
        "0.1",
        "120",
        "+Inf",
    ]


def test_types_that_a_sender_makes_up_are_one() -> None:
    it = Recorder({"user.deleted"})
    for number in range(50):
        it.event_received("app", f"made.up.{number}", "ignored", 1.0)
        it.events_applied([("polar", f"made.up.{number}", "ignored"), ("polar", None, "dead")])
    it.event_received("app", "user.deleted", "accepted", 1.0)
    it.event_received("polar", "", "refused", 1.0)
    received, applied = catalogue.EVENTS_RECEIVED.name, catalogue.EVENTS_APPLIED.name
    assert it.added == {
        (received, ("app", OTHER, "ignored")): 50,
        (received, ("app", "user.deleted", "accepted")): 1,
        (received, ("polar", "", "refused")): 1,
        (applied, ("polar", OTHER, "ignored")): 50,
        (applied, ("polar", OTHER, "dead")): 50,
    }
    assert it.latest == {}


def test_what_could_not_be_written_is_added_to_what_has_come_since() -> None:
    it = Recorder(())
    it.verified(-3)
    it.reconciled("complete", 1.0)
    it.event_received("polar", "", "accepted", 2.0)
    taken = it.take()
    assert (it.added, it.latest) == ({}, {})
    it.verified(7)
    it.lease_lost()
    it.polar_answered("GET", "/v1/members/", None, 0.2)
    it.reconciled("complete", 5.0)
    it.put_back(taken)
    name = catalogue.VERIFIED_SECONDS.name
    assert it.added[name, ("5",)] == 1
    assert it.added[name, ("15",)] == 1
    assert it.added[name, (SUM,)] == 7
    assert it.added[catalogue.POLAR_REQUESTS.name, ("GET", "/v1/members/", "none")] == 1
    assert it.latest == {
        (catalogue.LAST_RECONCILIATION.name, ("complete",)): 5.0,
        (catalogue.LAST_WEBHOOK.name, ()): 2.0,
    }


def test_what_an_alert_has_one_run_is_a_command() -> None:
    rules = (ROOT / "docs/monitoring/alerts.yml").read_text()
    page = (ROOT / "docs/cli.md").read_text()
    runs = re.findall(r"`polar-sync ([a-z ]+[a-z])((?: --[a-z]+)?)", rules)
    assert len(runs) > 5
    for command, option in runs:
        assert re.search(rf"`{command}\b[^`]*{option.strip()}", page), (command, option)
