"""The three steps of a leased deletion: resolve, delete, check.

Each asks Polar, then writes what was learnt, the mirror included, in one transaction. They decide
nothing: that is `sync.deletions.machine`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import evidence, identity, queries
from sync.deletions.facts import facts, tombstone
from sync.deletions.leases import Leased, LeaseLost, Leases, Pinned, finish, release
from sync.deletions.ledger import Ledger, wake_blocked
from sync.deletions.machine import (
    IllegalTransition,
    ask_api,
    delete_by,
    pin_is_fresh,
    to_revoke,
)
from sync.deletions.mapping import Target
from sync.deletions.observations import (
    Brake,
    CustomerFound,
    CustomerGone,
    CustomerMissing,
    DeleteAnswered,
    DeleteBy,
    DeleteSent,
    Failed,
    FailureKind,
    Observation,
    Tombstone,
    Unmapped,
)
from sync.deletions.states import State
from sync.deletions.tables import DeletionRow
from sync.errors import NotPossible, PolarError
from sync.mirror import kinds, rows
from sync.mirror.kinds import SUBSCRIPTION
from sync.mirror.objects import Mirrored, Subscription
from sync.polar import customers, lists
from sync.polar import subscriptions as polar_subscriptions
from sync.polar.client import PolarClient
from sync.polar.customers import CustomerState, addressable
from sync.polar.errors import AlreadyCanceled, NotFound, Unavailable
from sync.settings import Settings
from sync.store.database import Database
from sync.store.retry import until_answered

_log = logging.getLogger(__name__)

_BRAKE_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _AsMirrored:
    """What the mirror shows of the customer once it is to be written down."""

    customer_id: str
    listed_at: datetime | None
    """When the API listing that was merged in began, if the API was asked."""

    async def seen(self, session: AsyncSession) -> Observation:
        return (await facts(session, [self.customer_id], self.listed_at))[self.customer_id]


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What is to be written about a deletion."""

    leased: Leased
    observation: Observation | _AsMirrored
    observed: Sequence[Mirrored] = ()
    external_id: str | None = None
    """Under which the customer was looked for."""
    asked_at: datetime | None = None
    """When, where there was none."""
    detail: Mapping[str, Any] = field(default_factory=dict)


class _NotSent(NotPossible):
    """The brake tripped when the DELETE's turn had come."""


