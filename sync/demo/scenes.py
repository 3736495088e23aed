"""The scenes of the demo, in their order: what can be hard about a deletion."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sync.deletions.states import State
from sync.demo.stage import Case, Stage

REQUEST_TIMEOUT = 1.0
"""The bridge's, in seconds."""
_STATUSES = {
    "trialing": State.VERIFIED,
    "active": State.VERIFIED,
    "past_due": State.VERIFIED,
    "canceled": State.VERIFIED,
    "incomplete_expired": State.VERIFIED,
    "paused": State.INCOMPLETE,
    "unpaid": State.INCOMPLETE,
    "incomplete": State.INCOMPLETE,
}


async def every_status(stage: Stage) -> None:
    """A customer with a subscription in each status."""
    cases = [
        await stage.case(
            f"{status.replace('_', '-')}-user", f"subscription {status}", expected, status
        )
        for status, expected in _STATUSES.items()
    ]
    await stage.scene("a subscription in every status", cases)


async def lost_answer(stage: Stage) -> None:
    """Polar deletes, and its answer does not arrive."""
    title = "DELETE times out after Polar did it"
    case = await stage.case("lost-answer", title, State.VERIFIED, "active")
    timeout = {"kind": "timeout", "seconds": 2 * REQUEST_TIMEOUT, "method": "DELETE", "count": 1}
    async with stage.faults("/_sim/faults", timeout):
        await stage.scene(title, [case])


async def event_twice(stage: Stage) -> None:
    """The app repeats itself."""
    title = "the same event twice"
    case = await stage.case("sent-twice", title, State.VERIFIED, "active")

    async def play() -> None:
        body = stage.event(case.user_id)
        await stage.post(body)
        await stage.post(body)

    await stage.scene(title, [case], play)


async def webhooks_lost(stage: Stage) -> None:
    """No webhook arrives: the API has to be asked."""
    title = "every webhook lost: proved by the API"
    case = await stage.case("lost-webhooks", title, State.VERIFIED, "active", "past_due", grants=2)
    async with stage.faults("/_sim/webhook-faults", {"kind": "drop"}):
        await stage.scene("every webhook lost", [case])


async def webhooks_shuffled(stage: Stage) -> None:
    """Webhooks come several times, and not in their order."""
    title = "webhooks repeated and out of order"
    case = await stage.case(
        "shuffled-webhooks", title, State.VERIFIED, "active", "trialing", grants=3
    )
    duplicate, reorder = {"kind": "duplicate", "copies": 2}, {"kind": "reorder", "seconds": 0.5}
    async with stage.faults("/_sim/webhook-faults", duplicate, reorder):
        await stage.scene(title, [case])


async def signed_up_again(stage: Stage) -> None:
    """Somebody new has the id: after the deletion, and before it was handled."""
    title = "deleted, then signed up again"
    first = await stage.case("came-back", title, State.VERIFIED, "active")
    first_event = stage.event(first.user_id)
    await stage.scene(title, [first], lambda: stage.post(first_event))
    first.lives_on = await stage.customer(first.user_id, "active", email="new@example.com")

    late = Case(
        user_id="came-back-early",
        title="signed up again before it was handled",
        expected=State.SUPERSEDED,
    )

    async def late_events() -> None:
        # The app repeats the old event: it is about the customer who is gone.
        await stage.post(first_event)
        event = stage.event(late.user_id)
        late.lives_on = await stage.customer(late.user_id, "active")
        await stage.post(event)

    await stage.scene("the id is taken again by a new customer", [late], late_events)


async def nobody(stage: Stage) -> None:
    """A user who never paid."""
    title = "a user without a customer"
    await stage.scene(title, [Case(user_id="never-paid", title=title, expected=State.NO_CUSTOMER)])


SCENES: Sequence[Callable[[Stage], Awaitable[None]]] = (
    every_status,
    lost_answer,
    event_twice,
    webhooks_lost,
    webhooks_shuffled,
    signed_up_again,
    nobody,
)
