"""The steps from a token to a deployment that can serve.

Each may be repeated, and goes on where an earlier run has stopped: what is set stays as it is, and
what is there is not made again.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sync.doctor.checks import CHECKS
from sync.doctor.deployment import nobody, refusal
from sync.doctor.examination import examine
from sync.doctor.findings import Verdict
from sync.errors import PolarError, StorageError
from sync.init.env_file import EnvFile
from sync.init.questions import Questions
from sync.init.report import Outcome, Step
from sync.migrations.upgrade import migrate
from sync.polar import customers
from sync.polar.budget import Unmetered
from sync.polar.client import PolarClient
from sync.polar.endpoint import shown
from sync.polar.errors import NotFound, ScopeMissing
from sync.polar.setup import Setup, set_up
from sync.settings import PolarSettings, Settings, SettingsError, parse_public_url
from sync.store import meta
from sync.store.hash_key import HASH_KEY_CHECK
from sync.store.opening import database_at, url_at

_SERVERS = ("production", "sandbox")
_MADE = "made, and set in .env"
_DATABASE: str = Settings.model_fields["database_url"].default.get_secret_value()
_AGAIN = "then run polar-sync init again"


@dataclass(frozen=True, slots=True)
class Playground:
    """The simulated Polar that a deployment is for, in place of the real one."""

    url: str
    token: str


def steps(
    ask: Questions, *, public_url: str | None, server: str | None, playground: Playground | None
) -> Iterator[Step]:
    """Take the steps, one after the other, and say of each what it did.

    Args:
        ask: who is asked for what is not set.
        public_url: of the bridge; in place of what is set.
        server: of Polar; in place of what is set, or found out.

    Raises:
        NotWritable, SettingsError: a value cannot be used. What was done before stays.
    """
    env = EnvFile(Path(".env"))
    if env.exists and not ask.may("There is a .env here. May what it lacks be added to it?"):
        raise NotAllowed
    if playground is not None:
        yield _played_with(env, playground)
        yield _migrated(env)
        yield from _own_secrets(env)
        return
    yield _token(env, ask)
    yield _server(env, server)
    yield _address(env, ask, public_url)
    yield _migrated(env)
    yield from _own_secrets(env)
    yield _endpoint(env)
    yield from _checked()


def bridge_url() -> str:
    """Where the bridge is reached, as far as that is known."""
    return EnvFile(Path(".env")).value("PUBLIC_URL") or "https://<your host>"


class NotAllowed(Exception):
    """Nothing was done, as whoever was asked has wished."""


def _played_with(env: EnvFile, playground: Playground) -> Step:
    wanted = {
        "POLAR_BASE_URL": playground.url,
        "POLAR_ACCESS_TOKEN": playground.token,
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "POLAR_WEBHOOK_SECRETS": f"polar_whs_{secrets.token_urlsafe(32)}",
    }
    if env.value("POLAR_ACCESS_TOKEN") and env.value("POLAR_BASE_URL") != playground.url:
        raise SettingsError(
            [
                "POLAR_ACCESS_TOKEN is set, and not for the simulator: make the playground in a"
                " directory without a .env"
            ]
        )
    return _set(env, "simulator", wanted)


def _set(env: EnvFile, name: str, wanted: Mapping[str, str], done: str = "set in .env") -> Step:
    """Set those of the variables that are not."""
    missing = {variable: value for variable, value in wanted.items() if not env.value(variable)}
    if not missing:
        said = (f"{variable}: {env.where(variable)}" for variable in wanted)
        return Step(name, Outcome.ALREADY, "; ".join(said))
    env.put(missing)
    return Step(name, Outcome.DONE, f"{', '.join(missing)}: {done}")


def _token(env: EnvFile, ask: Questions) -> Step:
    variable = "POLAR_ACCESS_TOKEN"
    if env.value(variable):
        return Step("token", Outcome.ALREADY, f"{variable}: {env.where(variable)}")
    token = ask.secret("Organization access token, from Polar's dashboard: Settings, Developers")
    if not token:
        return Step(
            "token",
            Outcome.LEFT,
            f"{variable} is not set",
            "create an organization access token in Polar's dashboard; set it in the environment,"
            f" or have it asked for; {_AGAIN}",
        )
    PolarSettings.load(polar_access_token=token)
    return _set(env, "token", {variable: token})


def _server(env: EnvFile, wanted: str | None) -> Step:
    if not env.value("POLAR_ACCESS_TOKEN"):
        return Step("Polar", Outcome.LEFT, "not asked, without a token", _AGAIN)
    said = wanted or env.value("POLAR_SERVER")
    if env.value("POLAR_BASE_URL") or said is not None:
        settings = PolarSettings.load(**({} if wanted is None else {"polar_server": wanted}))
        error = _heard(settings)
        if wanted is not None and wanted != env.value("POLAR_SERVER"):
            env.put({"POLAR_SERVER": wanted})
        if _is_accepted(error):
            address = shown(settings.polar_url)
            return Step("Polar", Outcome.ALREADY, f"{address} accepts the token")
        return _unheard({shown(settings.polar_url): error})
    heard = {name: _heard(PolarSettings.load(polar_server=name)) for name in _SERVERS}
    for name, error in heard.items():
        if _is_accepted(error):
            env.put({"POLAR_SERVER": name})
            return Step("Polar", Outcome.DONE, f"the token is {name}'s; POLAR_SERVER: set in .env")
    return _unheard(heard)


def _heard(settings: PolarSettings) -> PolarError | None:
    """How Polar refuses to show a customer that does not exist; None: it does not refuse."""

    async def ask() -> PolarError | None:
        async with PolarClient(settings, Unmetered()) as polar:
            return await refusal(customers.state_of(polar, customer_id=nobody()))

    return asyncio.run(ask())


def _is_accepted(error: PolarError | None) -> bool:
    return isinstance(error, NotFound | ScopeMissing)


def _unheard(errors: Mapping[str, PolarError | None]) -> Step:
    detail = "; ".join(f"{name}: {error or 'no Polar'}" for name, error in errors.items())
    return Step(
        "Polar",
        Outcome.LEFT,
        detail,
        f"check the token, POLAR_SERVER and the network; {_AGAIN}",
    )


def _address(env: EnvFile, ask: Questions, wanted: str | None) -> Step:
    variable = "PUBLIC_URL"
    known = env.value(variable)
    url = wanted or known or ask.text("Where will Polar reach the bridge? Nothing: later")
    if not url:
        return Step(
            "address",
            Outcome.LEFT,
            f"{variable} is not set",
            "once it has a public address: polar-sync init --public-url https://<your host>",
        )
    if url == known:
        return Step("address", Outcome.ALREADY, f"{variable}: {known}")
    try:
        url = parse_public_url(url)
    except ValueError as error:
        raise SettingsError([f"{variable} {error}"]) from None
    if env.is_in_environment(variable):
        raise SettingsError([f"{variable} is another in the environment: change it there"])
    env.put({variable: url})
    return Step("address", Outcome.DONE, f"{variable}: {url}, set in .env")


def _migrated(env: EnvFile) -> Step:
    url = env.value("DATABASE_URL") or _DATABASE
    try:
        database_at(url, "DATABASE_URL")
        migrate(url_at(url, "DATABASE_URL"))
    except StorageError as error:
        return Step("database", Outcome.LEFT, str(error), f"check DATABASE_URL; {_AGAIN}")
    return Step("database", Outcome.DONE, "its schema is up to date")


def _own_secrets(env: EnvFile) -> Iterator[Step]:
    variable = "HASH_KEY"
    if not env.value(variable) and _has_hash_key(env.value("DATABASE_URL") or _DATABASE):
        # With another one nobody who has been forgotten would be recognized.
        yield Step(
            "hash key",
            Outcome.LEFT,
            f"{variable} is not set, and the database was made with one",
            f"set it back, from where you keep it; {_AGAIN}",
        )
    else:
        yield _set(env, "hash key", {variable: secrets.token_hex(32)}, _MADE)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    yield _set(env, "event secret", {"EVENT_SECRETS": f"whsec_{key}"}, _MADE)


def _has_hash_key(url: str) -> bool:
    async def look() -> bool:
        database = database_at(url, "DATABASE_URL")
        try:
            async with database.read() as session:
                return await meta.get(session, HASH_KEY_CHECK) is not None
        finally:
            await database.close()

    try:
        return asyncio.run(look())
    except StorageError:
        # Then whatever key there is cannot be contradicted, nor used yet.
        return False


def _endpoint(env: EnvFile) -> Step:
    variable = "POLAR_WEBHOOK_SECRETS"
    url = env.value("PUBLIC_URL")
    lacking = [it for it in ("POLAR_ACCESS_TOKEN", "PUBLIC_URL") if not env.value(it)]
    if url is None or lacking:
        return Step(
            "webhook endpoint",
            Outcome.LEFT,
            f"not possible without {' and '.join(lacking)}",
            _AGAIN,
        )
    try:
        made = asyncio.run(set_up(PolarSettings.load(), url))
    except PolarError as error:
        return Step(
            "webhook endpoint",
            Outcome.LEFT,
            str(error),
            f"check the token's scopes webhooks:read and webhooks:write; {_AGAIN}",
        )
    return _secret_of(env, variable, made)


def _secret_of(env: EnvFile, variable: str, made: Setup) -> Step:
    secret = made.endpoint.secret.get_secret_value()
    known = (env.value(variable) or "").replace(",", " ").split()
    done = [*made.done, f"{made.endpoint.url} at Polar"]
    if secret in known:
        outcome = Outcome.DONE if made.done else Outcome.ALREADY
        return Step("webhook endpoint", outcome, ", ".join(done))
    if env.is_in_environment(variable):
        return Step(
            "webhook endpoint",
            Outcome.LEFT,
            f"its secret is not among those of {variable}, which the environment sets",
            "copy it there from Polar's dashboard: Settings, Webhooks",
        )
    env.put({variable: ",".join([secret, *known])})
    return Step(
        "webhook endpoint",
        Outcome.DONE,
        ", ".join([*done, f"its secret set in .env as {variable}"]),
    )


def _checked() -> Iterator[Step]:
    """What the doctor can look at before the bridge serves."""
    try:
        Settings.load()
    except SettingsError as error:
        yield Step("checks", Outcome.LEFT, "; ".join(error.problems), _AGAIN)
        return
    report = asyncio.run(examine(None, [check for check in CHECKS if not check.is_live]))
    bad = [row for row in report.rows if row.finding.outcome in {Verdict.FAIL, Verdict.WARN}]
    for row in bad:
        yield Step(f"check: {row.name}", Outcome.LEFT, row.finding.detail, row.finding.remedy)
    if not bad:
        passed = sum(row.finding.outcome is Verdict.PASS for row in report.rows)
        yield Step("checks", Outcome.DONE, f"{passed} of the doctor's found nothing to fix")