class _PinTooOld(NotPossible):
    """When the turn of the DELETE by external id had come, somebody else could be under it."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What a worker can do for deletions it holds a lease on."""

    database: Database
    ledger: Ledger
    leases: Leases
    polar: PolarClient
    settings: Settings

    async def resolve(self, batch: Sequence[Leased]) -> None:
        """Find each user's customer and list its subscriptions: one request a user, and one for
        each `MAX_IDS` customers."""
        targets = await self._targets(batch)
        asked_at = await self._now()
        answers = await asyncio.gather(*(self._state(target) for target in targets))
        customer_ids = [item.customer.id for item in answers if isinstance(item, CustomerState)]
        listed_at = await self._now()
        subscriptions: Sequence[Subscription] | PolarError = []
        if customer_ids:
            try:
                subscriptions = await lists.of_customers(self.polar, SUBSCRIPTION, customer_ids)
            except PolarError as error:
                subscriptions = error
        pinned = [
            (leased.row, answer.customer.id)
            for leased, answer in zip(batch, answers, strict=True)
            if isinstance(answer, CustomerState)
        ]
        async with self.database.read() as session:
            following = await queries.following_earlier(session, pinned)
            gone = {
                leased.id: await self._tombstone(session, leased, target)
                for leased, target, answer in zip(batch, targets, answers, strict=True)
                if target is not None and isinstance(answer, NotFound)
            }
        learnt = []
        for leased, target, answer in zip(batch, targets, answers, strict=True):
            if target is None or answer is None:
                learnt.append(_Learnt(leased, Unmapped()))
            elif isinstance(answer, NotFound):
                learnt.append(_missing(leased, target, gone[leased.id], asked_at))
            elif isinstance(answer, PolarError):
                learnt.append(_Learnt(leased, _failed(answer), external_id=target.external_id))
            elif isinstance(subscriptions, PolarError):
                failed = _failed(subscriptions)
                learnt.append(_Learnt(leased, failed, external_id=target.external_id))
            else:
                seen = CustomerFound(
                    customer_id=answer.customer.id,
                    created_at=answer.customer.created_at,
                    read_at=asked_at,
                    listed_at=listed_at,
                    follows_earlier=leased.id in following,
                    by_external_id=(
                        target.external_id is not None and addressable(target.external_id)
                    ),
                )
                learnt.append(_found(leased, target, answer, subscriptions, seen))
        await self._record_all(learnt)

    async def delete(self, leased: Pinned) -> None:
        """Send the DELETE for the pinned customer, after recording that it will be sent."""
        try:
            await self._send_delete(leased)
        except (_NotSent, LeaseLost):
            return
        except IllegalTransition as error:
            # A webhook has said meanwhile that the customer is gone.
            await self._overtaken(leased, error)
        except NotFound:
            await self._record(leased, CustomerGone(), answer="404 ResourceNotFound")
        except PolarError as error:
            await self._record(leased, _failed(error))
        else:
            await self._record(leased, DeleteAnswered(), answer="204")

    async def check(self, batch: Sequence[Pinned]) -> None:
        """See whether the evidence is complete; ask the API about those for which it is overdue:
        two requests for each `MAX_IDS` customers."""
        async with self.database.read() as session:
            now = await self.database.now(session)
            known = await facts(session, [leased.customer_id for leased in batch])
        overdue = []
        for leased in batch:
            checked = known[leased.customer_id]
            if ask_api(leased.row.snapshot(), checked, self.ledger.policy, now):
                overdue.append(leased)
            else:
                await self._record_check(leased, None)
        if not overdue:
            return
        try:
            listed_at = await self._list_what_is_left(overdue)
        except PolarError as error:
            for leased in overdue:
                await self._record(leased, _failed(error))
            return
        for leased in overdue:
            try:
                await self._revoke_survivors(leased, listed_at)
            except PolarError as error:
                await self._record(leased, _failed(error))
            else:
                await self._record_check(leased, listed_at)

    # --- resolve -------------------------------------------------------------------------

    async def _targets(self, batch: Sequence[Leased]) -> list[Target | None]:
        async with self.database.read() as session:
            return [await self._target(session, leased.row) for leased in batch]

    async def _target(self, session: AsyncSession, row: DeletionRow) -> Target | None:
        if row.user_id is None:
            # Forgotten here, and found again by the customer's webhook.
            return Target(external_id=row.external_id) if row.external_id else None
        return await identity.resolve(session, row.user_id, row.override_external_id, self.settings)

    async def _state(self, target: Target | None) -> CustomerState | PolarError | None:
        if target is None:
            return None
        try:
            return await self._mirrored_state(target) or await customers.state_of(
                self.polar, external_id=target.external_id, customer_id=target.customer_id
            )
        except PolarError as error:
            return error

    async def _mirrored_state(self, target: Target) -> CustomerState | None:
        """Whom the mirror knows under an external id that no path can name, if that is still so at
        Polar; saves searching for it."""
        if target.external_id is None or addressable(target.external_id):
            return None
        async with self.database.read() as session:
            known = await rows.living_as(session, target.external_id)
        for customer_id in known:
            with contextlib.suppress(NotFound):
                state = await customers.state_of(self.polar, customer_id=customer_id)
                if state.customer.external_id == target.external_id:
                    return state
        return None

    async def _tombstone(
        self, session: AsyncSession, leased: Leased, target: Target
    ) -> Tombstone | None:
        return await tombstone(
            session,
            external_id=target.external_id,
            customer_id=target.customer_id,
            created_by=leased.row.event_at + self.ledger.policy.clock_skew,
        )

    # --- delete --------------------------------------------------------------------------

    async def _send_delete(self, leased: Pinned) -> None:
        """By external id where that may be; if the pin has aged, the customer is looked at once
        more. By Polar's id otherwise."""
        by, read_at = delete_by(leased.row.snapshot(), self.ledger.policy), None
        while by is DeleteBy.EXTERNAL_ID:
            try:
                await self._send(leased, DeleteSent(by=by, read_at=read_at))
            except _PinTooOld:
                looked_before = read_at is not None
                read_at = None if looked_before else await self._seen_again(leased)
                if read_at is None:
                    by = DeleteBy.CUSTOMER_ID
            else:
                return
        await self._send(leased, DeleteSent())

    async def _send(self, leased: Pinned, sent: DeleteSent) -> None:
        by_external_id = sent.by is DeleteBy.EXTERNAL_ID
        await customers.delete(
            self.polar,
            external_id=leased.row.external_id if by_external_id else None,
            customer_id=leased.customer_id,
            anonymize=self.settings.anonymize,
            before_send=partial(self._about_to_delete, leased, sent),
        )

    async def _seen_again(self, leased: Pinned) -> datetime | None:
        """When the pinned customer was seen under its external id again; None: it was not."""
        read_at = await self._now()
        try:
            state = await customers.state_of(self.polar, external_id=leased.row.external_id)
        except NotFound:
            return None
        return read_at if state.customer.id == leased.customer_id else None

    async def _about_to_delete(self, leased: Leased, sent: DeleteSent) -> None:
        async with self.database.write() as session:
            now = await self.database.now(session)
            row = await self.leases.held(session, leased)
            brake = await self._brake(session, row, now)
            if brake is None:
                pin = replace(row.snapshot(), pinned_at=sent.read_at or row.pinned_at)
                by_external_id = sent.by is DeleteBy.EXTERNAL_ID
                if by_external_id and not pin_is_fresh(pin, self.ledger.policy, now):
                    raise _PinTooOld
                ids = {"customer_id": row.customer_id, "by": sent.by}
                await self.ledger.record(session, row, sent, now, source="worker", **ids)
                return
            await self.ledger.record(session, row, brake, now, source="worker")
            release(row)
        raise _NotSent

    async def _brake(self, session: AsyncSession, row: DeletionRow, now: datetime) -> Brake | None:
        limit = self.settings.max_deletions_per_hour
        if limit == 0 or row.approved or row.delete_sent_at is not None:
            return None
        sent = await queries.sent_since(session, now - _BRAKE_WINDOW)
        return Brake(sent=sent, limit=limit) if sent >= limit else None

    # --- check ---------------------------------------------------------------------------

    async def _list_what_is_left(self, batch: Sequence[Pinned]) -> datetime:
        """Have the mirror hold what Polar lists for these customers; returns when that was read."""
        customer_ids = sorted({leased.customer_id for leased in batch})
        listed_at = await self._now()
        listed = [
            (kind, await lists.of_customers(self.polar, kind, customer_ids))
            for kind in kinds.owned()
        ]
        async with self.database.write() as session:
            now = await self.database.now(session)
            observed: list[Mirrored] = []
            for kind, items in listed:
                observed += items
                observed += await rows.unlisted(session, kind, customer_ids, items, listed_at)
            await rows.upsert(self.database, session, observed, now)
        return listed_at

    async def _revoke_survivors(self, leased: Pinned, listed_at: datetime) -> None:
        async with self.database.read() as session:
            now = await self.database.now(session)
            known = await facts(session, [leased.customer_id], listed_at)
        deletion, checked = leased.row.snapshot(), known[leased.customer_id]
        revoked: list[Subscription] = []
        for survivor in to_revoke(deletion, checked, self.ledger.policy, now):
            try:
                revoked.append(await polar_subscriptions.revoke(self.polar, survivor.id))
            except (AlreadyCanceled, NotFound):
                # Then it has ended, or no request ends it: the next listing shows which.
                continue
        if revoked:
            async with self.database.write() as session:
                now = await self.database.now(session)
                await rows.upsert(self.database, session, revoked, now)
                # At once: a webhook about it may complete the evidence before the check does.
                row = await self.leases.row(session, leased)
                await evidence.append(
                    session,
                    row,
                    "survivors.revoked",
                    source="worker",
                    at=now,
                    revoked=[item.id for item in revoked],
                )

    async def _record_check(self, leased: Pinned, listed_at: datetime | None) -> None:
        await self._record(leased, _AsMirrored(leased.customer_id, listed_at))

    # --- writing it down -----------------------------------------------------------------

    async def _record(
        self, leased: Leased, observation: Observation | _AsMirrored, **detail: Any
    ) -> None:
        await self._record_all([_Learnt(leased, observation, detail=detail)])

    async def _record_all(self, learnt: Sequence[_Learnt]) -> None:
        """Write what was learnt in one transaction and end the leases; nothing where a lease has
        been lost. What Polar has answered is kept until the database takes it."""
        ids = ", ".join(str(item.leased.id) for item in learnt)
        async for attempt in until_answered(f"recording deletion {ids}"):
            with attempt:
                try:
                    async with self.database.write() as session:
                        await self._write(session, learnt)
                except IllegalTransition as error:
                    if len(learnt) == 1:
                        await self._overtaken(learnt[0].leased, error)
                        return
                    # One deletion's fault must not cost the others their answers.
                    for item in learnt:
                        await self._record_all([item])

    async def _overtaken(self, leased: Leased, error: IllegalTransition) -> None:
        """What was to be done or written fits the deletion no more: leave it to whoever is next."""
        _log.info("deletion %s: %s", leased.id, error)
        await self.leases.give_back([leased.token])

    async def _write(self, session: AsyncSession, learnt: Sequence[_Learnt]) -> None:
        """What `_record_all` does in its transaction.

        Raises:
            IllegalTransition: all of it is to be rolled back.
        """
        now = await self.database.now(session)
        held = await self.leases.still_held(session, [item.leased for item in learnt])
        for item in learnt:
            if item.leased.id not in held:
                _log.info(
                    "deletion %s was taken back meanwhile; its answer is dropped", item.leased.id
                )
        learnt = [item for item in learnt if item.leased.id in held]
        observed = [seen for item in learnt for seen in item.observed]
        await rows.upsert(self.database, session, observed, now)
        await evidence.ends(session, held)
        unblocked = False
        for item in learnt:
            row, leased, seen = held[item.leased.id], item.leased, item.observation
            if item.external_id is not None:
                self.ledger.looked_up(row, item.external_id)
            if isinstance(seen, _AsMirrored):
                seen = await seen.seen(session)
            await self.ledger.record(session, row, seen, now, source="api", **item.detail)
            finish(row, leased, now)
            if item.asked_at is not None and item.external_id is not None:
                await self.ledger.wake_if_overtaken(session, item.external_id, item.asked_at, now)
            unblocked |= leased.row.state is State.BLOCKED and row.state is not State.BLOCKED
        if unblocked:
            await wake_blocked(session, now)

    async def _now(self) -> datetime:
        async with self.database.read() as session:
            return await self.database.now(session)


