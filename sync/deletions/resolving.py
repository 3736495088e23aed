"""The step that finds a user's customer and pins it, and finds the user's memberships."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import identity, mapping, queries, teams
from sync.deletions.deletion import subscribed_anew, there_until
from sync.deletions.identity import FromEvent, Identified, Source
from sync.deletions.leases import Leased
from sync.deletions.mapping import Target
from sync.deletions.observations import (
    CustomerFound,
    CustomerMissing,
    TeamFound,
    Tombstone,
    Unmapped,
)
from sync.deletions.recording import Learnt, Recorder, failed
from sync.deletions.tables import DeletionRow
from sync.errors import PolarError
from sync.mirror import customers as mirror_customers
from sync.mirror import rows
from sync.mirror.kinds import CUSTOMER, MEMBER, SUBSCRIPTION, all_hold
from sync.mirror.objects import Customer, Subscription
from sync.polar import customers, lists
from sync.polar.client import PolarClient
from sync.polar.customers import CustomerState, addressable, made_for, there_since
from sync.polar.errors import NotFound
from sync.polar.lists import Listing
from sync.store.database import Database


async def resolve(recorder: Recorder, batch: Sequence[Leased]) -> None:
    """Find each user's customer and list its subscriptions: one request a user, one for each
    `MAX_IDS` customers, and one for a team."""
    looks = [_Look(recorder, leased) for leased in batch]
    async with recorder.database.read() as session:
        identified = [await look.identify(session) for look in looks]
        asked_at = await recorder.database.now(session)
    answers = await asyncio.gather(
        *(look.state(who) for look, who in zip(looks, identified, strict=True))
    )
    listed_at = await recorder.now()
    subscriptions = await _subscriptions(recorder, answers)
    pinned = [
        (leased.row, answer.customer.id)
        for leased, answer in zip(batch, answers, strict=True)
        if isinstance(answer, CustomerState)
    ]
    found = [it.customer for it in answers if isinstance(it, CustomerState)]
    async with recorder.database.read() as session:
        following = await queries.following_earlier(session, pinned)
        mapped = await mapping.users_of(
            session,
            [it.external_id for it in found if it.external_id is not None],
            [it.id for it in found],
        )
        members_listed_at = await rows.listed_at(session, MEMBER)
    learnt = []
    for look, who, answer in zip(looks, identified, answers, strict=True):
        if who is None or answer is None:
            learnt.append(Learnt(look.leased, Unmapped()))
        elif isinstance(answer, NotFound):
            learnt.append(await look.missing(who, asked_at, members_listed_at))
        elif isinstance(answer, PolarError):
            learnt.append(look.failed(who, answer))
        elif isinstance(subscriptions, PolarError):
            learnt.append(look.failed(who, subscriptions))
        elif (refusal := subscriptions.refusals.get(answer.customer.id)) is not None:
            learnt.append(look.failed(who, refusal))
        elif is_anothers(look.leased.row.user_id, answer.customer, mapped):
            detail = {"customer_id": answer.customer.id}
            learnt.append(Learnt(look.leased, Unmapped(anothers=answer.customer.id), detail=detail))
        else:
            external_id = who.target.external_id
            seen = CustomerFound(
                customer_id=answer.customer.id,
                created_at=there_since(answer.customer),
                read_at=asked_at,
                listed_at=listed_at,
                follows_earlier=look.leased.id in following,
                by_external_id=external_id is not None and addressable(external_id),
                by_customer_id=external_id is None,
            )
            own = [it for it in subscriptions.items if it.customer_id == answer.customer.id]
            learnt.append(await look.found(who, answer, own, seen))
    await recorder.record_all(learnt)


async def state_of(database: Database, polar: PolarClient, target: Target) -> CustomerState:
    """The customer at Polar.

    Raises:
        NotFound: there is none.
        Unavailable, Refused
    """
    return await _mirrored_state(database, polar, target) or await customers.state_of(
        polar, external_id=target.external_id, customer_id=target.customer_id
    )


async def _mirrored_state(
    database: Database, polar: PolarClient, target: Target
) -> CustomerState | None:
    """Whom the mirror knows under an external id that no path can name, if that is still so at
    Polar; saves searching for it."""
    if target.external_id is None or addressable(target.external_id):
        return None
    async with database.read() as session:
        known = await mirror_customers.living_as(session, target.external_id)
    for customer_id in known:
        with contextlib.suppress(NotFound):
            state = await customers.state_of(polar, customer_id=customer_id)
            if state.customer.external_id == target.external_id:
                return state
    return None


def is_anothers(
    user_id: str | None, customer: Customer, mapped: Mapping[tuple[str, str], Sequence[str]]
) -> bool:
    """Whether an entry of the mapping says that the customer is another user's."""
    users = {
        *mapped.get(("customer_id", customer.id), ()),
        *mapped.get(("external_id", customer.external_id or ""), ()),
    }
    return bool(users - {user_id})


