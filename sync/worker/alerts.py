"""Tells operators what needs them, where OPERATOR_URL is set."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import queries
from sync.errors import PolarError
from sync.inbox import queries as inbox
from sync.logs import place_of
from sync.outbox import alerts
from sync.outbox import queries as outbox
from sync.outbox.alerts import Concern
from sync.outbox.message import Recipient
from sync.polar import webhooks
from sync.polar.client import PolarClient
from sync.polar.endpoint import Fault, diagnose
from sync.profiles import queries as profiles
from sync.settings import Settings
from sync.store import meta
from sync.store.database import Database
from sync.store.errors import StorageUnavailable

_log = logging.getLogger(__name__)

_INTERVAL = 30.0
"""Seconds from one look to the next."""
_ENDPOINT_INTERVAL = 3_600.0
"""Seconds from one question to Polar about the endpoint to the next."""
_TOLD = "alerts.told"
_LOCK = "alerts.lock"


@dataclass
class Alerts:
    """Of several workers one tells."""

    database: Database
    settings: Settings
    polar: PolarClient
    _asked_at: float | None = field(default=None, init=False)
    _endpoint: Concern | None = field(default=None, init=False)

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            try:
                await self.look()
            except StorageUnavailable as error:
                _log.error("alerts: the database does not answer: %s", error)
            except Exception as error:  # noqa: BLE001 - the next look must come all the same
                _log.error("alerts failed unexpectedly: %s", place_of(error))
            await asyncio.sleep(_INTERVAL)

    async def look(self) -> None:
        """Write into the outbox what is to be told now.

        Raises:
            StorageUnavailable
        """
        await self._ask_about_endpoint()
        async with self.database.write() as session:
            now = await self.database.now(session)
            # Whoever else looks at this moment waits here.
            await meta.put(self.database, session, _LOCK, now.isoformat())
            concerns = await self._concerns(session, now)
            told = alerts.from_text(await meta.get(session, _TOLD))
            due, after = alerts.after(concerns, told, now)
            for concern in due:
                text = {"text": f"polar-sync: {concern.text}"}
                outbox.put(session, Recipient.OPERATOR, "operator.alert", text, now)
            if after != told:
                await meta.put(self.database, session, _TOLD, alerts.to_text(after))

    async def _concerns(self, session: AsyncSession, now: datetime) -> dict[str, Concern]:
        found: dict[str, Concern] = {}
        for state, (number, total) in (await queries.needing_a_person_by_state(session)).items():
            what = "deletion is" if number == 1 else "deletions are"
            asks = f"{state.about.asks}; see polar-sync status"
            found[state] = Concern(number, str(total), f"{number} {what} {state}: {asks}")
        dead, newest = await inbox.dead_letters(session, 1)
        if dead:
            what = "event" if dead == 1 else "events"
            text = f"{dead} {what} could not be applied; polar-sync status says why"
            found["dead_letters"] = Concern(dead, f"{newest[0].id}", text, is_repeated=False)
        undelivered, last = await outbox.dead_letters(session, 1)
        if undelivered:
            what = "message" if undelivered == 1 else "messages"
            text = f"{undelivered} {what} to the app could not be delivered; see polar-sync status"
            found["outbox"] = Concern(undelivered, f"{last[0].id}", text, is_repeated=False)
        if self.settings.carries_profiles:
            refused, last_one = await profiles.dead_letters(session, 1)
            if refused:
                what = "user's profile" if refused == 1 else "users' profiles"
                text = f"Polar refuses {refused} {what}; polar-sync status says why"
                mark = f"{last_one[0].id} {last_one[0].ended_at}"
                found["profiles"] = Concern(refused, mark, text, is_repeated=False)
        oldest = await inbox.oldest_pending(session)
        if oldest is not None and now - oldest > timedelta(seconds=self.settings.alert_after):
            text = f"an event has waited since {oldest:%Y-%m-%d %H:%M} UTC: is a worker running?"
            found["backlog"] = Concern(1, "", text)
        if self._endpoint is not None:
            found["endpoint"] = self._endpoint
        return found

    async def _ask_about_endpoint(self) -> None:
        now = time.monotonic()
        if self._asked_at is not None and now - self._asked_at < _ENDPOINT_INTERVAL:
            return
        self._asked_at = now
        try:
            found = diagnose(
                await webhooks.endpoints(self.polar),
                url=self.settings.public_url,
                secrets=self.settings.polar_webhook_secrets,
            )
        except PolarError:
            # It is Polar's, or the token lacks the scope: what it was stays.
            return
        self._endpoint = None
        if Fault.DISABLED in found.faults:
            text = "Polar has disabled the webhook endpoint: polar-sync setup, then reconcile"
            self._endpoint = Concern(1, "", text)
