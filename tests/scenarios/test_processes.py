"""The bridge in processes of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sync.simulator.config import DEFAULT_TOKEN
from tests.helpers import bridge
from tests.helpers.bridge import Bridge, Run, names
from tests.helpers.clients import new_client
from tests.helpers.engines import BOTH_ENGINES
from tests.helpers.scenarios import PERSONAL, ada, deleted_customers, resent, struck
from tests.helpers.servers import ROOT, serve_process
from tests.helpers.settings import EVENT_SECRET, HASH_KEY, POLAR_SECRET
from tests.helpers.simulator import SimulatorClient
from tests.helpers.store import Store
from tests.helpers.waiting import WAIT, wait_for
from tests.helpers.webhooks import polar_headers


def variables(sim: SimulatorClient, **more: str) -> dict[str, str]:
    """The environment of a bridge process, but for its database."""
    return {
        "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
        "POLAR_BASE_URL": sim.url,
        "POLAR_WEBHOOK_SECRETS": POLAR_SECRET,
        "EVENT_SECRETS": EVENT_SECRET,
        "HASH_KEY": HASH_KEY,
        "RATE_PER_MINUTE": "100000",
        "LOG_LEVEL": "debug",
        **more,
    }


def beside_process(sim: SimulatorClient, store: Store, url: str) -> Bridge:
    """The view on a bridge that runs as a process."""
    settings = bridge.bridge_settings(sim, store)
    return Bridge(sim, settings, new_client(url), store)


@pytest.mark.slow
def test_the_log_tells_no_secret_and_nothing_personal(
    sim: SimulatorClient, store: Store, tmp_path: Path
) -> None:
    environment = variables(sim, DATABASE_URL=store.url, REQUEST_TIMEOUT="0.5")
    with serve_process(environment, tmp_path) as process:
        it = beside_process(sim, store, process.url)
        sim.endpoint(f"{process.url}/webhooks/polar", secret=POLAR_SECRET)
        ada(it, "active")
        sim.faults(
            {"kind": "timeout", "seconds": 1, "method": "DELETE", "count": 1},
            {"kind": "error", "status": 502, "count": 1},
            {"kind": "drop", "count": 1},
        )
        garbage = b'{"type": "customer.updated", "data": {"email": "ada@example.com"}}'
        it.app.post("/webhooks/polar", content=garbage, headers=polar_headers(garbage))
        it.app.post("/webhooks/polar", content=garbage, headers={"webhook-id": "unsigned"})
        it.tell("user-ada")
        it.wait("user-ada", "verified")
        it.settled()
        resent(it, broken=True)
        it.settled()
        it.app.close()
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(WAIT) in {0, -signal.SIGTERM}
        log = "".join(process.log)
    assert "dead letter" in log
    for secret in (*PERSONAL, DEFAULT_TOKEN, POLAR_SECRET, EVENT_SECRET, HASH_KEY):
        assert secret not in log
        assert secret.removeprefix("whsec_").removeprefix("polar_whs_") not in log


@pytest.mark.slow
def test_sigterm_with_work_in_flight(
    sim: SimulatorClient, store: Store, tmp_path: Path, run: Run
) -> None:
    users = names(6)
    environment = variables(
        sim,
        DATABASE_URL=store.url,
        REQUEST_TIMEOUT="120",
        VERIFY_AFTER="10",
        LEASE="600",
        # By external id, the next attempt would wait until the one before cannot arrive any more.
        DELETE_BY="customer_id",
    )
    with serve_process(environment, tmp_path) as process:
        it = beside_process(sim, store, process.url)
        customers = [it.customer(user, "active", webhooks=False) for user in users]
        # Some answers come while the worker waits for them, some never.
        sim.faults(
            {"kind": "timeout", "seconds": 2, "method": "DELETE", "path": customers[0]},
            {"kind": "timeout", "seconds": 600, "method": "DELETE"},
        )
        for user in users:
            it.tell(user)
        wait_for(lambda: struck(it) == len(users), "every DELETE is under way")
        it.app.close()
        process.popen.send_signal(signal.SIGTERM)
        # What it waits for would take two minutes.
        assert process.popen.wait(WAIT) in {0, -signal.SIGTERM}
        assert not [line for line in process.log if "Traceback" in line]
    rows = it.query("SELECT * FROM deletion")
    assert Counter(row["state"] for row in rows) == {"deleted": 1, "deleting": 5}
    assert not any(row["lease_token"] or row["lease_until"] for row in rows)
    sim.faults()
    with run(verify_after=0.2) as it:
        # The leases were given back: nobody waits until they run out.
        it.wait_all(users, "verified")
    assert sorted(deleted_customers(it)) == sorted(customers)


@pytest.mark.slow
@BOTH_ENGINES
def test_a_worker_in_a_process_of_its_own(sim: SimulatorClient, store: Store, run: Run) -> None:
    environment = variables(sim, DATABASE_URL=store.url, WORKER="separate")
    with run(worker="separate") as it:
        customers = [it.customer(user, "active") for user in names(3)]
        for user in names(3):
            it.tell(user)
        assert it.counts() == {}
        command = [sys.executable, "-m", "sync.cli", "worker"]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, "PATH": ""},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as worker:
            try:
                it.wait_all(names(3), "verified")
                it.settled()
                it.forgotten("customer-0@example.com", "user-0")
                worker.send_signal(signal.SIGTERM)
                _, errors = worker.communicate(timeout=WAIT)
            finally:
                worker.kill()
        assert worker.returncode == 0, errors
        assert "Traceback" not in errors
        for secret in (DEFAULT_TOKEN, HASH_KEY, EVENT_SECRET, "user-0", "@example.com"):
            assert secret not in errors
        assert sorted(deleted_customers(it)) == sorted(customers)
