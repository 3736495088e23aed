"""One typed settings object, read from the environment and from `.env`.

`Settings.load()` is the one place that reads configuration. A missing or unusable value raises
`SettingsError`, whose `problems` hold one line for each variable: its name and what to do, never
its value, since any of them could be a secret.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from cronsim import CronSim, CronSimError
from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sync.api_tokens import ApiToken, read_token, read_tokens
from sync.database_url import usable
from sync.errors import InvalidInput
from sync.ids import MAX_ID, has_forbidden_characters
from sync.network import environment
from sync.receipt_keys import ReceiptKey, read_keys

POLAR_SERVERS: Mapping[str, str] = {
    "production": "https://api.polar.sh",
    "sandbox": "https://sandbox-api.polar.sh",
}

EVENT_PRESETS: Mapping[str, Mapping[str, str]] = {
    "standard": {
        "event_type_path": "type",
        "event_timestamp_path": "timestamp",
        "event_user_id_path": "data.user_id",
        "event_external_id_path": "data.external_id",
        "event_email_path": "data.email",
        "event_name_path": "data.name",
    },
    # Clerk's own `user.deleted`: https://clerk.com/docs/webhooks/overview
    "clerk": {
        "event_type_path": "type",
        "event_timestamp_path": "timestamp",
        "event_user_id_path": "data.id",
        "event_external_id_path": "data.external_id",
        "event_email_path": "data.email_addresses[primary_email_address_id].email_address",
        "event_name_path": "data.first_name+data.last_name",
    },
}

MIN_SECRET_BYTES = 16
MAX_LEASE = timedelta(minutes=10)
"""No process holds anything for longer without saying that it still does."""
_HASH_KEY_CHARS = 32

Secrets = Annotated[tuple[SecretStr, ...], NoDecode]

SyncEvent = Literal["deleted", "restored", "updated", "created"]


class SettingsError(InvalidInput):
    """The configuration cannot be used. `problems`: one line for each variable, no values."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@contextmanager
def extra(name: str, variable: str) -> Iterator[None]:
    """What is imported in the block takes packages that not everybody has: those of the extra.

    Raises:
        SettingsError: they are missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"app", "sync"}:
            raise
        raise SettingsError(
            [f"{variable} needs packages that are missing: pip install 'polar-sync[{name}]'"]
        ) from None


ReceiptKeys = Annotated[
    tuple[ReceiptKey, ...],
    NoDecode,
    BeforeValidator(lambda value: read_keys(value) if isinstance(value, str) else value),
]


class _Environment(BaseSettings):
    """Settings as they are read, whatever they are about."""

    model_config = SettingsConfigDict(
        env_file=".env",
        # As UTF-8, of which some editors mark the beginning.
        env_file_encoding="utf-8-sig",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment and `.env`.

        Raises:
            SettingsError: a variable is missing or unusable.
        """
        try:
            settings = cls(**overrides)
        except ValidationError as error:
            if _has_nul(Path(".env")):
                raise SettingsError([_NOT_UTF8]) from None
            raise SettingsError([_problem(item) for item in error.errors()]) from None
        except UnicodeDecodeError:
            raise SettingsError([_NOT_UTF8]) from None
        except OSError as error:
            raise SettingsError([f".env cannot be read: {error.strerror}"]) from None
        if problems := list(settings.problems()):
            raise SettingsError(problems)
        return settings

    def problems(self) -> Iterator[str]:
        """What is wrong beside the settings, one line each."""
        yield from ()

    @field_validator("*", mode="before")
    @classmethod
    def _unquoted(cls, value: object, info: ValidationInfo) -> object:
        # Of a key any character counts, and it must never change.
        if info.field_name != "hash_key" and _is_quoted(value):
            raise ValueError(_QUOTED)
        return value


class ReceiptSettings(_Environment):
    """What it takes to check a receipt; each may be missing."""

    receipt_key: ReceiptKeys = ()
    hash_key: SecretStr | None = None


