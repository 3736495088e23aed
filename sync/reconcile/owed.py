"""What deletions are owed: customers and what is theirs that are still there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import queries
from sync.deletions.facts import facts
from sync.deletions.machine import observe
from sync.deletions.observations import Checked
from sync.deletions.sightings import Observer
from sync.deletions.states import State
from sync.deletions.waking import look_again, missed
from sync.mirror import customers as mirror_customers
from sync.mirror import rows
from sync.mirror.objects import API
from sync.reconcile.context import Context
from sync.reconcile.report import Difference, Finding

if TYPE_CHECKING:
    from sync.deletions.tables import DeletionRow

_BATCH = 200


async def owed(
    context: Context,
    session: AsyncSession,
    customers: Mapping[str, str | None],
    read_at: datetime,
    now: datetime,
) -> None:
    """Customers who are still there although their user was deleted.

    Args:
        customers: Polar's ids with the external ids, as listed.
    """
    if not customers:
        return
    by_hash = _by_hash(context, customers)
    lock = None if context.dry_run else context.database
    found = await queries.concerned(session, customers, by_hash, lock=lock)
    for row, customer_id in missed(found, by_hash):
        _add(context, row, f"customer {customer_id} is there now; the deletion looks again")
        external_id = customers[customer_id]
        if external_id is not None and not context.dry_run:
            look_again(row, external_id, now)
    for row in found:
        if (
            row.customer_id in customers
            and row.state in {State.DELETED, State.INCOMPLETE, State.VERIFIED}
            and row.deleted_at is not None
            and row.deleted_at < read_at
        ):
            _add(
                context,
                row,
                f"Polar lists customer {row.customer_id}, which it had said was deleted:"
                " delete it in its dashboard",
                repaired=False,
            )


async def any_concerned(
    context: Context, connection: AsyncConnection, customers: Mapping[str, str | None]
) -> bool:
    """Whether there are deletions of these customers, or of others with their external ids."""
    if not customers:
        return False
    return await queries.any_concerned(connection, customers, _by_hash(context, customers))


async def customer_gone(
    context: Context, session: AsyncSession, customer_id: str, now: datetime
) -> None:
    """Polar knows nothing of the customer any more."""
    moved = await Observer(context.ledger).customer_gone(
        session, customer_id, now, source=API, answer="404"
    )
    for row in moved:
        context.report.moved(row.state)


async def check_deletions(
    context: Context, ids: Sequence[int] | None, listed_at: datetime | None
) -> None:
    """Show the mirror, which is as Polar listed it since `listed_at`, to the deletions.

    Args:
        ids: of the deletions; None: all that are to be checked.
    """
    last, lock = 0, None if context.dry_run else context.database
    while True:
        async with context.session() as session:
            found = await queries.to_be_checked(
                session,
                ids,
                contradicted=rows.anything_open,
                after=last,
                limit=_BATCH,
                lock=lock,
            )
            now = await context.database.now(session)
            known = await facts(session, found, listed_at)
            for row in found:
                await _check(context, session, row, known[row.id], now)
                last = row.id
        if len(found) < _BATCH:
            return


async def _check(
    context: Context, session: AsyncSession, row: DeletionRow, checked: Checked, now: datetime
) -> None:
    fresh = checked.listed_at is not None and (
        row.deleted_at is None or checked.listed_at >= row.deleted_at
    )
    if not fresh:
        checked = replace(checked, listed_at=None)
    before = row.state
    after = observe(row.snapshot(), checked, context.ledger.policy, now).state
    if not context.dry_run:
        await context.ledger.record(session, row, checked, now, source=API)
        if row.state is not before:
            context.report.moved(row.state)
    # A deletion that is still at it, or that the API has not been asked about, owes nothing.
    open_ones = [item.id for item in checked.open_subscriptions]
    open_ones += [item.id for item in checked.open_grants]
    if fresh and open_ones and after is State.INCOMPLETE:
        ids = ", ".join(open_ones)
        _add(context, row, f"not ended, though the customer is gone: {ids}", repaired=False)
    stuck = [item for item in checked.open_memberships if item.problem is not None]
    if stuck:
        names = ", ".join(f"{it.member_id} of customer {it.customer_id}" for it in stuck)
        _add(context, row, f"the user is still a member: {names}", repaired=False)


async def count_deleted_elsewhere(context: Context) -> None:
    """Count the customers who were deleted at Polar without a deletion here."""
    async with context.database.read() as session:
        context.report.deleted_elsewhere = await mirror_customers.count_deleted(
            session, unless=queries.is_pinned
        )


def _by_hash(context: Context, customers: Mapping[str, str | None]) -> dict[str, str]:
    """Polar's ids by the hash of the external id."""
    return {
        context.ledger.hasher.external(external_id): customer_id
        for customer_id, external_id in customers.items()
        if external_id is not None
    }


def _add(context: Context, row: DeletionRow, cause: str, *, repaired: bool = True) -> None:
    context.report.add(
        Difference(
            kind="deletion",
            id=str(row.id),
            finding=Finding.OWED,
            cause=cause,
            repaired=repaired,
        )
    )
