"""One simulated Polar: the world, what follows each change in the background, and the webhooks."""

import asyncio
import random
import time as clock
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from sync.simulator.config import Range, SimulatorConfig
from sync.simulator.faults import ApiFault, Faults
from sync.simulator.lists import Lists
from sync.simulator.members import Member, Members, with_owner
from sync.simulator.rendering import Renderer
from sync.simulator.seats import Seat, Seats
from sync.simulator.webhooks import Webhooks
from sync.simulator.world import (
    GIVES_NOTHING,
    Customer,
    Grant,
    Json,
    Subscription,
    World,
    status_events,
)

_KEEP_REQUESTS = 200_000
_POLL = 0.005


@dataclass(slots=True)
class RequestRecord:
    """One API request as the simulator saw it."""

    method: str
    path: str
    """As sent: percent-encoded."""
    query: str
    route: str
    """Such as `/v1/customers/{id}`; `-` where no route was reached."""
    started_at: datetime
    customer_id: str | None = None
    """The customer that the path names, as of when the request was carried out, or came."""
    status: int | None = None
    """None: closed without an answer, or not answered yet."""
    handled: int | None = None
    """The status that it was handled with, whether or not anybody was told. None: not handled."""
    effect: bool = False
    """The request changed something."""
    fault: str | None = None