async def _subscriptions(
    recorder: Recorder, answers: Sequence[CustomerState | PolarError | None]
) -> Listing[Subscription] | PolarError:
    ids = [answer.customer.id for answer in answers if isinstance(answer, CustomerState)]
    if not ids:
        return Listing([])
    try:
        return await lists.readable_of_customers(recorder.polar, SUBSCRIPTION, ids)
    except PolarError as error:
        return error


@dataclass(frozen=True, slots=True)
class _Look:
    """The look at one user."""

    recorder: Recorder
    leased: Leased

    async def identify(self, session: AsyncSession) -> Identified | None:
        """Who the user is at Polar, as far as it is known here."""
        row: DeletionRow = self.leased.row
        if row.user_id is None:
            # Forgotten here, and found again by the customer's webhook.
            known = row.external_id
            return Identified(Target(external_id=known), Source.EARLIER) if known else None
        settings = self.recorder.settings
        event = None
        if row.override_external_id:
            event = FromEvent(row.override_external_id, row.override_at or row.received_at)
        return await identity.resolve(session, row.user_id, event, settings)

    async def state(self, who: Identified | None) -> CustomerState | PolarError | None:
        """The user's customer at Polar."""
        if who is None:
            return None
        try:
            return await state_of(self.recorder.database, self.recorder.polar, who.target)
        except PolarError as error:
            return error

    async def missing(
        self, who: Identified, asked_at: datetime, members_listed_at: datetime | None
    ) -> Learnt:
        """What is known where Polar has nobody."""
        external_id = who.target.external_id
        gone = await self._gone(who.target, asked_at)
        tombstone = None
        if gone is not None:
            tombstone = Tombstone(
                customer_id=gone.id,
                created_at=gone.created_at,
                deleted_at=gone.deleted_at or asked_at,
            )
        return Learnt(
            self.leased,
            CustomerMissing(
                tombstone,
                asked_at=None if external_id is None else asked_at,
                members_listed_at=members_listed_at,
            ),
            observed=[gone] if gone else [],
            external_id=external_id,
            member_id=external_id,
            asked_at=asked_at,
            detail={
                "identified_by": who.source,
                **self._asked_under(external_id),
                **({"customer_id": gone.id} if gone else {}),
            },
        )

    def _asked_under(self, external_id: str | None) -> dict[str, str]:
        """As evidence."""
        if external_id is None:
            return {}
        return {"external_hash": self.recorder.ledger.hasher.external(external_id)}

    async def _gone(self, target: Target, asked_at: datetime) -> Customer | None:
        """The deleted customer that the mirror knows under the id. Also one whose deletion no
        webhook has told of: an external id never changes, so whoever had it before is gone."""
        created_by = there_until(self.leased.row.snapshot(), self.recorder.ledger.policy)
        async with self.recorder.database.read() as session:
            known = await mirror_customers.newest_gone(
                session,
                external_id=target.external_id,
                customer_id=target.customer_id,
                created_by=created_by,
                missing_at=asked_at,
            )
        return None if known is None else CUSTOMER.after_silence(known, asked_at)

    async def found(
        self,
        who: Identified,
        state: CustomerState,
        subscriptions: Sequence[Subscription],
        seen: CustomerFound,
    ) -> Learnt:
        """What is known of a living customer."""
        customer = state.customer
        try:
            team = await self._team(who.target, state, subscriptions)
        except PolarError as error:
            return self.failed(who, error)
        living = {
            item.id: item.created_at
            for item in subscriptions
            if all_hold(SUBSCRIPTION.open_when, item)
        }
        anew = subscribed_anew(self.leased.row.snapshot(), living, self.recorder.ledger.policy)
        made = made_for(customer)
        return Learnt(
            self.leased,
            seen,
            observed=[customer, *subscriptions, *state.grants],
            external_id=who.target.external_id,
            member_id=who.target.external_id,
            holds=[item for item in (team, anew) if item is not None],
            detail={
                "identified_by": who.source,
                "customer_id": customer.id,
                "customer_created_at": customer.created_at.isoformat(),
                **({"made_for_user_created_at": made.isoformat()} if made else {}),
                "subscriptions": [{"id": item.id, "status": item.status} for item in subscriptions],
                "benefit_grants": [item.id for item in state.grants],
            },
        )

    async def _team(
        self, target: Target, state: CustomerState, subscriptions: Sequence[Subscription]
    ) -> TeamFound | None:
        own_ids = {target.external_id or state.customer.external_id, self.leased.row.user_id}
        recorder = self.recorder
        return await teams.look(recorder.polar, recorder.settings, state, own_ids, subscriptions)

    def failed(self, who: Identified, error: PolarError) -> Learnt:
        """What is known where Polar could not be asked."""
        return Learnt(self.leased, failed(error), external_id=who.target.external_id)
