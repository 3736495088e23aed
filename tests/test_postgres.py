"""Many processes on one PostgreSQL: what they share, and what happens when any of it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.deletions.operator import Verb
from sync.inbox.announcements import listen
from sync.inbox.group_commit import Entry, Inbox, Outcome
from sync.inbox.tables import Source
from sync.mirror import rows as mirror_rows
from sync.mirror.objects import Customer, parse
from sync.polar.budget import Budget
from sync.simulator import DEFAULT_TOKEN
from sync.store.database import Database, Interrupted, Lane
from tests import bridge
from tests.bridge import Bridge, Run, ago, names
from tests.postgres import Postgres
from tests.simulator.conftest import SimulatorClient
from tests.store import Store
from tests.support import (
    BOTH_ENGINES,
    POLAR_SECRET,
    POSTGRESQL,
    environment,
    event_body,
    new_id,
)
from tests.waiting import POLL, WAIT, wait_for

pytestmark = POSTGRESQL

ROOT = Path(__file__).parent.parent
WEB = [sys.executable, "-m", "uvicorn", "app.main:create_app", "--factory", "--no-access-log"]
WORKER = [sys.executable, "-m", "sync.cli", "worker"]
STARTED = re.compile("Application startup complete|the worker has started")


# --- processes -------------------------------------------------------------------------------


@dataclass
class Process:
    """One of a deployment's processes, which can be started again after it was killed."""

    command: list[str]
    variables: Mapping[str, str]
    fds: tuple[int, ...] = ()
    log: list[str] = field(default_factory=list)
    popen: subprocess.Popen[str] | None = None
    _reader: threading.Thread | None = None
    _lives_before: int = 0

    def start(self) -> None:
        self._lives_before = self._lives()
        self.popen = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=self.fds,
        )
        assert self.popen.stderr is not None
        self._reader = threading.Thread(target=self.log.extend, args=(self.popen.stderr,))
        self._reader.start()

    def _lives(self) -> int:
        """How often it has said that it is up."""
        return sum(STARTED.search(line) is not None for line in self.log)

    @property
    def is_up(self) -> bool:
        return self._lives() > self._lives_before

    def signal(self, number: signal.Signals) -> None:
        assert self.popen is not None
        self.popen.send_signal(number)

    def kill(self) -> None:
        if self.popen is None:
            return
        self.popen.kill()
        self.popen.wait()
        assert self._reader is not None
        self._reader.join()
        assert self.popen.stderr is not None
        self.popen.stderr.close()
        self.popen = None


@dataclass
class Deployment:
    """Web processes behind one address, workers, and the app that sends until it is heard."""

    it: Bridge
    url: str
    processes: list[Process]

    def send(self, body: bytes, webhook_id: str) -> None:
        end = time.monotonic() + WAIT
        while True:
            with contextlib.suppress(httpx.TransportError):
                if self.it.post(body, webhook_id=webhook_id).status_code == 202:
                    return
            assert time.monotonic() < end, self.log()
            time.sleep(POLL)

    def log(self) -> str:
        return "".join(line for process in self.processes for line in process.log)


@pytest.fixture
def new_deployment(
    sim: SimulatorClient, store: Store
) -> Callable[..., AbstractContextManager[Deployment]]:
    @contextlib.contextmanager
    def make(*, web: int, workers: int, **settings: str) -> Iterator[Deployment]:
        variables = environment(
            store,
            **{
                "POLAR_ACCESS_TOKEN": DEFAULT_TOKEN,
                "POLAR_BASE_URL": sim.url,
                "RATE_PER_MINUTE": "100000",
                **settings,
            },
        )
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            fd = listener.fileno()
            processes = [Process([*WEB, "--fd", str(fd)], variables, (fd,)) for _ in range(web)]
            processes += [Process(WORKER, variables) for _ in range(workers)]
            limits = httpx.Limits(max_keepalive_connections=0)
            with httpx.Client(base_url=url, timeout=5, limits=limits) as app:
                it = Bridge(sim, bridge.bridge_settings(sim, store), app, store)
                try:
                    for process in processes:
                        process.start()
                    yield Deployment(it, url, processes)
                finally:
                    for process in processes:
                        process.kill()

    return make


NewDeployment = Callable[..., AbstractContextManager[Deployment]]


