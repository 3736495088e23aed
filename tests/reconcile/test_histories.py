"""Whatever happens to the webhooks, the mirror ends as the truth."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sync.cli.exit_codes import EQUAL, REPAIRED, reconciliation_code
from sync.deletions.ledger import Ledger
from sync.inbox.entry import Entry, Source
from sync.inbox.group_commit import Inbox
from sync.intake.apply import Applier
from sync.store.database import Database
from tests.helpers.desk import Desk, Json, mirrored, truth
from tests.helpers.simulator import Receiver, SimulatorClient
from tests.helpers.store import DatabaseFactory

_STEP = st.tuples(
    st.sampled_from(["create", "delete", "update", "status", "grant", "end"]), st.integers(0, 20)
)


@dataclass
class History:
    """Things that happen at Polar, some of them to customers who have been deleted."""

    sim: SimulatorClient
    made: list[Json]

    def step(self, what: str, number: int) -> None:
        if what == "create" or not self.made:
            name = f"user-{len(self.made)}"
            fields: Json = {"subscriptions": ["active", "trialing"][: number % 3], "grants": 1}
            self.made.append(self.sim.customer(name, **fields))
            return
        one = self.made[number % len(self.made)]
        customer = one["customer"]["id"]
        if what == "delete":
            self.sim.api.delete(f"/v1/customers/{customer}", params={"anonymize": number % 2 == 0})
            self.sim.settle()
        elif what == "update":
            self.sim.api.patch(f"/v1/customers/{customer}", json={"name": f"Nr. {number}"})
        elif what == "grant":
            for grant in one["grant_ids"]:
                self.sim.control("POST", f"/grants/{grant}", {"is_granted": number % 2 == 0})
        else:
            status = "canceled" if what == "end" else ("active", "past_due", "paused")[number % 3]
            for row in self.sim.truth(one)["subscriptions"]:
                # At Polar, what has ended does not begin again.
                if row["ended_at"] is None:
                    self.sim.control("POST", f"/subscriptions/{row['id']}", {"status": status})


class Heard:
    """All that Polar has sent. (Hypothesis shows arguments, and a receiver's are long.)"""

    def __init__(self, receiver: Receiver) -> None:
        self.url = receiver.url
        self._receiver = receiver

    def forget(self) -> None:
        self._receiver.received.clear()

    def bodies(self) -> list[bytes]:
        return [one.body for one in self._receiver.received]


@pytest.fixture
def heard(receiver: Receiver) -> Heard:
    return Heard(receiver)


@pytest.mark.slow
@given(
    steps=st.lists(_STEP, min_size=1, max_size=12),
    seed=st.integers(0, 2**32),
    before=st.floats(0, 1),
    after=st.floats(0, 1),
)
@hypothesis_settings(
    max_examples=12,
    deadline=None,
    # An example takes a second or so: a failure is told as it was found.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_webhooks_are_lost_repeated_or_late_the_mirror_is_the_truth(
    sim: SimulatorClient,
    new_database: DatabaseFactory,
    heard: Heard,
    steps: list[tuple[str, int]],
    seed: int,
    before: float,
    after: float,
) -> None:
    sim.control("POST", "/reset")
    heard.forget()
    sim.endpoint(heard.url)
    history = History(sim, [])
    for step in steps:
        history.step(*step)
    sim.settle()
    rng = random.Random(seed)  # noqa: S311 - chosen by the test's search
    desk = Desk(sim, new_database())
    apply(desk, some(heard.bodies(), before, rng))
    report = desk.reconcile()
    assert reconciliation_code(report) in {EQUAL, REPAIRED}
    desk.assert_settled()
    known = desk.known()
    # What comes late, or again, is older than what the API said. Only of what had gone before the
    # mirror knew of it a late webhook can still say that it is there, until the next run.
    apply(desk, some(heard.bodies(), after, rng))
    assert of(known, mirrored(desk.path)) == of(known, truth(sim))
    desk.reconcile()
    desk.assert_equal()


def of(ids: set[str], rows: Json) -> Json:
    return {kind: {i: row for i, row in some.items() if i in ids} for kind, some in rows.items()}


def some(bodies: Sequence[bytes], probability: float, rng: random.Random) -> list[bytes]:
    """Some of them, in any order, a few of them twice."""
    chosen = [body for body in bodies if rng.random() < probability]
    chosen += [body for body in chosen if rng.random() < 0.2]
    rng.shuffle(chosen)
    return chosen


def apply(desk: Desk, bodies: Sequence[bytes]) -> None:
    """Have the webhooks applied as they would be had they come over HTTP."""

    async def run(database: Database) -> None:
        settings = desk.settings
        inbox = Inbox(database)
        running = asyncio.create_task(inbox.run())
        try:
            for body in bodies:
                entry = Entry(source=Source.POLAR, webhook_id=f"msg_{random.random()}", body=body)  # noqa: S311
                await inbox.put(entry)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        applier = Applier(database, Ledger.of(database, settings), settings)
        while await applier.apply_batch():
            pass

    desk.beside(run)
    assert not desk.query("SELECT 1 FROM inbox WHERE status = 'dead'")