class PolarSettings(_Environment):
    """What it takes to talk to Polar, and to have Polar talk to the bridge."""

    polar_access_token: SecretStr
    """Organization access token with the scopes customers:read, customers:write,
    subscriptions:read, benefits:read, members:read, members:write, customer_seats:read (and
    subscriptions:write with ON_SURVIVOR=revoke), and, to look after the webhooks, webhooks:read and
    webhooks:write."""
    polar_server: Literal["production", "sandbox"] = "production"
    polar_base_url: str | None = None
    """Takes the place of POLAR_SERVER, for a proxy or the simulator."""
    polar_version: str = "2026-10"
    """Sent as `Polar-Version`. Polar answers an unsupported one with a 404."""
    concurrency: Annotated[int, Field(ge=1, le=100)] = 8
    """Requests to Polar under way at once, in one process."""
    request_timeout: Annotated[float, Field(gt=0, le=120)] = 10.0
    """For one request to Polar, from first byte sent to last byte read."""
    public_url: str | None = None
    """Where Polar reaches the bridge, without the path /webhooks/polar."""

    def problems(self) -> Iterator[str]:
        """Proxies and certificates that cannot be used, one line each."""
        return environment.problems(self.polar_url, os.environ)

    def warnings(self) -> Iterator[str]:
        """What can be used and should be looked at, one line each, as `SettingsError` has them."""
        url = urlsplit(self.polar_url)
        if url.scheme == "http" and not environment.is_loopback(url.hostname or ""):
            yield (
                "POLAR_BASE_URL begins with http://, so POLAR_ACCESS_TOKEN goes over the network"
                " for all to read: write https://"
            )
        names = {name.upper() for name in Settings.model_fields}
        for name in sorted(_names_in_file() - names):
            if close := get_close_matches(name, names, 1, _NEARLY):
                yield f"{name} in .env is no setting: is {close[0]} meant?"
        if (file := Path(".env")).is_file() and (mode := file.stat().st_mode & 0o777) & 0o077:
            yield f"others can read .env ({mode:04o}), which holds secrets: chmod 600 .env"

    @field_validator("polar_access_token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
            raise ValueError("holds a blank or a non-ASCII character; copy the token again")
        return value

    @field_validator("polar_version")
    @classmethod
    def _version(cls, value: str) -> str:
        if not re.fullmatch(r"\d{4}-\d{2}", value):
            raise ValueError("must look like 2026-10 (YYYY-MM)")
        return value

    @field_validator("polar_base_url")
    @classmethod
    def _base_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", value) or not _leads_somewhere(
            value
        ):
            raise ValueError("must be a URL such as https://api.polar.sh")
        if urlsplit(value).username is not None:
            raise ValueError(
                "must be without a user name and password: the token is POLAR_ACCESS_TOKEN's"
            )
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str | None) -> str | None:
        return None if value is None else parse_public_url(value)

    @property
    def polar_url(self) -> str:
        """Base URL of Polar's API, without a slash at the end."""
        return self.polar_base_url or POLAR_SERVERS[self.polar_server]


