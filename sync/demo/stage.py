"""What the scenes are played with: Polar's side, the app's side, and a look at what happened."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import SecretStr
from rich.progress import Progress

from sync.deletions import queries, receipts
from sync.deletions.states import ENDED, State
from sync.demo.outcome import Facts, Json, Outcome
from sync.demo.waiting import PATIENCE, until
from sync.hashing import Hasher
from sync.inbox.queries import anything_pending
from sync.signatures import sign
from sync.store.database import Database

if TYPE_CHECKING:
    from sync.deletions.tables import DeletionRow

_SETTLED = ENDED | {State.INCOMPLETE, State.HELD}


@dataclass(slots=True, kw_only=True)
class Case:
    """One user, what is hard about them, and how their deletion should end."""

    user_id: str
    title: str
    expected: Outcome
    customer_id: str | None = None
    """Polar's id of the customer whom it is about: the user's own, or whose member they are."""
    row: DeletionRow | None = None

    @property
    def personal(self) -> list[str]:
        """What the bridge should have forgotten. Who came back has given it the id again, but not
        the old address."""
        email = email_of(self.user_id)
        return [email] if self.expected.is_taken else [email, self.user_id]

    @property
    def state(self) -> State | None:
        """How far the deletion has come; None: there is none yet."""
        return None if self.row is None else self.row.state


def email_of(user_id: str) -> str:
    """The user's address at Polar."""
    return f"{user_id}@example.com"


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
        await self.make("/_sim/webhooks/endpoints", **endpoint)

    async def make(self, url: str, /, **fields: Any) -> Any:
        """Have something at Polar, by its control API; returns the answer."""
        answer = await self.polar.post(url, json=fields)
        answer.raise_for_status()
        return answer.json()

    async def customer(self, user_id: str, *subscriptions: str | Json, **fields: Any) -> Json:
        """A customer at Polar, with all its rows. `fields`: those of the control API."""
        fields = {"email": email_of(user_id), "grants": 1, **fields}
        made: Json = await self.make(
            "/_sim/customers",
            external_id=user_id,
            name=f"Name of {fields['email']}",
            subscriptions=subscriptions,
            **fields,
        )
        return made

    @contextlib.asynccontextmanager
    async def faults(self, url: str, *faults: Mapping[str, Any]) -> AsyncIterator[None]:
        """Switch faults on for as long as the block lasts."""
        (await self.polar.put(url, json={"faults": list(faults)})).raise_for_status()
        yield
        (await self.polar.delete(url)).raise_for_status()

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

        async def settled() -> bool:
            await self.look()
            count = sum(case.state in _SETTLED for case in cases)
            self.progress.update(task, completed=count)
            return count == len(cases)

        await until(settled)
        self.progress.stop_task(task)

    async def all_told(self) -> None:
        """Wait until Polar has sent all it has to say, and the bridge has applied it."""
        # Should there be no end to it, what is wrong then shows in the cases.
        await self.polar.post("/_sim/settle", json={"timeout": PATIENCE})

        async def applied() -> bool:
            async with self.database.read() as session:
                return not await anything_pending(session)

        await until(applied)

    # --- what happened -------------------------------------------------------------------------

    async def facts(self, case: Case) -> Facts:
        """What the bridge and Polar have of the case."""
        receipt = None
        if case.row is not None:
            async with self.database.read() as session:
                receipt = await receipts.receipt(session, case.row, self.hasher)
        return Facts(
            user_id=case.user_id,
            receipt=receipt,
            customer=await self._get(f"/_sim/customers/{case.customer_id}")
            if case.customer_id
            else None,
            deletes=(await self._get("/_sim/requests", method="DELETE", effect="true"))["requests"],
            holder=await self._holder(case.user_id),
        )

    async def _holder(self, user_id: str) -> str | None:
        found = await self._get("/v1/customers/", query=user_id, limit="100")
        return next((it["id"] for it in found["items"] if it["external_id"] == user_id), None)

    async def _get(self, url: str, **query: str) -> Any:
        answer = await self.polar.get(url, params=query)
        answer.raise_for_status()
        return answer.json()
