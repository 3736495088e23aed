"""`polar-sync doctor`: what keeps a deployment from working, with the remedy.

Nothing is changed at Polar: write scopes are probed by deleting what cannot exist. The bridge gets
one signed webhook that it ignores.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import httpx
from pydantic import SecretStr

from sync.cli.output import database_of, driver_ended
from sync.deletions.states import NEEDS_PERSON, State
from sync.errors import PolarError
from sync.hashing import Hasher
from sync.mirror.kinds import BENEFIT_GRANT, SUBSCRIPTION
from sync.polar import customers, lists, subscriptions, webhooks
from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.endpoint import WEBHOOK_PATH, Diagnosis, Fault, diagnose, shown
from sync.polar.errors import NotFound, Refused
from sync.polar.webhooks import Endpoint
from sync.reports import reports
from sync.settings import Settings, SettingsError
from sync.signatures import TOLERANCE, sign_as_polar
from sync.store.database import Database, StorageUnavailable
from sync.store.schema import SchemaMismatch

_PATIENCE = 30.0
"""Seconds for one check."""
_OWN_TIMEOUT = 10.0
"""Seconds for the bridge to answer: those that Polar gives it."""
_CLOCK_NOISE = timedelta(seconds=2)
"""`Date` is in whole seconds, and an answer takes a while to come."""
_BACKLOG_WARN = timedelta(minutes=5)
_BACKLOG_FAIL = timedelta(hours=1)

_PERSONS = NEEDS_PERSON - {State.SUPERSEDED}
"""Superseded ones stay for ever: a warning that nobody can end would hide the others."""


class Outcome(StrEnum):
    """Of one check."""

    PASS = "pass"  # noqa: S105 - the name of an outcome
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found. Holds no secret."""

    outcome: Outcome
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A check and what it has found."""

    name: str
    finding: Finding


async def examine(url: str | None) -> list[Row]:
    """Every check in turn. `url`: the bridge's public URL, in place of PUBLIC_URL.

    A check that needs what an earlier one did not find is skipped; one that breaks down has failed.
    """
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        examination = _Examination(url, stack)
        for name, look, needs in _CHECKS:
            lacking = [
                row.name
                for row in rows
                if row.name in needs and row.finding.outcome in {Outcome.FAIL, Outcome.SKIP}
            ]
            if lacking:
                finding = Finding(Outcome.SKIP, f"not possible without: {', '.join(lacking)}")
            else:
                finding = await _look(look, examination)
            rows.append(Row(name, finding))
    return rows


async def _look(
    look: Callable[[_Examination], Awaitable[Finding]], examination: _Examination
) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await look(examination)
    except SettingsError as error:
        return Finding(Outcome.FAIL, "; ".join(error.problems), "set it in the environment or .env")
    except SchemaMismatch as error:
        detail, _, remedy = str(error).partition("; ")
        return Finding(Outcome.FAIL, detail, remedy)
    except StorageUnavailable as error:
        await driver_ended()
        return Finding(Outcome.FAIL, f"the database cannot be used: {error}", "check DATABASE_URL")
    except PolarError as error:
        return Finding(Outcome.FAIL, str(error), "try again; if it stays, ask Polar")
    except TimeoutError:
        return Finding(Outcome.FAIL, f"no answer within {_PATIENCE:g} s", "see what is so slow")
    except Exception as error:  # noqa: BLE001 - one check must never hide the others
        # Not the message: it could quote a secret.
        return Finding(Outcome.FAIL, f"unexpected {type(error).__name__}", "report it as a bug")


def _passed(detail: str) -> Finding:
    return Finding(Outcome.PASS, detail)


class _Examination:
    """The checks, and what the earlier ones find for the later."""

    settings: Settings
    database: Database
    polar: PolarClient
    first_answer: PolarError
    """To the question for a customer that does not exist."""
    endpoints: Sequence[Endpoint]
    line: Diagnosis

    def __init__(self, url: str | None, stack: AsyncExitStack) -> None:
        self.url = url
        self._stack = stack

    # --- the configuration and the database ------------------------------------------------

    async def read_settings(self) -> Finding:
        self.settings = Settings.load()
        self.url = self.url or self.settings.public_url
        return _passed("every variable can be used")

    async def check_database(self) -> Finding:
        database = database_of(self.settings)
        try:
            await database.check_schema()
        except (SchemaMismatch, StorageUnavailable):
            with contextlib.suppress(StorageUnavailable):
                await database.close()
            raise
        self.database = database
        self._stack.push_async_callback(self._close_database)
        return _passed("it can be read, and its schema is this version's")

    async def _close_database(self) -> None:
        # It was there a moment ago; whatever has become of it, the findings must be told.
        with contextlib.suppress(StorageUnavailable):
            await self.database.close()

    async def check_hash_key(self) -> Finding:
        await Hasher(self.settings.hash_key).check(self.database)
        return _passed("it is the one that the database was made with")

    # --- Polar's API -----------------------------------------------------------------------

    async def check_api(self) -> Finding:
        polar = PolarClient(self.settings, Unmetered())
        self.polar = await self._stack.enter_async_context(polar)
        address = shown(self.settings.polar_url)
        try:
            await customers.state_of(polar, customer_id=_nobody())
        except PolarError as error:
            self.first_answer = error
            if isinstance(error, NotFound) or _status(error) in {401, 403}:
                return _passed(f"{address} answers, and accepts {self.settings.polar_version}")
            remedy = (
                "check POLAR_SERVER, POLAR_BASE_URL and POLAR_VERSION"
                if isinstance(error, Refused)
                else "check the network, and try again"
            )
            return Finding(Outcome.FAIL, f"{address}: {error}", remedy)
        return Finding(
            Outcome.FAIL,
            f"{address} knows a customer whose id was made up just now",
            "point POLAR_BASE_URL at Polar",
        )

    async def check_clock(self) -> Finding:
        ahead = self.polar.clock_ahead
        if ahead is None:
            return Finding(Outcome.SKIP, "Polar's answer has no Date header")
        detail = f"Polar's clock is {abs(ahead).total_seconds():.0f} s " + (
            "ahead of this machine's" if ahead > timedelta(0) else "behind this machine's"
        )
        remedy = "have this machine's clock set by NTP"
        if abs(ahead) > TOLERANCE:
            return Finding(Outcome.FAIL, f"{detail}: signatures are refused", remedy)
        if abs(ahead) > max(timedelta(seconds=self.settings.clock_skew / 2), _CLOCK_NOISE):
            return Finding(Outcome.WARN, f"{detail}: more than half of CLOCK_SKEW", remedy)
        return _passed(detail)

    async def check_token(self) -> Finding:
        if _status(self.first_answer) == httpx.codes.UNAUTHORIZED:
            return Finding(
                Outcome.FAIL,
                "Polar does not accept it",
                "set POLAR_ACCESS_TOKEN to a valid token of the right server",
            )
        return _passed("Polar accepts it")

    async def can_read_customers(self) -> Finding:
        return _scope("customers:read", self.first_answer)

    async def can_delete_customers(self) -> Finding:
        deleting = customers.delete(self.polar, _nobody(), anonymize=True)
        return _scope("customers:write", await _error(deleting))

    async def can_read_subscriptions(self) -> Finding:
        return _scope(
            "subscriptions:read",
            await _error(lists.of_customers(self.polar, SUBSCRIPTION, [_nobody()])),
        )

    async def can_revoke_subscriptions(self) -> Finding:
        if self.settings.on_survivor != "revoke":
            return Finding(Outcome.SKIP, "needed with ON_SURVIVOR=revoke only")
        return _scope(
            "subscriptions:write", await _error(subscriptions.revoke(self.polar, _nobody()))
        )

    async def can_read_grants(self) -> Finding:
        return _scope(
            "benefits:read",
            await _error(lists.of_customers(self.polar, BENEFIT_GRANT, [_nobody()])),
        )

    async def can_read_webhooks(self) -> Finding:
        async def listing() -> None:
            self.endpoints = await webhooks.endpoints(self.polar)

        return _scope("webhooks:read", await _error(listing()))

    # --- the webhook endpoint --------------------------------------------------------------

    async def find_endpoint(self) -> Finding:
        self.line = diagnose(
            self.endpoints, url=self.url, secrets=self.settings.polar_webhook_secrets
        )
        for fault in (Fault.MISSING, Fault.ELSEWHERE):
            if fault in self.line.faults:
                return self._judged(fault, "")
        if self.url is None:
            return Finding(
                Outcome.WARN,
                "found by its secret; whether it points here is not known",
                "set PUBLIC_URL",
            )
        if Fault.TWICE in self.line.faults:
            return Finding(
                Outcome.WARN, self.line.faults[Fault.TWICE], "delete all but one of them at Polar"
            )
        return _passed(shown(self.line.endpoint.url) if self.line.endpoint else "")

    def _judged(self, fault: Fault, sound: str) -> Finding:
        if fault not in self.line.faults:
            return _passed(sound)
        return Finding(
            Outcome.FAIL,
            self.line.faults[fault],
            "copy the secret from Polar's dashboard, and restart"
            if fault is Fault.SECRET
            else f"polar-sync setup --url {self.url or 'https://…'}",
        )

    async def check_enabled(self) -> Finding:
        return self._judged(Fault.DISABLED, "it is enabled")

    async def check_format(self) -> Finding:
        return self._judged(Fault.FORMAT, "it is raw")

    async def check_events(self) -> Finding:
        return self._judged(Fault.EVENTS, "all that are needed are sent")

    async def check_secret(self) -> Finding:
        return self._judged(Fault.SECRET, "it is among POLAR_WEBHOOK_SECRETS")

    # --- the bridge, as Polar reaches it ---------------------------------------------------

    async def _ask_bridge(
        self,
        expected: int,
        right: str,
        wrong: str,
        path: str,
        **request: Any,
    ) -> Finding:
        """One request to the public URL, a POST if it has content."""
        if self.url is None:
            return Finding(Outcome.SKIP, "the URL is not known", "set PUBLIC_URL, or give --url")
        address = self.url + path
        try:
            async with httpx.AsyncClient(timeout=_OWN_TIMEOUT, follow_redirects=False) as client:
                answer = await client.request("POST" if request else "GET", address, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Finding(
                Outcome.FAIL,
                f"no answer from {address}: {type(error).__name__}",
                "is `polar-sync serve` running, and does PUBLIC_URL lead to it?",
            )
        if answer.status_code == expected:
            return _passed(right)
        if answer.is_redirect:
            return Finding(
                Outcome.FAIL,
                f"{address} redirects, which Polar takes for a failure",
                "set PUBLIC_URL to where it redirects to, then polar-sync setup",
            )
        return Finding(Outcome.FAIL, f"{address} was answered {answer.status_code}", wrong)

    async def check_ready(self) -> Finding:
        return await self._ask_bridge(
            200, "/readyz says so", "see what /readyz answers, and the server's log", "/readyz"
        )

    async def send_webhook(self) -> Finding:
        return await self._ask_bridge(
            202,
            "a signed webhook was stored",
            "have the URL reach a server that runs with this POLAR_WEBHOOK_SECRETS",
            WEBHOOK_PATH,
            **_webhook(self.settings.polar_webhook_secrets[0]),
        )

    async def send_forgery(self) -> Finding:
        return await self._ask_bridge(
            401,
            "a webhook with another signature was refused",
            "have the URL reach the bridge, and nothing answer in its place",
            WEBHOOK_PATH,
            **_webhook(SecretStr(uuid.uuid4().hex)),
        )

    # --- what waits ------------------------------------------------------------------------

    async def check_backlog(self) -> Finding:
        inbox = (await reports.status(self.database, 0))["inbox"]
        if not inbox["pending"]:
            return _passed("nothing waits")
        age = datetime.now(UTC) - datetime.fromisoformat(inbox["oldest_pending_at"])
        detail = f"{inbox['pending']} waiting, the oldest for {age.total_seconds():.0f} s"
        remedy = "is a worker running? see its log"
        if age > _BACKLOG_FAIL:
            return Finding(Outcome.FAIL, detail, remedy)
        return Finding(Outcome.WARN, detail, remedy) if age > _BACKLOG_WARN else _passed(detail)

    async def check_dead_letters(self) -> Finding:
        total = (await reports.status(self.database, 0))["dead_letters"]["total"]
        if not total:
            return _passed("none")
        return Finding(
            Outcome.WARN,
            f"{total} could not be applied",
            "polar-sync status says why; then polar-sync retry --dead-letters",
        )

    async def check_persons(self) -> Finding:
        states = (await reports.status(self.database, 0))["states"]
        waiting = [f"{states[item]} {item}" for item in sorted(_PERSONS) if states[item]]
        if not waiting:
            return _passed("none")
        return Finding(Outcome.WARN, ", ".join(waiting), "polar-sync status says what to do")


def _nobody() -> str:
    """The id of a customer or subscription that does not exist."""
    return str(uuid.uuid4())


async def _error(request: Awaitable[object]) -> PolarError | None:
    try:
        await request
    except PolarError as error:
        return error
    return None


def _status(error: PolarError | None) -> int | None:
    return error.status if isinstance(error, Refused) else None


def _scope(name: str, error: PolarError | None) -> Finding:
    """Polar checks scopes first, so that nothing is there to act on does not matter."""
    if error is None or isinstance(error, NotFound):
        return _passed("granted")
    if _status(error) == httpx.codes.FORBIDDEN:
        return Finding(
            Outcome.FAIL, "the token lacks it", f"give the token the scope {name} at Polar"
        )
    raise error


def _webhook(secret: SecretStr) -> dict[str, Any]:
    """A webhook of a type that the bridge ignores, signed as Polar does."""
    now = datetime.now(UTC)
    body = json.dumps({"type": "doctor.visit", "timestamp": now.isoformat(), "data": {}}).encode()
    headers = sign_as_polar(secret, f"doctor_{uuid.uuid4()}", now, body)
    return {"content": body, "headers": {**headers, "content-type": "application/json"}}


_API, _LINE = "API", "webhook endpoint"
_TOKEN = (_API, "token")
_CAN_LIST = "scope webhooks:read"

_CHECKS: Sequence[tuple[str, Callable[[_Examination], Awaitable[Finding]], Sequence[str]]] = (
    ("settings", _Examination.read_settings, ()),
    ("database", _Examination.check_database, ("settings",)),
    ("HASH_KEY", _Examination.check_hash_key, ("database",)),
    (_API, _Examination.check_api, ("settings",)),
    ("clock", _Examination.check_clock, (_API,)),
    ("token", _Examination.check_token, (_API,)),
    ("scope customers:read", _Examination.can_read_customers, _TOKEN),
    ("scope customers:write", _Examination.can_delete_customers, _TOKEN),
    ("scope subscriptions:read", _Examination.can_read_subscriptions, _TOKEN),
    ("scope subscriptions:write", _Examination.can_revoke_subscriptions, _TOKEN),
    ("scope benefits:read", _Examination.can_read_grants, _TOKEN),
    (_CAN_LIST, _Examination.can_read_webhooks, _TOKEN),
    (_LINE, _Examination.find_endpoint, (_CAN_LIST,)),
    ("endpoint enabled", _Examination.check_enabled, (_LINE,)),
    ("endpoint format", _Examination.check_format, (_LINE,)),
    ("endpoint events", _Examination.check_events, (_LINE,)),
    ("endpoint secret", _Examination.check_secret, (_LINE,)),
    ("bridge ready", _Examination.check_ready, ("settings",)),
    ("webhook accepted", _Examination.send_webhook, ("settings",)),
    ("forgery refused", _Examination.send_forgery, ("settings",)),
    ("inbox", _Examination.check_backlog, ("database",)),
    ("dead letters", _Examination.check_dead_letters, ("database",)),
    ("deletions for a person", _Examination.check_persons, ("database",)),
)
"""Name, check, and the earlier ones that it builds upon."""
