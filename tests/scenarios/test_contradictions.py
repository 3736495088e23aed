"""Two webhooks of one moment that contradict each other: what is worse for the claim stands until
the API has been asked."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.helpers.bridge import SUBSCRIPTIONS, Bridge, Run
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import polar_headers

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

Json = dict[str, Any]


def send(it: Bridge, *events: Json) -> None:
    for event in events:
        body = json.dumps(event).encode()
        answer = it.app.post("/webhooks/polar", content=body, headers=polar_headers(body))
        assert answer.status_code == 202
    it.settled()


def of_one_moment(it: Bridge) -> tuple[Json, Json]:
    """That the subscription is active, and that it has ended: both are Polar's newest word."""
    [event] = [
        json.loads(sent["payload"])
        for sent in it.sim.events()
        if sent["type"] == "subscription.created"
    ]
    event["timestamp"] = event["data"]["modified_at"] = "2099-01-01T00:00:00Z"
    ended = copy.deepcopy(event)
    ended["type"] = "subscription.revoked"
    times = dict.fromkeys(("canceled_at", "ends_at", "ended_at"), event["timestamp"])
    ended["data"] |= {"status": "canceled", **times}
    return event, ended


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("ended_first", [True, False])
def test_not_ended_stands(run: Run, ended_first: bool, number: int) -> None:
    """Whatever the digests are: they differ with each number."""
    with run() as it:
        it.customer("u1", "active")
        it.settled()
        going_on, ended = of_one_moment(it)
        for event in (going_on, ended):
            event["data"]["metadata"] = {"n": number}
        send(it, *((ended, going_on) if ended_first else (going_on, ended)))
        [row] = it.query("SELECT status, ended_at FROM subscription")
        assert (row["status"], row["ended_at"]) == ("active", None)


def test_the_api_is_asked_at_once(run: Run) -> None:
    """Though nothing would be asked for an hour."""
    with run(verify_after=3_600, survivor_after=7_200) as it:
        customer = it.customer("u1", "active", grants=1)
        it.settled()
        # No webhook tells of the end of the benefit.
        it.sim.webhook_faults({"kind": "drop", "type": "benefit_grant.revoked"})
        it.tell("u1")
        it.wait("u1", "deleted")
        it.settled()
        asked = it.counts().get(SUBSCRIPTIONS, 0)
        going_on, ended = of_one_moment(it)
        send(it, going_on, ended)
        wait_for(lambda: it.counts()[SUBSCRIPTIONS] > asked, "the API is asked")
        assert it.is_gone(customer)
