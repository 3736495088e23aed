"""A healthy deployment, and the doctor itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from sync.doctor import examination
from sync.polar import subscriptions
from tests.helpers.commands import HELD, SUPERSEDED
from tests.helpers.doctor import Deployment
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.servers import serve_settings
from tests.helpers.settings import POLAR_SECRET, load_settings
from tests.helpers.simulator import receiving
from tests.helpers.site import site
from tests.helpers.webhooks import event_body

# --- all is well ----------------------------------------------------------------------------


@BOTH_ENGINES
def test_a_healthy_deployment(deployment: Deployment) -> None:
    store = deployment.store
    with serve_settings(load_settings(store)) as url:
        deployment.change(url=f"{url}/webhooks/polar")
        deployment.set(PUBLIC_URL=url)
        check_health(deployment)
    assert len(store.query("SELECT 1 FROM inbox")) == 2


def check_health(deployment: Deployment) -> None:
    before = deployment.polar.control("GET", "/requests?effect=true")["requests"]

    report = deployment.doctor()

    assert report.ok
    assert report.outcomes("warn") == []
    assert report.skipped == ["scope subscriptions:write"]
    # Nothing was changed at Polar; the bridge got one webhook, of a type that it ignores.
    assert deployment.polar.control("GET", "/requests?effect=true")["requests"] == before
    (row,) = deployment.store.query("SELECT * FROM inbox")
    assert b'"doctor.visit"' in row["body"]
    assert deployment.doctor().rows["inbox"]["detail"].startswith("2 waiting, the oldest for ")


@BOTH_ENGINES
def test_events_of_a_type_that_nearly_matches(deployment: Deployment) -> None:
    with site(deployment.store) as server:
        for kind in ("users.deleted", "users.deleted", "user.updated"):
            assert server.event(event_body(kind)).json() == {"status": "ignored"}
    deployment.only(
        "event types",
        "warn",
        "2 'users.deleted' (did you mean user.deleted?)",
        "EVENT_TYPE_DELETED",
    )

    # It was mended, a while ago.
    deployment.store.execute("UPDATE inbox SET received_at = '2026-01-01 00:00:00.000000'")
    assert deployment.doctor().rows["event types"]["outcome"] == "pass"


@pytest.mark.parametrize(
    ("name", "variable"), [("app told", "OUTCOME_URL"), ("operators told", "OPERATOR_URL")]
)
def test_whoever_is_told_gets_a_test(deployment: Deployment, name: str, variable: str) -> None:
    deployment.set(OUTCOME_SECRETS="whsec_" + "b" * 32)
    with receiving() as told:
        deployment.set(**{variable: f"{told.url}?key=hidden"})
        assert deployment.doctor().rows[name]["outcome"] == "pass"
        [test] = told.received
        assert b"polar-sync doctor" in test.body
        assert (b"deletion.test" in test.body) is (variable == "OUTCOME_URL")
        told.answer = lambda _: 404
        report = deployment.doctor()
        assert report.rows[name]["outcome"] == "fail"
        assert "127.0.0.1 answered 404" in report.rows[name]["detail"]
        assert "hidden" not in str(report)


def test_messages_that_could_not_be_delivered(deployment: Deployment) -> None:
    deployment.store.execute(
        "INSERT INTO outbox (recipient, webhook_id, type, made_at, data, status, attempts)"
        " VALUES ('app', 'msg_1', 'deletion.verified', '2026-01-01 00:00:00.000000', '{}',"
        " 'dead', 30)"
    )
    deployment.only("outbox", "warn", "1 could not be delivered", "polar-sync outbox")


def test_profiles_that_polar_refuses(deployment: Deployment) -> None:
    deployment.store.execute(
        "INSERT INTO profile (user_hash, wants_customer, changed_at, status, attempts)"
        " VALUES ('h', FALSE, '2026-01-01 00:00:00.000000', 'dead', 0)"
    )
    deployment.only("profiles", "warn", "Polar refuses 1", "polar-sync profiles replay")


def test_a_pause_is_named(deployment: Deployment) -> None:
    deployment.commands.run("pause", "--why", "too many")
    deployment.only("deletions go on", "warn", "paused since", "too many", "polar-sync resume")


def test_files_that_others_can_read(deployment: Deployment) -> None:
    deployment.store.path.chmod(0o644)
    deployment.only("database", "warn", "read by others", "chmod 600")


def test_the_table_is_for_people(deployment: Deployment) -> None:
    deployment.change(enabled=False)

    result = deployment.commands.run("doctor")

    assert result.code == 1
    lines = {line.strip("│┃ ").split("  ")[0]: line for line in result.out.splitlines()}
    assert "pass" in lines["database"]
    assert "fail" in lines["endpoint enabled"]
    assert "polar-sync setup" in result.out
    assert POLAR_SECRET not in result.out


def test_with_revoking_one_more_scope_is_needed(deployment: Deployment) -> None:
    deployment.set(ON_SURVIVOR="revoke")

    assert deployment.doctor().skipped == []


# --- what waits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (timedelta(minutes=1), "pass"),
        (timedelta(minutes=6), "warn"),
        (timedelta(minutes=61), "fail"),
    ],
)
def test_a_backlog(deployment: Deployment, age: timedelta, outcome: str) -> None:
    at = (datetime.now(UTC) - age).replace(tzinfo=None).isoformat(" ")
    deployment.commands.sql(
        "INSERT INTO inbox (source, webhook_id, received_at, body, digest, status)"  # noqa: S608
        f" VALUES ('polar', 'msg_1', '{at}', '{{}}', 'd', 'pending')"
    )

    if outcome == "pass":
        assert deployment.doctor().rows["inbox"]["outcome"] == outcome
    else:
        deployment.only("inbox", outcome, "1 waiting", "worker")


@BOTH_ENGINES
def test_dead_letters(deployment: Deployment) -> None:
    deployment.commands.dead_letter()

    deployment.only("dead letters", "warn", "1 could not be applied", "retry --dead-letters")


@pytest.mark.slow
@BOTH_ENGINES
def test_deletions_that_need_a_person(deployment: Deployment) -> None:
    deployment.commands.deletion("user-1", SUPERSEDED)
    assert deployment.doctor().outcomes("warn") == []

    deployment.commands.deletion("user-2", *HELD)
    deployment.only("deletions for a person", "warn", "1 held", "polar-sync status")


# --- the doctor itself ----------------------------------------------------------------------


def test_a_check_that_breaks_down_hides_neither_the_others_nor_a_secret(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise RuntimeError(f"with {POLAR_SECRET}")

    monkeypatch.setattr(subscriptions, "revoke", breaks)
    deployment.set(ON_SURVIVOR="revoke")
    deployment.only("scope subscriptions:write", "fail", "unexpected RuntimeError")


@pytest.mark.slow
def test_a_check_that_hangs_is_given_up(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(examination, "_PATIENCE", 3.0)
    monkeypatch.setattr(subscriptions, "revoke", hangs)
    deployment.set(ON_SURVIVOR="revoke")
    deployment.only("scope subscriptions:write", "fail", "no answer within 3 s")
