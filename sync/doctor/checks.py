"""What keeps a deployment from working, with the remedy: a function for each check, and `CHECKS`.

Nothing is changed at Polar: write scopes are probed by deleting what cannot exist. The bridge gets
one signed webhook that it ignores.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from pydantic import SecretStr
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions import pause, queries
from sync.deletions.states import NEEDS_A_PERSON, State
from sync.doctor.deployment import Deployment, nobody, refusal
from sync.doctor.findings import Finding, failed, passed, skipped, warned
from sync.errors import PolarError
from sync.hashing import Hasher
from sync.inbox import queries as inbox
from sync.intake.app_events import near_misses
from sync.mirror.kinds import BENEFIT_GRANT, CUSTOMER_SEAT, MEMBER, SUBSCRIPTION
from sync.network import environment
from sync.network.route import Route
from sync.outbox import queries as outbox
from sync.outbox.message import Message, Recipient
from sync.polar import customers, lists, members, subscriptions
from sync.polar.endpoint import WEBHOOK_PATH, Fault, shown
from sync.polar.errors import NotFound, Refused, ScopeMissing
from sync.profiles import queries as profiles
from sync.signatures import TOLERANCE, sign_as_polar
from sync.store.hash_key import check_known_hash_key

_OWN_TIMEOUT = 10.0
"""Seconds for the bridge to answer: those that Polar gives it."""
_CLOCK_NOISE = timedelta(seconds=2)
"""`Date` is in whole seconds, and an answer takes a while to come."""
_MAX_SAID = 300
"""Characters of an answer that are shown."""
_BACKLOG_WARN = timedelta(minutes=5)
_BACKLOG_FAIL = timedelta(hours=1)
_RECENT = timedelta(days=7)

_PERSONS = NEEDS_A_PERSON - {State.SUPERSEDED}
"""Superseded ones stay for ever: a warning that nobody can end would hide the others."""

Look = Callable[[Deployment], Awaitable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check."""

    name: str
    look: Look
    needs: Sequence[str] = ()
    """Earlier checks without which it is not possible."""
    is_live: bool = False
    """It asks the bridge itself, or sends to whoever is told: only where all of that runs."""


# --- the configuration and the database -----------------------------------------------------


async def settings_are_usable(deployment: Deployment) -> Finding:
    warnings = list(deployment.settings.warnings())
    if warnings:
        return warned("; ".join(warnings), "mend it, unless it is meant so")
    return passed("every variable can be used")


async def database_is_usable(deployment: Deployment) -> Finding:
    database = await deployment.database()
    if too_open := database.too_open():
        details, remedies = zip(*(it.rsplit(": ", 1) for it in too_open), strict=True)
        return warned("; ".join(details), "; ".join(remedies))
    return passed("it can be read, and its schema is this version's")


async def hash_key_is_right(deployment: Deployment) -> Finding:
    hasher = Hasher(deployment.settings.hash_key)
    await check_known_hash_key(await deployment.database(), hasher)
    return passed("it is the one that the database was made with")


# --- Polar's API ----------------------------------------------------------------------------


async def api_answers(deployment: Deployment) -> Finding:
    settings = deployment.settings
    address = shown(settings.polar_url)
    error = await deployment.answer()
    if error is None:
        return failed(
            f"{address} knows a customer whose id was made up just now",
            "point POLAR_BASE_URL at Polar",
        )
    if isinstance(error, NotFound) or _status(error) in {401, 403}:
        return passed(f"{address} answers, and accepts {settings.polar_version}")
    return failed(
        f"{address}: {error}",
        "check POLAR_SERVER, POLAR_BASE_URL and POLAR_VERSION"
        if isinstance(error, Refused)
        else "check the network, and try again",
    )


async def clock_is_right(deployment: Deployment) -> Finding:
    ahead = (await deployment.polar()).clock_ahead
    if ahead is None:
        return skipped("Polar's answer has no Date header")
    detail = f"Polar's clock is {abs(ahead).total_seconds():.0f} s " + (
        "ahead of this machine's" if ahead > timedelta(0) else "behind this machine's"
    )
    remedy = "have this machine's clock set by NTP"
    if abs(ahead) > TOLERANCE:
        return failed(f"{detail}: signatures are refused", remedy)
    if abs(ahead) > max(timedelta(seconds=deployment.settings.clock_skew / 2), _CLOCK_NOISE):
        return warned(f"{detail}: more than half of CLOCK_SKEW", remedy)
    return passed(detail)


async def token_is_valid(deployment: Deployment) -> Finding:
    if _status(await deployment.answer()) == httpx.codes.UNAUTHORIZED:
        return failed(
            "Polar does not accept it",
            "set POLAR_ACCESS_TOKEN to a valid token of the right server; if it is, the"
            " organization's API access is switched off",
        )
    return passed("Polar accepts it")


