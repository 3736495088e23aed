"""`polar-sync doctor`: each check as it passes and as it fails, against a simulated Polar and the
real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sync.doctor import checks as doctor
from sync.polar.endpoint import NEEDED_TYPES
from sync.polar.webhooks import PolarWebhooks
from sync.simulator import DEFAULT_TOKEN
from tests.conftest import StoreFactory
from tests.simulator.conftest import Json, SimulatorClient
from tests.store import Store
from tests.support import (
    BOTH_ENGINES,
    EVENT_SECRET,
    HASH_KEY,
    POLAR_SECRET,
    environment,
    load_settings,
    serve,
    serve_settings,
)
from tests.test_cli import HELD, SUPERSEDED
from tests.test_cli import Bridge as Commands

SCOPES = [
    "customers:read",
    "customers:write",
    "subscriptions:read",
    "subscriptions:write",
    "benefits:read",
    "webhooks:read",
]
OF_ENDPOINT = ["endpoint enabled", "endpoint format", "endpoint events", "endpoint secret"]
OF_BRIDGE = ["bridge ready", "webhook accepted", "forgery refused"]
NAMES = [
    "settings",
    "database",
    "HASH_KEY",
    "API",
    "clock",
    "token",
    *(f"scope {name}" for name in SCOPES),
    "webhook endpoint",
    *OF_ENDPOINT,
    *OF_BRIDGE,
    "inbox",
    "dead letters",
    "deletions for a person",
]
ON_POLAR = NAMES[NAMES.index("clock") : NAMES.index("bridge ready")]
"""What cannot be said without Polar's API."""
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor says, row by row."""

    code: int
    ok: bool
    rows: dict[str, Json]

    def outcomes(self, outcome: str) -> list[str]:
        return [name for name, row in self.rows.items() if row["outcome"] == outcome]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment in good health, until a test makes it ill."""

    polar: SimulatorClient
    endpoint: Json
    commands: Commands

    @property
    def store(self) -> Store:
        return self.commands.store

    def set(self, **variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                self.commands.monkeypatch.delenv(name)
            else:
                self.commands.monkeypatch.setenv(name, value)

    def change(self, **fields: object) -> None:
        """Change the endpoint at Polar."""
        path = f"/v1/webhooks/endpoints/{self.endpoint['id']}"
        assert self.polar.api.patch(path, json=fields).status_code == 200

    def doctor(self, *arguments: str) -> Report:
        result = self.commands.run("doctor", "--json", *arguments)
        for secret in (DEFAULT_TOKEN, POLAR_SECRET, EVENT_SECRET, HASH_KEY):
            assert secret not in result.out + result.err
        assert result.err == ""
        report = result.json
        assert report.keys() == {"ok", "checks"}
        rows = {row.pop("name"): row for row in report["checks"]}
        assert list(rows) == NAMES
        assert result.code == (0 if report["ok"] else 1)
        assert report["ok"] is all(row["outcome"] != "fail" for row in rows.values())
        for row in rows.values():
            assert row.keys() == {"outcome", "detail", "remedy"}
            assert row["detail"]
            assert bool(row["remedy"]) or row["outcome"] not in {"warn", "fail"}
        return Report(result.code, report["ok"], rows)

    def only(self, name: str, outcome: str, *words: str, arguments: tuple[str, ...] = ()) -> None:
        """That row and no other is not well, and says these words."""
        report = self.doctor(*arguments)
        assert report.outcomes("warn") + report.outcomes("fail") == [name], report
        row = report.rows[name]
        assert row["outcome"] == outcome
        for word in words:
            assert word in row["detail"] + " | " + row["remedy"]


@pytest.fixture(scope="module")
def served(new_store: StoreFactory) -> Iterator[str]:
    """The real server."""
    with serve_settings(load_settings(new_store())) as url:
        yield url


@pytest.fixture
def deployment(
    polar_process: SimulatorClient,
    served: str,
    new_store: StoreFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Deployment:
    """Its database is its own, the server is everybody's."""
    polar_process.control("POST", "/reset")
    store = new_store()
    monkeypatch.chdir(store.directory)
    made = polar_process.endpoint(
        f"{served}/webhooks/polar", secret=POLAR_SECRET, events=list(NEEDED_TYPES)
    )
    deployment = Deployment(polar_process, made, Commands(store, capsys, monkeypatch))
    deployment.set(
        **environment(
            store,
            POLAR_ACCESS_TOKEN=DEFAULT_TOKEN,
            POLAR_BASE_URL=polar_process.url,
            PUBLIC_URL=served,
        )
    )
    return deployment


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
    assert report.outcomes("skip") == ["scope subscriptions:write"]
    # Nothing was changed at Polar; the bridge got one webhook, of a type that it ignores.
    assert deployment.polar.control("GET", "/requests?effect=true")["requests"] == before
    (row,) = deployment.store.query("SELECT * FROM inbox")
    assert b'"doctor.visit"' in row["body"]
    assert deployment.doctor().rows["inbox"]["detail"].startswith("2 waiting, the oldest for ")


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

    assert deployment.doctor().outcomes("skip") == []


# --- configuration and database -------------------------------------------------------------


def test_every_problem_of_the_settings_is_listed(deployment: Deployment) -> None:
    deployment.set(HASH_KEY=None, POLAR_VERSION="newest", PUBLIC_URL="bridge")

    report = deployment.doctor("--url", NOBODY)

    detail = report.rows["settings"]["detail"]
    assert report.outcomes("fail") == ["settings"]
    assert report.outcomes("skip") == NAMES[1:]
    assert all(name in detail for name in ("HASH_KEY", "POLAR_VERSION", "PUBLIC_URL"))
    assert report.rows["API"]["detail"] == "not possible without: settings"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///empty.db", ["no tables yet", "polar-sync migrate"]),
        ("sqlite:////nowhere/at/all.db", ["cannot be used", "DATABASE_URL"]),
        ("postgresql://u:hidden@127.0.0.1:9/db", ["cannot be used", "DATABASE_URL"]),
        ("postgresql://u:hidden@127.0.0.1:port/db", ["DATABASE_URL"]),
    ],
)
def test_a_database_that_cannot_be_used_hides_nothing_else(
    deployment: Deployment, url: str, words: list[str]
) -> None:
    deployment.set(DATABASE_URL=url)

    report = deployment.doctor()

    assert report.outcomes("fail") == ["database"]
    row = report.rows["database"]
    assert all(word in row["detail"] + row["remedy"] for word in words)
    assert "hidden" not in str(report)
    skipped = ["HASH_KEY", "scope subscriptions:write", *NAMES[-3:]]
    assert report.outcomes("skip") == skipped


