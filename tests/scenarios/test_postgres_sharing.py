"""What many processes on one PostgreSQL share."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from sync.deletions.operator import Verb
from tests.helpers.bridge import Bridge, Run, ago, deletes, names
from tests.helpers.engines import POSTGRESQL
from tests.helpers.store import Store
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.webhooks import event_body, new_id

pytestmark = [POSTGRESQL, pytest.mark.slow]


def test_two_web_processes_racing_on_one_webhook_id(run: Run, store: Store) -> None:
    with (
        run(worker="separate") as it,
        run(worker="separate", webhooks=False) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        for number in range(40):
            webhook_id, together = new_id(), threading.Barrier(2)
            users = ("ada", "ada" if number % 4 == 0 else "bob")

            def post(
                to: Bridge,
                user: str,
                webhook_id: str = webhook_id,
                together: threading.Barrier = together,
            ) -> str:
                body = event_body(user_id=user)
                together.wait(WAIT)
                answer = to.post(body, webhook_id=webhook_id)
                return f"{answer.status_code} {answer.json().get('status')}"

            answers = list(pool.map(post, (it, other), users))
            loser = "202 duplicate" if users[0] == users[1] else "409 None"
            assert sorted(answers) == ["202 accepted", loser]
            # What is stored is what was answered.
            winner = users[answers.index("202 accepted")]
            [row] = store.query("SELECT body FROM inbox WHERE webhook_id = ?", webhook_id)
            assert winner.encode() in row["body"]


def test_the_brake_counts_for_all_together(run: Run) -> None:
    users = names(24)
    brake = {"max_deletions_per_hour": 3}
    with contextlib.ExitStack() as stack:
        it = stack.enter_context(run(worker="separate", **brake))
        it.sim.control("POST", "/customers/bulk", {"count": 24, "subscriptions": ["active"]})
        for user in users:
            it.tell(user)
        for _ in range(3):
            stack.enter_context(run(webhooks=False, **brake))
        it.wait_all(users, "verified", "held")
        assert sum(deletes(it).values()) == 3


def test_the_budget_is_held_by_all_together(run: Run) -> None:
    rate = 600
    users = names(16)
    with contextlib.ExitStack() as stack:
        it = stack.enter_context(run(rate_per_minute=rate))
        for _ in range(3):
            stack.enter_context(run(rate_per_minute=rate, webhooks=False))
        for user in users:
            it.customer(user, "active", webhooks=False)
        began = datetime.now(UTC)
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        sent = len(it.requests())
    seconds = (datetime.now(UTC) - began).total_seconds()
    assert sent > 32
    # The rate, and what may be sent at once after a pause.
    assert sent <= (seconds + 1) * rate / 60


def test_a_429_keeps_every_process_quiet(run: Run, store: Store) -> None:
    users = names(8)
    # At a rate that Polar allows, no process has more than one request in reserve.
    settings = {"concurrency": 1, "rate_per_minute": 450}
    with run(**settings) as it, run(**settings, webhooks=False):
        for user in users:
            it.customer(user, "active", webhooks=False)
        it.sim.faults({"kind": "rate_limit", "retry_after": 2, "count": 1})
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified")
        requests = it.requests()
        assert sum(request["status"] == 429 for request in requests) == 1
        [row] = store.query("SELECT paused_until FROM budget")
        until = datetime.fromisoformat(row["paused_until"]).replace(tzinfo=UTC)
        begun = [datetime.fromisoformat(request["started_at"]) for request in requests]
        # What the other one was sending when the pause was written cannot be called back.
        assert sum(until - timedelta(seconds=2) < at < until for at in begun) <= 1


def test_the_brake_counts_what_all_have_sent(run: Run) -> None:
    users = names(12)
    with run(max_deletions_per_hour=5) as it, run(max_deletions_per_hour=5, webhooks=False):
        for user in users:
            it.customer(user, "active")
        for user in users:
            it.tell(user)
        it.wait_all(users, "verified", "held")
        assert sum(deletes(it, effect="true").values()) == 5
        held = [user for user in users if it.deletions(user)[0]["state"] == "held"]
        assert len(held) == 7
        it.act(Verb.APPROVE, *held)
        it.wait_all(users, "verified")


def test_a_restoration_beside_its_deletion_is_never_missed(run: Run) -> None:
    users = names(30)
    with run(deletion_delay=60) as it, run(deletion_delay=60, webhooks=False) as other:
        at = datetime.now(UTC)

        def deleted(user: str) -> None:
            it.tell(user, timestamp=at.isoformat())

        def restored(user: str) -> None:
            other.tell(user, "user.restored", timestamp=(at + timedelta(seconds=1)).isoformat())

        with ThreadPoolExecutor(8) as pool:
            for user in users:
                pool.submit(deleted, user)
                pool.submit(restored, user)
        it.wait_all(users, "canceled")


def test_a_user_deleted_many_times_at_once_has_one_deletion(run: Run, store: Store) -> None:
    with run(deletion_delay=60) as it, run(deletion_delay=60, webhooks=False) as other:
        at = ago(seconds=1)
        with ThreadPoolExecutor(8) as pool:
            for number in range(40):
                to = (it, other)[number % 2]
                pool.submit(to.tell, f"user-{number % 5}", timestamp=at)
        wait_for(
            lambda: (
                not store.query("SELECT 1 FROM inbox WHERE status = 'pending'")
                and len(store.query("SELECT 1 FROM inbox")) == 40
            ),
            "all is applied",
        )
        assert len(store.query("SELECT 1 FROM deletion")) == 5
        for user in names(5):
            (row,) = it.deletions(user)
            assert Counter(it.kinds(row)) == {"event.received": 1, "event.repeated": 7}
