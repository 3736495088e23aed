"""What the DELETE names, and whom it can meet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.deletions import ledger
from sync.deletions.operator import Verb
from tests.helpers.bridge import DELETE, DELETE_BY_ID, STATE, Bridge, Run, ago, deletes
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.waiting import wait_for

NEVER_ARRIVES = {"kind": "drop", "method": "DELETE", "path": "/external/", "count": 1}


def sent_by(it: Bridge, user_id: str) -> list[str]:
    """How each DELETE of the user's deletion named the customer."""
    (row,) = it.deletions(user_id)
    links = it.evidence(row)
    return [link["detail"]["by"] for link in links if link["kind"] == "delete.sent"]


@pytest.mark.slow
@BOTH_ENGINES
def test_the_delete_is_by_external_id_and_the_receipt_says_so(run: Run) -> None:
    with run() as it:
        customer = it.customer("u 1ü%", "active")
        it.tell("u 1ü%")
        it.wait("u 1ü%", "verified")
        assert it.counts()[DELETE] == 1
        assert DELETE_BY_ID not in it.counts()
        assert deletes(it, effect="true") == {customer: 1}
        assert sent_by(it, "u 1ü%") == ["external_id"]


@pytest.mark.slow
@BOTH_ENGINES
def test_a_deployment_can_have_every_delete_by_polars_id(run: Run) -> None:
    with run(delete_by="customer_id") as it:
        it.customer("u1", "active")
        it.tell("u1")
        it.wait("u1", "verified")
        assert DELETE not in it.counts()
        assert sent_by(it, "u1") == ["customer_id"]


@pytest.mark.slow
@BOTH_ENGINES
def test_after_an_answer_that_is_lost_polars_id_is_used(run: Run) -> None:
    with run(request_timeout=3) as it:
        customer = it.customer("u1", "active")
        it.sim.faults(NEVER_ARRIVES)
        it.tell("u1")
        it.wait("u1", "verified")
        assert sent_by(it, "u1") == ["external_id", "customer_id"]
        assert deletes(it, effect="true") == {customer: 1}


@pytest.mark.slow
def test_a_refusal_is_not_waited_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "STRAY", timedelta(hours=1))
    with run() as it:
        it.customer("u1", "active")
        it.sim.faults({"kind": "rate_limit", "retry_after": 1, "method": "DELETE", "count": 1})
        it.tell("u1")
        it.wait("u1", "verified")
        assert sent_by(it, "u1") == ["external_id", "customer_id"]


@pytest.mark.slow
def test_a_pin_that_has_aged_is_read_again(run: Run) -> None:
    """Held by the brake for longer than a pin is fresh."""
    with run(max_deletions_per_hour=1, worker="embedded") as it:
        for user in ("u1", "u2"):
            it.customer(user, "active", created_at=ago(days=1))
        it.tell("u1")
        it.wait("u1", "verified")
        it.tell("u2")
        (held,) = [it.wait("u2", "held")]
        it.store.execute(
            "UPDATE deletion SET pinned_at = ? WHERE id = ?",
            "2026-01-01 00:00:00.000000",
            held["id"],
        )
        before = it.counts()[STATE]
        it.act(Verb.APPROVE, "u2")
        it.wait("u2", "verified")
        assert it.counts()[STATE] == before + 1
        assert sent_by(it, "u2") == ["external_id"]


@pytest.mark.slow
@BOTH_ENGINES
@pytest.mark.parametrize("seconds", [0.5, 2, 4])
def test_a_request_that_arrives_late_never_meets_who_signed_up_again(
    run: Run, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(ledger, "STRAY", timedelta(seconds=20))
    with run(request_timeout=0.3) as it:
        old = it.customer("u1", "active", created_at=ago(days=1))
        late = {"kind": "late", "seconds": seconds, "method": "DELETE", "path": "/external/"}
        it.sim.faults({**late, "count": 1})
        it.tell("u1", timestamp=ago(minutes=10))
        wait_for(lambda: it.is_gone(old), "the late request has had its effect")
        new = it.customer("u1", "active")
        it.wait("u1", "verified")
        it.settled()
        assert not it.is_gone(new)
        assert deletes(it, effect="true") == {old: 1}


@pytest.mark.slow
@BOTH_ENGINES
def test_another_customers_deletion_is_named_at_once(run: Run) -> None:
    """The request arrives after all that can be waited for: here by another hand."""
    with run(request_timeout=3) as it:
        old = it.customer("u1", "active", created_at=ago(days=1))
        it.sim.faults(NEVER_ARRIVES)
        it.tell("u1", timestamp=ago(minutes=10))
        it.wait("u1", "verified")
        new = it.customer("u1", "active")
        assert it.sim.api.delete("/v1/customers/external/u1").status_code == 204
        row = it.wait("u1", "another_deleted")
        assert new in row["reason"]
        assert "another customer was deleted" in row["reason"]
        it.settled()
        assert it.deletions("u1")[0]["state"] == "another_deleted"
        it.act(Verb.APPROVE, "u1")
        it.wait("u1", "verified")
        assert deletes(it, effect="true")[old] == 1


@pytest.mark.slow
def test_who_signs_up_again_and_leaves_again_is_no_accident(run: Run) -> None:
    with run() as it:
        it.customer("u1", "active", created_at=ago(days=1))
        it.tell("u1")
        it.wait("u1", "verified")
        it.customer("u1", "active")
        it.tell("u1")
        it.wait("u1", "verified", deletion=1)
        it.settled()
        assert [row["state"] for row in it.deletions("u1")] == ["verified", "verified"]
