"""PostgreSQL goes away, and what a process asks of it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.helpers.bridge import Bridge, Run, deletes, names
from tests.helpers.deployment import check_everything_ended_once
from tests.helpers.engines import POSTGRESQL
from tests.helpers.postgres import Postgres
from tests.helpers.store import Store
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body

pytestmark = [POSTGRESQL, pytest.mark.slow]


def more_evidence(it: Bridge) -> None:
    """Wait until something more has been recorded."""
    seen = len(it.query("SELECT 1 FROM evidence"))
    wait_for(lambda: len(it.query("SELECT 1 FROM evidence")) > seen, "it goes on")


@pytest.mark.parametrize("how", ["restart", "connections"])
def test_the_database_goes_away_under_load(
    run: Run, store: Store, postgres: Postgres, how: str
) -> None:
    users = names(24)
    with run(rate_per_minute=1_200) as it, run(webhooks=False, rate_per_minute=1_200):
        customers = {user: it.customer(user, "active", grants=1) for user in users}
        statuses: Counter[int] = Counter()

        def send(user: str) -> None:
            def accepted() -> bool:
                answer = it.post(event_body(user_id=user), webhook_id=f"msg-{user}")
                statuses[answer.status_code] += 1
                return answer.status_code == 202

            wait_for(accepted, f"{user} is taken")

        for user in users[:12]:
            send(user)
        wait_for(lambda: len(deletes(it)) >= 2, "work is under way")
        with ThreadPoolExecutor(12) as pool:
            sent = [pool.submit(send, user) for user in users[12:]]
            for _ in range(1 if how == "restart" else 5):
                if how == "restart":
                    postgres.stop()
                    assert it.app.get("/readyz").status_code == 503
                    postgres.start()
                else:
                    postgres.end_connections(store.name)
                more_evidence(it)
            for future in sent:
                future.result()
        assert set(statuses) <= {202, 503}
        it.wait_all(users, "verified")
        it.settled()
        # A worker that is alive loses no answer, so nothing is asked of Polar twice.
        check_everything_ended_once(it, customers, Counter())
        assert it.app.get("/readyz").status_code == 200


def test_a_process_needs_few_connections(run: Run, store: Store, postgres: Postgres) -> None:
    users = names(60)
    with run(concurrency=50) as it:
        for user in users:
            it.customer(user, "active", webhooks=False)
        for user in users:
            it.tell(user)
        most = 0
        while any(it.deletions(user)[:1] == [] for user in users) or most == 0:
            [(now,)] = postgres.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", store.name
            )
            most = max(most, now)
        # One of them is this test's.
        assert most <= 11


def test_the_url_as_many_platforms_write_it(run: Run, store: Store) -> None:
    with run(database_url=store.url.replace("postgresql://", "postgres://")) as it:
        it.tell("u1")
        it.wait("u1", "no_customer")