def _missing(leased: Leased, target: Target, gone: Tombstone | None, asked_at: datetime) -> _Learnt:
    return _Learnt(
        leased,
        CustomerMissing(gone),
        external_id=target.external_id,
        asked_at=asked_at,
        detail={"customer_id": gone.customer_id} if gone else {},
    )


def _found(
    leased: Leased,
    target: Target,
    state: CustomerState,
    subscriptions: Sequence[Subscription],
    seen: CustomerFound,
) -> _Learnt:
    customer = state.customer
    own = [item for item in subscriptions if item.customer_id == customer.id]
    return _Learnt(
        leased,
        seen,
        observed=[customer, *own, *state.grants],
        external_id=target.external_id,
        detail={
            "customer_id": customer.id,
            "customer_created_at": customer.created_at.isoformat(),
            "subscriptions": [{"id": item.id, "status": item.status} for item in own],
            "benefit_grants": [item.id for item in state.grants],
        },
    )


def _failed(error: PolarError) -> Failed:
    reason, jitter = str(error), random.random()  # noqa: S311 - it only spreads retries
    if isinstance(error, Unavailable):
        return Failed(
            kind=FailureKind.TRANSIENT,
            reason=reason,
            retry_after=error.retry_after,
            jitter=jitter,
            answered=error.answered,
        )
    return Failed(kind=FailureKind.BLOCKED, reason=reason, jitter=jitter, answered=True)
