"""What is dropped at once, and what is forgotten at the end."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from sync.hashing import Hasher
from tests.helpers.bridge import Run, now
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import LOST, PERSONAL, ada, resent
from tests.helpers.settings import HASH_KEY
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body, polar_headers, signed_headers


@pytest.mark.slow
@BOTH_ENGINES
def test_dead_letters_do_not_block_and_ignored_events_keep_no_body(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.settled()
        for body in (
            b"not json",
            b'{"content": "", "embeds": []}',
            b'{"type": "subscription.updated", "timestamp": "2026-08-01T00:00:00Z", "data": {}}',
            json.dumps(
                {
                    "type": "customer.updated",
                    "timestamp": now().isoformat(),
                    "data": {"id": customer, "email": "u1@example.com"},
                }
            ).encode(),
            b'{"type": "order.created", "timestamp": "2026-08-01T00:00:00Z", "data": {}}',
        ):
            answer = it.app.post("/webhooks/polar", content=body, headers=polar_headers(body))
            assert answer.status_code == 202
        it.app.post(
            "/events",
            content=(body := event_body("session.created", "u1")),
            headers=signed_headers(body),
        )
        it.tell("u1")
        it.wait("u1", "verified")
        it.settled()
        rows = it.query("SELECT * FROM inbox ORDER BY id")
        dead = [row for row in rows if row["status"] == "dead"]
        assert len(dead) == 4
        assert all(row["error"] for row in dead)
        ignored = [row for row in rows if row["status"] == "ignored"]
        assert {"order.created", "session.created"} <= {row["event_type"] for row in ignored}
        assert not any(row["body"] for row in ignored)
        assert all(len(row["digest"]) == 64 for row in rows)


@pytest.mark.slow
@BOTH_ENGINES
def test_nothing_personal_is_left_on_the_disk(run: Run) -> None:
    with run() as it:
        ada(it, "active")
        it.settled()
        assert all(text.encode() in it.stored() for text in PERSONAL if text != "Rue de Rivoli")
        it.map("user-ada", external_id="user-ada")
        event = it.tell("user-ada")
        row = it.wait("user-ada", "verified")
        it.settled()
        it.forgotten(*PERSONAL)
        assert (row["user_id"], row["external_id"]) == (None, None)
        assert it.query("SELECT body FROM inbox WHERE body IS NOT NULL") == []

        # Late webhooks, of before the deletion too, and the app's event once more.
        assert resent(it) > 10
        assert it.post(event, webhook_id="late").status_code == 202
        it.settled()
        it.forgotten(*PERSONAL)
        assert it.query("SELECT body FROM inbox WHERE body IS NOT NULL") == []
        (customer,) = it.query("SELECT * FROM customer")
        assert (customer["email"], customer["external_id"]) == (None, None)
        assert len(it.deletions("user-ada")) == 1


@pytest.mark.slow
@BOTH_ENGINES
def test_late_dead_letters_keep_nothing_personal_either(run: Run) -> None:
    with run() as it:
        ada(it, "active")
        it.tell("user-ada")
        it.wait("user-ada", "verified")
        it.settled()
        it.forgotten(*PERSONAL)
        resent(it, broken=True)
        it.settled()
        assert it.query("SELECT 1 FROM inbox WHERE status = 'dead'")
        it.forgotten(*PERSONAL)


@pytest.mark.slow
@BOTH_ENGINES
@pytest.mark.parametrize("known", ["before", "after", "the end first"])
def test_whom_somebody_else_has_deleted_is_forgotten_too(run: Run, known: str) -> None:
    """In Polar's dashboard, before the event: the bridge finds nobody there, and its webhooks tell
    of them all the same, sooner or later."""
    with run(recheck_after=0.2) as it:
        if known != "before":
            it.sim.webhook_faults(LOST)
        ada(it, "active")
        it.sim.delete("user-ada")
        it.settled()
        it.tell("user-ada")
        it.wait("user-ada", "no_customer", "verified")
        wait_for(lambda: it.deletions("user-ada")[0]["forgotten_at"] is not None, "looked again")
        if known != "before":
            it.sim.webhook_faults()
            assert resent(it, last_first=known == "the end first") > 5
        it.settled()
        it.forgotten(*PERSONAL)
        assert it.query("SELECT body FROM inbox WHERE body IS NOT NULL") == []
        assert it.query("SELECT forgotten_at FROM customer")[0]["forgotten_at"] is not None


@pytest.mark.slow
@BOTH_ENGINES
def test_who_came_back_after_the_event_is_not_forgotten_with_it(run: Run) -> None:
    with run(recheck_after=0.2) as it:
        it.tell("user-ada")
        it.wait("user-ada", "no_customer")
        wait_for(lambda: it.deletions("user-ada")[0]["forgotten_at"] is not None, "looked again")
        ada(it, "active")
        it.wait("user-ada", "superseded")
        it.sim.delete("user-ada")
        it.settled()
        # A later deletion of theirs finds by it who was there.
        assert it.query("SELECT external_id FROM customer")[0]["external_id"] == "user-ada"
        it.tell("user-ada")
        it.wait("user-ada", "verified", deletion=1)
        it.settled()
        it.forgotten(*PERSONAL)


@pytest.mark.slow
def test_evidence_and_receipt_hold_nothing_personal(run: Run) -> None:
    with run() as it:
        ada(it, "active", "paused")
        it.sim.faults({"kind": "error", "path": "^/v1/customers", "count": 1})
        it.tell("user-ada")
        row = it.wait("user-ada", "incomplete")
        texts = [json.dumps([dict(link) for link in it.evidence(row)]), row["reason"]]
        texts.append(json.dumps(it.receipt(row), default=str))
        for text in texts:
            assert not [personal for personal in PERSONAL if personal in text]


@pytest.mark.slow
@BOTH_ENGINES
def test_the_receipt_can_be_checked(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.tell("u1")
        row = it.wait("u1", "verified")
        it.settled()
        receipt = it.receipt(row)
        hasher = Hasher(SecretStr(HASH_KEY))
        assert receipt["chain_unbroken"] is True
        assert receipt["state"] == "verified"
        assert receipt["polar_customer_id"] == customer
        assert receipt["user_hash"] == hasher.user("u1") != hasher.user("u2")
        content = {name: value for name, value in receipt.items() if name != "seal"}
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        assert receipt["seal"] == hasher.seal(canonical)
        other_key = Hasher(SecretStr("f" * 64))
        assert receipt["seal"] != other_key.seal(canonical)
        assert it.receipt(row) == receipt

    tampering = (
        "UPDATE evidence SET state = 'canceled' WHERE seq = 3",
        "UPDATE evidence SET detail = '{}' WHERE seq = 2",
        "UPDATE evidence SET at = '2026-01-01 00:00:00.000000' WHERE seq = 1",
        "DELETE FROM evidence WHERE seq = 2",
        "DELETE FROM evidence WHERE seq = 1",
        "UPDATE evidence SET seq = seq + 100 WHERE seq > 2",
        "UPDATE evidence SET hash = (SELECT hash FROM evidence WHERE seq = 1) WHERE seq = 4",
    )
    evidence = it.query("SELECT * FROM evidence ORDER BY seq")
    columns = ", ".join(evidence[0].keys())
    places = ", ".join("?" for _ in evidence[0].keys())  # noqa: SIM118 - not a dict on SQLite
    for statement in tampering:
        assert it.store.execute(statement)
        assert it.receipt(row)["chain_unbroken"] is False, statement
        it.store.execute("DELETE FROM evidence")
        for link in evidence:
            values = [link[name] for name in link.keys()]  # noqa: SIM118
            it.store.execute(f"INSERT INTO evidence ({columns}) VALUES ({places})", *values)  # noqa: S608
    assert it.receipt(row)["chain_unbroken"] is True