@BOTH_ENGINES
def test_a_database_of_a_newer_version(deployment: Deployment) -> None:
    deployment.commands.sql("UPDATE alembic_version SET version_num = 'of-tomorrow'")

    report = deployment.doctor()

    assert report.outcomes("fail") == ["database"]
    assert report.rows["database"]["remedy"] == "install that version"


@BOTH_ENGINES
def test_another_hash_key(deployment: Deployment) -> None:
    assert deployment.doctor().ok
    deployment.set(HASH_KEY="another" * 8)

    deployment.only("HASH_KEY", "fail", "not the key that this database was made with")


# --- Polar's API ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"POLAR_VERSION": "2020-01"}, ["404", "POLAR_VERSION"]),
        ({"POLAR_BASE_URL": "{polar}/elsewhere"}, ["404", "POLAR_BASE_URL"]),
        ({"POLAR_BASE_URL": "{bridge}"}, ["404", "POLAR_BASE_URL"]),
        ({"POLAR_BASE_URL": NOBODY}, ["ConnectError", "network"]),
        ({"POLAR_BASE_URL": "http://me:hidden@127.0.0.1:9"}, ["http://127.0.0.1:9: "]),
    ],
)
def test_an_api_that_is_not_polars(
    deployment: Deployment, served: str, variables: dict[str, str], words: list[str]
) -> None:
    deployment.set(
        **{k: v.format(polar=deployment.polar.url, bridge=served) for k, v in variables.items()}
    )

    report = deployment.doctor()

    assert report.outcomes("fail") == ["API"]
    row = report.rows["API"]
    assert all(word in f"{row['detail']} | {row['remedy']}" for word in words), row
    assert "hidden" not in str(report)
    assert report.outcomes("skip") == ON_POLAR
    # The bridge does not depend on it.
    assert set(OF_BRIDGE) <= set(report.outcomes("pass"))


