"""Two workers, two events, and users who sign up again."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.helpers.bridge import DELETE, DELETE_BY_ID, STATE, Run, ago, names
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import LOST, deleted_customers
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body


@pytest.mark.slow
@BOTH_ENGINES
def test_two_workers_share_the_work(run: Run) -> None:
    users = names(40)
    with run() as it, run(webhooks=False):
        it.sim.control(
            "POST", "/customers/bulk", {"count": 40, "subscriptions": ["active"], "grants": 1}
        )
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        it.settled()
        assert it.counts()[STATE] == it.counts()[DELETE] == len(set(deleted_customers(it))) == 40
        for user in users:
            (row,) = it.deletions(user)
            kinds = Counter(it.kinds(row))
            assert kinds["customer.found"] == kinds["delete.sent"] == kinds["forgotten"] == 1
            assert it.receipt(row)["chain_unbroken"] if user == users[0] else True


@pytest.mark.slow
@BOTH_ENGINES
def test_who_signed_up_again_is_not_deleted_for_the_old_event(run: Run) -> None:
    with run() as it:
        old = it.customer("u1", "active", created_at=ago(days=9))
        event = it.tell("u1", timestamp=ago(minutes=10))
        it.wait("u1", "verified")
        new = it.customer("u1", "active", grants=1, email="new@example.com")

        # The app repeats itself: under the same id, under another, and with an older time.
        it.post(event, webhook_id="another-id")
        it.tell("u1", timestamp=ago(minutes=11))
        wait_for(lambda: it.kinds(it.deletions("u1")[0]).count("event.repeated") == 2, "recognized")
        assert [row["state"] for row in it.deletions("u1")] == ["verified"]
        assert deleted_customers(it) == [old]

        # A newer event is about the new customer, however close to the sign-up it is.
        it.tell("u1")
        it.wait("u1", "verified", deletion=1)
        assert deleted_customers(it) == [old, new]
        it.settled()
        it.forgotten("new@example.com")


@pytest.mark.slow
def test_an_event_that_comes_after_the_next_sign_up_is_superseded(run: Run) -> None:
    with run() as it:
        new = it.customer("u1", "active")
        it.tell("u1", timestamp=ago(minutes=10))
        row = it.wait("u1", "superseded")
        assert new in row["reason"]
        it.settled()
        assert DELETE not in it.counts()
        it.tell("u1")
        it.wait("u1", "verified", deletion=1)
        assert it.is_gone(new)


@pytest.mark.slow
def test_a_sign_up_while_the_answer_to_delete_is_lost(run: Run) -> None:
    with run(request_timeout=3) as it:
        it.sim.webhook_faults(LOST)
        old = it.customer("u1", "active", created_at=ago(days=9))
        fault = {"kind": "timeout", "seconds": 60, "method": "DELETE", "count": 1}
        it.sim.faults(fault)
        it.tell("u1", timestamp=ago(minutes=10))
        wait_for(lambda: it.is_gone(old), "the first DELETE had its effect")
        new = it.customer("u1", "active")
        it.wait("u1", "deleted")
        assert it.counts()[DELETE] == it.counts()[DELETE_BY_ID] == 1
        assert deleted_customers(it) == [old]
        assert not it.is_gone(new)


@pytest.mark.slow
@BOTH_ENGINES
def test_two_events_in_a_burst(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        it.tell("u1", timestamp=ago(seconds=2))
        it.tell("u1", timestamp=ago(seconds=1))
        it.tell("u1", timestamp=ago(seconds=3))
        it.wait("u1", "verified")
        wait_for(
            lambda: {row["state"] for row in it.deletions("u1")} <= {"verified", "no_customer"},
            "every deletion of the user ended",
        )
        assert deleted_customers(it) == [customer]


@pytest.mark.slow
@BOTH_ENGINES
def test_one_event_sent_twice_at_once_and_once_more_later(run: Run) -> None:
    with run() as it:
        customer = it.customer("u1", "active")
        body = event_body("user.deleted", "u1")
        answers = [it.post(body, webhook_id="msg_1") for _ in range(2)]
        it.wait("u1", "verified")
        answers.append(it.post(body, webhook_id="msg_1"))
        assert [answer.json()["status"] for answer in answers] == [
            "accepted",
            "duplicate",
            "duplicate",
        ]
        assert len(it.deletions("u1")) == 1
        assert deleted_customers(it) == [customer]
