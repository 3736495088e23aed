"""What the mirror shows of the customers of deletions, as the decisions see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import memberships
from sync.deletions.observations import Checked, GrantFact, SubscriptionFact
from sync.deletions.tables import DeletionRow
from sync.mirror import customers as mirror_customers
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import BENEFIT_GRANT, SUBSCRIPTION, all_hold


async def facts(
    session: AsyncSession, rows: Sequence[DeletionRow], listed_at: datetime | None = None
) -> dict[int, Checked]:
    """What is known of what each deletion did, by its number.

    Args:
        listed_at: when the API listing that was just merged in began.
    """
    customer_ids = sorted({row.customer_id for row in rows if row.customer_id is not None})
    subscriptions: dict[str, list[SubscriptionFact]] = {item: [] for item in customer_ids}
    grants: dict[str, list[GrantFact]] = {item: [] for item in customer_ids}
    for _, stored in sorted(
        (await mirror_rows.stored_of(session, SUBSCRIPTION, customer_ids)).items()
    ):
        row = stored.row
        ended = not all_hold(SUBSCRIPTION.open_when, row)
        subscriptions[row.customer_id].append(
            SubscriptionFact(id=row.id, status=row.status, ended=ended)
        )
    for _, held in sorted(
        (await mirror_rows.stored_of(session, BENEFIT_GRANT, customer_ids)).items()
    ):
        grant = held.row
        grants[grant.customer_id].append(GrantFact(id=grant.id, is_granted=grant.is_granted))
    final_states = await mirror_customers.final_states(session, customer_ids)
    with_memberships = [row.id for row in rows if row.memberships_left]
    known = {item: await memberships.facts(session, item) for item in with_memberships}
    return {
        row.id: Checked(
            subscriptions=subscriptions.get(row.customer_id or "", ()),
            grants=grants.get(row.customer_id or "", ()),
            memberships=known.get(row.id, ()),
            final_state_open=final_states.get(row.customer_id or ""),
            listed_at=listed_at,
        )
        for row in rows
    }
