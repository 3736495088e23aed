"""Settings, the database and Polar's API: each check as it passes and as it fails."""

from __future__ import annotations

import pytest

from tests.helpers.doctor import NAMES, NOBODY, OF_BRIDGE, OF_ENDPOINT, ON_POLAR, SCOPES, Deployment
from tests.helpers.engines import BOTH_ENGINES

# --- configuration and database -------------------------------------------------------------


def test_every_problem_of_the_settings_is_listed(deployment: Deployment) -> None:
    deployment.set(HASH_KEY=None, POLAR_VERSION="newest", PUBLIC_URL="bridge")

    report = deployment.doctor("--url", NOBODY)

    detail = report.rows["settings"]["detail"]
    assert report.outcomes("fail") == ["settings"]
    assert report.outcomes("skip") == NAMES[1:]
    assert all(name in detail for name in ("HASH_KEY", "POLAR_VERSION", "PUBLIC_URL"))
    assert report.rows["API"]["detail"] == "not possible without: settings"


@pytest.mark.slow
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
    skipped = ["HASH_KEY", "scope subscriptions:write", *NAMES[NAMES.index("inbox") :]]
    assert report.skipped == skipped


@BOTH_ENGINES
def test_a_database_of_a_newer_version(deployment: Deployment) -> None:
    deployment.commands.sql("UPDATE alembic_version SET version_num = 'of-tomorrow'")

    report = deployment.doctor()

    assert report.outcomes("fail") == ["database"]
    assert report.rows["database"]["remedy"] == "install that version"


@BOTH_ENGINES
def test_another_hash_key(deployment: Deployment) -> None:
    assert deployment.commands.run("map", "set", "user-1", "--external-id", "x").code == 0
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
        ({"POLAR_BASE_URL": NOBODY}, ["127.0.0.1 refused the connection", "network"]),
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
    assert report.skipped == ON_POLAR
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
    assert report.skipped == expected


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
