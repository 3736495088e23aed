"""Carries what the app says of one user to Polar.

Each write is noted before it leaves, in the lane in which deletions are opened: a deletion that
opens later waits until it has arrived, and none is sent once a deletion is there.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import assert_never

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import identity, mapping, pause
from sync.deletions.identity import FromEvent
from sync.deletions.ledger import Ledger
from sync.deletions.machine import backoff
from sync.deletions.mapping import Target
from sync.errors import PolarError
from sync.mirror import customers as mirror_customers
from sync.mirror import rows
from sync.mirror.kinds import CUSTOMER, MEMBER
from sync.mirror.objects import Customer
from sync.polar import customers
from sync.polar.client import PolarClient
from sync.polar.errors import Invalid, NotFound, Unavailable
from sync.profiles import queries as profiles
from sync.profiles.profile import ProfileStatus
from sync.profiles.queries import Leased
from sync.provisioning.decision import (
    Create,
    End,
    Found,
    Known,
    Look,
    Mirrored,
    Nobody,
    Update,
    next_step,
    refused,
    taken,
)
from sync.settings import Settings
from sync.store.database import Database

_log = logging.getLogger(__name__)

_LOOK_AGAIN = timedelta(seconds=30)
"""After which a profile that waits for a deletion is looked at again."""

_GOES_FIRST = "it waits: a deletion of the user goes first"
_PAUSED = "it waits: all is paused; `polar-sync resume` goes on"


class _NotSent(Exception):
    """It must not be sent now. When it is looked at again has been written."""


@dataclass
class Carrying:
    """One profile on its way."""

    ledger: Ledger
    polar: PolarClient
    settings: Settings
    leased: Leased
    _observed: list[Customer] = field(default_factory=list)
    _has_sent: bool = False

    @property
    def _database(self) -> Database:
        return self.ledger.database

    async def run(self) -> None:
        """Carry it, and write down what came of it.

        Raises:
            StorageUnavailable: it is carried again.
        """
        try:
            await self._end(await self._carried())
        except _NotSent:
            return
        except PolarError as error:
            await self._failed(error)

    async def _carried(self) -> End:
        async with self._database.read() as session:
            now = await self._database.now(session)
            standing = await self.ledger.standing(session, self.leased.user_hash, now)
            target = await self._target(session)
            known = None if target is None else await self._mirrored(session, target)
        if standing.has_to_wait:
            await self._wait_for_deletion()
        if target is None or known is None:
            reason = "no external id is known for this user, or the customer is another user's too"
            return End(ProfileStatus.IGNORED, reason)
        return await self._steps(target, known)

    async def _target(self, session: AsyncSession) -> Target | None:
        """Who the user is at Polar; None: nobody knows, or by the mapping another user is too."""
        leased, event = self.leased, None
        if leased.external_id is not None and leased.external_id_at is not None:
            event = FromEvent(leased.external_id, leased.external_id_at)
        who = await identity.resolve(session, leased.user_id, event, self.settings)
        if who is None:
            return None
        ids = who.target.external_id, who.target.customer_id
        return None if await self._is_anothers(session, *ids) else who.target

    async def _is_anothers(
        self, session: AsyncSession, external_id: str | None, customer_id: str | None
    ) -> bool:
        """Whether an entry of the mapping says that it is another user's."""
        users = await mapping.users_of(
            session,
            [external_id] if external_id is not None else [],
            [customer_id] if customer_id is not None else [],
        )
        return any(set(them) - {self.leased.user_id} for them in users.values())

    async def _mirrored(self, session: AsyncSession, target: Target) -> Known:
        ids = [target.customer_id] if target.customer_id is not None else []
        if target.external_id is not None:
            ids = list(await mirror_customers.living_as(session, target.external_id))
        stored = await rows.stored(session, CUSTOMER, ids[:1])
        for it in stored.values():
            if CUSTOMER.is_listed(it.row):
                return Mirrored(it.row, self._is_ours(it.row))
        # It is noted once a reconciliation has read everything, customers first.
        return Nobody(is_sure=await rows.listed_at(session, MEMBER) is not None)

    def _is_ours(self, customer: Customer) -> bool:
        made_for = customers.made_for(customer)
        return made_for is not None and made_for == self.leased.profile.created_at

    # --- step by step ----------------------------------------------------------------------------

    async def _steps(self, target: Target, known: Known) -> End:
        profile, external_id = self.leased.profile, target.external_id
        while True:
            step = next_step(profile, known, by_external_id=external_id is not None)
            try:
                match step:
                    case End():
                        return step
                    case Look():
                        known = await self._look(target)
                    case Create():
                        customer = await self._create(external_id or "", step)
                        return End(ProfileStatus.SYNCED, None, customer.id)
                    case Update():
                        await self._update(step)
                        return End(ProfileStatus.SYNCED, None, step.customer_id)
                    case _:
                        assert_never(step)
            except NotFound:
                known = Nobody(is_sure=True)
            except Invalid as invalid:
                if not (isinstance(step, Create) and "external_id" in taken(invalid.faults)):
                    return await self._refused(invalid)
                known = await self._look(target)
                if isinstance(known, Nobody):
                    # It was there a moment ago.
                    raise Unavailable(
                        "POST: the external id was taken, and is not", answered=True
                    ) from None

    async def _look(self, target: Target) -> Known:
        try:
            state = await customers.state_of(
                self.polar, external_id=target.external_id, customer_id=target.customer_id
            )
        except NotFound:
            return Nobody(is_sure=True)
        customer = state.customer
        self._observed.append(customer)
        async with self._database.read() as session:
            is_anothers = await self._is_anothers(session, customer.external_id, customer.id)
        return Found(customer, self._is_ours(customer), state.is_team, is_anothers)

    async def _create(self, external_id: str, step: Create) -> Customer:
        profile = self.leased.profile
        assert profile.created_at is not None  # noqa: S101 - whose creation asks for it
        customer = await customers.create(
            self.polar,
            external_id=external_id,
            email=step.email,
            name=step.name,
            user_created_at=profile.created_at,
            before_send=lambda: self._begin(external_id=external_id),
        )
        self._observed.append(customer)
        return customer

    async def _update(self, step: Update) -> None:
        customer_id = step.customer_id
        customer = await customers.update(
            self.polar,
            customer_id,
            step.fields,
            before_send=lambda: self._begin(customer_id=customer_id),
        )
        self._observed.append(customer)

    async def _refused(self, invalid: Invalid) -> End:
        profile, other = self.leased.profile, None
        if "email" in taken(invalid.faults) and profile.email is not None:
            other = await customers.with_email(self.polar, profile.email)
        return refused(invalid.faults, profile, None if other is None else other.id)

    # --- writing down ----------------------------------------------------------------------------

    async def _begin(
        self, *, external_id: str | None = None, customer_id: str | None = None
    ) -> None:
        """Note that a request leaves now, if it may.

        Raises:
            _NotSent
        """
        database, leased = self._database, self.leased
        async with database.write() as session:
            now = await database.now(session)
            standing = await self.ledger.standing(
                session, leased.user_hash, now, external_id=external_id, customer_id=customer_id
            )
            if standing.left_at is not None:
                users = {leased.user_hash: standing.left_at}
                await profiles.left(database, session, users, now)
            row = await profiles.held(database, session, leased)
            may_go = row is not None and row.profile == leased.profile
            if row is not None and may_go:
                paused = await pause.current(session) is not None
                if standing.has_to_wait or paused:
                    reason = _GOES_FIRST if standing.has_to_wait else _PAUSED
                    profiles.wait(row, now + _LOOK_AGAIN, reason=reason, failed=False)
                    may_go = False
                else:
                    profiles.sent(row, now + self.ledger.policy.on_its_way)
            elif row is not None:
                # The app has said something else meanwhile.
                profiles.wait(row, now, reason=None, failed=False)
        if not may_go:
            raise _NotSent
        self._has_sent = True

    async def _wait_for_deletion(self) -> None:
        async with self._database.write() as session:
            now = await self._database.now(session)
            row = await profiles.held(self._database, session, self.leased)
            if row is not None:
                profiles.wait(row, now + _LOOK_AGAIN, reason=_GOES_FIRST, failed=False)
        raise _NotSent

    async def _end(self, end: End) -> None:
        async with self._database.write() as session:
            now = await self._database.now(session)
            row = await profiles.held(self._database, session, self.leased)
            if row is None:
                # A deletion has taken it along, and asks Polar itself who is there.
                return
            await rows.upsert(self._database, session, self._observed, now)
            profiles.end(
                row,
                self.leased.profile,
                end.status,
                now,
                reason=end.reason,
                customer_id=end.customer_id,
            )
        if end.status is ProfileStatus.DEAD:
            _log.error("profile %s is a dead letter: %s", self.leased.id, end.reason)

    async def _failed(self, error: PolarError) -> None:
        attempts, jitter = self.leased.attempts + 1, random.random()  # noqa: S311 - spreads retries
        wait = backoff(attempts, jitter, self.ledger.policy)
        is_unknown = isinstance(error, Unavailable) and not error.answered
        if isinstance(error, Unavailable):
            wait = max(wait, min(error.retry_after, self.ledger.policy.backoff_cap))
        async with self._database.write() as session:
            now = await self._database.now(session)
            row = await profiles.held(self._database, session, self.leased)
            if row is None:
                return
            if self._has_sent and not is_unknown:
                profiles.answered(row)
            profiles.wait(row, now + wait, reason=str(error))
        if attempts == 1:
            _log.warning("profile %s is tried again: %s", self.leased.id, error)