def test_an_api_that_is_down(deployment: Deployment) -> None:
    deployment.polar.settings(available=False)

    report = deployment.doctor()

    assert report.outcomes("fail") == ["API"]
    assert "503" in report.rows["API"]["detail"]


def test_a_token_that_is_not_valid(deployment: Deployment) -> None:
    deployment.set(POLAR_ACCESS_TOKEN="polar_oat_of_somebody_else")

    report = deployment.doctor()

    assert report.outcomes("fail") == ["token"]
    assert {"API", "clock"} <= set(report.outcomes("pass"))
    assert report.rows["scope customers:read"]["detail"] == "not possible without: token"


@pytest.mark.parametrize("scope", SCOPES[:-1])
def test_a_scope_that_is_missing(deployment: Deployment, scope: str) -> None:
    family = scope.partition(":")[0]
    # A write scope includes reading.
    taken = {scope, f"{family}:write"} if scope.endswith("read") else {scope}
    deployment.polar.settings(scopes=sorted({*SCOPES, "webhooks:write"} - taken))
    deployment.set(ON_SURVIVOR="revoke")

    report = deployment.doctor()

    assert set(report.outcomes("fail")) == {f"scope {item}" for item in taken & set(SCOPES)}
    assert f"the scope {scope} at Polar" in report.rows[f"scope {scope}"]["remedy"]


def test_without_webhooks_read_the_endpoint_cannot_be_judged(deployment: Deployment) -> None:
    deployment.polar.settings(scopes=SCOPES[:-1])

    report = deployment.doctor()

    assert report.outcomes("fail") == ["scope webhooks:read"]
    expected = ["scope subscriptions:write", "webhook endpoint", *OF_ENDPOINT]
    assert report.outcomes("skip") == expected


def test_polar_failing_half_way_fails_that_check_only(deployment: Deployment) -> None:
    deployment.polar.faults({"kind": "error", "status": 502, "path": "^/v1/benefit-grants/"})

    deployment.only("scope benefits:read", "fail", "502")

    deployment.polar.control("DELETE", "/faults")


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(20, "warn"), (-20, "warn"), (400, "fail"), (-400, "fail")]
)
def test_a_clock_that_is_wrong(deployment: Deployment, seconds: float, outcome: str) -> None:
    deployment.polar.settings(clock_ahead=seconds)

    word = "ahead of" if seconds > 0 else "behind"
    deployment.only("clock", outcome, f"{word} this machine's", "NTP")


def test_a_clock_that_is_right_enough(deployment: Deployment) -> None:
    deployment.polar.settings(clock_ahead=10)

    assert deployment.doctor().rows["clock"]["outcome"] == "pass"


# --- the webhook endpoint -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"enabled": False}, "endpoint enabled", ["disabled", "polar-sync setup --url http"]),
        ({"format": "slack"}, "endpoint format", ["slack", "polar-sync setup"]),
        ({"events": ["customer.created"]}, "endpoint events", ["benefit_grant.revoked", "setup"]),
    ],
)
def test_an_endpoint_that_is_not_as_it_should_be(
    deployment: Deployment, fields: Json, name: str, words: list[str]
) -> None:
    deployment.change(**fields)

    deployment.only(name, "fail", *words)


def test_an_endpoint_with_another_secret(deployment: Deployment) -> None:
    path = f"/v1/webhooks/endpoints/{deployment.endpoint['id']}/secret"
    secret = deployment.polar.api.patch(path).json()["secret"]

    report = deployment.doctor()

    assert report.outcomes("fail") == ["endpoint secret"]
    assert "POLAR_WEBHOOK_SECRETS" in report.rows["endpoint secret"]["detail"]
    assert secret not in str(report)


