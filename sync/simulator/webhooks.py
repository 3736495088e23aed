"""Webhook endpoints, events and deliveries, and the sending of them.

Polar: Standard Webhooks; one `webhook-id` per event and endpoint, the same on every attempt; up to
ten attempts with exponential backoff; best-effort order; an endpoint is disabled after ten events
in a row that failed for good.
"""

import asyncio
import base64
import heapq
import json
import secrets
import string
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import httpx
from standardwebhooks import Webhook

from sync.simulator.config import SimulatorConfig
from sync.simulator.faults import Faults, WebhookFault
from sync.simulator.times import time
from sync.simulator.world import Json, new_id

API_VERSION = "2026-10"
_SECRET_ALPHABET = string.ascii_letters + string.digits
_MAX_RESPONSE = 2048
_MAX_IN_FLIGHT = 32
_TLS = httpx.create_ssl_context()
"""Made once: it takes longer than everything else about a client."""

EventState = Literal["held", "pending", "delivered", "failed", "skipped", "dropped"]


def new_secret(*, standard: bool = False) -> str:
    """`standard`: one that is read as Standard Webhooks says, so base64 after its prefix."""
    if standard:
        return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    return "whsec_" + "".join(secrets.choice(_SECRET_ALPHABET) for _ in range(43))


@dataclass(slots=True, eq=False)
class Endpoint:
    id: str
    created_at: datetime
    url: str
    format: str
    events: list[str]
    secret: str
    name: str | None = None
    enabled: bool = True
    standard_signature: bool = False
    """The key is what follows `whsec_`, decoded from base64, and not the whole secret."""
    modified_at: datetime | None = None
    failures_in_row: int = 0

    def signer(self) -> Webhook:
        """Polar: the key is the UTF-8 bytes of the whole secret as it shows it.

        Its SDK tells of endpoints for which it is the Standard Webhooks reading instead.
        """
        if self.standard_signature:
            return Webhook(self.secret)
        return Webhook(base64.b64encode(self.secret.encode()).decode())


@dataclass(slots=True, eq=False)
class Event:
    """One event for one endpoint; its id is the `webhook-id`."""

    id: str
    endpoint: Endpoint
    type: str
    created_at: datetime
    payload: str | None
    born: float
    """The loop's time of creation, for the wait behind earlier events."""
    due: float
    """The loop's time before which no attempt is made."""
    state: EventState = "pending"
    attempts: int = 0
    copies: int = 0
    in_flight: bool = False
    last_http_code: int | None = None
    succeeded: bool | None = None
    modified_at: datetime | None = None


@dataclass(slots=True, eq=False)
class Delivery:
    id: str
    created_at: datetime
    event: Event
    succeeded: bool
    http_code: int | None
    response: str | None