def utc_now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """Used from one event loop only; every change is made without awaiting, so is atomic."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._initial_config = config
        self.begins_with: Callable[[], None] = lambda: None
        """Makes what is there after a reset."""
        self._begin()

    def _begin(self) -> None:
        self.config = self._initial_config
        self.world = World(utc_now(), self.config.organization_id)
        self.members = Members(self.world)
        self.seats = Seats(self.world)
        self.render = Renderer(self.world, self.members)
        self.webhooks = Webhooks(lambda: self.config)
        self.webhook_render = Renderer(self.world, self.members)
        self.lists = Lists(self.config.seed)
        self.faults: Faults[ApiFault] = Faults()
        self.requests: deque[RequestRecord] = deque(maxlen=_KEEP_REQUESTS)
        self.counts: Counter[tuple[str, str]] = Counter()
        self._rng = random.Random(self.config.seed)  # noqa: S311 - reproducible, no secret
        self._timers: set[asyncio.TimerHandle] = set()
        self._paused: list[Callable[[], None]] = []
        self._changed_states: set[str] = set()
        self._recent: deque[float] = deque()
        self._stopping = asyncio.Event()

    async def close(self) -> None:
        self.stop_waiting()
        for timer in self._timers:
            timer.cancel()
        await self.webhooks.close()

    async def reset(self) -> None:
        """Start over with the settings, and the world, that it began with."""
        await self.empty()
        self.begins_with()

    async def empty(self) -> None:
        """Start over: an empty world with the settings that it began with."""
        await self.close()
        self._begin()

    def stop_waiting(self) -> None:
        """End the waits of `hold` and `wait_for` now."""
        self._stopping.set()

    async def hold(self, seconds: float) -> bool:
        """Wait. False: the simulator stops, so do no more."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return True
        return False

    async def wait_for(self, what: Coroutine[None, None, None]) -> None:
        """Wait until something has happened, or the simulator stops."""
        waits = {asyncio.create_task(what), asyncio.create_task(self._stopping.wait())}
        _, unfinished = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in unfinished:
            wait.cancel()

    def configure(self, config: SimulatorConfig) -> None:
        """Take new settings; background steps that were paused run now if they no longer are."""
        if config.seed != self.config.seed:
            self._rng = random.Random(config.seed)  # noqa: S311
            self.lists = Lists(config.seed)
        self.config = config
        if config.organization_id is not None:
            self.world.organization_id = config.organization_id
        if not config.background_paused:
            paused, self._paused = self._paused, []
            for step in paused:
                step()

    def is_over_limit(self) -> bool:
        """Count a request, if there still is budget for it."""
        limit, window = self.config.rate_limit, self.config.rate_window
        if limit is None:
            return False
        now = clock.monotonic()
        while self._recent and self._recent[0] <= now - window:
            self._recent.popleft()
        if len(self._recent) >= limit:
            return True
        self._recent.append(now)
        return False

    # -- background ------------------------------------------------------------------------

    def _in_background(self, step: Callable[[], None]) -> None:
        """Polar: what follows a deletion comes seconds later, in no guaranteed order."""

        def take() -> None:
            if self.config.background_paused:
                self._paused.append(step)
            else:
                step()

        self._later(self.config.background_delay, take)

    def _later(self, delay: Range, call: Callable[[], None]) -> None:
        def fire() -> None:
            self._timers.discard(handle)
            call()

        seconds = self._rng.uniform(*delay) * self.config.time_scale
        handle = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(handle)

    async def settle(self, timeout: float) -> bool:  # noqa: ASYNC109 - answered, not raised
        """Wait until nothing is pending, at most `timeout` seconds. False: something still is.

        Held webhooks and paused background steps are not waited for.
        """
        end = clock.monotonic() + timeout
        while self._timers or self.webhooks.waiting():
            if clock.monotonic() >= end:
                return False
            await asyncio.sleep(_POLL)
        return True

    # -- webhooks --------------------------------------------------------------------------

    def _publish(self, event_type: str, render: Callable[[], Json]) -> None:
        if self.webhooks.wanted(event_type):
            self.webhooks.publish(event_type, render())

    def _publish_customer(self, event_type: str, customer: Customer) -> None:
        """Polar: with each created, updated and deleted comes a state at once."""
        self._publish(event_type, partial(self.webhook_render.customer, customer))
        self._publish_state(customer)

    def _publish_subscription(self, events: list[str], subscription: Subscription) -> None:
        for event_type in events:
            self._publish(event_type, partial(self.webhook_render.subscription, subscription))
        self._state_changed(subscription.customer)

    def _publish_grant(self, event_type: str, grant: Grant) -> None:
        self._publish(event_type, partial(self.webhook_render.grant_webhook, grant))
        self._state_changed(grant.customer)

    def _publish_member(self, event_type: str, member: Member) -> None:
        self._publish(event_type, partial(self.webhook_render.member, member))

    def _publish_seat(self, event_type: str, seat: Seat, former: Member | None = None) -> None:
        self._publish(event_type, partial(self.webhook_render.seat, seat, former))

    def _publish_state(self, customer: Customer) -> None:
        self._publish("customer.state_changed", partial(self.webhook_render.state, customer))

    def _state_changed(self, customer: Customer) -> None:
        """Polar: after changes of what it holds, one debounced event tells of several."""
        if customer.id in self._changed_states or not self.webhooks.wanted(
            "customer.state_changed"
        ):
            return
        self._changed_states.add(customer.id)

        def tell() -> None:
            self._changed_states.discard(customer.id)
            self._publish_state(customer)

        self._later(self.config.debounce, tell)

    # -- changes ---------------------------------------------------------------------------

    def create_customer(
        self,
        fields: Json,
        people: Iterable[Json] = (),
        *,
        at: datetime | None = None,
        webhooks: bool = True,
    ) -> Customer:
        """Create a customer and its members. Raises `TakenError` for it or them."""
        at = at or utc_now()
        people = with_owner(fields, people)
        customer = self.world.add_customer(at, fields)
        members = self.members.found(at, customer, people)
        if webhooks:
            self._publish_customer("customer.created", customer)
            for member in members:
                self._publish_member("member.created", member)
        return customer

    def create_customers(
        self, many: Iterable[tuple[Json, list[Json], int]], *, at: datetime | None = None
    ) -> None:
        """Create many without webhooks. Raises `TakenError` as the world does."""
        before = len(self.world.customers)
        try:
            self.world.add_customers(at or utc_now(), many)
        finally:
            self.members.found_many(islice(self.world.customers.values(), before, None))

    def update_customer(self, customer: Customer, fields: Json, *, webhooks: bool = True) -> None:
        """Change a live customer. Raises `TakenError` as the world does."""
        self.world.update_customer(customer, utc_now(), fields)
        self.members.follow(customer)
        if webhooks:
            self._publish_customer("customer.updated", customer)

    def _make_team(self, customer: Customer, *, webhooks: bool) -> None:
        """Polar: once a team, always a team."""
        if customer.type != "team":
            self.update_customer(customer, {"type": "team"}, webhooks=webhooks)

    def delete_customer(self, customer: Customer, *, anonymize: bool) -> None:
        """Delete a live customer at once, and schedule what Polar does in the background.

        Polar: its members go first, in the same request.
        """
        now = utc_now()
        for member in self.members.delete_all(customer, now):
            self._publish_member("member.deleted", member)
            self._revoke_seats_later(self.seats.of_member(member))
        self.world.delete_customer(customer, now, anonymize=anonymize)
        self._publish_customer("customer.deleted", customer)
        for subscription in self.world.subscriptions_of.get(customer.id, ()):
            self._in_background(partial(self._cancel_for_deletion, subscription))
        for grant in self.world.grants_of.get(customer.id, ()):
            self._in_background(partial(self._revoke_grant, grant))

    def _cancel_for_deletion(self, subscription: Subscription) -> None:
        before = subscription.status
        if self.world.cancel_for_deletion(subscription, utc_now()):
            self._publish_subscription(status_events(before, "canceled"), subscription)
            self._revoke_seats_if_ended(subscription)

    def _revoke_grant(self, grant: Grant) -> None:
        if grant.stuck:
            grant.to_revoke = True
        else:
            self.set_granted(grant, granted=False)

    def set_stuck(self, grant: Grant, *, stuck: bool) -> None:
        """Polar: a revocation may be retried for a while. No longer stuck, it succeeds."""
        grant.stuck = stuck
        if grant.to_revoke and not stuck:
            grant.to_revoke = False
            self._revoke_grant(grant)

    def create_member(
        self,
        customer: Customer,
        fields: Json,
        *,
        at: datetime | None = None,
        webhooks: bool = True,
    ) -> Member:
        """Add a member to a live customer, which is a team then. Raises as `Members.add` does."""
        member = self.members.add(at or utc_now(), customer, fields)
        self._make_team(customer, webhooks=webhooks)
        if webhooks:
            self._publish_member("member.created", member)
        return member

    def update_member(self, member: Member, fields: Json, *, webhooks: bool = True) -> None:
        """Change a live member. Raises as `Members.update` does.

        Polar: where the ownership is transferred, nothing is sent about the former owner.
        """
        self.members.update(member, utc_now(), fields)
        if webhooks:
            self._publish_member("member.updated", member)

    def delete_member(self, member: Member, *, webhooks: bool = True) -> None:
        """Delete a live member; their seats and grants are revoked in the background.

        Raises `OnlyOwnerError` as `Members.delete` does.
        """
        self.members.delete(member, utc_now())
        if webhooks:
            self._publish_member("member.deleted", member)
        self._revoke_seats_later(self.seats.of_member(member))
        for grant in self.world.grants_of.get(member.customer.id, ()):
            if grant.member_id == member.id:
                self._in_background(partial(self._revoke_grant, grant))

    def assign_seat(
        self, subscription: Subscription, member: Member, *, webhooks: bool = True
    ) -> Seat:
        """Invite a member to a seat. Raises as `Seats.assign` does."""
        seat = self.seats.assign(subscription, member, utc_now())
        if webhooks:
            self._publish_seat("customer_seat.assigned", seat)
        return seat

    def claim_seat(self, seat: Seat, grants: int = 0, *, webhooks: bool = True) -> None:
        """Claim a seat, which grants its member benefits. Raises as `Seats.claim` does."""
        self.seats.claim(seat, utc_now())
        if webhooks:
            self._publish_seat("customer_seat.claimed", seat)
        self.create_grants(
            seat.subscription.customer,
            grants,
            [seat.subscription],
            member=seat.member,
            webhooks=webhooks,
        )

    def revoke_seat(self, seat: Seat, *, webhooks: bool = True) -> None:
        """Take a seat away; what it granted is revoked in the background.

        Polar: the webhook carries the member who had it, whose id the seat has no more.
        """
        former = self.seats.revoke(seat, utc_now())
        if webhooks:
            self._publish_seat("customer_seat.revoked", seat, former)
        for grant in self.world.grants_of.get(seat.subscription.customer.id, ()):
            if (
                former is not None
                and grant.member_id == former.id
                and grant.subscription_id == seat.subscription.id
            ):
                self._in_background(partial(self._revoke_grant, grant))

    def _revoke_seats_if_ended(self, subscription: Subscription) -> None:
        if subscription.status in GIVES_NOTHING:
            self._revoke_seats_later(self.seats.taken(subscription))

    def _revoke_seats_later(self, seats: Iterable[Seat]) -> None:
        for seat in seats:
            self._in_background(partial(self._revoke_if_still_of, seat, seat.member))

    def _revoke_if_still_of(self, seat: Seat, member: Member | None) -> None:
        if seat.status != "revoked" and seat.member is member:
            self.revoke_seat(seat)

    def _make_buyer_of_seats_a_team(self, subscription: Subscription, *, webhooks: bool) -> None:
        """Polar: whoever buys a product with seats is a team."""
        customer = subscription.customer
        if subscription.seats is not None and customer.deleted_at is None:
            self._make_team(customer, webhooks=webhooks)

    def create_subscription(
        self,
        customer: Customer,
        fields: Json,
        *,
        at: datetime | None = None,
        webhooks: bool = True,
    ) -> Subscription:
        subscription = self.world.add_subscription(at or utc_now(), customer, fields)
        self._make_buyer_of_seats_a_team(subscription, webhooks=webhooks)
        if webhooks:
            events = ["subscription.created"]
            if subscription.status == "active":
                events += ["subscription.updated", "subscription.active"]
            self._publish_subscription(events, subscription)
        return subscription

    def update_subscription(
        self, subscription: Subscription, fields: Json, *, webhooks: bool = True
    ) -> None:
        before = subscription.status
        self.world.update_subscription(subscription, utc_now(), fields)
        self._make_buyer_of_seats_a_team(subscription, webhooks=webhooks)
        if webhooks:
            self._publish_subscription(status_events(before, subscription.status), subscription)
        self._revoke_seats_if_ended(subscription)

    def revoke_subscription(self, subscription: Subscription) -> None:
        """Revoke through the API; the grants that it gave are revoked in the background.

        Raises `AlreadyCanceledError` and `LockedError` as the world does.
        """
        before = subscription.status
        self.world.revoke_subscription(subscription, utc_now())
        self._publish_subscription(status_events(before, subscription.status), subscription)
        self._revoke_seats_if_ended(subscription)
        for grant in self.world.grants_of.get(subscription.customer.id, ()):
            if grant.subscription_id == subscription.id:
                self._in_background(partial(self._revoke_grant, grant))

    def create_grants(
        self,
        customer: Customer,
        count: int,
        subscriptions: list[Subscription],
        *,
        member: Member | None = None,
        at: datetime | None = None,
        webhooks: bool = True,
    ) -> list[Grant]:
        """Grant benefits to a member, else to the owner."""
        grants = self.world.add_grants(at or utc_now(), customer, count, subscriptions)
        member = member or self.members.owner(customer)
        for grant in grants:
            grant.member_id = member.id
            if webhooks:
                self._publish_grant("benefit_grant.created", grant)
        return grants

    def set_granted(self, grant: Grant, *, granted: bool, webhooks: bool = True) -> None:
        if self.world.set_granted(grant, utc_now(), granted=granted) and webhooks:
            self._publish_grant(
                "benefit_grant.updated" if granted else "benefit_grant.revoked", grant
            )