def test_no_endpoint_or_one_that_points_elsewhere(deployment: Deployment) -> None:
    deployment.change(url="https://old.example.com/hook?token=hidden")
    elsewhere = deployment.doctor()
    assert elsewhere.outcomes("fail") == ["webhook endpoint"]
    assert "https://old.example.com/hook," in elsewhere.rows["webhook endpoint"]["detail"]
    assert "hidden" not in str(elsewhere)
    assert set(OF_ENDPOINT) < set(elsewhere.outcomes("skip"))

    deployment.polar.api.delete(f"/v1/webhooks/endpoints/{deployment.endpoint['id']}")
    deployment.only("webhook endpoint", "fail", "Polar has no endpoint for http", "setup")


def test_two_endpoints_for_the_same(deployment: Deployment) -> None:
    deployment.polar.endpoint(deployment.endpoint["url"], events=list(NEEDED_TYPES))

    deployment.only("webhook endpoint", "warn", "2 endpoints point here", "delete all but one")


# --- the bridge, as Polar reaches it --------------------------------------------------------


def test_without_a_public_url_the_bridge_is_not_tried(deployment: Deployment, served: str) -> None:
    deployment.set(PUBLIC_URL=None)

    report = deployment.doctor()

    assert report.ok
    assert report.outcomes("warn") == ["webhook endpoint"]
    assert report.rows["webhook endpoint"]["remedy"] == "set PUBLIC_URL"
    assert report.outcomes("skip") == ["scope subscriptions:write", *OF_BRIDGE]
    assert deployment.doctor("--url", served).outcomes("warn") == []


def test_a_url_that_is_none_is_a_wrong_usage(deployment: Deployment) -> None:
    assert deployment.commands.run("doctor", "--url", "bridge.example.com").code == 2


def always(response: Response) -> Starlette:
    """Answers everything alike."""

    async def answer(_: object) -> Response:
        return response

    methods = ["GET", "POST"]
    return Starlette(routes=[Route("/{path:path}", answer, methods=methods)])


@pytest.mark.parametrize(
    ("app", "failing", "words"),
    [
        (None, OF_BRIDGE, ["no answer from", "ConnectError", "polar-sync serve"]),
        (always(Response(status_code=404)), OF_BRIDGE, ["answered 404"]),
        (always(RedirectResponse("/there")), OF_BRIDGE, ["redirects", "PUBLIC_URL"]),
        (always(Response(status_code=202)), ["bridge ready", "forgery refused"], ["202"]),
        (always(Response(status_code=401)), ["bridge ready", "webhook accepted"], ["401"]),
    ],
)
def test_a_url_that_does_not_lead_to_the_bridge(
    deployment: Deployment, app: Starlette | None, failing: list[str], words: list[str]
) -> None:
    def check(url: str) -> None:
        deployment.change(url=f"{url}/webhooks/polar")
        report = deployment.doctor("--url", url)
        assert report.outcomes("fail") == failing
        for name in failing:
            row = report.rows[name]
            assert all(word in row["detail"] + row["remedy"] for word in words), row

    if app is None:
        check(NOBODY)
    else:
        with serve(app) as url:
            check(url)


def test_a_server_that_runs_with_another_secret(
    deployment: Deployment, new_store: StoreFactory
) -> None:
    settings = load_settings(new_store(), polar_webhook_secrets="the-secret-of-yesterday")
    with serve_settings(settings) as url:
        deployment.change(url=f"{url}/webhooks/polar")
        deployment.set(PUBLIC_URL=url)
        deployment.only("webhook accepted", "fail", "401", "POLAR_WEBHOOK_SECRETS")


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

    monkeypatch.setattr(PolarWebhooks, "subscriptions_of", breaks)
    deployment.only("scope subscriptions:read", "fail", "unexpected RuntimeError")


def test_a_check_that_hangs_is_given_up(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(doctor, "_PATIENCE", 3.0)
    monkeypatch.setattr(PolarWebhooks, "subscriptions_of", hangs)
    deployment.only("scope subscriptions:read", "fail", "no answer within 3 s")
