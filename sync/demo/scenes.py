"""The scenes of the demo, in their order: what can be hard about a deletion."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync.deletions.observations import DeleteBy
from sync.deletions.states import State
from sync.demo.outcome import Outcome
from sync.demo.stage import Case, Stage, email_of

Scene = Callable[[Stage], Awaitable[None]]

GONE = Outcome(state=State.VERIFIED, is_there=False, deleted_by=DeleteBy.EXTERNAL_ID)
"""How most deletions should end."""
STATUSES: Mapping[str, Outcome] = {
    **dict.fromkeys(("trialing", "active", "past_due", "canceled", "incomplete_expired"), GONE),
    "paused": replace(GONE, state=State.INCOMPLETE, still=("paused",)),
    "unpaid": replace(GONE, state=State.INCOMPLETE, still=("unpaid",)),
    "incomplete": replace(GONE, still=("incomplete",)),
}
"""How a customer's deletion should end, by the status of its only subscription."""


async def every_status(stage: Stage) -> None:
    """A customer with a subscription in each status."""
    cases = [
        await _case(
            stage, f"{status.replace('_', '-')}-user", f"subscription {status}", expected, status
        )
        for status, expected in STATUSES.items()
    ]
    await stage.scene("a subscription in every status", cases)


async def lost_answer(stage: Stage) -> None:
    """Polar deletes, and its answer does not arrive."""
    title = "the DELETE's answer is lost"
    case = await _case(stage, "lost-answer", title, GONE, "active")
    cut = {"kind": "timeout", "seconds": 0, "close": True, "method": "DELETE", "count": 1}
    async with stage.faults("/_sim/faults", cut):
        await stage.scene(title, [case])


async def event_twice(stage: Stage) -> None:
    """The app repeats itself."""
    title = "the same event twice"
    case = await _case(stage, "sent-twice", title, GONE, "active")

    async def play() -> None:
        body = stage.event(case.user_id)
        await stage.post(body)
        await stage.post(body)

    await stage.scene(title, [case], play)


async def webhooks_lost(stage: Stage) -> None:
    """No webhook arrives: the API has to be asked."""
    title = "every webhook is lost"
    case = await _case(stage, "lost-webhooks", title, GONE, "active", "past_due", grants=2)
    async with stage.faults("/_sim/webhook-faults", {"kind": "drop"}):
        await stage.scene(title, [case])


async def webhooks_shuffled(stage: Stage) -> None:
    """Webhooks come several times, and not in their order."""
    title = "webhooks repeated and shuffled"
    case = await _case(stage, "shuffled-webhooks", title, GONE, "active", "trialing", grants=3)
    duplicate, reorder = {"kind": "duplicate", "copies": 2}, {"kind": "reorder", "seconds": 0.5}
    async with stage.faults("/_sim/webhook-faults", duplicate, reorder):
        await stage.scene(title, [case])


async def signed_up_again(stage: Stage) -> None:
    """Somebody new has the id: after the deletion, and before it was handled."""
    title = "deleted, then signed up again"
    first = await _case(stage, "came-back", title, replace(GONE, is_taken=True), "active")
    first_event = stage.event(first.user_id)
    await stage.scene(title, [first], lambda: stage.post(first_event))
    await stage.customer(first.user_id, "active", email="new@example.com")

    late = Case(
        user_id="came-back-early",
        title="signed up again before that",
        expected=Outcome(state=State.SUPERSEDED, is_taken=True),
    )

    async def late_events() -> None:
        # The app repeats the old event: it is about the customer who is gone.
        await stage.post(first_event)
        event = stage.event(late.user_id)
        await stage.customer(late.user_id, "active")
        await stage.post(event)

    await stage.scene("the id is taken again by a new customer", [late], late_events)


async def nobody(stage: Stage) -> None:
    """A user who never paid."""
    title = "a user without a customer"
    expected = Outcome(state=State.NO_CUSTOMER)
    await stage.scene(title, [Case(user_id="never-paid", title=title, expected=expected)])


async def teams(stage: Stage) -> None:
    """A user whose customer is a team, and one who only has a seat in somebody else's."""
    owner, member = "team-owner", "seat-holder"
    in_both = Outcome(state=State.HELD, is_there=True, still=("active",), others=2)
    held = await _case(
        stage,
        owner,
        "a team with other people in it",
        replace(in_both, is_member=True),
        "active",
        members=[_member("employee-1"), _member("employee-2")],
    )
    elsewhere = await stage.customer(
        "other-owner",
        {"status": "active", "seats": 3},
        members=[_member(member), _member("colleague")],
    )
    for person in elsewhere["members"]:
        (subscription_id,) = elsewhere["subscription_ids"]
        seat = {"subscription_id": subscription_id, "member_id": person["id"], "grants": 1}
        await stage.make("/_sim/seats", **seat)
    only_member = Case(
        user_id=member,
        title="only a member of a team",
        expected=replace(in_both, state=State.VERIFIED, memberships_ended=1, paid_seats=1),
        customer_id=elsewhere["customer"]["id"],
    )
    # Who is a member where, Polar tells by webhook only.
    await stage.all_told()
    await stage.scene("teams", [held, only_member])


async def slash(stage: Stage) -> None:
    """An external id that no path can name."""
    title = "an external id with a slash"
    expected = replace(GONE, deleted_by=DeleteBy.CUSTOMER_ID)
    await stage.scene(title, [await _case(stage, "with/slash", title, expected, "active")])


async def second_thoughts(stage: Stage) -> None:
    """A user who has bought once more by the time that the app says they left."""
    title = "subscribed anew since the event"
    expected = Outcome(state=State.HELD, is_there=True, still=("active", "active"), is_member=True)
    case = await _case(stage, "second-thoughts", title, expected, "active")

    async def play() -> None:
        event = stage.event(case.user_id)
        bought = {"customer_id": case.customer_id, "status": "active"}
        await stage.make("/_sim/subscriptions", **bought)
        await stage.post(event)

    await stage.scene(title, [case], play)


async def _case(
    stage: Stage, user_id: str, title: str, expected: Outcome, *subscriptions: str, **fields: Any
) -> Case:
    """A user who is a customer with these subscriptions. `fields`: as for `Stage.customer`."""
    made = await stage.customer(user_id, *subscriptions, **fields)
    return Case(user_id=user_id, title=title, expected=expected, customer_id=made["customer"]["id"])


def _member(user_id: str) -> Mapping[str, str]:
    return {"external_id": user_id, "email": email_of(user_id), "name": f"Name of {user_id}"}


SCENES: Sequence[Scene] = (
    every_status,
    lost_answer,
    event_twice,
    webhooks_lost,
    webhooks_shuffled,
    signed_up_again,
    nobody,
    teams,
    slash,
)
TO_MEND = second_thoughts
"""One more for who goes on to the console: what it shows as held can be approved or canceled there,
and either is a good end."""
