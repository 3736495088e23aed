"""What is seen of customers and members shown to the deletions that it concerns."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, memberships, queries
from sync.deletions.deletion import may_be_there
from sync.deletions.facts import facts
from sync.deletions.forgetting import forget_late
from sync.deletions.ledger import Ledger
from sync.deletions.observations import (
    AnotherDeleted,
    CustomerGone,
    MembershipEnded,
    MembershipFound,
)
from sync.deletions.proof import ask_api
from sync.deletions.states import UNPINNED, Action, State
from sync.deletions.tables import DeletionRow, MembershipRow
from sync.deletions.waking import wake
from sync.logs import of
from sync.mirror import customers as mirror_customers
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import CUSTOMER
from sync.mirror.objects import Customer, Member

_log = logging.getLogger(__name__)

_WEBHOOK = "webhook"
_ACCIDENT = timedelta(hours=1)
"""How long after a DELETE by external id another customer's end under that id is looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a webhook says about a customer, as far as it matters to a deletion."""

    customer_id: str
    event_type: str
    gone: bool
    """The customer is deleted."""
    member_gone: str | None = None
    """The member who is deleted, by Polar's id."""
    payload_digest: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What goes into the evidence: ids and statuses, nothing personal."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Shows the deletions what was seen; the ledger writes what follows."""

    ledger: Ledger

    async def see(
        self, session: AsyncSession, sightings: Sequence[Sighting], now: datetime
    ) -> None:
        """Show webhooks, which the mirror has merged, to the deletions of their customers."""
        customer_ids = {sighting.customer_id for sighting in sightings}
        await self._see_members_go(session, sightings, now)
        gone = {sighting.customer_id for sighting in sightings if sighting.gone}
        await self._look_into(session, gone, now, source=_WEBHOOK)
        rows = await queries.under_way(self.ledger.database, session, customer_ids)
        if not rows:
            return
        await evidence.ends(session, [row.id for row in rows])
        for sighting in sightings:
            for row in rows:
                if row.customer_id == sighting.customer_id:
                    await self._see(session, row, sighting, now)
        known = await facts(session, rows)
        proved = []
        for row in rows:
            deletion = row.snapshot()
            if deletion.stage.about.action is not Action.CHECK:
                continue
            checked = known[row.id]
            if ask_api(deletion, checked, self.ledger.policy, now):
                wake(row, now)
            else:
                proved.append((row, checked))
        await self.ledger.record_all(session, proved, now, source=_WEBHOOK)

    async def _see(
        self, session: AsyncSession, row: DeletionRow, sighting: Sighting, now: datetime
    ) -> None:
        digest = sighting.payload_digest
        await evidence.append(
            session,
            row,
            f"webhook.{sighting.event_type}",
            source=_WEBHOOK,
            at=now,
            payload_digest=digest,
            **sighting.detail,
        )
        if sighting.gone and may_be_there(row.snapshot()):
            await self.ledger.record(
                session, row, CustomerGone(), now, source=_WEBHOOK, payload_digest=digest
            )

    async def customer_gone(
        self, session: AsyncSession, customer_id: str, now: datetime, *, source: str, **detail: Any
    ) -> Sequence[DeletionRow]:
        """The customer is known gone. Returns the deletions that this has moved on."""
        await self._look_into(session, {customer_id}, now, source=source)
        rows = await queries.under_way(self.ledger.database, session, [customer_id])
        waiting = [row for row in rows if may_be_there(row.snapshot())]
        for row in waiting:
            await self.ledger.record(session, row, CustomerGone(), now, source=source, **detail)
        return waiting

    async def doubt(
        self, session: AsyncSession, customer_ids: Collection[str], now: datetime
    ) -> None:
        """Webhooks of one moment contradict each other about something of these customers: have the
        API asked by those that wait for its end."""
        if not customer_ids:
            return
        names = ", ".join(sorted(customer_ids))
        _log.warning("webhooks of one moment contradict each other about customers: %s", names)
        for row in await queries.under_way(self.ledger.database, session, customer_ids):
            if row.state in {State.DELETED, State.INCOMPLETE}:
                wake(row, now)

    async def _see_members_go(
        self, session: AsyncSession, sightings: Sequence[Sighting], now: datetime
    ) -> None:
        gone = {it.member_gone: it for it in sightings if it.member_gone is not None}
        if not gone:
            return
        for membership, row in await memberships.waiting(self.ledger.database, session, gone):
            digest = gone[membership.member_id].payload_digest
            await membership_ended(
                self.ledger, session, row, membership, now, source=_WEBHOOK, payload_digest=digest
            )
            wake(row, now)

    async def see_members(
        self, session: AsyncSession, members: Iterable[Member], now: datetime, *, source: str
    ) -> None:
        """Living members were seen: those that are deleted users' are theirs to leave."""
        by_hash: dict[str, list[Member]] = {}
        for member in await mirror_customers.memberships_among(session, members):
            if member.external_id is not None:
                hashed = self.ledger.hasher.external(member.external_id)
                by_hash.setdefault(hashed, []).append(member)
        if not by_hash:
            return
        external_ids = {it.external_id or "" for found in by_hash.values() for it in found}
        await self.ledger.wake_if_missed(session, external_ids, now)
        for row in await queries.of_external(self.ledger.database, session, by_hash):
            known = {it.member_id for it in await memberships.of(session, [row.id])}
            until = row.event_at + self.ledger.policy.clock_skew
            for member in by_hash[row.external_hash or ""]:
                is_new = member.id not in known and member.customer_id != row.customer_id
                if is_new and member.created_at <= until and row.snapshot().stage not in UNPINNED:
                    await memberships.add(session, row, member.id, member.customer_id, now)
                    ids = {"member_id": member.id, "customer_id": member.customer_id}
                    await self.ledger.record(
                        session, row, MembershipFound(), now, source=source, **ids
                    )
                    wake(row, now)

    async def _look_into(
        self, session: AsyncSession, gone: Collection[str], now: datetime, *, source: str
    ) -> None:
        """Tell deletions whose DELETE by external id may have met another customer: one of these,
        who are deleted, was not pinned by anybody, and had that id. Forget those of them whose user
        has been forgotten."""
        if not gone:
            return
        deleted: dict[str, list[Customer]] = {}
        for item in (await mirror_rows.stored(session, CUSTOMER, gone)).values():
            customer = item.row
            if customer.external_id is not None:
                hashed = self.ledger.hasher.external(customer.external_id)
                deleted.setdefault(hashed, []).append(customer)
        if not deleted:
            return
        rows = await queries.looked_for_under(self.ledger.database, session, deleted)
        for row in rows:
            for other in deleted[row.external_hash or ""]:
                if await self._is_accident(session, row, other):
                    _log.error(
                        "deletion %s: another customer was deleted: %s, under the same external id",
                        row.id,
                        other.id,
                        extra=of(deletion=row.id),
                    )
                    seen, ids = AnotherDeleted(customer_id=other.id), {"customer_id": other.id}
                    await self.ledger.record(session, row, seen, now, source=source, **ids)
        await forget_late(self.ledger.database, session, deleted, rows, self.ledger.policy, now)

    async def _is_accident(self, session: AsyncSession, row: DeletionRow, other: Customer) -> bool:
        sent_at, deleted_at = row.sent_by_external_id_at, other.deleted_at
        if sent_at is None or deleted_at is None or row.customer_id == other.id:
            return False
        if not sent_at - self.ledger.policy.clock_skew <= deleted_at <= sent_at + _ACCIDENT:
            return False
        known = [
            link.detail.get("customer_id")
            for link in await evidence.of(session, row.id)
            if link.kind == AnotherDeleted.evidence
        ]
        return other.id not in known and not await queries.any_pinned(session, other.id)


async def membership_ended(
    ledger: Ledger,
    session: AsyncSession,
    row: DeletionRow,
    membership: MembershipRow,
    now: datetime,
    *,
    source: str,
    kept: bool = False,
    **detail: Any,
) -> None:
    """The member is gone, or is `kept`: it is not the user's of that time."""
    membership.ended_at, membership.kept, membership.problem = now, kept, None
    session.add(membership)
    await session.flush()
    left = sum(item.ended_at is None for item in await memberships.of(session, [row.id]))
    detail |= {"member_id": membership.member_id, "customer_id": membership.customer_id}
    if membership.seats and not kept:
        detail["seats"] = membership.seats
    await ledger.record(session, row, MembershipEnded(left=left), now, source=source, **detail)
