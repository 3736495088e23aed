"""Everything goes wrong at once, for as long as one likes; a checker that knows the truth counts.

A random app signs users up and deletes them, repeats itself, takes deletions back, and sends
nonsense. A random Polar answers with every fault of the simulator, loses and repeats its webhooks,
has values that no database holds, and people who delete in its dashboard. The bridge is killed,
stopped and frozen, has its disk full, its clock years off, its connections ended. An operator
pauses, resumes and retries. Then all of that stops, and in three minutes each figure must be 0:

- lost: a user was deleted, their customer is there, and no deletion says that a person must act
- wrong: a customer was deleted who had not been there when their user was deleted
- unproved: a deletion is `verified`, and its customer, a subscription or a grant of it lives on
- stuck: a deletion, or an event, that neither has ended nor says that a person must act
- personal bytes: of users of whom nothing is to be left, anywhere in the database

`--seed` repeats what is drawn, though not when it strikes.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import random
import resource
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import httpx
from harness import parser
from pipeline import EVENT_SECRET, POLAR_SECRET
from pydantic import SecretStr
from soak_bridge import CLOCK_SEEN, FAKETIME, Bridge, Store, database, polar
from soak_truth import PATIENCE, Customer, Figures, Truth, User, until

from sync.signatures import sign
from sync.simulator.config import DEFAULT_TOKEN

STATUSES = ("active", "active", "active", "trialing", "past_due", "paused", "incomplete")
HUGE = int("9" * 400)
YEARS = 10
AT_ONCE = 8
"""Requests of the app's under way at once: each waits until it is heard."""