class Settings(PolarSettings):
    """Everything a deployment can choose. Durations are in seconds."""

    # --- Polar -----------------------------------------------------------------------------
    polar_webhook_secrets: Secrets
    """Secrets of the webhook endpoint at Polar, exactly as Polar shows them; several, separated by
    commas or spaces, while one is being rotated out."""
    rate_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 300
    """Requests a minute, all processes together. Polar allows 500 in production and 100 in the
    sandbox to everything that uses the token; leave room for the app itself."""

    # --- the app's events ------------------------------------------------------------------
    event_secrets: Secrets
    """Standard Webhooks secrets (`whsec_…` or plain base64) the app signs its events with."""
    event_preset: Literal["standard", "clerk"] = "standard"
    sync_events: Annotated[tuple[SyncEvent, ...], NoDecode] = ("deleted", "restored")
    """Which of the app's events are acted on. `updated` and `created` carry e-mail and name to
    Polar; another event than these four is ignored."""
    event_type_deleted: str = "user.deleted"
    event_type_restored: str = "user.restored"
    event_type_updated: str = "user.updated"
    event_type_created: str = "user.created"
    """What the app calls the events."""
    event_type_path: str = ""
    event_timestamp_path: str = ""
    event_user_id_path: str = ""
    event_external_id_path: str = ""
    event_email_path: str = ""
    event_name_path: str = ""
    """Dotted paths into the event's body; empty means the preset's. `list[field].x`: of the list's
    objects the one whose id that field beside the list has. A name may be of several parts, with a
    `+` between their paths."""

    # --- what is told ----------------------------------------------------------------------
    outcome_allow_private: bool = False
    """Whether OUTCOME_URL and OPERATOR_URL may lead into a private network."""
    outcome_url: SecretStr | None = None
    """Where your app hears what has become of each deletion. None: nowhere."""
    outcome_secrets: Annotated[Secrets, Field(validate_default=True)] = ()
    """Standard Webhooks secrets that these webhooks are signed with, each of them."""
    outcome_received: bool = False
    """Tell of each deletion when it begins, too."""
    operator_url: SecretStr | None = None
    """Where operators hear what needs them: an incoming webhook of Slack's, or one that takes its
    form."""
    alert_after: Annotated[float, Field(gt=0, le=30 * 86_400)] = 3_600.0
    """They hear of an event that has waited in the inbox for longer."""

    api_tokens: Annotated[tuple[ApiToken, ...], NoDecode] = ()
    console_token: SecretStr | None = None
    """Whoever has it sees the console; None: there is none."""
    """Who may ask the status API: `name:token`, separated by commas. None: it is off."""

    receipt_key: ReceiptKeys = ()
    """Signs receipts, as `polar-sync keys new` makes it; several, separated by commas, after a
    rotation: the first signs, and the public halves of all are shown. None: only the seal."""
    metrics: bool = False
    """Count, and answer `GET /metrics`."""
    metrics_token: SecretStr | None = None
    """The same, for who has this token."""
    traces: bool = False
    """Make spans, and send them as OpenTelemetry's own variables (`OTEL_…`) say."""

    # --- mapping ---------------------------------------------------------------------------
    mapping: Literal["identity", "template", "table"] = "identity"
    """How a local user id becomes an `external_id`, where `polar-sync map` holds no entry for it:
    the same string, EXTERNAL_ID_TEMPLATE filled in, or not at all (the deletion is `unmapped`)."""
    external_id_template: str = "{user_id}"

    # --- what a deletion does --------------------------------------------------------------
    anonymize: bool = True
    """Have Polar replace e-mail and names with hashes (`?anonymize=true`)."""
    delete_by: Literal["external_id", "customer_id"] = "external_id"
    """How the DELETE names the customer. By external id at most once, and only just after the
    customer was seen under it; then, and where a path cannot carry the id, by Polar's id."""
    scrub_members: bool = False
    """Overwrite name and e-mail of members before they are deleted: Polar keeps those in clear.
    Two requests more a deletion, and one more a membership; needs members:write."""
    deletion_delay: Annotated[float, Field(ge=0, le=90 * 86_400)] = 0.0
    """Wait this long after an event, so that a `user.restored` can still cancel the deletion."""
    clock_skew: Annotated[float, Field(ge=0, le=3_600)] = 30.0
    """A customer created up to this long after the event still counts as the deleted user's, unless
    Polar has answered meanwhile that it has nobody."""
    max_deletions_per_hour: Annotated[int | None, Field(ge=0)] = None
    """The brake: more DELETEs than this within an hour, and the rest is `held` for an operator.
    0 means no brake; None: 100, and from 200 customers on 5 % of them a day."""
    on_team: Literal["hold", "delete"] = "hold"
    """What to do with a customer that is a team with other people in it."""
    on_survivor: Literal["report", "revoke"] = "report"
    """What to do with a subscription that survives its customer's deletion (a paused one, say)."""
    verify_after: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    """Ask the API for proof when the webhooks have not brought it within this time."""
    survivor_after: Annotated[float, Field(gt=0, le=30 * 86_400)] = 3_600.0
    """Polar cancels and revokes in the background and may retry for a while: what it should have
    ended, and has not this long after the deletion, is a survivor."""
    recheck_after: Annotated[float, Field(gt=0, le=30 * 86_400)] = 7 * 86_400.0
    """A deletion that found no customer looks once more after this time; then the user id goes."""

    reconcile_cron: str | None = None
    """When a worker reconciles everything: cron's five fields, in UTC. None: only by hand."""

    # --- what is kept, in days ---------------------------------------------------------------
    payload_retention_days: Annotated[int, Field(ge=1, le=90)] = 7
    """Bodies of events that have been applied. Nothing reads them; they are for a person."""
    inbox_retention_days: Annotated[int, Field(ge=90, le=3_650)] = 90
    """What recognizes a repeated webhook, and the bodies of dead letters. No less than the 90 days
    in which Polar can send a webhook again."""
    audit_retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """Deletions that have ended, with their evidence; 0: for ever."""

    # --- this process ----------------------------------------------------------------------
    hash_key: SecretStr
    """Key of the hash that stays in place of a forgotten user id. Never change it."""
    database_url: SecretStr = SecretStr("sqlite:///polar-sync.db")
    worker: Literal["embedded", "separate"] = "embedded"
    """`separate`: the web process only accepts; run `polar-sync worker` beside it."""
    lease: Annotated[float, Field(gt=0, le=MAX_LEASE.total_seconds())] = 30.0
    """Work held by a worker that died is taken over after this time."""
    backlog_after: Annotated[float, Field(ge=0, le=30 * 86_400)] = 3_600.0
    """`readyz` is not ready while the oldest event in the inbox has waited longer; 0: never."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "text", "json"] = "auto"

    @field_validator("polar_webhook_secrets", "event_secrets", "outcome_secrets", mode="before")
    @classmethod
    def _split(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, str):
            if info.field_name != "polar_webhook_secrets":
                # Some providers show a secret with the version of its signatures before it.
                value = re.sub(r"(?<![^,\s])v1a?,(?=wh[a-z]+_)", "", value)
            return tuple(part for part in re.split(r"[,\s]+", value) if part)
        return value

    @field_validator("polar_webhook_secrets")
    @classmethod
    def _polar_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(_is_quoted(secret.get_secret_value()) for secret in value):
            raise ValueError(_QUOTED)
        if not value:
            raise ValueError("is empty; copy the endpoint's secret from Polar's dashboard")
        if any(len(secret.get_secret_value().encode()) < MIN_SECRET_BYTES for secret in value):
            raise ValueError(
                f"holds a secret shorter than {MIN_SECRET_BYTES} characters; copy it whole"
            )
        return value

    @field_validator("event_secrets", "outcome_secrets")
    @classmethod
    def _standard_secrets(
        cls, value: tuple[SecretStr, ...], info: ValidationInfo
    ) -> tuple[SecretStr, ...]:
        remedy = "make one with: openssl rand -base64 32"
        is_needed = info.field_name == "event_secrets" or info.data.get("outcome_url") is not None
        if not value and is_needed:
            raise ValueError(f"is empty; {remedy}")
        for secret in value:
            encoded = secret.get_secret_value().removeprefix("whsec_")
            if _is_quoted(encoded):
                raise ValueError(_QUOTED)
            if encoded.startswith(("whpk_", "whsk_")):
                raise ValueError(
                    "holds a key for asymmetric signatures, which are not understood: have the"
                    " sender sign with a secret that begins with whsec_"
                )
            try:
                key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
            except (binascii.Error, ValueError):
                raise ValueError(f"holds a secret that is not base64; {remedy}") from None
            if len(key) < MIN_SECRET_BYTES:
                raise ValueError(f"holds a secret of fewer than {MIN_SECRET_BYTES} bytes; {remedy}")
        return value

    @field_validator("api_tokens", mode="before")
    @classmethod
    def _api_tokens(cls, value: object) -> object:
        if _is_quoted(value):
            raise ValueError(_QUOTED)
        return read_tokens(value) if isinstance(value, str) else value

    @field_validator("console_token", "metrics_token")
    @classmethod
    def _token_alone(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        if _is_quoted(value.get_secret_value()):
            raise ValueError(_QUOTED)
        return read_token(value.get_secret_value())

    @field_validator("outcome_url", "operator_url")
    @classmethod
    def _told_at(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None:
            return None
        url = value.get_secret_value()
        if not re.fullmatch(r"https?://[^/?#@\s]+([/?][^#\s]*)?", url) or not _leads_somewhere(url):
            raise ValueError("must be a URL such as https://app.example.com/polar-sync")
        parts = urlsplit(url)
        is_near = environment.is_loopback(parts.hostname or "")
        if parts.scheme == "http" and not (is_near or info.data.get("outcome_allow_private")):
            raise ValueError(
                "must begin with https://, or, in a private network, have"
                " OUTCOME_ALLOW_PRIVATE=true beside it"
            )
        return value

    @field_validator("hash_key")
    @classmethod
    def _hash_key(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < _HASH_KEY_CHARS:
            raise ValueError(
                f"is shorter than {_HASH_KEY_CHARS} characters; make one with: openssl rand -hex 32"
            )
        return value

    @field_validator("reconcile_cron")
    @classmethod
    def _cron(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                CronSim(value, datetime.now(UTC))
                usable = len(value.split()) == 5
            except CronSimError:
                usable = False
            if not usable:
                # With a sixth it could mean seconds to one and years to another.
                raise ValueError("must be cron's five fields, for instance 15 3 * * *")
        return value

    @field_validator("external_id_template")
    @classmethod
    def _template(cls, value: str) -> str:
        if "{user_id}" not in value or re.search(r"[{}]", value.replace("{user_id}", "")):
            raise ValueError("must hold {user_id} and no other braces, for instance usr_{user_id}")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: SecretStr) -> SecretStr:
        return SecretStr(usable(value.get_secret_value()))

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        return parse_host(value)

    @field_validator(
        "event_type_path",
        "event_timestamp_path",
        "event_user_id_path",
        "event_external_id_path",
        "event_email_path",
        "event_name_path",
    )
    @classmethod
    def _path(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^.\s]+(\.[^.\s]+)*", value):
            raise ValueError("must be a dotted path such as data.user_id")
        return value

    @field_validator("sync_events", mode="before")
    @classmethod
    def _split_events(cls, value: object) -> object:
        if _is_quoted(value):
            raise ValueError(_QUOTED)
        if not isinstance(value, str):
            return value
        names = tuple(part for part in re.split(r"[,\s]+", value) if part)
        if not set(names) <= set(get_args(SyncEvent)):
            raise ValueError(
                f"must be some of {', '.join(get_args(SyncEvent))}, with commas between them"
            )
        return names

    @field_validator("sync_events")
    @classmethod
    def _needed_events(cls, value: tuple[SyncEvent, ...]) -> tuple[SyncEvent, ...]:
        if not {"deleted", "restored"} <= set(value):
            raise ValueError(
                "must hold deleted and restored, which are what the bridge is for; updated and"
                " created may be added: deleted,restored,updated"
            )
        return value

    @field_validator(
        "event_type_deleted", "event_type_restored", "event_type_updated", "event_type_created"
    )
    @classmethod
    def _event_type(cls, value: str) -> str:
        if re.search(r"[\s,]", value) or has_forbidden_characters(value) or len(value) > MAX_ID:
            raise ValueError(
                "must be the type of one event, such as user.deleted, without blanks and commas,"
                f" of at most {MAX_ID} characters"
            )
        return value

    @field_validator("event_type_restored", "event_type_updated", "event_type_created")
    @classmethod
    def _another_type(cls, value: str, info: ValidationInfo) -> str:
        on = info.data.get("sync_events", ())
        own = str(info.field_name).removeprefix("event_type_")
        for other in get_args(SyncEvent):
            name = f"event_type_{other}"
            if own in on and other in on and info.data.get(name) == value:
                raise ValueError(f"is the same as {name.upper()}: only one of them can be it")
        return value

    @property
    def counts(self) -> bool:
        """Whether there are metrics."""
        return self.metrics or self.metrics_token is not None

    @property
    def carries_profiles(self) -> bool:
        """Whether e-mail and name are carried to Polar."""
        return not {"updated", "created"}.isdisjoint(self.sync_events)

    @model_validator(mode="after")
    def _fill_in_preset(self) -> Self:
        for name, path in EVENT_PRESETS[self.event_preset].items():
            if not getattr(self, name):
                # The model is frozen for everyone else; this is still its construction.
                object.__setattr__(self, name, path)
        return self


def parse_public_url(text: str) -> str:
    """A URL at which the bridge is reached, without a slash at the end.

    Raises:
        ValueError: it is not one, or goes on to one of the bridge's own paths.
    """
    url = text.rstrip("/")
    # No user and password: the URL is shown.
    if not re.fullmatch(r"https?://[^/?#@\s]+(/[^?#\s]*)?", url) or not _leads_somewhere(url):
        raise ValueError("must be a URL such as https://bridge.example.com")
    if url.endswith(("/webhooks/polar", "/events")):
        raise ValueError("must be where the bridge is, without /webhooks/polar or /events")
    return url


def _leads_somewhere(url: str) -> bool:
    """Whether its host and port can be read."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def parse_host(text: str) -> str:
    """A name or address to listen at, an IPv6 address without brackets.

    Raises:
        ValueError: it is neither.
    """
    host = text.strip()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    try:
        return str(ipaddress.ip_address(host.partition("%")[0])) + "".join(host.partition("%")[1:])
    except ValueError:
        if re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?", host):
            return host
    raise ValueError(
        "must be a name or an address alone, such as 0.0.0.0 or ::1; the port is PORT's"
    )


