"""The app hears what became of each deletion, and operators what needs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from sync.outbox import message
from sync.outbox.queries import replay
from sync.store import retry
from sync.worker import alerts
from tests.helpers.bridge import Run, ago, now
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.simulator import Receiver, receiving
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import polar_headers

pytestmark = [BOTH_ENGINES, pytest.mark.slow]

SECRET = "whsec_" + "b" * 32


@pytest.fixture
def told() -> Iterator[Receiver]:
    """The app's end, or a chat's."""
    with receiving() as one:
        yield one


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is days in life is moments here."""
    monkeypatch.setattr(retry, "_IDLE", 0.02)
    monkeypatch.setattr(message, "_FIRST_WAIT", message._FIRST_WAIT / 100)
    monkeypatch.setattr(alerts, "_INTERVAL", 0.1)
    monkeypatch.setattr(alerts, "_ENDPOINT_INTERVAL", 0.1)


def outcomes(told: Receiver, count: int) -> list[dict[str, Any]]:
    """The first so many that were told, each verified, without repetitions."""

    def distinct() -> list[dict[str, Any]]:
        them = {it.id: Webhook(SECRET).verify(it.body, it.headers) for it in [*told.received]}
        return list(them.values())

    wait_for(lambda: len(distinct()) >= count, f"{count} outcomes")
    return distinct()


def test_what_became_of_each(run: Run, told: Receiver) -> None:
    with run(outcome_url=told.url, outcome_secrets=SECRET, outcome_received=True) as it:
        it.customer("user-ada", "active", created_at=ago(days=9))
        it.tell("user-ada")
        row = it.wait("user-ada", "verified")
        received, verified = outcomes(told, 2)
        assert (received["type"], verified["type"]) == ("deletion.received", "deletion.verified")
        data = verified["data"]
        assert (data["user_id"], data["deletion_id"]) == ("user-ada", row["id"])
        assert (data["state"], data["reason"]) == ("verified", None)
        assert ago(minutes=9) < data["event_at"] <= data["received_at"] <= data["ended_at"]
        it.settled()
        receipt = it.receipt(row)
        assert data["receipt_digest"] in {link["hash"] for link in receipt["evidence"]}
        assert receipt["chain_unbroken"]

        it.tell("nobody")
        assert outcomes(told, 4)[-1]["type"] == "deletion.no_customer"
        it.customer("back", created_at=ago(days=9))
        it.customer("new", created_at=now().isoformat())
        it.tell("new", timestamp=ago(days=1))
        assert outcomes(told, 6)[-1]["type"] == "deletion.superseded"
        # It is acknowledged: the user is forgotten here as well.
        it.forgotten("user-ada")
        wait_for(
            lambda: not it.query("SELECT 1 FROM outbox WHERE status <> 'delivered'"), "delivered"
        )
        assert not it.query("SELECT 1 FROM outbox WHERE user_id IS NOT NULL")


def test_what_needs_a_person_and_is_canceled(run: Run, told: Receiver) -> None:
    with run(outcome_url=told.url, outcome_secrets=SECRET, mapping="table") as it:
        it.tell("u1")
        [needs] = outcomes(told, 1)
        assert needs["type"] == "deletion.needs_action"
        assert (needs["data"]["state"], needs["data"]["ended_at"]) == ("unmapped", None)
        assert needs["data"]["reason"]
        it.tell("u1", "user.restored")
        assert outcomes(told, 2)[-1]["type"] == "deletion.canceled"


def test_nothing_is_written_where_nobody_listens(run: Run) -> None:
    with run() as it:
        it.tell("u1")
        it.wait("u1", "no_customer")
        assert it.query("SELECT * FROM outbox") == []


def test_a_receiver_that_fails_delays_nothing_else_and_hears_in_order(
    run: Run, told: Receiver
) -> None:
    told.answer = lambda _: 500
    with run(outcome_url=told.url, outcome_secrets=SECRET, outcome_received=True) as it:
        for user_id in ("u1", "u2"):
            it.customer(user_id, created_at=ago(days=9))
            it.tell(user_id)
        it.wait_all(["u1", "u2"], "verified")
        told.wait_for(lambda received: len(received) >= 6)
        # Of each deletion, the first one alone is tried.
        types = {json.loads(one.body)["type"] for one in told.received}
        assert types == {"deletion.received"}
        told.answer = lambda _: 204
        wait_for(lambda: not it.query("SELECT 1 FROM outbox WHERE status = 'pending'"), "delivered")
        told_of: dict[int, list[str]] = {}
        for one in outcomes(told, 4):
            told_of.setdefault(one["data"]["deletion_id"], []).append(one["type"])
        assert set(map(tuple, told_of.values())) == {("deletion.received", "deletion.verified")}
        # The same id on each try.
        assert len({one.id for one in told.received}) == 4


def test_one_that_is_never_heard_is_a_dead_letter_that_can_be_sent_again(
    run: Run, told: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message, "MAX_ATTEMPTS", 3)
    told.answer = lambda _: 302
    with run(outcome_url=told.url, outcome_secrets=SECRET) as it:
        it.tell("u1")
        [dead] = wait_for(
            lambda: it.query("SELECT * FROM outbox WHERE status = 'dead'"), "a dead letter"
        )
        assert "OUTCOME_URL" in dead["error"]
        assert (len(told.received), dead["attempts"]) == (3, 3)
        told.answer = lambda _: 200
        assert it.beside(lambda database: replay(database, [dead["id"]])) == {dead["id"]}
        wait_for(lambda: it.query("SELECT 1 FROM outbox WHERE status = 'delivered'"), "delivered")
        assert len({one.id for one in told.received}) == 1
        assert it.beside(lambda database: replay(database, None)) == set()


def test_operators_hear_of_many_at_once(run: Run, told: Receiver) -> None:
    with run(operator_url=told.url, mapping="table") as it:
        for number in range(20):
            it.tell(f"user-{number}")
        it.wait_all([f"user-{number}" for number in range(20)], "unmapped")
        [first, *_] = told.wait_for(lambda received: len(received) >= 1)
        assert set(json.loads(first.body)) == {"text"}
        assert "unmapped" in json.loads(first.body)["text"]
        assert "webhook-signature" not in first.headers
        dead = b'{"type": "customer.updated", "timestamp": "yesterday", "data": {}}'
        answer = it.app.post("/webhooks/polar", content=dead, headers=polar_headers(dead))
        assert answer.status_code == 202
        told.wait_for(lambda received: any(b"could not be applied" in one.body for one in received))
        # Each kind once, however many looks there were.
        assert len(told.received) == len({one.id for one in told.received}) == 2
        assert b"user-" not in b"".join(one.body for one in told.received)


def test_operators_hear_that_polar_sends_nothing_any_more(run: Run, told: Receiver) -> None:
    with run(operator_url=told.url) as it:
        [endpoint] = it.sim.api.get("/v1/webhooks/endpoints").json()["items"]
        it.sim.api.patch(f"/v1/webhooks/endpoints/{endpoint['id']}", json={"enabled": False})
        told.wait_for(lambda received: any(b"polar-sync setup" in one.body for one in received))