async def can_read_customers(deployment: Deployment) -> Finding:
    return _scope("customers:read", await deployment.answer())


async def can_delete_customers(deployment: Deployment) -> Finding:
    polar = await deployment.polar()
    deleting = customers.delete(polar, customer_id=nobody(), anonymize=True)
    return _scope("customers:write", await refusal(deleting))


async def can_read_subscriptions(deployment: Deployment) -> Finding:
    listing = lists.of_customers(await deployment.polar(), SUBSCRIPTION, [nobody()])
    return _scope("subscriptions:read", await refusal(listing))


async def can_revoke_subscriptions(deployment: Deployment) -> Finding:
    if deployment.settings.on_survivor != "revoke":
        return skipped("needed with ON_SURVIVOR=revoke only")
    revoking = subscriptions.revoke(await deployment.polar(), nobody())
    return _scope("subscriptions:write", await refusal(revoking))


async def can_read_grants(deployment: Deployment) -> Finding:
    listing = lists.of_customers(await deployment.polar(), BENEFIT_GRANT, [nobody()])
    return _scope("benefits:read", await refusal(listing))


async def can_read_members(deployment: Deployment) -> Finding:
    listing = lists.of_customers(await deployment.polar(), MEMBER, [nobody()])
    return _scope("members:read", await refusal(listing))


async def can_delete_members(deployment: Deployment) -> Finding:
    deleting = members.delete(await deployment.polar(), nobody(), nobody())
    return _scope("members:write", await refusal(deleting))


async def can_read_seats(deployment: Deployment) -> Finding:
    listing = lists.of_parent(await deployment.polar(), CUSTOMER_SEAT, nobody())
    return _scope("customer_seats:read", await refusal(listing))


async def can_read_webhooks(deployment: Deployment) -> Finding:
    return _scope("webhooks:read", await refusal(deployment.endpoints()))


def _scope(name: str, error: PolarError | None) -> Finding:
    """Polar checks scopes first, so that nothing is there to act on does not matter."""
    if error is None or isinstance(error, NotFound):
        return passed("granted")
    if isinstance(error, ScopeMissing):
        return failed("the token lacks it", f"give the token the scope {name} at Polar")
    raise error


def _status(error: PolarError | None) -> int | None:
    return error.status if isinstance(error, Refused) else None


# --- the webhook endpoint -------------------------------------------------------------------


async def endpoint_is_there(deployment: Deployment) -> Finding:
    found = await deployment.diagnosis()
    for fault in (Fault.MISSING, Fault.ELSEWHERE):
        if fault in found.faults:
            return _judged(deployment, fault, found.faults[fault])
    if deployment.url is None:
        return warned("found by its secret; whether it points here is not known", "set PUBLIC_URL")
    if Fault.TWICE in found.faults:
        return warned(found.faults[Fault.TWICE], "delete all but one of them at Polar")
    return passed(shown(found.endpoint.url) if found.endpoint else "")


def _without(fault: Fault, sound: str) -> Look:
    """The check that the endpoint does not have the fault."""

    async def look(deployment: Deployment) -> Finding:
        faults = (await deployment.diagnosis()).faults
        return _judged(deployment, fault, faults[fault]) if fault in faults else passed(sound)

    return look


def _judged(deployment: Deployment, fault: Fault, detail: str) -> Finding:
    if fault is Fault.SECRET:
        return failed(detail, "copy the secret from Polar's dashboard, and restart")
    return failed(detail, f"polar-sync setup --url {deployment.url or 'https://…'}")


# --- the bridge, as Polar reaches it --------------------------------------------------------


async def bridge_is_ready(deployment: Deployment) -> Finding:
    return await _ask_bridge(
        deployment,
        "/readyz",
        expected=httpx.codes.OK,
        sound="/readyz says so",
        remedy="see what /readyz answers, and the server's log",
    )


async def webhook_is_accepted(deployment: Deployment) -> Finding:
    return await _ask_bridge(
        deployment,
        WEBHOOK_PATH,
        signed_with=deployment.settings.polar_webhook_secrets[0],
        expected=httpx.codes.ACCEPTED,
        sound="a signed webhook was stored",
        remedy="see what it answers; of a signature: have the server run with these"
        " POLAR_WEBHOOK_SECRETS, and with the right time",
    )


async def forgery_is_refused(deployment: Deployment) -> Finding:
    return await _ask_bridge(
        deployment,
        WEBHOOK_PATH,
        signed_with=SecretStr(uuid.uuid4().hex),
        expected=httpx.codes.UNAUTHORIZED,
        sound="a webhook with another signature was refused",
        remedy="have the URL reach the bridge, and nothing answer in its place",
    )


