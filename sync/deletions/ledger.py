"""The deletions' table: opening a deletion, and recording what became of it.

Everything that changes a deletion goes through `record`: the decision (`machine.observe`), the
evidence and, when a deletion is verified, the forgetting are one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import receipts
from sync.deletions import removal as horizon
from sync.deletions.machine import Deletion, IllegalTransition, Policy, observe
from sync.deletions.observations import (
    Approved,
    Brake,
    Canceled,
    Checked,
    CustomerFound,
    CustomerGone,
    CustomerMissing,
    DeleteAnswered,
    DeleteSent,
    Failed,
    Observation,
    Retried,
    Unmapped,
)
from sync.deletions.states import ENDED, UNPINNED, State
from sync.deletions.tables import DeletionRow, MappingRow
from sync.errors import NotPossible
from sync.hashing import Hasher
from sync.inbox.tables import InboxRow, InboxStatus, Source
from sync.mirror import rows as mirror_rows
from sync.mirror.tables import CustomerRow
from sync.settings import Settings
from sync.store.database import Database

RESTORED = "user.restored"
DELETED = "user.deleted"


class TooOld(NotPossible):
    """The event may repeat one whose deletion has been removed. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where deletions are written, and by which rules."""

    database: Database
    hasher: Hasher
    policy: Policy
    delay: timedelta

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Ledger:
        """The ledger of a deployment."""
        return cls(
            database=database,
            hasher=Hasher(settings.hash_key),
            policy=Policy(
                clock_skew=timedelta(seconds=settings.clock_skew),
                verify_after=timedelta(seconds=settings.verify_after),
                survivor_after=timedelta(seconds=settings.survivor_after),
                recheck_after=timedelta(seconds=settings.recheck_after),
                revoke_survivors=settings.on_survivor == "revoke",
            ),
            delay=timedelta(seconds=settings.deletion_delay),
        )

    async def record(
        self,
        session: AsyncSession,
        row: DeletionRow,
        observation: Observation,
        now: datetime,
        *,
        source: str,
        **detail: Any,
    ) -> None:
        """Write what the observation makes of the deletion. `row` must be locked by the session.

        Raises:
            IllegalTransition: nothing was written.
        """
        if await self._record(session, row, observation, now, source, detail):
            await self._forget(session, [row], now)

    async def record_all(
        self,
        session: AsyncSession,
        observations: Iterable[tuple[DeletionRow, Observation]],
        now: datetime,
        *,
        source: str,
    ) -> None:
        """The same for many at once: what is verified is forgotten together."""
        done = [
            row
            for row, observation in observations
            if await self._record(session, row, observation, now, source, {})
        ]
        if done:
            await self._forget(session, done, now)

    async def _record(
        self,
        session: AsyncSession,
        row: DeletionRow,
        observation: Observation,
        now: datetime,
        source: str,
        detail: dict[str, Any],
    ) -> bool:
        """Returns whether the user is to be forgotten now."""
        before = snapshot(row)
        after = observe(before, observation, self.policy, now)
        for name, value in asdict(after).items():
            setattr(row, name, value)
        if after.state != before.state:
            if after.reason is not None:
                detail["reason"] = after.reason
            detail["was"] = before.state
        if isinstance(observation, Checked):
            if after.state == before.state and observation.listed_at is None:
                return False
            detail.update(_checklist(observation))
        kind = _KINDS[type(observation)]
        await receipts.append(session, row, kind, source=source, at=now, **detail)
        # An answer may be recorded later than the webhooks that it led to have proved it all.
        verified = row.state is State.VERIFIED and before.state is not State.VERIFIED
        last_look = row.state is State.NO_CUSTOMER and row.next_attempt_at is None
        return verified or last_look

    async def open(
        self,
        session: AsyncSession,
        *,
        user_id: str,
        external_id: str | None,
        event_at: datetime,
        now: datetime,
        digest: str,
    ) -> DeletionRow:
        """Open a deletion for the user, or find the one that the event is about.

        An event that is no newer than a known one repeats it. A newer one joins a deletion for
        which no customer has been chosen yet; otherwise the user has signed up and left again, and
        gets a deletion of their own.

        Raises:
            TooOld: nothing was written.
        """
        known = await self._of_user(session, user_id)
        repeated = next((row for row in reversed(known) if event_at <= row.event_at), None)
        if repeated is not None:
            await receipts.append(
                session, repeated, "event.repeated", source=Source.APP, at=now, event_digest=digest
            )
            return repeated
        waiting = next((row for row in known if snapshot(row).stage in UNPINNED), None)
        if waiting is not None:
            waiting.event_at = event_at
            if external_id not in {None, waiting.override_external_id}:
                # Whoever is being looked up at this moment is the wrong one.
                waiting.override_external_id = external_id
                release(waiting)
            if waiting.state is State.UNMAPPED:
                wake(waiting, now)
            await receipts.append(
                session,
                waiting,
                "event.joined",
                source=Source.APP,
                at=now,
                event_digest=digest,
                event_at=event_at.isoformat(),
            )
            return waiting
        removed_until = await horizon.removed_until(session)
        if removed_until is not None and event_at <= removed_until:
            raise TooOld(
                "the event is so old that it may repeat one whose deletion has been removed"
                " (AUDIT_RETENTION_DAYS); if the user's customer must go, send a new user.deleted"
            )
        row = DeletionRow(
            user_hash=self.hasher.user(user_id),
            user_id=user_id,
            override_external_id=external_id,
            event_at=event_at,
            received_at=now,
            state=State.RECEIVED,
            next_attempt_at=now + self.delay,
        )
        session.add(row)
        await session.flush()
        assert row.id is not None  # noqa: S101 - it has just been written
        receipts.begin(session, row.id)
        await receipts.append(
            session,
            row,
            "event.received",
            source=Source.APP,
            at=now,
            event_digest=digest,
            event_at=event_at.isoformat(),
        )
        if await self._restored_since(session, row):
            await self.record(session, row, Canceled(), now, source=Source.APP, by=RESTORED)
        return row

    async def restore(
        self, session: AsyncSession, *, user_id: str, event_at: datetime, now: datetime
    ) -> None:
        """Cancel what the user's restoration comes in time for; say so where it does not."""
        for row in await self._of_user(session, user_id):
            over = row.state in ENDED and row.state is not State.NO_CUSTOMER
            if row.event_at > event_at or over:
                continue
            try:
                await self.record(session, row, Canceled(), now, source=Source.APP, by=RESTORED)
                release(row)
            except IllegalTransition:
                await receipts.append(session, row, "restored.too_late", source=Source.APP, at=now)

    async def concerning(
        self, session: AsyncSession, customer_ids: Collection[str]
    ) -> Sequence[DeletionRow]:
        """The deletions under way that have pinned one of these customers, locked."""
        rows: Sequence[DeletionRow] = (
            await session.exec(
                self.database.locked(
                    select(DeletionRow)
                    .where(
                        col(DeletionRow.customer_id).in_(customer_ids),
                        col(DeletionRow.state).not_in(ENDED),
                    )
                    .order_by(col(DeletionRow.id))
                )
            )
        ).all()
        return rows

    async def wake_if_missed(
        self, session: AsyncSession, external_ids: Collection[str], now: datetime
    ) -> None:
        """Customers have appeared under these external ids: look again for those of whom Polar had
        none."""
        by_hash = {self.hasher.external(external_id): external_id for external_id in external_ids}
        if not by_hash:
            return
        rows: Sequence[DeletionRow] = (
            await session.exec(
                self.database.locked(
                    select(DeletionRow)
                    .where(
                        col(DeletionRow.external_hash).in_(by_hash),
                        col(DeletionRow.state) == State.NO_CUSTOMER,
                    )
                    .order_by(col(DeletionRow.id))
                )
            )
        ).all()
        # Of several deletions of one user the newest carries on.
        for row in {row.external_hash: row for row in rows}.values():
            # The id may have been forgotten here; this is it again.
            row.external_id = by_hash[row.external_hash or ""]
            wake(row, now)

    async def wake_if_overtaken(
        self, session: AsyncSession, external_id: str, asked_at: datetime, now: datetime
    ) -> None:
        """The same for a customer who appeared after Polar was asked, and before its answer was
        recorded: that webhook found no deletion to wake yet."""
        found = await session.exec(
            select(CustomerRow.id)
            .where(
                col(CustomerRow.external_id) == external_id,
                col(CustomerRow.deleted_at).is_(None),
                col(CustomerRow.written_at) >= asked_at,
            )
            .limit(1)
        )
        if found.first() is not None:
            await self.wake_if_missed(session, [external_id], now)

    async def following_earlier(
        self, session: AsyncSession, pinned: Sequence[tuple[DeletionRow, str]]
    ) -> set[int]:
        """Those of the deletions, by id, of whose user an earlier one pinned another customer than
        the one that is given with it."""
        if not pinned:
            return set()
        hashes = {row.user_hash for row, _ in pinned}
        others = (
            await session.exec(
                select(DeletionRow.id, DeletionRow.user_hash, DeletionRow.customer_id).where(
                    col(DeletionRow.user_hash).in_(hashes),
                    col(DeletionRow.customer_id).is_not(None),
                )
            )
        ).all()
        earlier: dict[str, set[tuple[int | None, str | None]]] = {}
        for deletion_id, user_hash, customer_id in others:
            earlier.setdefault(user_hash, set()).add((deletion_id, customer_id))
        return {
            row.id
            for row, customer_id in pinned
            if row.id is not None
            and any(
                other_id != row.id and other_customer != customer_id
                for other_id, other_customer in earlier.get(row.user_hash, ())
            )
        }

    async def _of_user(self, session: AsyncSession, user_id: str) -> Sequence[DeletionRow]:
        rows: Sequence[DeletionRow] = (
            await session.exec(
                self.database.locked(
                    select(DeletionRow)
                    .where(col(DeletionRow.user_hash) == self.hasher.user(user_id))
                    .order_by(col(DeletionRow.id))
                )
            )
        ).all()
        return rows

    async def _restored_since(self, session: AsyncSession, row: DeletionRow) -> bool:
        """Whether a `user.restored` overtook the `user.deleted` it is the answer to."""
        found = await session.exec(
            select(InboxRow.id)
            .where(
                col(InboxRow.user_hash) == row.user_hash,
                col(InboxRow.source) == Source.APP,
                col(InboxRow.event_type) == RESTORED,
                col(InboxRow.status) == InboxStatus.APPLIED,
                col(InboxRow.event_at) >= row.event_at,
            )
            .limit(1)
        )
        return found.first() is not None

    async def _forget(
        self, session: AsyncSession, rows: Sequence[DeletionRow], now: datetime
    ) -> None:
        """Scrub the users' personal data from every table, in the session's transaction."""
        ids = [row.id for row in rows]
        hashes = {row.user_hash for row in rows}
        customer_ids = [row.customer_id for row in rows if row.customer_id is not None]
        if customer_ids:
            await mirror_rows.forget(session, customer_ids, now)
            await session.exec(
                sa.update(InboxRow)
                .where(
                    col(InboxRow.customer_id).in_(customer_ids),
                    col(InboxRow.status) != InboxStatus.PENDING,
                )
                .values(body=None)
            )
        await session.exec(
            sa.update(InboxRow)
            .where(
                col(InboxRow.user_hash).in_(hashes),
                col(InboxRow.status) != InboxStatus.PENDING,
            )
            .values(body=None)
        )
        needed = set(
            await session.exec(
                select(DeletionRow.user_hash).where(
                    col(DeletionRow.user_hash).in_(hashes),
                    col(DeletionRow.id).not_in(ids),
                    col(DeletionRow.state).not_in(ENDED),
                )
            )
        )
        user_ids = {row.user_id for row in rows if row.user_hash not in needed} - {None}
        if user_ids:
            await session.exec(sa.delete(MappingRow).where(col(MappingRow.user_id).in_(user_ids)))
        # What ended before, for the same users, needs the id no more than these do.
        await session.exec(
            sa.update(DeletionRow)
            .where(
                col(DeletionRow.user_hash).in_(hashes),
                col(DeletionRow.id).not_in(ids),
                col(DeletionRow.state).in_(ENDED),
                col(DeletionRow.user_id).is_not(None),
            )
            .values(**_NO_IDS, next_attempt_at=None, forgotten_at=now)
        )
        for row in rows:
            for name, value in _NO_IDS.items():
                setattr(row, name, value)
            row.forgotten_at = now
            await receipts.append(session, row, "forgotten", source="worker", at=now)
        self.database.overwritten()


