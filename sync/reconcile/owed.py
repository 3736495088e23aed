"""What deletions are owed: customers and what is theirs that are still there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.facts import facts
from sync.deletions.ledger import snapshot, wake
from sync.deletions.machine import observe
from sync.deletions.observations import Checked, CustomerGone
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.mirror import rows
from sync.mirror.objects import API
from sync.mirror.tables import CustomerRow
from sync.reconcile.context import Context
from sync.reconcile.report import Difference, Finding
from sync.store.columns import Texts, any_of

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
    found = await session.exec(
        context.locked(select(DeletionRow).where(_CONCERNING)),
        params={"customers": customers, "hashes": by_hash},
    )
    for row in found.all():
        if row.state is State.NO_CUSTOMER:
            customer_id = by_hash[row.external_hash or ""]
            _add(context, row, f"customer {customer_id} is there now; the deletion looks again")
            if not context.dry_run:
                # The id may have been forgotten here; this is it again.
                row.external_id = customers[customer_id]
                wake(row, now)
        elif (
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
    parameters = {"customers": customers, "hashes": _by_hash(context, customers)}
    found = await connection.execute(ANY_CONCERNED, parameters)
    return found.first() is not None


async def customer_gone(
    context: Context, session: AsyncSession, customer_id: str, now: datetime
) -> None:
    """Polar knows nothing of the customer any more."""
    for deletion in await context.ledger.concerning(session, [customer_id]):
        if snapshot(deletion).stage in {State.RESOLVED, State.DELETING}:
            await context.ledger.record(
                session, deletion, CustomerGone(), now, source=API, answer="404"
            )
            context.report.moved(deletion.state)


async def check_deletions(
    context: Context, ids: Sequence[int] | None, listed_at: datetime | None
) -> None:
    """Show the mirror, which is as Polar listed it since `listed_at`, to the deletions.

    Args:
        ids: of the deletions; None: all that are to be checked.
    """
    last = 0
    while True:
        async with context.session() as session:
            found: Sequence[DeletionRow] = (
                await session.exec(
                    context.locked(
                        select(DeletionRow)
                        .where(
                            col(DeletionRow.id) > last,
                            _to_be_checked(),
                            sa.true() if ids is None else col(DeletionRow.id).in_(ids),
                        )
                        .order_by(col(DeletionRow.id))
                        .limit(_BATCH)
                    )
                )
            ).all()
            now = await context.database.now(session)
            known = await facts(
                session, [row.customer_id for row in found if row.customer_id], listed_at
            )
            for row in found:
                await _check(context, session, row, known[row.customer_id or ""], now)
                last = row.id or last
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
    after = observe(snapshot(row), checked, context.ledger.policy, now).state
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


async def count_deleted_elsewhere(context: Context) -> None:
    """Count the customers who were deleted at Polar without a deletion here."""
    pinned = (
        sa.select(col(DeletionRow.id))
        .where(col(DeletionRow.customer_id) == col(CustomerRow.id))
        .exists()
    )
    async with context.database.read() as session:
        count = await session.exec(
            select(sa.func.count())
            .select_from(CustomerRow)
            .where(col(CustomerRow.deleted_at).is_not(None), ~pinned)
        )
        context.report.deleted_elsewhere = count.one()


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


# No word of the state: SQLite would look it up, and read through all that have been verified.
_CONCERNING = sa.or_(
    any_of(col(DeletionRow.customer_id), sa.bindparam("customers", type_=Texts())),
    any_of(col(DeletionRow.external_hash), sa.bindparam("hashes", type_=Texts())),
)
# Without a LIMIT: for one row PostgreSQL would rather begin to read the table.
ANY_CONCERNED = sa.select(col(DeletionRow.id)).where(_CONCERNING)


def _to_be_checked() -> sa.ColumnElement[bool]:
    """Deletions whose customer is gone, but of the verified ones only those that something open
    contradicts: there may be a million."""
    state = col(DeletionRow.state)
    return sa.or_(
        state.in_([State.DELETED, State.INCOMPLETE]),
        sa.and_(state == State.VERIFIED, rows.anything_open(col(DeletionRow.customer_id))),
    )
