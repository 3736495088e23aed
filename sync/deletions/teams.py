"""A customer that is a team: who else is in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sync.deletions.observations import TeamFound
from sync.mirror.kinds import MEMBER, SUBSCRIPTION, all_hold
from sync.mirror.objects import Subscription
from sync.polar import lists
from sync.polar.client import PolarClient
from sync.polar.customers import CustomerState
from sync.settings import Settings


async def look(
    polar: PolarClient,
    settings: Settings,
    state: CustomerState,
    own_ids: Collection[str | None],
    subscriptions: Sequence[Subscription],
) -> TeamFound | None:
    """What a deletion of the customer would take from others; None: nothing that is to be asked
    about. One request, and none for an individual.

    Args:
        own_ids: the external ids that the user can have as a member. Whoever has another, or none,
            counts as somebody else.
        subscriptions: the customer's.

    Raises:
        Unavailable, Refused
    """
    if not state.is_team or settings.on_team == "delete":
        return None
    return found(await count_others(polar, state, own_ids), subscriptions)


async def count_others(
    polar: PolarClient, state: CustomerState, own_ids: Collection[str | None]
) -> int:
    """How many people are in the team who are not the user. One request.

    Args:
        own_ids: as above.

    Raises:
        Unavailable, Refused
    """
    members = await lists.of_customers(polar, MEMBER, [state.customer.id])
    return sum(it.external_id is None or it.external_id not in own_ids for it in members)


def found(others: int, subscriptions: Sequence[Subscription]) -> TeamFound | None:
    """What a deletion would take from so many others; None: there are none."""
    if not others:
        return None
    open_ones = [it.id for it in subscriptions if all_hold(SUBSCRIPTION.open_when, it)]
    return TeamFound(others=others, subscriptions=open_ones)
