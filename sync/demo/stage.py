"""What the scenes are played with: Polar's side, the app's side, and a look at the deletions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import SecretStr
from rich.progress import Progress

from sync.deletions import queries
from sync.deletions.states import ENDED, State
from sync.hashing import Hasher
from sync.signatures import sign
from sync.store.database import Database

if TYPE_CHECKING:
    from sync.deletions.tables import DeletionRow

SETTLE_SECONDS = 20.0
_SETTLED = ENDED | {State.INCOMPLETE}


@dataclass(slots=True, kw_only=True)
class Case:
    """One user, what is hard about them, and how their deletion should end."""

    user_id: str
    title: str
    expected: State
    customer_id: str | None = None
    lives_on: str | None = None
    """A customer who must still be there afterwards."""
    row: DeletionRow | None = None

    @property
    def email(self) -> str:
        """At Polar."""
        return f"{self.user_id}@example.com"

    @property
    def state(self) -> State | None:
        """How far the deletion has come; None: there is none yet."""
        return None if self.row is None else self.row.state


@dataclass(slots=True, kw_only=True)
class Stage:
    """The simulated Polar and the bridge, both running, and the bridge's database."""

    polar: httpx.AsyncClient
    app: httpx.AsyncClient
    database: Database
    hasher: Hasher
    event_secret: SecretStr
    progress: Progress
    """Shows each scene as a row."""
    cases: list[Case] = field(default_factory=list)

    # --- Polar's side ------------------------------------------------------------------------

    async def connect_webhooks(self, secret: str) -> None:
        """Have Polar send its webhooks to the bridge."""
        endpoint = {"url": f"{self.app.base_url}/webhooks/polar", "secret": secret}
        (await self.polar.post("/_sim/webhooks/endpoints", json=endpoint)).raise_for_status()

    async def case(
        self, user_id: str, title: str, expected: State, *subscriptions: str, grants: int = 1
    ) -> Case:
        """A user who is a customer with these subscriptions."""
        case = Case(user_id=user_id, title=title, expected=expected)
        case.customer_id = await self.customer(user_id, *subscriptions, grants=grants)
        return case

    async def customer(
        self, user_id: str, *subscriptions: str, grants: int = 1, email: str | None = None
    ) -> str:
        """A customer at the simulated Polar; returns Polar's id."""
        answer = await self.polar.post(
            "/_sim/customers",
            json={
                "external_id": user_id,
                "email": email or f"{user_id}@example.com",
                "name": f"Name of {email or user_id}",
                "subscriptions": list(subscriptions),
                "grants": grants,
            },
        )
        answer.raise_for_status()
        customer_id: str = answer.json()["customer"]["id"]
        return customer_id

    @contextlib.asynccontextmanager
    async def faults(self, url: str, *faults: Mapping[str, Any]) -> AsyncIterator[None]:
        """Switch faults on for as long as the block lasts."""
        (await self.polar.put(url, json={"faults": list(faults)})).raise_for_status()
        yield
        (await self.polar.delete(url)).raise_for_status()

    async def is_deleted(self, customer_id: str) -> bool:
        """Whether the simulated Polar really has deleted the customer."""
        answer = await self.polar.get(f"/_sim/customers/{customer_id}")
        answer.raise_for_status()
        return answer.json()["customer"]["deleted_at"] is not None

    # --- the app's side ------------------------------------------------------------------------

    @staticmethod
    def event(user_id: str) -> bytes:
        """The body of a `user.deleted` of now."""
        event = {
            "type": "user.deleted",
            "timestamp": datetime.now(UTC).isoformat(),
            "data": {"user_id": user_id},
        }
        return json.dumps(event).encode()

    async def post(self, body: bytes) -> None:
        """Sign the body as the SaaS app would and post it."""
        headers = sign(self.event_secret, f"msg_{uuid.uuid4().hex}", datetime.now(UTC), body)
        answer = await self.app.post(
            "/events", content=body, headers={**headers, "content-type": "application/json"}
        )
        answer.raise_for_status()

    # --- watching ------------------------------------------------------------------------------

    async def look(self) -> None:
        """Read how far every deletion has come."""
        by_hash = {self.hasher.user(case.user_id): case for case in self.cases}
        async with self.database.read() as session:
            for row in await queries.of_users(session, by_hash):
                by_hash[row.user_hash].row = row

    async def scene(
        self,
        title: str,
        cases: Sequence[Case],
        play: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Play one scene and watch until each of its deletions has come to rest. Without `play`,
        the app sends the event of each case."""
        self.cases.extend(cases)
        task = self.progress.add_task(title, total=len(cases))
        if play is not None:
            await play()
        else:
            for case in cases:
                await self.post(self.event(case.user_id))
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            await self.look()
            settled = sum(case.state in _SETTLED for case in cases)
            self.progress.update(task, completed=settled)
            if settled == len(cases):
                break
            await asyncio.sleep(0.1)
        self.progress.stop_task(task)

    async def problems(self, case: Case, stored: bytes) -> list[str]:
        """What is not as it should be, judged by Polar's truth and by the bytes on disk."""
        found = []
        if case.state != case.expected:
            found.append(f"ended as {case.state}, not as {case.expected}")
        if case.lives_on and await self.is_deleted(case.lives_on):
            found.append("the wrong customer was deleted")
        if case.customer_id and not await self.is_deleted(case.customer_id):
            found.append("the customer is still there")
        if case.state is State.VERIFIED:
            # Who came back has given the bridge the id again, but not the old address.
            personal = [case.email] if case.lives_on else [case.email, case.user_id]
            if any(text.encode() in stored for text in personal):
                found.append("personal data is still in the database file")
        return found