async def _ask_bridge(
    deployment: Deployment,
    path: str,
    *,
    signed_with: SecretStr | None = None,
    expected: int,
    sound: str,
    remedy: str,
) -> Finding:
    """One request to the public URL: a webhook where there is a secret to sign one with."""
    if deployment.url is None:
        return skipped("the URL is not known", "set PUBLIC_URL, or give --url")
    address = deployment.url + path
    if problem := next(environment.problems(address, os.environ), None):
        return failed(problem, "set it in the environment")
    route = Route.to(address)
    try:
        async with httpx.AsyncClient(
            timeout=_OWN_TIMEOUT, follow_redirects=False, **route.for_client
        ) as client:
            if signed_with is None:
                answer = await client.get(address)
            else:
                body, headers = _webhook(signed_with)
                answer = await client.post(address, content=body, headers=headers)
    except httpx.InvalidURL:
        return failed(f"not a URL that can be asked: {address}", "correct PUBLIC_URL, or --url")
    except httpx.HTTPError as error:
        return failed(
            f"no answer from {address}: {route.failure(error)}",
            "is `polar-sync serve` running, and does PUBLIC_URL lead to it?",
        )
    if answer.status_code == expected:
        return passed(sound)
    if answer.is_redirect:
        return failed(
            f"{address} redirects, which Polar takes for a failure",
            "set PUBLIC_URL to where it redirects to, then polar-sync setup",
        )
    return failed(f"{address} was answered {answer.status_code}{_said(answer)}", remedy)


def _said(answer: httpx.Response) -> str:
    """What the bridge says is wrong; of anybody else's answer nothing."""
    try:
        detail = answer.json()["detail"]
    except (ValueError, LookupError, TypeError):
        return ""
    text = "".join(char for char in str(detail)[:_MAX_SAID] if char.isprintable())
    return f": {text}"


def _webhook(secret: SecretStr) -> tuple[bytes, Mapping[str, str]]:
    """Body and headers of a webhook of a type that the bridge ignores, signed as Polar does."""
    now = datetime.now(UTC)
    body = json.dumps({"type": "doctor.visit", "timestamp": now.isoformat(), "data": {}}).encode()
    headers = sign_as_polar(secret, f"doctor_{uuid.uuid4()}", now, body)
    return body, {**headers, "content-type": "application/json"}


# --- who is told ----------------------------------------------------------------------------


def _is_told(recipient: Recipient, variable: str, remedy: str) -> Look:
    """The check that a message to them is acknowledged."""

    async def look(deployment: Deployment) -> Finding:
        # It is nothing to a deployment that tells nobody.
        from sync.outbox.courier import deliveries
        from sync.outbox.delivery import Refused as NotTaken

        delivery = deliveries(deployment.settings).get(recipient)
        if delivery is None:
            return skipped(f"{variable} is not set")
        message = Message(
            id=0,
            recipient=recipient,
            webhook_id=f"doctor_{uuid.uuid4()}",
            type="deletion.test",
            made_at=datetime.now(UTC),
            data={"text": "polar-sync: a test, sent by `polar-sync doctor`"},
            user_id=None,
            attempts=0,
        )
        try:
            async with delivery:
                await delivery.send(message)
        except NotTaken as problem:
            return failed(problem.why, remedy)
        return passed("a test was acknowledged")

    return look


# --- what waits -----------------------------------------------------------------------------


async def inbox_is_worked_on(deployment: Deployment) -> Finding:
    async with (await deployment.database()).read() as session:
        pending, since = await inbox.backlog(session)
    if since is None:
        return passed("nothing waits")
    age = datetime.now(UTC) - since
    detail = f"{pending} waiting, the oldest for {age.total_seconds():.0f} s"
    remedy = "is a worker running? see its log"
    if age > _BACKLOG_FAIL:
        return failed(detail, remedy)
    return warned(detail, remedy) if age > _BACKLOG_WARN else passed(detail)


def _without_dead_letters(
    find: Callable[[AsyncSession, int], Awaitable[tuple[int, object]]], detail: str, remedy: str
) -> Look:
    """The check that there are none. `detail`: what they are, with a place for their number."""

    async def look(deployment: Deployment) -> Finding:
        async with (await deployment.database()).read() as session:
            total, _ = await find(session, 0)
        return warned(detail.format(total), remedy) if total else passed("none")

    return look


async def event_types_are_known(deployment: Deployment) -> Finding:
    async with (await deployment.database()).read() as session:
        near = await near_misses(session, deployment.settings)
    # One that has been mended stays in the inbox for months.
    since = datetime.now(UTC) - _RECENT
    recent = [it for it in near if it.newest_at is not None and it.newest_at > since]
    if not recent:
        return passed("none that nearly matches was ignored")
    named = [f"{it.count} {it.event_type!r} (did you mean {it.did_you_mean}?)" for it in recent]
    return warned(
        f"ignored: {', '.join(named)}",
        "have the app send that type, or set EVENT_TYPE_DELETED, or whichever is meant, to its own",
    )


