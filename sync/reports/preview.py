"""What a `user.deleted` would take if it came now, read from Polar. Changes nothing.

It goes the way of a deletion's first step: the same identity, the same requests, the same
decisions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import brake, identity, mapping, pause, queries, teams
from sync.deletions.deletion import CANCELED_BY_DELETION, REVOCABLE, Deletion
from sync.deletions.identity import FromEvent, Identified
from sync.deletions.ledger import Ledger
from sync.deletions.machine import observe
from sync.deletions.observations import CustomerFound, CustomerMissing, Observation, Unmapped
from sync.deletions.resolving import is_anothers, state_of
from sync.deletions.states import State
from sync.errors import NothingFound
from sync.mirror import customers as mirror_customers
from sync.mirror import rows as mirror_rows
from sync.mirror.kinds import MEMBER, SUBSCRIPTION, all_hold
from sync.mirror.objects import Grant, Member, Subscription
from sync.polar import lists, members
from sync.polar.client import PolarClient
from sync.polar.customers import CustomerState, there_since
from sync.polar.errors import NotFound, Unavailable
from sync.polar.share import Share
from sync.reports.plain import attributes
from sync.reports.told import Time, Told
from sync.settings import Settings
from sync.store.database import Database

PATIENCE = timedelta(seconds=5)
"""How long a request of a preview waits for its turn."""
_DEADLINE = 30.0
"""For a whole preview, in seconds."""
_USUAL = 2
"""Requests that a preview takes: the customer's state, and its subscriptions."""
MAX_MEMBERSHIPS = 20
"""So many are looked at: each costs a request."""


class PreviewedCustomer(Told):
    """The user's customer."""

    id: str
    external_id: str | None
    created_at: Time
    is_team: bool
    others: int
    """People in the team who are not the user."""


class PreviewedSubscription(Told):
    """A subscription of that customer that has not ended."""

    id: str
    status: str
    product_id: str
    amount: int
    """In the currency's smallest unit."""
    currency: str
    recurring_interval: str
    seats: int | None
    current_period_end: Time | None
    cancel_at_period_end: bool
    becomes: Literal["ended", "revoked", "left"]
    """What the deletion makes of it. `ended`: Polar ends it with the customer. `revoked`: it would
    outlive the customer, and ON_SURVIVOR=revoke ends it. `left`: a person must end it."""


class PreviewedGrant(Told):
    """A benefit that the customer has."""

    id: str
    benefit_id: str
    granted_at: Time | None


class PreviewedMembership(Told):
    """A membership of the user under somebody else's customer."""

    member_id: str
    customer_id: str
    role: str
    """Polar does not let an only `owner` go."""


class Preview(Told):
    """What a `user.deleted` would take if it came now."""

    read_at: Time
    would_be: State
    """What the deletion would be once Polar has been asked. `resolved`: it goes on, and the DELETE
    is next. `held`, `unmapped`: nothing goes until a person has acted."""
    reason: str | None
    """Why it would go no further."""
    asks: str
    """What that state asks of an operator."""
    paused: bool
    """All deletions are stopped, by `polar-sync pause`."""
    waits_for: int | None
    """The user's deletion that has not ended. The event would join it, or wait for it."""
    identified_by: str | None
    """Who says whom the user is at Polar; null: nobody does."""
    customer: PreviewedCustomer | None
    """Null: the user has none, or it is not known which."""
    subscriptions: list[PreviewedSubscription]
    grants: list[PreviewedGrant]
    memberships: list[PreviewedMembership]
    """Of those that the mirror knows, the ones that Polar has confirmed."""
    memberships_not_read: int
    """How many more the mirror knows; to confirm each costs a request."""
    members_listed_at: Time | None
    """When the mirror last listed all members, beside what webhooks tell; null: never."""


class NobodyThere(NothingFound):
    """Nothing of the user's is at Polar."""


@dataclass(frozen=True, slots=True)
class _There:
    """What Polar has of the user."""

    state: CustomerState | None
    subscriptions: Sequence[Subscription]
    others: int
    memberships: Sequence[Member]
    not_read: int


