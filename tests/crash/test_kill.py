"""`kill -9` at every moment between two steps: nothing is lost, nothing is done twice, and nobody
else's customer is touched.

A moment is named by what passes in the flow of the data: what a transaction commits, or which
request is sent. Each is tried once; with `CRASH_ALL=1`, every occurrence of each.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from standardwebhooks.webhooks import Webhook

from tests.helpers import bridge
from tests.helpers.bridge import ago
from tests.helpers.crashing import (
    New,
    check_deletes,
    check_evidence,
    play,
    play_guest,
    play_profiles,
)
from tests.helpers.engines import BOTH_ENGINES, POSTGRESQL
from tests.helpers.simulator import receiving
from tests.helpers.webhooks import event_body

pytestmark = pytest.mark.slow

ALL = os.environ.get("CRASH_ALL") == "1"
STEPS = [
    "commit of fact hash_key_check",
    "commit of fact clock_seen",
    "commit of fact organization_id",
    "commit of deletion",
    "commit of inbox",
    "commit of intake",
    "commit of leases",
    "commit of budget",
    "GET customers/external/state",
    "commit of evidence customer.found",
    "commit of evidence delete.sent",
    "DELETE customers/external",
    "commit of evidence delete.answered",
    "GET subscriptions",
    "GET benefit-grants",
    "commit of subscription",
    "commit of evidence checked",
]
"""Where a deletion can be interrupted, whatever else there may be one day."""
BY_ID = [
    "commit of evidence delete.sent",
    "DELETE customers",
    "commit of evidence delete.answered",
]
"""The same where the DELETE names Polar's id, as it does after a lost answer."""
GUEST = [
    "commit of evidence customer.missing",
    "commit of evidence customer.none",
    "GET customers/members",
    "commit of evidence membership.delete.sent",
    "DELETE customers/members",
    "commit of evidence membership.ended",
]
"""Where the end of a membership can be interrupted."""
REVOKING = [
    "DELETE subscriptions",
    "commit of evidence survivors.revoked",
]
"""The same where what survives is revoked."""
SOMETIMES = ["commit of fact rewrite_after", "commit of log_head"]
"""Where SQLite's file is written anew meanwhile; where a process finds a log without a head."""
WHEN = ["before", "after"]


def die_at(
    new_crashing: New, moment: str, *, nth: int = 1, revoke: bool = False, **settings: str
) -> bool:
    """Play with a process that dies at the moment, as it passes for the nth time; returns whether
    it did."""
    settings |= {"ON_SURVIVOR": "revoke"} if revoke else {}
    with new_crashing(moment, nth, **settings) as one:
        try:
            play(one, surviving="verified" if revoke else "incomplete")
        except BaseException as error:
            error.add_note(f"killed {moment} ({nth})")
            raise
        return one.crashes > 0


def passed(new_crashing: New, *, revoke: bool) -> Counter[str]:
    """How often each moment passes if nobody dies."""
    settings = {"ON_SURVIVOR": "revoke"} if revoke else {}
    with new_crashing(**settings) as one:
        play(one, surviving="verified" if revoke else "incomplete")
        assert one.crashes == 0
        return Counter(one.points())


def test_no_moment_is_left_out(new_crashing: New) -> None:
    known = {f"{when} {step}" for when in WHEN for step in STEPS + SOMETIMES}
    revoking = known | {f"{when} {step}" for when in WHEN for step in REVOKING}

    assert passed(new_crashing, revoke=False).keys() <= known
    assert passed(new_crashing, revoke=True).keys() <= revoking


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", STEPS)
def test_killed(new_crashing: New, when: str, step: str) -> None:
    assert die_at(new_crashing, f"{when} {step}")


@POSTGRESQL
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize(
    "step",
    [
        "commit of inbox",
        "commit of intake",
        "commit of leases",
        "commit of evidence customer.found",
        "commit of evidence delete.sent",
        "DELETE customers/external",
        "commit of evidence delete.answered",
        "commit of evidence checked",
    ],
)
def test_killed_on_postgresql(new_crashing: New, when: str, step: str) -> None:
    assert die_at(new_crashing, f"{when} {step}")


@BOTH_ENGINES
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", BY_ID)
def test_killed_while_deleting_by_polars_id(new_crashing: New, when: str, step: str) -> None:
    assert die_at(new_crashing, f"{when} {step}", DELETE_BY="customer_id")


@BOTH_ENGINES
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", GUEST)
def test_killed_while_a_membership_ends(new_crashing: New, when: str, step: str) -> None:
    with new_crashing(f"{when} {step}", 1) as one:
        play_guest(one)
        assert one.crashes > 0