async def nobody_is_needed(deployment: Deployment) -> Finding:
    async with (await deployment.database()).read() as session:
        counts = await queries.counts(session)
    waiting = [f"{counts[state]} {state}" for state in sorted(_PERSONS) if counts[state]]
    if not waiting:
        return passed("none")
    return warned(", ".join(waiting), "polar-sync status says what to do")


async def deletions_go_on(deployment: Deployment) -> Finding:
    async with (await deployment.database()).read() as session:
        paused = await pause.current(session)
    if paused is None:
        return passed("they go on")
    why = f": {paused.why}" if paused.why else ""
    return warned(
        f"all are paused since {paused.since.isoformat(timespec='seconds')}{why}",
        "polar-sync resume",
    )


# --- all of them, in their order ------------------------------------------------------------

_SETTINGS = ("settings",)
_DATABASE = ("database",)
_API = ("API",)
_TOKEN = ("API", "token")
_LIST = ("scope webhooks:read",)
_ENDPOINT = ("webhook endpoint",)
_BRIDGE = ("bridge ready",)

CHECKS: Sequence[Check] = (
    Check("settings", settings_are_usable),
    Check("database", database_is_usable, _SETTINGS),
    Check("HASH_KEY", hash_key_is_right, _DATABASE),
    Check("API", api_answers, _SETTINGS),
    Check("clock", clock_is_right, _API),
    Check("token", token_is_valid, _API),
    Check("scope customers:read", can_read_customers, _TOKEN),
    Check("scope customers:write", can_delete_customers, _TOKEN),
    Check("scope subscriptions:read", can_read_subscriptions, _TOKEN),
    Check("scope subscriptions:write", can_revoke_subscriptions, _TOKEN),
    Check("scope benefits:read", can_read_grants, _TOKEN),
    Check("scope members:read", can_read_members, _TOKEN),
    Check("scope members:write", can_delete_members, _TOKEN),
    Check("scope customer_seats:read", can_read_seats, _TOKEN),
    Check("scope webhooks:read", can_read_webhooks, _TOKEN),
    Check("webhook endpoint", endpoint_is_there, _LIST),
    Check("endpoint enabled", _without(Fault.DISABLED, "it is enabled"), _ENDPOINT),
    Check("endpoint format", _without(Fault.FORMAT, "it is raw"), _ENDPOINT),
    Check("endpoint events", _without(Fault.EVENTS, "all that are needed are sent"), _ENDPOINT),
    Check(
        "endpoint secret",
        _without(Fault.SECRET, "it is among POLAR_WEBHOOK_SECRETS"),
        _ENDPOINT,
    ),
    Check("bridge ready", bridge_is_ready, _SETTINGS, is_live=True),
    Check("webhook accepted", webhook_is_accepted, _BRIDGE, is_live=True),
    Check("forgery refused", forgery_is_refused, _BRIDGE, is_live=True),
    Check(
        "app told",
        _is_told(
            Recipient.APP,
            "OUTCOME_URL",
            "see what OUTCOME_URL leads to, and its log; of a 401, whether it has a secret of"
            " OUTCOME_SECRETS",
        ),
        _SETTINGS,
        is_live=True,
    ),
    Check(
        "operators told",
        _is_told(Recipient.OPERATOR, "OPERATOR_URL", "see what OPERATOR_URL leads to, and its log"),
        _SETTINGS,
        is_live=True,
    ),
    Check("inbox", inbox_is_worked_on, _DATABASE),
    Check("event types", event_types_are_known, _DATABASE),
    Check(
        "dead letters",
        _without_dead_letters(
            inbox.dead_letters,
            "{} could not be applied",
            "polar-sync status says why; then polar-sync retry --dead-letters",
        ),
        _DATABASE,
    ),
    Check(
        "outbox",
        _without_dead_letters(
            outbox.dead_letters,
            "{} could not be delivered",
            "polar-sync outbox list --state dead says why; then polar-sync outbox replay --all",
        ),
        _DATABASE,
    ),
    Check(
        "profiles",
        _without_dead_letters(
            profiles.dead_letters,
            "Polar refuses {}",
            "polar-sync profiles list --state dead says why; then polar-sync profiles replay --all,"
            " or dismiss",
        ),
        _DATABASE,
    ),
    Check("deletions for a person", nobody_is_needed, _DATABASE),
    Check("deletions go on", deletions_go_on, _DATABASE),
)
