"""Many processes on one PostgreSQL, killed again and again."""

from __future__ import annotations

import contextlib
import random
import signal
import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.helpers.bridge import deletes, names
from tests.helpers.deployment import (
    Deployment,
    NewDeployment,
    check_everything_ended_once,
    more_deletes,
    unknown_answers,
)
from tests.helpers.engines import BOTH_ENGINES, POSTGRESQL
from tests.helpers.postgres import Postgres
from tests.helpers.settings import POLAR_SECRET
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store
from tests.helpers.waiting import wait_for
from tests.helpers.webhooks import event_body

pytestmark = POSTGRESQL


@pytest.mark.slow
def test_processes_and_database_killed_again_and_again(
    new_deployment: NewDeployment, sim: SimulatorClient, store: Store, postgres: Postgres
) -> None:
    rng = random.Random(20261124)  # noqa: S311 - reproducible, no secret
    users = names(40)
    # So slow that the work outlives several processes.
    with new_deployment(web=2, workers=4, RATE_PER_MINUTE="600", LEASE="12") as deployment:
        it, processes = deployment.it, deployment.processes
        sim.endpoint(f"{deployment.url}/webhooks/polar", secret=POLAR_SECRET)
        customers = {user: it.customer(user, "active", grants=1) for user in users}
        unknown: Counter[str] = Counter()
        bodies = {user: event_body(user_id=user) for user in users}
        for round_, batch in enumerate([users[i : i + 8] for i in range(0, 40, 8)]):
            for user in batch:
                deployment.send(bodies[user], f"msg-{user}")
            more_deletes(it, 2)
            if round_ == 2:
                # One that finds no database when it starts ends, to be started again.
                wait_for(lambda: all(process.is_up for process in processes), "all are up")
                postgres.stop()
                postgres.start()
            elif round_ == 3:
                assert postgres.end_connections(store.name) > 6
            else:
                victims = rng.sample(processes[:2], 1) + rng.sample(processes[2:], 2)
                for process in victims:
                    process.kill()
                unknown += unknown_answers(it)
                for process in victims:
                    process.start()
        # The app never heard of the answers, or so it thinks.
        for user, body in bodies.items():
            deployment.send(body, f"msg-{user}")
        with note(deployment):
            it.wait_all(users, "verified")
            it.settled()
            check_everything_ended_once(it, customers, unknown)
        assert "Traceback" not in deployment.log()


@contextlib.contextmanager
def note(deployment: Deployment) -> Iterator[None]:
    try:
        yield
    except AssertionError as error:
        error.add_note(deployment.log()[-4_000:])
        raise


@pytest.mark.slow
def test_a_worker_that_lost_its_lease_writes_nothing(
    new_deployment: NewDeployment, sim: SimulatorClient
) -> None:
    with new_deployment(web=1, workers=2, LEASE="1", VERIFY_AFTER="1") as deployment:
        it = deployment.it
        _, frozen, other = deployment.processes
        other.kill()
        customer = it.customer("u1", "active", webhooks=False)
        sim.faults({"kind": "timeout", "seconds": 4, "method": "DELETE", "count": 1})
        deployment.send(event_body(user_id="u1"), "msg-1")
        wait_for(lambda: sum(deletes(it).values()) == 1, "the DELETE is under way")
        frozen.signal(signal.SIGSTOP)
        other.start()
        row = it.wait("u1", "verified")
        before = it.evidence(row)
        frozen.signal(signal.SIGCONT)
        with note(deployment):
            wait_for(lambda: "its answer is dropped" in "".join(frozen.log), "it is told")
        assert it.evidence(it.deletions("u1")[0]) == before
        kinds = it.kinds(row)
        assert (kinds.count("delete.answered"), kinds.count("customer.gone")) == (0, 1)
        assert deletes(it, effect="true") == {customer: 1}


@pytest.mark.slow
@BOTH_ENGINES
def test_an_idle_worker_starts_at_once(new_deployment: NewDeployment, store: Store) -> None:
    with new_deployment(web=1, workers=1) as deployment:
        it = deployment.it
        for user in names(6):
            deployment.send(event_body(user_id=user), f"msg-{user}")
            it.wait(user, "no_customer")
    rows = store.query("SELECT received_at, applied_at FROM inbox ORDER BY id")
    # The first came while the worker was starting.
    waits = [
        (
            datetime.fromisoformat(row["applied_at"]) - datetime.fromisoformat(row["received_at"])
        ).total_seconds()
        for row in rows[1:]
    ]
    assert len(waits) == 5
    print("from accepted to applied:", [f"{wait:.3f}" for wait in waits])  # noqa: T201
    assert statistics.median(waits) < 0.5