@dataclass(frozen=True, slots=True)
class Previews:
    """Makes previews, within the share of the rate budget that they have."""

    ledger: Ledger
    settings: Settings
    polar: PolarClient
    share: Share

    @property
    def _database(self) -> Database:
        return self.ledger.database

    async def of(self, user_id: str, external_id: str | None) -> Preview:
        """What would go with the user.

        Args:
            external_id: what the event would bring as such, if it does.

        Raises:
            NobodyThere
            ShareSpent: too many were asked for; Polar was not asked.
            Unavailable: Polar does not answer, or it would take too long.
            Refused, StorageUnavailable
        """
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._of(user_id, external_id)
        except TimeoutError:
            raise Unavailable(f"not all was answered within {_DEADLINE:g} s") from None

    async def _of(self, user_id: str, external_id: str | None) -> Preview:
        async with self._database.read() as session:
            now = await self._database.now(session)
            event = None if external_id is None else FromEvent(external_id, now)
            who = await identity.resolve(session, user_id, event, self.settings)
        there = _There(None, (), 0, (), 0)
        anothers = None
        if who is not None:
            await self.share.begin(_USUAL)
            there = await self._look(user_id, who)
            anothers = await self._anothers(user_id, there)
            if there.state is None and not there.memberships:
                raise NobodyThere("there is nothing of the user's at Polar")
        if anothers is not None:
            there = _There(None, (), 0, (), 0)
        async with self._database.read() as session:
            deletion = await self._decided(session, who, there, anothers, now)
            of_user = await queries.of_users(session, [self.ledger.hasher.user(user_id)])
            return Preview(
                read_at=now,
                would_be=deletion.state,
                reason=deletion.reason,
                asks=deletion.state.about.asks,
                paused=await pause.current(session) is not None,
                waits_for=next((it.id for it in of_user if not it.state.about.ended), None),
                identified_by=None if who is None else who.source,
                customer=_customer(there),
                subscriptions=[
                    self._subscription(it)
                    for it in there.subscriptions
                    if all_hold(SUBSCRIPTION.open_when, it)
                ],
                grants=[_told_grant(it) for it in there.state.grants] if there.state else [],
                memberships=[
                    PreviewedMembership(member_id=it.id, customer_id=it.customer_id, role=it.role)
                    for it in there.memberships
                ],
                memberships_not_read=there.not_read,
                members_listed_at=await mirror_rows.listed_at(session, MEMBER),
            )

    async def _look(self, user_id: str, who: Identified) -> _There:
        state, subscriptions, others = None, [], 0
        with suppress(NotFound):
            state = await state_of(self._database, self.polar, who.target)
        external_id = who.target.external_id
        if state is not None:
            customer_id = state.customer.id
            subscriptions = await lists.of_customers(self.polar, SUBSCRIPTION, [customer_id])
            if state.is_team:
                await self.share.go_on(1)
                own_ids = {external_id or state.customer.external_id, user_id}
                others = await teams.count_others(self.polar, state, own_ids)
        known = await self._known_memberships(external_id, state)
        memberships = await self._confirmed(known[:MAX_MEMBERSHIPS])
        return _There(state, subscriptions, others, memberships, len(known[MAX_MEMBERSHIPS:]))

    async def _known_memberships(
        self, external_id: str | None, state: CustomerState | None
    ) -> Sequence[Member]:
        """Those that the mirror has, but for those that go with the customer."""
        if external_id is None:
            return []
        async with self._database.read() as session:
            known = await mirror_customers.memberships_known_as(session, [external_id])
        own = None if state is None else state.customer.id
        return sorted((it for it in known if it.customer_id != own), key=lambda it: it.id)

    async def _confirmed(self, known: Sequence[Member]) -> list[Member]:
        """Those of them that are at Polar, and still are that user's."""
        if known:
            await self.share.go_on(len(known))
        confirmed = []
        for item in known:
            with suppress(NotFound):
                member = await members.get(self.polar, item.customer_id, item.id)
                if member.external_id == item.external_id:
                    confirmed.append(member)
        return confirmed

    async def _anothers(self, user_id: str, there: _There) -> str | None:
        """The customer, if by the mapping it is another user's."""
        if there.state is None:
            return None
        customer = there.state.customer
        external_ids = [] if customer.external_id is None else [customer.external_id]
        async with self._database.read() as session:
            mapped = await mapping.users_of(session, external_ids, [customer.id])
        return customer.id if is_anothers(user_id, customer, mapped) else None

    async def _decided(
        self,
        session: AsyncSession,
        who: Identified | None,
        there: _There,
        anothers: str | None,
        now: datetime,
    ) -> Deletion:
        """What would become of a deletion whose event came now."""
        deletion = Deletion(state=State.RECEIVED, event_at=now)
        policy = self.ledger.policy
        seen: Observation = CustomerMissing(memberships=len(there.memberships))
        if who is None or anothers is not None:
            return observe(deletion, Unmapped(anothers), policy, now)
        if there.state is not None:
            seen = CustomerFound(
                customer_id=there.state.customer.id,
                created_at=there_since(there.state.customer),
                listed_at=now,
                by_customer_id=who.target.external_id is None,
                memberships=len(there.memberships),
            )
        deletion = observe(deletion, seen, policy, now)
        holds: Observation | None = None
        if self.settings.on_team == "hold":
            holds = teams.found(there.others, there.subscriptions)
        if holds is None:
            limit = self.settings.max_deletions_per_hour
            holds = await brake.tripped(session, limit, deletion, now)
        return deletion if holds is None else observe(deletion, holds, policy, now)

    def _subscription(self, item: Subscription) -> PreviewedSubscription:
        becomes: Literal["ended", "revoked", "left"] = "left"
        if item.status in CANCELED_BY_DELETION:
            becomes = "ended"
        elif self.ledger.policy.revoke_survivors and item.status in REVOCABLE:
            becomes = "revoked"
        names = PreviewedSubscription.model_fields.keys() - {"becomes"}
        return PreviewedSubscription(**attributes(item, names), becomes=becomes)


def _customer(there: _There) -> PreviewedCustomer | None:
    if there.state is None:
        return None
    return PreviewedCustomer(
        **attributes(there.state.customer, ("id", "external_id", "created_at")),
        is_team=there.state.is_team,
        others=there.others,
    )


def _told_grant(item: Grant) -> PreviewedGrant:
    return PreviewedGrant(**attributes(item, PreviewedGrant.model_fields))