def deletes(it: Bridge, **filters: str) -> Counter[str]:
    """By customer, how many DELETEs were sent."""
    requests = it.requests(method="DELETE", route="/v1/customers/{id}", **filters)
    return Counter(request["path"].rpartition("/")[2] for request in requests)


def check_everything_ended_once(
    it: Bridge, customers: Mapping[str, str], unknown: Counter[str]
) -> None:
    """Each customer was deleted once, and asked for again only where an answer may have been lost;
    each event was applied once, and every chain is whole."""
    assert deletes(it, effect="true") == Counter(customers.values())
    for customer, sent in deletes(it).items():
        assert sent <= 1 + unknown[customer], customer
    for user in customers:
        (row,) = it.deletions(user)
        evidence = it.evidence(row)
        kinds = Counter(link["kind"] for link in evidence)
        assert kinds["event.received"] == kinds["customer.found"] == kinds["forgotten"] == 1
        digests = [
            link["detail"]["payload_digest"] for link in evidence if "webhook." in link["kind"]
        ]
        assert len(digests) == len(set(digests))
        assert it.receipt(row)["chain_unbroken"]
    assert not it.query("SELECT * FROM inbox WHERE status NOT IN ('applied', 'ignored')")


def unknown_answers(it: Bridge) -> Counter[str]:
    """Customers of whom it is not recorded at this moment what their DELETE has done."""
    rows = it.query("SELECT customer_id FROM deletion WHERE state = 'deleting'")
    return Counter(row["customer_id"] for row in rows)


def more_deletes(it: Bridge, number: int) -> None:
    """Wait until so many more have been sent."""
    seen = len(deletes(it))
    wait_for(lambda: len(deletes(it)) >= seen + number, "some work is under way")


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
        for round_, batch in enumerate([users[i : i + 8] for i in range(0, 40, 8)]):
            for user in batch:
                deployment.send(event_body(user_id=user), f"msg-{user}")
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
        for user in users:
            deployment.send(event_body(user_id=user), f"msg-{user}")
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


# --- the database goes away -------------------------------------------------------------------


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


def test_a_frozen_writer_holds_nobody_up_for_ever(store: Store) -> None:
    """What ends a transaction whose process is not there any more is the server's time-out, and the
    writer is told that its transaction is lost."""

    async def freeze(frozen: Database, other: Database) -> None:
        async with frozen.write() as session:
            connection = await session.connection()
            await connection.exec_driver_sql(
                "SET LOCAL idle_in_transaction_session_timeout = '200ms'"
            )
            async with other.write():
                pass
            await connection.exec_driver_sql("SELECT 1")

    async def main() -> None:
        frozen, other = Database(store.url), Database(store.url)
        try:
            with pytest.raises(Interrupted):
                await freeze(frozen, other)
            async with frozen.write():
                pass
        finally:
            await frozen.close()
            await other.close()

    asyncio.run(main())


def test_a_commit_is_on_disk_even_where_the_server_would_not_wait(
    store: Store, postgres: Postgres
) -> None:
    async def setting(database: Database) -> object:
        async with database.write(Lane.INBOX) as session:
            connection = await session.connection()
            return (await connection.exec_driver_sql("SHOW synchronous_commit")).scalar_one()

    async def main() -> object:
        database = Database(store.url)
        try:
            return await setting(database)
        finally:
            await database.close()

    for configured, effective in (("off", "on"), ("remote_apply", "remote_apply")):
        postgres.sql(f"ALTER DATABASE {store.name} SET synchronous_commit = {configured}")
        assert asyncio.run(main()) == effective


def test_the_url_as_many_platforms_write_it(run: Run, store: Store) -> None:
    with run(database_url=store.url.replace("postgresql://", "postgres://")) as it:
        it.tell("u1")
        it.wait("u1", "no_customer")


# --- what is shared ---------------------------------------------------------------------------


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


def test_batches_that_overlap_in_opposite_order(store: Store) -> None:
    """Each row is somebody's, and everybody is told whose."""

    async def main() -> None:
        databases = [Database(store.url) for _ in range(4)]
        inboxes = [Inbox(database) for database in databases]
        running = [asyncio.create_task(inbox.run()) for inbox in inboxes]
        ids = [new_id() for _ in range(100)]
        try:
            for start in range(0, 100, 20):
                batch = ids[start : start + 20]
                puts = [
                    inbox.put(
                        Entry(
                            source=Source.APP,
                            webhook_id=webhook_id,
                            body=b"{}",
                            user_hash=str(number),
                        )
                    )
                    for number, inbox in enumerate(inboxes)
                    for webhook_id in (batch if number % 2 else reversed(batch))
                ]
                outcomes = Counter(await asyncio.gather(*puts))
                assert outcomes == {Outcome.ACCEPTED: 20, Outcome.CONFLICT: 60}
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            for database in databases:
                await database.close()

    asyncio.run(main())
    assert len(store.query("SELECT 1 FROM inbox")) == 100