@dataclass(slots=True, eq=False)
class _Channel:
    """What waits for one endpoint, oldest first."""

    endpoint: Endpoint
    pending: OrderedDict[str, Event] = field(default_factory=OrderedDict)
    overtaking: list[tuple[float, int, Event]] = field(default_factory=list)
    """A heap by the time from which an event waits for no other. Stale entries are skipped."""
    held: list[Event] = field(default_factory=list)
    gathered: list[Event] | None = None
    """What a `reorder` fault has gathered; None: it is not gathering."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    attempts: set[asyncio.Task[None]] = field(default_factory=set)
    pump: asyncio.Task[None] | None = None


def _new_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=_TLS,
        # Loopback needs no proxy; a receiver's redirect is a failure, as Polar has it.
        trust_env=False,
        follow_redirects=False,
        # Short, lest a connection is reused just as the receiver closes it.
        limits=httpx.Limits(keepalive_expiry=2),
    )


def render_endpoint(row: Endpoint, organization_id: str) -> Json:
    return {
        "created_at": time(row.created_at),
        "modified_at": time(row.modified_at),
        "id": row.id,
        "url": row.url,
        "name": row.name,
        "api_version": API_VERSION,
        "format": row.format,
        "secret": row.secret,
        "organization_id": organization_id,
        "events": row.events,
        "enabled": row.enabled,
        "uses_standard_webhook_signature": row.standard_signature,
    }


def render_event(row: Event) -> Json:
    return {
        "created_at": time(row.created_at),
        "modified_at": time(row.modified_at),
        "id": row.id,
        "last_http_code": row.last_http_code,
        "succeeded": row.succeeded,
        "skipped": row.state == "skipped",
        "api_version": API_VERSION,
        "payload": row.payload,
        "type": row.type,
        "is_archived": row.payload is None,
    }


def render_delivery(row: Delivery) -> Json:
    return {
        "created_at": time(row.created_at),
        "modified_at": None,
        "id": row.id,
        "succeeded": row.succeeded,
        "http_code": row.http_code,
        "response": row.response,
        "webhook_event": render_event(row.event),
    }


def body_for(format_: str, event_type: str, at: datetime, data: Json) -> str:
    """The body of a delivery. Polar: `discord` and `slack` endpoints get something else."""
    body: Json
    if format_ == "discord":
        body = {"content": "", "embeds": [{"title": event_type, "description": data.get("id")}]}
    elif format_ == "slack":
        body = {"text": event_type, "blocks": []}
    else:
        body = {
            "type": event_type,
            "timestamp": time(at),
            "api_version": API_VERSION,
            "data": data,
        }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


class Webhooks:
    """All endpoints of one simulated Polar. Used from one event loop only."""

    def __init__(self, config: Callable[[], SimulatorConfig]) -> None:
        self._config = config
        self.endpoints: dict[str, Endpoint] = {}
        self.events: dict[str, Event] = {}
        self.deliveries: list[Delivery] = []
        self.faults: Faults[WebhookFault] = Faults()
        self._channels: dict[str, _Channel] = {}
        self._with_payload: deque[Event] = deque()
        self._timers: set[asyncio.TimerHandle] = set()
        self._clients: list[httpx.AsyncClient] = []
        """Those that nothing is sent with. One connection each: httpx looks through all of a
        client's for every request, which would take most of the simulator's time."""
        self._heap_order = 0

    async def close(self) -> None:
        """Stop sending. Attempts in flight are cut off."""
        for timer in self._timers:
            timer.cancel()
        tasks = [
            task
            for channel in self._channels.values()
            for task in (channel.pump, *channel.attempts)
            if task is not None
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in self._clients:
            await client.aclose()

    # -- endpoints -------------------------------------------------------------------------

    def add_endpoint(self, endpoint: Endpoint) -> None:
        self.endpoints[endpoint.id] = endpoint
        self._channels[endpoint.id] = _Channel(endpoint)

    def update_endpoint(self, endpoint: Endpoint, fields: Json) -> None:
        for name, value in fields.items():
            setattr(endpoint, name, value)
        endpoint.modified_at = datetime.now(UTC)
        if fields.get("enabled") is True:
            endpoint.failures_in_row = 0
        elif fields.get("enabled") is False:
            self._skip_all(self._channels[endpoint.id])

    def delete_endpoint(self, endpoint: Endpoint) -> None:
        del self.endpoints[endpoint.id]
        channel = self._channels.pop(endpoint.id)
        endpoint.enabled = False
        self._skip_all(channel)
        for task in (channel.pump, *channel.attempts):
            if task is not None:
                task.cancel()

    def _skip_all(self, channel: _Channel) -> None:
        """Polar: a disabled endpoint's pending events are skipped."""
        for event in [*channel.pending.values(), *channel.held, *(channel.gathered or ())]:
            event.state = "skipped"
        channel.pending.clear()
        channel.overtaking.clear()
        channel.held.clear()
        if channel.gathered is not None:
            channel.gathered.clear()

    # -- events ----------------------------------------------------------------------------

    def wanted(self, event_type: str) -> bool:
        """Whether any endpoint would get such an event: else it need not be rendered."""
        return any(e.enabled and event_type in e.events for e in self.endpoints.values())

    def publish(self, event_type: str, data: Json) -> None:
        """Create an event for each endpoint that wants it, with `data` as it is now."""
        now = datetime.now(UTC)
        for endpoint in self.endpoints.values():
            if endpoint.enabled and event_type in endpoint.events:
                payload = body_for(endpoint.format, event_type, now, data)
                self._enqueue(endpoint, event_type, now, payload)

    def _enqueue(self, endpoint: Endpoint, event_type: str, now: datetime, payload: str) -> None:
        loop_time = asyncio.get_running_loop().time()
        event = Event(new_id(), endpoint, event_type, now, payload, loop_time, loop_time)
        self.events[event.id] = event
        self._with_payload.append(event)
        self._archive()
        channel = self._channels[endpoint.id]
        for rule in self.faults.rules:
            if rule.matches(event_type, endpoint.id) and rule.strikes(self.faults.rng):
                if rule.kind == "duplicate":
                    event.copies += rule.copies
                    continue
                self._divert(channel, event, rule)
                return
        self._queue(channel, event)

    def _divert(self, channel: _Channel, event: Event, rule: WebhookFault) -> None:
        match rule.kind:
            case "drop":
                event.state, event.succeeded, event.last_http_code = "dropped", True, 200
                self.deliveries.append(
                    Delivery(new_id(), datetime.now(UTC), event, True, 200, None)
                )
            case "reorder":
                if channel.gathered is None:
                    channel.gathered = []
                    self._later(rule.seconds, lambda: self._shuffle(channel))
                channel.gathered.append(event)
            case "delay":
                event.state = "held"
                channel.held.append(event)
                self._later(rule.seconds, lambda: self._let_go(channel, event))
            case _:
                event.state = "held"
                channel.held.append(event)

    def _shuffle(self, channel: _Channel) -> None:
        events, channel.gathered = channel.gathered or [], None
        self.faults.rng.shuffle(events)
        for event in events:
            self._queue(channel, event)

    def _let_go(self, channel: _Channel, event: Event) -> None:
        if event in channel.held:
            channel.held.remove(event)
            self._queue(channel, event)

    def release(self, order: str = "fifo", event_type: str | None = None) -> int:
        """Queue what is held, all or of one type. Returns how many.

        `order` is `fifo`, `reverse` or `shuffle`.
        """
        released = 0
        for channel in self._channels.values():
            events = [e for e in channel.held if event_type in (None, e.type)]
            channel.held = [e for e in channel.held if event_type not in (None, e.type)]
            if order == "reverse":
                events.reverse()
            elif order == "shuffle":
                self.faults.rng.shuffle(events)
            for event in events:
                self._queue(channel, event)
            released += len(events)
        return released

    def redeliver(self, event: Event) -> None:
        """Send an event again, with its own id and attempts. Nothing where it is disabled."""
        channel = self._channels.get(event.endpoint.id)
        if channel is None or not event.endpoint.enabled or event.in_flight:
            return
        if event in channel.held:
            channel.held.remove(event)
        event.attempts = 0
        self._queue(channel, event)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        def fire() -> None:
            self._timers.discard(handle)
            call()

        handle = asyncio.get_running_loop().call_later(seconds, fire)
        self._timers.add(handle)

    def _archive(self) -> None:
        keep = self._config().keep_payloads
        while len(self._with_payload) > keep and self._with_payload[0].state not in (
            "pending",
            "held",
        ):
            self._with_payload.popleft().payload = None

    def counts(self) -> Counter[str]:
        return Counter(event.state for event in self.events.values())

    def waiting(self) -> int:
        """Events that will be sent without anybody's help: pending, delayed or gathered."""
        return len(self._timers) + sum(
            len(channel.pending) + len(channel.attempts) for channel in self._channels.values()
        )

    # -- sending ---------------------------------------------------------------------------

    def _queue(self, channel: _Channel, event: Event) -> None:
        now = asyncio.get_running_loop().time()
        event.state, event.born, event.due = "pending", now, now
        channel.pending[event.id] = event
        self._let_overtake(channel, event)
        if channel.pump is None:
            channel.pump = asyncio.create_task(self._pump(channel))
        channel.wake.set()

    def _let_overtake(self, channel: _Channel, event: Event) -> None:
        config = self._config()
        ready = max(event.due, event.born + config.fifo_wait * config.time_scale)
        self._heap_order += 1
        heapq.heappush(channel.overtaking, (ready, self._heap_order, event))

    async def _pump(self, channel: _Channel) -> None:
        loop = asyncio.get_running_loop()
        while True:
            channel.wake.clear()
            now = loop.time()
            next_at = self._start_due(channel, now)
            if next_at is None:
                await channel.wake.wait()
            else:
                try:
                    async with asyncio.timeout_at(next_at):
                        await channel.wake.wait()
                except TimeoutError:
                    continue

    def _start_due(self, channel: _Channel, now: float) -> float | None:
        """Start what may be sent now. Returns when to look again, None: when woken."""
        next_at: float | None = None
        head = next(iter(channel.pending.values()), None)
        if head is not None and not head.in_flight:
            if head.due <= now:
                self._start(channel, head)
            else:
                next_at = head.due
        while channel.overtaking and len(channel.attempts) < _MAX_IN_FLIGHT:
            ready, _, event = channel.overtaking[0]
            stale = event.state != "pending" or event.in_flight or event.due > ready
            if not stale and ready > now:
                return ready if next_at is None else min(ready, next_at)
            heapq.heappop(channel.overtaking)
            if not stale:
                self._start(channel, event)
        return next_at

    def _start(self, channel: _Channel, event: Event) -> None:
        event.in_flight = True
        task = asyncio.create_task(self._attempt(channel, event))
        channel.attempts.add(task)

    async def _attempt(self, channel: _Channel, event: Event) -> None:
        event.attempts += 1
        try:
            results = await asyncio.gather(*(self._send(event) for _ in range(1 + event.copies)))
            self._conclude(channel, event, any(results))
        finally:
            event.in_flight = False
            task = asyncio.current_task()
            if task is not None:
                channel.attempts.discard(task)
            channel.wake.set()

    def _conclude(self, channel: _Channel, event: Event, succeeded: bool) -> None:
        endpoint, config = event.endpoint, self._config()
        event.modified_at = datetime.now(UTC)
        if succeeded:
            event.state, event.succeeded = "delivered", True
            endpoint.failures_in_row = 0
            channel.pending.pop(event.id, None)
        elif event.state == "skipped":
            return
        elif event.attempts < config.max_attempts:
            now = asyncio.get_running_loop().time()
            event.due = now + config.backoff(event.attempts)
            self._let_overtake(channel, event)
        else:
            event.state = "failed"
            if event.succeeded is None:
                event.succeeded = False
            channel.pending.pop(event.id, None)
            endpoint.failures_in_row += 1
            if endpoint.failures_in_row >= config.disable_after:
                self.update_endpoint(endpoint, {"enabled": False})

    async def _send(self, event: Event) -> bool:
        """One request. Returns whether it was answered 2xx in time; recorded either way."""
        body = event.payload or ""
        at = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "user-agent": "polar-sync simulator",
            "webhook-id": event.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": event.endpoint.signer().sign(event.id, at, body),
        }
        timeout = self._config().timeout()
        code: int | None = None
        response: str
        client = self._clients.pop() if self._clients else _new_client()
        try:
            async with asyncio.timeout(timeout):
                answer = await client.post(
                    event.endpoint.url, content=body.encode(), headers=headers, timeout=timeout
                )
            code, response = answer.status_code, answer.text[:_MAX_RESPONSE]
        except TimeoutError:
            response = "TimeoutError"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            response = f"{type(error).__name__}: {error}"
        finally:
            self._clients.append(client)
        succeeded = code is not None and 200 <= code < 300
        event.last_http_code = code
        self.deliveries.append(
            Delivery(new_id(), datetime.now(UTC), event, succeeded, code, response)
        )
        return succeeded
