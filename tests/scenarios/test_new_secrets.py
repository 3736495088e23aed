"""Secrets are changed as docs/operations.md says, while deletions go on: none is lost."""

from __future__ import annotations

import base64

import pytest

from tests.helpers.bridge import Bridge, Run
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.settings import EVENT_KEY, EVENT_SECRET, POLAR_SECRET
from tests.helpers.simulator import SimulatorClient
from tests.helpers.webhooks import event_body, signed_headers

pytestmark = pytest.mark.slow

NEW_KEY = b"the key that comes after it, 32b"
NEW_SECRET = "whsec_" + base64.b64encode(NEW_KEY).decode()


def told(it: Bridge, user_id: str, key: bytes) -> int:
    """The status with which an event of the app's, signed with the key, is answered."""
    body = event_body("user.deleted", user_id)
    return it.app.post("/events", content=body, headers=signed_headers(body, key=key)).status_code


@BOTH_ENGINES
def test_that_of_the_app(run: Run) -> None:
    with run(verify_after=1, request_timeout=2, event_secrets=EVENT_SECRET) as it:
        it.customer("u1", "active")
        assert told(it, "u1", EVENT_KEY) == 202
    with run(verify_after=1, request_timeout=2, event_secrets=f"{NEW_SECRET},{EVENT_SECRET}") as it:
        it.wait("u1", "verified")
        it.customer("u2", "active")
        it.customer("u3", "active")
        # A part of the app signs with the new one already.
        assert [told(it, "u2", EVENT_KEY), told(it, "u3", NEW_KEY)] == [202, 202]
    with run(verify_after=1, request_timeout=2, event_secrets=NEW_SECRET) as it:
        it.wait("u2", "verified")
        it.wait("u3", "verified")
        it.customer("u4", "active")
        assert [told(it, "u4", EVENT_KEY), told(it, "u4", NEW_KEY)] == [401, 202]
        it.wait("u4", "verified")


@BOTH_ENGINES
def test_that_of_polars_endpoint(run: Run, sim: SimulatorClient) -> None:
    endpoint = sim.endpoint("http://127.0.0.1:9/webhooks/polar", secret=POLAR_SECRET)
    path = f"/v1/webhooks/endpoints/{endpoint['id']}"

    def moved_to(it: Bridge) -> None:
        url = f"{str(it.app.base_url).rstrip('/')}/webhooks/polar"
        # Polar disables an endpoint after ten refusals.
        assert sim.api.patch(path, json={"url": url, "enabled": True}).status_code == 200

    with run(webhooks=False, verify_after=1, request_timeout=2) as it:
        moved_to(it)
        it.customer("u1", "active")
        it.settled()
        new = sim.api.patch(f"{path}/secret").json()["secret"]
        assert new != POLAR_SECRET
        # What Polar signs with the new one now is refused; the API is asked instead.
        it.tell("u1")
        it.wait("u1", "deleted", "verified")
    with run(webhooks=False, verify_after=1, polar_webhook_secrets=f"{new},{POLAR_SECRET}") as it:
        moved_to(it)
        it.wait("u1", "verified")
    with run(webhooks=False, verify_after=3600, polar_webhook_secrets=new) as it:
        moved_to(it)
        it.customer("u2", "active")
        it.tell("u2")
        # By webhooks alone: the API is not asked within the time of a test.
        it.wait("u2", "verified")
