"""`kill -9` at every moment between two steps: nothing is lost, nothing is done twice, and nobody
else's customer is touched.

By default each distinct moment is tried once; with `CRASH_ALL=1`, every occurrence of each.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tests.helpers import bridge
from tests.helpers.bridge import ago
from tests.helpers.crashing import New, check_deletes, check_evidence, play
from tests.helpers.engines import BOTH_ENGINES, POSTGRESQL
from tests.helpers.webhooks import event_body

ALL = os.environ.get("CRASH_ALL") == "1"


_REVOKED = "commit of Actions._revoke_survivors"
_STEPS = {
    "commit of Hasher.check",
    "commit of Worker._retry_blocked",
    "commit of Inbox._write",
    "commit of Applier.apply_batch",
    "commit of Leases.claim",
    "commit of Budget._reserve",
    "GET customers/external/state",
    "GET subscriptions",
    "commit of Actions._record_all for resolve",
    "commit of Actions._about_to_delete",
    "DELETE customers",
    "commit of Actions._record_all for delete",
    "GET benefit-grants",
    "commit of Actions._list_what_is_left",
    "commit of Actions._record_all for _record_check",
    "DELETE subscriptions",
    _REVOKED,
}


def moments(points: Sequence[str]) -> list[tuple[str, int]]:
    """When to die: at each distinct moment once, or each time that it passes if all are wanted."""
    chosen = []
    for name, times in sorted(Counter(points).items()):
        # Leases are renewed, and the budget is asked, more often on a slow machine.
        chosen += [(name, nth) for nth in range(1, (times if ALL else 1) + 1)]
    return chosen


def die_at(new_crashing: New, moment: tuple[str, int], **scenario: Any) -> bool:
    """Play with a process that dies then; returns whether it did."""
    settings = {"ON_SURVIVOR": "revoke"} if scenario else {}
    with new_crashing(*moment, **settings) as one:
        try:
            play(one, **scenario)
        except BaseException as error:
            error.add_note(f"killed {moment}")
            raise
        return one.crashes > 0


@pytest.mark.timeout(6_000 if ALL else 1_800)
def test_killed_at_every_moment(new_crashing: New) -> None:
    with new_crashing() as one:
        play(one)
        assert one.crashes == 0
        points = one.points()
    with new_crashing(ON_SURVIVOR="revoke") as one:
        play(one, surviving="verified")
        revoking = [
            name for name in one.points() if name.endswith((_REVOKED, "DELETE subscriptions"))
        ]
    crashed = {name for name, nth in moments(points) if die_at(new_crashing, (name, nth))}
    crashed |= {
        name
        for name, nth in moments(revoking)
        if die_at(new_crashing, (name, nth), surviving="verified")
    }
    # Whatever else there may be one day, these are where a deletion can be interrupted.
    assert crashed >= {f"{when} {what}" for when in ("before", "after") for what in _STEPS}


@POSTGRESQL
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "step",
    [
        "commit of Inbox._write",
        "commit of Applier.apply_batch",
        "commit of Leases.claim",
        "commit of Actions._record_all for resolve",
        "commit of Actions._about_to_delete",
        "DELETE customers",
        "commit of Actions._record_all for delete",
        "commit of Actions._record_all for _record_check",
    ],
)
def test_killed_on_postgresql(new_crashing: New, when: str, step: str) -> None:
    assert die_at(new_crashing, (f"{when} {step}", 1))


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