def snapshot(row: DeletionRow) -> Deletion:
    """The row as the decisions see it."""
    return Deletion(**{field.name: getattr(row, field.name) for field in fields(Deletion)})


def wake(row: DeletionRow, now: datetime) -> None:
    """Have the deletion looked at now, also where a worker is busy with it at this moment."""
    row.next_attempt_at = now
    row.signals += 1


def release(row: DeletionRow) -> None:
    """Take the deletion back from whatever worker holds it: that one can write no more."""
    row.lease_token = None
    row.lease_until = None


def _checklist(checked: Checked) -> dict[str, Any]:
    return {
        "by": "webhooks" if checked.listed_at is None else "api",
        "subscriptions": [asdict(item) for item in checked.subscriptions],
        "benefit_grants": [asdict(item) for item in checked.grants],
    }


_NO_IDS: Mapping[str, None] = dict.fromkeys(("user_id", "external_id", "override_external_id"))

_KINDS: Mapping[type, str] = {
    Unmapped: "identity.unmapped",
    CustomerFound: "customer.found",
    CustomerMissing: "customer.missing",
    Brake: "brake.tripped",
    DeleteSent: "delete.sent",
    DeleteAnswered: "delete.answered",
    CustomerGone: "customer.gone",
    Failed: "request.failed",
    Checked: "checked",
    Retried: "retried",
    Approved: "approved",
    Canceled: "canceled",
}