_QUOTED = "has quotes around its value: take them away (`docker --env-file` keeps them)"


def _is_quoted(value: object) -> bool:
    return isinstance(value, str) and len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"


def _problem(error: Any) -> str:
    """One line for one variable: pydantic's message without the value it was given."""
    name = str(error["loc"][0]) if error["loc"] else "settings"
    variable = name.upper()
    if error["type"] == "missing":
        # What is written there is mostly this one, by nearly its name.
        known = {field.upper() for field in Settings.model_fields}
        close = get_close_matches(variable, _names_set() - known, 1, _NEARLY)
        hint = f"; is {close[0]}, which is set, meant to be it?" if close else ""
        return f"{variable} is not set: {_REMEDIES[name]}{hint}"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "value_error":
        return f"{variable} {message}"
    if error["type"] == "literal_error":
        field = Settings.model_fields[name]
        choices = [str(choice) for choice in get_args(field.annotation)]
        close = get_close_matches(str(error["input"]).lower(), choices, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"{variable} must be {' or '.join(choices)}{hint}"
    if error["type"] in _IN_PLAIN_WORDS:
        return f"{variable} must be {_IN_PLAIN_WORDS[error['type']]}"
    return f"{variable} cannot be used: {message}"


_IN_PLAIN_WORDS: Mapping[str, str] = {
    "int_parsing": "a whole number, in digits",
    "int_from_float": "a whole number, in digits",
    "float_parsing": "a number, in digits",
    "bool_parsing": "true or false",
}
"""For what pydantic says of a value that is of another type."""


_NOT_UTF8 = ".env is not UTF-8: save it as UTF-8, and not UTF-16"


def _has_nul(path: Path) -> bool:
    """Whether it is UTF-16 of ASCII alone, which is UTF-8 too, with other names in it."""
    return path.is_file() and b"\0" in path.read_bytes()


def _names_set() -> set[str]:
    """Of all variables that are set, here or in `.env`, in capitals."""
    return {name.upper() for name in os.environ} | _names_in_file()


def _names_in_file() -> set[str]:
    from dotenv import dotenv_values

    if not Path(".env").is_file():
        return set()
    return {name.upper() for name in dotenv_values(".env", encoding="utf-8-sig")}


_NEARLY = 0.85
_REMEDIES: Mapping[str, str] = {
    "polar_access_token": "create an organization access token in Polar's dashboard",
    "polar_webhook_secrets": "copy the secret of the webhook endpoint from Polar's dashboard",
    "event_secrets": "make one with `openssl rand -base64 32` and give it to your app too",
    "hash_key": "make one with `openssl rand -hex 32`, once, and keep it",
}
