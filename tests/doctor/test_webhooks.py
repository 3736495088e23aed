"""The webhook endpoint and the bridge behind it: each check as it passes and as it fails."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sync.mirror.kinds import needed_events
from tests.helpers.doctor import NOBODY, OF_BRIDGE, OF_ENDPOINT, Deployment
from tests.helpers.servers import serve, serve_settings
from tests.helpers.settings import load_settings
from tests.helpers.simulator import Json
from tests.helpers.store import StoreFactory

# --- the webhook endpoint -------------------------------------------------------------------


@pytest.mark.slow
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
    deployment.polar.endpoint(deployment.endpoint["url"], events=list(needed_events()))

    deployment.only("webhook endpoint", "warn", "2 endpoints point here", "delete all but one")


# --- the bridge, as Polar reaches it --------------------------------------------------------


def test_without_a_public_url_the_bridge_is_not_tried(deployment: Deployment, served: str) -> None:
    deployment.set(PUBLIC_URL=None)

    report = deployment.doctor()

    assert report.ok
    assert report.outcomes("warn") == ["webhook endpoint"]
    assert report.rows["webhook endpoint"]["remedy"] == "set PUBLIC_URL"
    assert report.skipped == ["scope subscriptions:write", *OF_BRIDGE]
    assert deployment.doctor("--url", served).outcomes("warn") == []


def test_a_url_that_is_none_is_a_wrong_usage(deployment: Deployment) -> None:
    assert deployment.commands.run("doctor", "--url", "bridge.example.com").code == 2


def always(response: Response, *, ready: bool = False) -> Starlette:
    """Answers everything alike. `ready`: but says that it is."""

    async def answer(request: Request) -> Response:
        return Response() if ready and request.url.path == "/readyz" else response

    methods = ["GET", "POST"]
    return Starlette(routes=[Route("/{path:path}", answer, methods=methods)])


@pytest.mark.parametrize(
    ("app", "failing", "words"),
    [
        (None, "bridge ready", ["no answer from", "refused the connection", "polar-sync serve"]),
        (always(Response(status_code=404)), "bridge ready", ["answered 404"]),
        (always(RedirectResponse("/there")), "bridge ready", ["redirects", "PUBLIC_URL"]),
        (
            always(JSONResponse({"detail": "the disk\x1b[2J is full"}, 503)),
            "bridge ready",
            ["answered 503: the disk[2J is full"],
        ),
        (always(JSONResponse(["nothing of ours"], 500)), "bridge ready", ["answered 500"]),
        (always(Response(status_code=202), ready=True), "forgery refused", ["202"]),
        (always(Response(status_code=401), ready=True), "webhook accepted", ["401"]),
    ],
)
def test_a_url_that_does_not_lead_to_the_bridge(
    deployment: Deployment, app: Starlette | None, failing: str, words: list[str]
) -> None:
    def check(url: str) -> None:
        deployment.change(url=f"{url}/webhooks/polar")
        report = deployment.doctor("--url", url)
        assert report.outcomes("fail") == [failing]
        row = report.rows[failing]
        assert all(word in row["detail"] + row["remedy"] for word in words), row
        if failing == "bridge ready":
            assert set(OF_BRIDGE[1:]) < set(report.outcomes("skip"))

    if app is None:
        check(NOBODY)
    else:
        with serve(app) as url:
            check(url)


@pytest.mark.slow
def test_a_server_that_runs_with_another_secret(
    deployment: Deployment, new_store: StoreFactory
) -> None:
    settings = load_settings(new_store(), polar_webhook_secrets="the-secret-of-yesterday")
    with serve_settings(settings) as url:
        deployment.change(url=f"{url}/webhooks/polar")
        deployment.set(PUBLIC_URL=url)
        deployment.only(
            "webhook accepted", "fail", "401: no signature matches", "POLAR_WEBHOOK_SECRETS"
        )