def test_the_inbox_is_announced(store: Store, postgres: Postgres) -> None:
    """Also after the connection that listens was lost."""

    async def main() -> None:
        worker, web = Database(store.url), Database(store.url)
        woken = asyncio.Event()
        listening = asyncio.create_task(listen(worker, woken.set))
        inbox = Inbox(web)
        running = asyncio.create_task(inbox.run())

        async def announced() -> None:
            await inbox.put(Entry(source=Source.POLAR, webhook_id=new_id(), body=b"{}"))
            async with asyncio.timeout(WAIT):
                await woken.wait()
            woken.clear()

        try:
            async with asyncio.timeout(WAIT):
                await woken.wait()
            woken.clear()
            await announced()
            await asyncio.to_thread(postgres.end_connections, store.name)
            async with asyncio.timeout(WAIT):
                await woken.wait()  # it is connected again
            woken.clear()
            await announced()
        finally:
            for task in (listening, running):
                task.cancel()
            await asyncio.gather(listening, running, return_exceptions=True)
            await worker.close()
            await web.close()

    asyncio.run(main())


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


def test_the_first_requests_ever_share_one_row(store: Store) -> None:
    async def main() -> None:
        databases = [Database(store.url) for _ in range(6)]
        try:
            await asyncio.gather(*(Budget(database, 100_000).take() for database in databases))
        finally:
            for database in databases:
                await database.close()

    asyncio.run(main())
    assert len(store.query("SELECT 1 FROM budget")) == 1


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


def customer(number: int, name: str, modified_at: datetime) -> Customer:
    data: dict[str, Any] = {
        "id": f"6f2c1d0e-3f43-4f5e-9a55-{number:012d}",
        "created_at": "2026-09-01T00:00:00Z",
        "modified_at": modified_at.isoformat(),
        "deleted_at": None,
        "external_id": f"user-{number}",
        "email": "ada@example.com",
        "name": name,
        "billing_name": None,
        "billing_address": None,
        "tax_id": None,
        "metadata": {},
    }
    return parse(Customer, data, observed_at=modified_at, by="customer.updated")


def test_two_that_write_the_same_new_row_lose_nothing(store: Store) -> None:
    old, new = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC)

    async def main() -> None:
        one, two = Database(store.url), Database(store.url)

        async def write(database: Database, *observed: Customer) -> None:
            async with database.write() as session:
                await mirror_rows.upsert(database, session, observed, await database.now(session))

        try:
            for number in range(25):
                pair = (2 * number, 2 * number + 1)
                newer = [customer(item, "new", new) for item in pair]
                older = [customer(item, "old", old) for item in reversed(pair)]
                await asyncio.gather(write(one, *newer), write(two, *older))
        finally:
            await one.close()
            await two.close()

    asyncio.run(main())
    names_ = [row["name"] for row in store.query("SELECT name FROM customer")]
    assert names_ == ["new"] * 50


def test_transactions_that_give_way_are_not_the_events_fault(store: Store) -> None:
    """A deadlock is the database's doing: it is told apart, and nobody is left waiting."""

    async def main() -> list[str]:
        databases = [Database(store.url), Database(store.url)]
        first_step = asyncio.Barrier(2)

        async def lock(database: Database, *keys: int) -> str:
            try:
                async with database.write(Lane.INBOX) as session:
                    connection = await session.connection()
                    for key in keys:
                        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({key})")
                        if key == keys[0]:
                            await first_step.wait()
            except Interrupted as error:
                return str(error)
            return "done"

        try:
            return list(await asyncio.gather(lock(databases[0], 1, 2), lock(databases[1], 2, 1)))
        finally:
            for database in databases:
                await database.close()

    outcomes = sorted(asyncio.run(main()), key=lambda text: text == "done")
    assert outcomes[1] == "done"
    assert re.search("deadlock", outcomes[0])