class Soak:
    """The world around one bridge."""

    def __init__(
        self, bridge: Bridge, store: Store, polar_url: str, seed: int, figures: Figures
    ) -> None:
        self.bridge = bridge
        self.figures = figures
        self.random = random.Random(seed)
        self.names = itertools.count()
        self.troubles: Counter[str] = Counter()
        self.over = False
        self.app = httpx.AsyncClient(base_url=bridge.url, timeout=5, trust_env=False)
        token = {"authorization": f"Bearer {DEFAULT_TOKEN}"}
        self.polar = httpx.AsyncClient(
            base_url=polar_url, headers=token, timeout=60, trust_env=False
        )
        self.truth = Truth(store, self.polar, figures)

    # --- the app ---------------------------------------------------------------------------

    async def live(self) -> None:
        while not self.over:
            act = self.random.choices(
                [self.sign_up, self.leave, self.repeat, self.come_back, self.restore,
                 self.subscribe, self.talk_nonsense],
                [30, 25, 6, 10, 3, 3, 6],
            )[0]  # fmt: skip
            await act()
            await asyncio.sleep(self.random.expovariate(4))

    async def sign_up(self, user: User | None = None) -> None:
        if user is None:
            user = User(f"user-{next(self.names)}-{self.random.randrange(10**9):09}")
            if self.random.random() < 0.05:
                user.id += "/a"
            self.truth.users.append(user)
        pick = self.random
        fields = {
            "external_id": user.id,
            "email": f"{user.id.replace('/', '.')}@example.com",
            "name": f"Name of {user.id}",
            "subscriptions": pick.choices(STATUSES, k=pick.randrange(3)),
            "grants": pick.randrange(3),
            "metadata": pick.choice([{}, {"note": user.id}, {"n": HUGE}, {"text": "\ud800"}]),
            "members": [],
        }
        if pick.random() < 0.05:
            mate = f"mate-{user.id}"
            fields["members"] = [
                {"external_id": mate, "email": f"{mate}@x.example", "name": mate, "role": "member"}
            ]
        answer = await self.polar.post("/_sim/customers", content=json.dumps(fields))
        if answer.status_code == httpx.codes.CREATED:
            made = answer.json()["customer"]
            born = datetime.fromisoformat(made["created_at"])
            user.customers.append(Customer(made["id"], user.id, born))

    async def leave(self) -> None:
        user = self._some(lambda it: not it.deleted_at)
        if user is not None:
            await self.delete(user)

    async def come_back(self) -> None:
        """Sign up again where Polar has nobody any more, and now and then leave once more."""
        user = self._some(lambda it: bool(it.deleted_at))
        if user is not None:
            await self.sign_up(user)
            if self.random.random() < 0.3:
                await self.delete(user)

    async def delete(self, user: User) -> None:
        now = datetime.now(UTC)
        body = _event("user.deleted", user.id, now)
        webhook_id = f"msg_{secrets.token_hex(8)}"
        if await self.send(webhook_id, body):
            user.deleted_at.append(now)
            user.sent.append((webhook_id, body))

    async def repeat(self) -> None:
        user = self._some(lambda it: bool(it.sent))
        if user is not None:
            webhook_id, body = self.random.choice(user.sent)
            again = self.random.random() < 0.5
            await self.send(webhook_id if again else f"msg_{secrets.token_hex(8)}", body)

    async def restore(self) -> None:
        user = self._some(lambda it: bool(it.deleted_at))
        if user is not None:
            user.restored = True
            body = _event("user.restored", user.id, datetime.now(UTC))
            await self.send(f"msg_{secrets.token_hex(8)}", body)

    async def subscribe(self) -> None:
        user = self._some(lambda it: bool(it.customers))
        if user is not None:
            user.resubscribed = True
            new = {"customer_id": user.customers[-1].id, "status": "active"}
            await self.polar.post("/_sim/subscriptions", json=new)

    async def talk_nonsense(self) -> None:
        """Signed as by Polar, and no event that anybody understands; about somebody real."""
        user = self._some(lambda it: bool(it.customers))
        customer_id: object = user.customers[-1].id if user else None
        name = user.id if user else "nobody"
        data = {"id": customer_id, "email": name, "external_id": name, "customer_id": HUGE}
        body = json.dumps(
            self.random.choice(
                [
                    {"type": "customer.updated", "timestamp": "yesterday", "data": data},
                    {"type": "subscription.updated", "timestamp": _iso(), "data": data},
                    {"type": "customer.deleted", "timestamp": _iso(), "data": [name]},
                    {"type": ["customer.created"], "data": data},
                ]
            )
        ).encode()
        await self.post("/webhooks/polar", POLAR_SECRET, f"msg_{secrets.token_hex(8)}", body)

    async def send(self, webhook_id: str, body: bytes) -> bool:
        """As an app does: until it is heard. Returns whether it was taken."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status = await self.post("/events", EVENT_SECRET, webhook_id, body)
            if status == httpx.codes.ACCEPTED:
                self.figures.events += 1
                return True
            if status == httpx.codes.CONFLICT:
                return False
            await asyncio.sleep(0.2)
        raise AssertionError("no event is taken any more")

    async def post(self, path: str, secret: str, webhook_id: str, body: bytes) -> int:
        key = secret if path == "/events" else base64.b64encode(secret.encode()).decode()
        headers = sign(SecretStr(key), webhook_id, datetime.now(UTC), body)
        headers["content-type"] = "application/json"
        try:
            return (await self.app.post(path, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return 0

    def _some(self, fits: Callable[[User], bool]) -> User | None:
        able = [user for user in self.truth.users[-200:] if fits(user)]
        return self.random.choice(able) if able else None

    # --- Polar -----------------------------------------------------------------------------

    async def misbehave(self) -> None:
        while not self.over:
            pick = self.random
            faults = [
                {"kind": "delay", "seconds": 0.3, "probability": 0.2},
                {"kind": "drop", "probability": 0.2},
                {"kind": "error", "status": 502, "after_effect": True, "probability": 0.3},
                {"kind": "error", "status": 503, "probability": 0.3},
                {"kind": "rate_limit", "retry_after": 1, "probability": 0.1},
                {"kind": "timeout", "seconds": 3, "close": True, "probability": 0.1},
                {"kind": "late", "seconds": 5, "method": "DELETE", "count": 2},
            ]
            webhooks = [
                {"kind": "drop", "probability": 0.3},
                {"kind": "duplicate", "copies": 2, "probability": 0.3},
                {"kind": "reorder", "seconds": 0.5, "probability": 0.5},
                {"kind": "delay", "seconds": 1, "probability": 0.3},
            ]
            some = pick.sample(faults, pick.randrange(4))
            await self.polar.put("/_sim/faults", json={"faults": some})
            chosen = {"faults": pick.sample(webhooks, pick.randrange(3))}
            await self.polar.put("/_sim/webhook-faults", json=chosen)
            away = pick.random() < 0.1
            await self.polar.put("/_sim/settings", json={"available": not away})
            if pick.random() < 0.3 and (user := self._some(lambda it: bool(it.customers))):
                await self.delete_in_dashboard(user.customers[-1])
            await asyncio.sleep(pick.uniform(1, 4))

    async def delete_in_dashboard(self, customer: Customer) -> None:
        self.truth.in_dashboard.add(customer.id)
        with contextlib.suppress(httpx.HTTPError):
            await self.polar.delete(f"/v1/customers/{customer.id}")

    # --- what happens to the bridge ----------------------------------------------------------

    async def hurt(self, end_connections: Callable[[], None] | None) -> None:
        troubles: list[Callable[[], Awaitable[None]]] = [
            self.kill, self.kill, self.restart, self.freeze, self.pause
        ]  # fmt: skip
        if self.truth.store.path is not None:
            troubles.append(self.fill_disk)
        if FAKETIME:
            troubles.append(self.change_clock)
        if end_connections is not None:

            async def lose_database() -> None:
                await asyncio.to_thread(end_connections)

            troubles += [lose_database, lose_database]
        while not self.over:
            await asyncio.sleep(self.random.uniform(2, 10))
            trouble = self.random.choice(troubles)
            self.troubles[trouble.__name__] += 1
            await trouble()

    async def kill(self) -> None:
        self.figures.kills += 1
        await self.bridge.end(signal.SIGKILL)
        self.bridge.start()

    async def restart(self) -> None:
        await self.bridge.end(signal.SIGTERM)
        self.bridge.start()

    async def freeze(self) -> None:
        assert self.bridge.process is not None
        self.bridge.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(1)
        self.bridge.process.send_signal(signal.SIGCONT)

    async def fill_disk(self) -> None:
        assert self.bridge.process is not None
        pid = self.bridge.process.pid
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4_096, hard))
        await asyncio.sleep(1)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

    async def change_clock(self) -> None:
        self.bridge.set_clock(self.random.choice([-YEARS, YEARS]))
        await asyncio.sleep(CLOCK_SEEN + self.random.uniform(0.5, 2))
        self.bridge.set_clock(0)

    async def pause(self) -> None:
        await asyncio.to_thread(self.bridge.command, "pause", "--why", "the operator wonders")
        await asyncio.sleep(1)
        await asyncio.to_thread(self.bridge.command, "resume")
        user = self._some(lambda it: bool(it.deleted_at))
        if user is not None:
            await asyncio.to_thread(self.bridge.command, "retry", "--user", user.id)

    # --- the end -----------------------------------------------------------------------------

    async def settle(self) -> None:
        """Nothing goes wrong any more; the operator does what they would do next."""
        await self.polar.delete("/_sim/faults")
        await self.polar.delete("/_sim/webhook-faults")
        await self.polar.put("/_sim/settings", json={"available": True})
        self.bridge.set_clock(0)
        self.bridge.command("resume")
        await self.restart()
        await until(self.truth.ended)
        self.bridge.command("reconcile", "--json")
        await until(self.truth.ended)


def _event(type_: str, user_id: str, at: datetime) -> bytes:
    event = {"type": type_, "timestamp": at.isoformat(), "data": {"user_id": user_id}}
    return json.dumps(event).encode()


def _iso() -> str:
    return datetime.now(UTC).isoformat()


async def run(minutes: float, seed: int, engine: str) -> tuple[Figures, list[str]]:
    figures = Figures(minutes)
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        with database(engine, directory) as (url, end_connections), polar() as polar_url:
            bridge = Bridge(directory, url, polar_url)
            assert bridge.command("migrate").returncode == 0
            soak = Soak(bridge, Store(url), polar_url, seed, figures)
            bridge.start()
            endpoint = {"url": f"{bridge.url}/webhooks/polar", "secret": POLAR_SECRET}
            await soak.polar.post("/_sim/webhooks/endpoints", json=endpoint)
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(AT_ONCE):
                        group.create_task(soak.live())
                    group.create_task(soak.misbehave())
                    group.create_task(soak.hurt(end_connections))
                    await asyncio.sleep(minutes * 60)
                    soak.over = True
                await soak.settle()
                said = await soak.truth.check()
            finally:
                figures.customers = sum(len(user.customers) for user in soak.truth.users)
                figures.troubles = dict(soak.troubles)
                await soak.app.aclose()
                await soak.polar.aclose()
                await bridge.end(signal.SIGTERM)
            if figures.bad:
                kept = Path(tempfile.gettempdir()) / f"soak-{engine}-{seed}.log"
                kept.write_bytes(bridge.log.read_bytes())
                said.append(f"the bridge's log is {kept}")
    return figures, said


def main() -> None:
    """Run it, and exit with 1 if a figure that must be 0 is not."""
    options = parser(__doc__)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = options.parse_args()
    figures, said = asyncio.run(run(chosen.minutes, chosen.seed, chosen.engine))
    if chosen.json:
        print(json.dumps({**asdict(figures), "said": said}))
    else:
        for name, value in asdict(figures).items():
            print(f"{name:>16}  {value}")
        print(*said, sep="\n")
    sys.exit(1 if figures.bad else 0)


if __name__ == "__main__":
    main()
