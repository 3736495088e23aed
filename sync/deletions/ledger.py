"""The ledger: what deletions are, what has become of them, and the evidence for it.

Nothing outside this room writes a deletion or a piece of evidence. Within it the ledger does, with
six modules of its own kind: `evidence` adds a link to a chain, `memberships` keeps the list of
where else the user is a member, `leases` says who works on a deletion until when, `waking` has one
looked at again, `forgetting` takes the user's personal data out of every table, `removal` removes
what has been kept long enough.

What is decided (`machine.observe`), its evidence and, when a deletion is verified, the forgetting
are one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, queries
from sync.deletions.deletion import IllegalTransition, Policy, bounded
from sync.deletions.forgetting import forget
from sync.deletions.leases import release
from sync.deletions.machine import observe
from sync.deletions.observations import (
    Approved,
    Canceled,
    Checked,
    DeleteBy,
    Observation,
    OrphanFound,
)
from sync.deletions.outcomes import TOLD, data_of, type_of
from sync.deletions.precedence import Standing, standing
from sync.deletions.removal import removed_until
from sync.deletions.states import NEEDS_A_PERSON, OVER, UNPINNED, State
from sync.deletions.tables import DeletionRow
from sync.deletions.waking import look_again, missed, wake
from sync.errors import NotPossible
from sync.hashing import Hasher
from sync.logs import of
from sync.metrics import current
from sync.mirror import customers as mirror_customers
from sync.outbox import queries as outbox
from sync.outbox.message import Recipient
from sync.profiles import queries as profiles
from sync.settings import Settings
from sync.store.columns import IN_THE_TABLE
from sync.store.database import Database, on_commit
from sync.traces import current as traces

_log = logging.getLogger(__name__)

_APP = "app"
_AUDIT = "audit"
_WEBHOOK = "webhook"
_WORKER = "worker"

STRAY = timedelta(seconds=30)
"""How long a request that its client has given up may still take to reach Polar. Tests have it
shorter."""


class TooOld(NotPossible):
    """The event may repeat one whose deletion has been removed. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where deletions are written, and by which rules. A row that is handed in must be locked by
    the session."""

    database: Database
    hasher: Hasher
    policy: Policy
    told: frozenset[State] = frozenset()
    """Of which states the app is told."""

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Ledger:
        """The ledger of a deployment."""
        told = TOLD | {State.RECEIVED} if settings.outcome_received else TOLD
        return cls(
            database=database,
            hasher=Hasher(settings.hash_key),
            told=frozenset() if settings.outcome_url is None else told,
            policy=Policy(
                clock_skew=timedelta(seconds=settings.clock_skew),
                verify_after=timedelta(seconds=settings.verify_after),
                survivor_after=timedelta(seconds=settings.survivor_after),
                recheck_after=timedelta(seconds=settings.recheck_after),
                revoke_survivors=settings.on_survivor == "revoke",
                delete_by=DeleteBy(settings.delete_by),
                on_its_way=timedelta(seconds=settings.request_timeout) + STRAY,
                delay=timedelta(seconds=settings.deletion_delay),
            ),
        )

    # --- what is observed ------------------------------------------------------------------------

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
        """Write what the observation makes of the deletion.

        Raises:
            IllegalTransition: nothing was written.
        """
        if await self._record(session, row, observation, now, source, detail):
            await forget(self.database, session, [row], self.policy, now)

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
            await forget(self.database, session, done, self.policy, now)

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
        before = row.snapshot()
        after = observe(before, observation, self.policy, now)
        row.become(after)
        if after.state != before.state:
            # Of an audit's, whoever has asked for it reads the report.
            if after.state in NEEDS_A_PERSON and not isinstance(observation, OrphanFound):
                words = "deletion %s is %s: %s"
                _log.warning(words, row.id, after.state, after.reason, extra=of(deletion=row.id))
            if after.reason is not None:
                detail["reason"] = after.reason
            detail["was"] = before.state
        if isinstance(observation, Checked):
            if after.state == before.state and observation.listed_at is None:
                return False
            detail.update(observation.checklist)
        await evidence.append(session, row, observation.evidence, source=source, at=now, **detail)
        if after.state != before.state:
            await self._tell(session, row, now)
        # An answer may be recorded later than the webhooks that it led to have proved it all.
        verified = after.state is State.VERIFIED and before.state is not State.VERIFIED
        if verified and current.recorder:
            took = (now - row.received_at).total_seconds()
            on_commit(session, partial(current.recorder.verified, took))
        last_look = after.state is State.NO_CUSTOMER and after.next_attempt_at is None
        return verified or last_look

    async def _tell(self, session: AsyncSession, row: DeletionRow, now: datetime) -> None:
        """Have the app told of the state, where it wants to know: in the same transaction."""
        if row.state not in self.told:
            return
        _, digest = (await evidence.ends(session, [row.id]))[row.id]
        outbox.put(
            session,
            Recipient.APP,
            type_of(row.state),
            data_of(row.snapshot(), row.id, row.received_at, digest),
            now,
            deletion_id=row.id,
            user_id=row.user_id,
        )

    # --- what the app says -----------------------------------------------------------------------

    async def open(
        self,
        session: AsyncSession,
        *,
        user_id: str,
        external_id: str | None,
        event_at: datetime,
        now: datetime,
        digest: str,
        canceled_by: str | None = None,
    ) -> DeletionRow:
        """Open a deletion for the user, or find the one that the event is about.

        An event that is no newer than a known one repeats it. A newer one joins a deletion for
        which no customer has been chosen yet; otherwise the user has signed up and left again, and
        gets a deletion of their own. What an audit has opened waits for just this event.

        Args:
            canceled_by: type of an event that takes this one back and has come before it; what is
                opened is canceled at once.

        Raises:
            TooOld: nothing was written.
        """
        known = await self._of_user(session, user_id)
        unconfirmed = {row.id for row in known if row.snapshot().is_unconfirmed}
        of_events = [row for row in known if row.id not in unconfirmed]
        repeated = next((row for row in reversed(of_events) if event_at <= row.event_at), None)
        if repeated is not None:
            await evidence.append(
                session, repeated, "event.repeated", source=_APP, at=now, event_digest=digest
            )
            return repeated
        waiting = next((row for row in of_events if row.snapshot().stage in UNPINNED), None)
        if waiting is not None:
            await self._join(session, waiting, external_id, event_at, now, digest)
            await self._drop_profile(session, waiting, now)
            return waiting
        removed = await removed_until(session, now)
        if removed is not None and event_at <= removed:
            raise TooOld(
                "the event is so old that it may repeat one whose deletion has been removed"
                " (AUDIT_RETENTION_DAYS); if the user's customer must go, send a new user.deleted"
            )
        asked = next((row for row in known if row.id in unconfirmed), None)
        if asked is not None and canceled_by is None:
            await self._join(session, asked, external_id, event_at, now, digest)
            await self.record(session, asked, Approved(), now, source=_APP)
            asked.next_attempt_at = now + self.policy.delay
            await self._drop_profile(session, asked, now)
            return asked
        row = await self._new(session, user_id, event_at, now, override_external_id=external_id)
        await evidence.append(
            session,
            row,
            "event.received",
            source=_APP,
            at=now,
            event_digest=digest,
            event_at=event_at.isoformat(),
        )
        await self._tell(session, row, now)
        if canceled_by is not None:
            await self.record(session, row, Canceled(), now, source=_APP, by=canceled_by)
        else:
            await self._drop_profile(session, row, now)
        return row

    async def _drop_profile(self, session: AsyncSession, row: DeletionRow, now: datetime) -> None:
        """What the app said of the user before goes. A request with it that has left already must
        have arrived before Polar is asked who is there: it may make a customer, and what it writes
        must not come after what the deletion overwrites."""
        users = {row.user_hash: row.event_at}
        under_way = await profiles.left(self.database, session, users, now)
        if under_way is not None:
            arrived = min(under_way, now + self.policy.on_its_way)
            row.next_attempt_at = max(row.next_attempt_at or arrived, arrived)

    async def standing(
        self,
        session: AsyncSession,
        user_hash: str,
        now: datetime,
        *,
        external_id: str | None = None,
        customer_id: str | None = None,
    ) -> Standing:
        """Where the user stands, and the customer under that external id, or with that id."""
        own = await queries.of_users(session, [user_hash])
        others: list[DeletionRow] = []
        if external_id is not None:
            hashed = self.hasher.external(external_id)
            others += await queries.of_external(self.database, session, [hashed])
        if customer_id is not None:
            others += await queries.under_way(self.database, session, [customer_id])
        return standing(
            [row.snapshot() for row in own],
            [row.snapshot() for row in others],
            now,
            removed_until=await removed_until(session, now),
        )

    async def open_held(
        self,
        session: AsyncSession,
        *,
        user_id: str,
        customer_id: str,
        gone_by: datetime,
        now: datetime,
        digest: str,
    ) -> DeletionRow:
        """Open a deletion for a user whose customer an audit has found, and not the user: `held`
        until a person approves it, or the app's own event comes.

        Args:
            gone_by: by then the app did not have the user any more.
            digest: SHA-256 of the file that says so, in hex.
        """
        row = await self._new(session, user_id, gone_by, now)
        seen = OrphanFound(customer_id=customer_id)
        detail = {
            "customer_id": customer_id,
            "file_sha256": digest,
            "event_at": gone_by.isoformat(),
        }
        await self.record(session, row, seen, now, source=_AUDIT, **detail)
        return row

    async def _new(
        self, session: AsyncSession, user_id: str, event_at: datetime, now: datetime, **fields: Any
    ) -> DeletionRow:
        row = DeletionRow(
            user_hash=self.hasher.user(user_id),
            user_id=user_id,
            event_at=event_at,
            received_at=now,
            state=State.RECEIVED,
            next_attempt_at=now + self.policy.delay,
            traceparent=traces.here(),
            **fields,
        )
        session.add(row)
        await session.flush()
        evidence.begin(session, row.id)
        return row

    async def _join(
        self,
        session: AsyncSession,
        row: DeletionRow,
        external_id: str | None,
        event_at: datetime,
        now: datetime,
        digest: str,
    ) -> None:
        row.event_at = event_at
        # Whoever has come before this event is its user again; who is being looked up at this
        # moment may be the one before.
        row.nobody_at = None
        release(row)
        if external_id is not None:
            row.override_external_id, row.override_at = external_id, now
        if row.state is State.UNMAPPED:
            wake(row, now)
        await evidence.append(
            session,
            row,
            evidence.JOINED,
            source=_APP,
            at=now,
            event_digest=digest,
            event_at=event_at.isoformat(),
        )

    async def restore(
        self, session: AsyncSession, *, user_id: str, event_at: datetime, now: datetime, by: str
    ) -> None:
        """Cancel what the user's restoration comes in time for; say so where it does not.

        Args:
            by: the event's type.
        """
        for row in await self._of_user(session, user_id):
            if row.event_at <= event_at and row.state not in OVER:
                await self._take_back(session, row, now, by)

    async def is_there(
        self, session: AsyncSession, *, user_id: str, event_at: datetime, now: datetime, by: str
    ) -> None:
        """The app says something of the user, so the user is there: cancel what an audit has opened
        because of a file from before.

        Args:
            by: the event's type.
        """
        for row in await self._of_user(session, user_id):
            is_older = row.event_at < event_at and row.state not in OVER
            if is_older and await evidence.is_by_audit(session, row.id):
                await self._take_back(session, row, now, by)

    async def _take_back(
        self, session: AsyncSession, row: DeletionRow, now: datetime, by: str
    ) -> None:
        try:
            await self.record(session, row, Canceled(), now, source=_APP, by=by)
            release(row)
        except IllegalTransition:
            await evidence.append(session, row, "restored.too_late", source=_APP, at=now)

    async def _of_user(self, session: AsyncSession, user_id: str) -> Sequence[DeletionRow]:
        hashes = [self.hasher.user(user_id)]
        return await queries.of_users(session, hashes, lock=self.database)

    # --- looking again ---------------------------------------------------------------------------

    async def looked_up(self, session: AsyncSession, row: DeletionRow, external_id: str) -> None:
        """The user has been looked for under this id: by it the deletion is found again."""
        hashed = self.hasher.external(external_id)
        if row.external_hash not in {None, hashed}:
            # What Polar answered last was about another id; it may have been asked under this one
            # before that.
            row.nobody_at = await evidence.nobody_at(session, row.id, hashed)
        row.external_id, row.external_hash = external_id, hashed

    async def wake_if_missed(
        self, session: AsyncSession, external_ids: Collection[str], now: datetime
    ) -> None:
        """Customers have appeared under these external ids: look again for those of whom Polar had
        none."""
        by_hash = {self.hasher.external(external_id): external_id for external_id in external_ids}
        if not by_hash:
            return
        rows = await queries.without_customer(self.database, session, by_hash)
        for row, external_id in missed(rows, by_hash):
            look_again(row, external_id, now)

    async def wake_if_overtaken(
        self, session: AsyncSession, external_id: str, asked_at: datetime, now: datetime
    ) -> None:
        """The same for a customer who appeared after Polar was asked, and before its answer was
        recorded: that webhook found no deletion to wake yet."""
        if await mirror_customers.has_appeared(session, external_id, asked_at):
            await self.wake_if_missed(session, [external_id], now)

    async def count_as_sent(self, session: AsyncSession, now: datetime) -> None:
        """Have the brake count what left by a clock that was ahead: else as many go once more."""
        sent_at = col(DeletionRow.delete_sent_at)
        await session.exec(
            sa.update(DeletionRow).where(sent_at > now).values(delete_sent_at=now),
            execution_options=IN_THE_TABLE,
        )

    async def set_right(self, session: AsyncSession, now: datetime, limit: int) -> int:
        """Have deletions wait no longer than they can, whatever a clock that was wrong has left.
        Returns how many of at most `limit` have been set right."""
        longest = self.policy.longest_waits
        rows = await queries.due_too_late(self.database, session, now, longest, limit)
        for row in rows:
            row.become(bounded(row.snapshot(), self.policy, now))
            release(row)
        return len(rows)