@BOTH_ENGINES
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize(
    ("step", "nth"),
    # A message is taken, and then it has been sent.
    [("commit of evidence checked", 1), ("commit of outbox", 1), ("commit of outbox", 2)],
)
def test_killed_while_the_app_is_told(new_crashing: New, when: str, step: str, nth: int) -> None:
    """Every outcome is told, and no two tellings of one disagree."""
    secret = "whsec_" + "b" * 32
    with receiving() as told:
        settings = {"OUTCOME_URL": told.url, "OUTCOME_SECRETS": secret, "OUTCOME_RECEIVED": "true"}
        with new_crashing(f"{when} {step}", nth, **settings) as one:
            play(one, surviving="incomplete")
            unsent = "SELECT 1 FROM outbox WHERE status <> 'delivered'"
            one.until(lambda: not one.it.query(unsent), "all is told")
            assert one.crashes > 0
            ended = one.it.query("SELECT id, state FROM deletion ORDER BY id")
    bodies: dict[str, set[bytes]] = {}
    states: dict[int, list[str]] = {}
    for one_told in told.received:
        data = Webhook(secret).verify(one_told.body, one_told.headers)["data"]
        if one_told.id not in bodies:
            states.setdefault(data["deletion_id"], []).append(data["state"])
        bodies.setdefault(one_told.id, set()).add(one_told.body)
    assert all(len(same) == 1 for same in bodies.values())
    assert {row["id"]: row["state"] for row in ended} == {it: of[-1] for it, of in states.items()}
    assert all(of[0] == "received" and len(of) == len(set(of)) for of in states.values())


@BOTH_ENGINES
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize(
    "step",
    [
        "commit of intake",
        "commit of leases",
        "commit of profile",
        "POST customers",
        "PATCH customers",
        "commit of customer",
    ],
)
def test_killed_while_a_profile_is_carried(new_crashing: New, when: str, step: str) -> None:
    """Each is carried once, and nobody is left behind by a deletion."""
    settings = {"SYNC_EVENTS": "deleted,restored,updated,created", "REQUEST_TIMEOUT": "2"}
    with new_crashing(f"{when} {step}", 1, **settings) as one:
        play_profiles(one)
        assert one.crashes > 0


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", REVOKING)
def test_killed_while_revoking(new_crashing: New, when: str, step: str) -> None:
    assert die_at(new_crashing, f"{when} {step}", revoke=True)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", SOMETIMES)
def test_killed_where_it_does_not_always_pass(new_crashing: New, when: str, step: str) -> None:
    die_at(new_crashing, f"{when} {step}")


@pytest.mark.skipif(not ALL, reason="only with CRASH_ALL=1")
@pytest.mark.timeout(6_000)
@pytest.mark.parametrize("revoke", [False, True])
def test_killed_at_every_occurrence_of_every_moment(new_crashing: New, *, revoke: bool) -> None:
    for moment, times in sorted(passed(new_crashing, revoke=revoke).items()):
        for nth in range(1, times + 1):
            # Leases are renewed, and the budget is asked, more often on a slow machine.
            die_at(new_crashing, moment, nth=nth, revoke=revoke)


@BOTH_ENGINES
def test_killed_again_and_again_under_load(new_crashing: New) -> None:
    rng = random.Random(20261124)  # noqa: S311 - reproducible, no secret
    users = bridge.names(30)
    # So slow that the work outlives several processes.
    with new_crashing(RATE_PER_MINUTE="1500") as one:
        it = one.it
        customers = {
            user: it.customer(
                user, "paused" if i % 10 == 9 else "active", grants=1, created_at=ago(days=1)
            )
            for i, user in enumerate(users[:27])
        }
        one.kills = iter([rng.uniform(0.2, 0.8) for _ in range(8)])
        one.plan_kill()
        back: dict[str, str] = {}

        def come_back() -> None:
            """Somebody comes back at once, while the process may be dead."""
            for returning in users[:27:5]:
                if returning not in back and it.is_gone(customers[returning]):
                    back[returning] = it.customer(returning, "active", email=f"{returning}@new")

        for user in users:
            one.send(event_body("user.deleted", user, timestamp=ago(minutes=9)), f"msg-{user}")
            come_back()

        def ended() -> bool:
            come_back()
            states = Counter(row["state"] for row in it.query("SELECT state FROM deletion"))
            return states == {"verified": 25, "incomplete": 2, "no_customer": 3}

        one.until(lambda: ended() and one.crashes >= 8, "every deletion has ended")
        one.until_quiet()
        assert ended()
        assert len(back) == 6
        assert not any(map(it.is_gone, back.values()))
        check_deletes(one, list(customers.values()))
        check_evidence(one)
