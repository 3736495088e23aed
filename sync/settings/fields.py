"""The settings: what each is for, what it may be, and what it is if it is not set."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from sync.network import environment
from sync.settings import values
from sync.settings.presets import PRESETS, PresetName, SignedAs
from sync.settings.reading import Environment, file_warnings

_POLAR_SERVERS: Mapping[str, str] = {
    "production": "https://api.polar.sh",
    "sandbox": "https://sandbox-api.polar.sh",
}

MAX_LEASE = timedelta(minutes=10)
"""No process holds anything for longer without saying that it still does."""


class ReceiptSettings(Environment):
    """What it takes to check a receipt; each may be missing."""

    receipt_key: values.ReceiptKeys = ()
    hash_key: SecretStr | None = None


class PolarSettings(Environment):
    """What it takes to talk to Polar, and to have Polar talk to the bridge."""

    polar_access_token: values.PolarToken
    """Organization access token with the scopes `customers:read`, `customers:write`,
    `subscriptions:read`, `benefits:read`, `members:read`, `members:write`, `customer_seats:read`;
    `subscriptions:write` with ON_SURVIVOR=revoke or for `polar-sync revoke`; `webhooks:read` for
    `doctor`, and `webhooks:write` for `setup` and redelivery."""
    polar_server: Literal["production", "sandbox"] = "production"
    """Which of Polar's servers."""
    polar_base_url: values.BaseUrl | None = None
    """Takes the place of POLAR_SERVER, for a proxy or the simulator."""
    polar_version: values.PolarVersion = "2026-10"
    """Sent as `Polar-Version`. Polar answers an unsupported one with a 404."""
    concurrency: Annotated[int, Field(ge=1, le=100)] = 8
    """Requests to Polar under way at once, in one process."""
    request_timeout: Annotated[float, Field(gt=0, le=120)] = 10.0
    """For one request to Polar, from first byte sent to last byte read."""
    public_url: values.PublicUrl | None = None
    """Where Polar reaches the bridge, such as `https://bridge.example.com`, without the path
    `/webhooks/polar`; for `setup`, `doctor` and redelivery."""

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
        yield from file_warnings(Settings.variables())

    @property
    def polar_url(self) -> str:
        """Base URL of Polar's API, without a slash at the end."""
        return self.polar_base_url or _POLAR_SERVERS[self.polar_server]


class RelaySettings(Environment):
    """What `polar-sync relay` needs; it may run on another machine than the bridge."""

    relay_database_url: values.PostgresUrl
    """The app's own database, in which the outbox is."""
    event_secrets: values.SomeStandardSecrets
    """Each signs, so that one can be rotated out."""
    relay_url: values.PublicUrl | None = None
    """The bridge, without the path `/events`. Not set: at HOST and PORT of this machine."""
    host: values.Host = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """Where that listens."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "text", "json"] = "auto"

    def problems(self) -> Iterator[str]:
        """Proxies and certificates that cannot be used, one line each."""
        return environment.problems(self.bridge_url, os.environ)

    @property
    def bridge_url(self) -> str:
        """Where the bridge is, without a slash at the end."""
        return self.relay_url or f"http://{values.authority(self.host, self.port)}"


class Settings(PolarSettings):
    """Everything a deployment can choose. Durations are in seconds."""

    # --- Polar -----------------------------------------------------------------------------
    polar_webhook_secrets: values.PolarSecrets
    """Secrets of the webhook endpoint at Polar, exactly as Polar shows them; several, separated by
    commas or spaces, while one is being rotated out."""
    rate_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 300
    """Requests a minute, all processes together. Polar allows 500 in production and 100 in the
    sandbox to everything that uses the token; leave room for the app itself."""

    # --- the app's events ------------------------------------------------------------------
    event_preset: PresetName = "standard"
    """Whose events they are (docs/presets.md): where fields are, what they are called, how they are
    signed."""
    event_secrets: values.Secrets
    """What they are signed with: Standard Webhooks secrets (`whsec_…` or plain base64), or as the
    provider shows them; several, separated by commas or spaces, while one is being rotated out."""
    sync_events: values.Events = ("deleted", "restored")
    """Which of the app's events are acted on. `updated` and `created` carry e-mail and name to
    Polar (docs/profiles.md); another event than these four is ignored."""
    event_type_deleted: values.EventType = ""
    event_type_restored: values.EventType = ""
    event_type_updated: values.EventType = ""
    event_type_created: values.EventType = ""
    """What the app calls the events; empty means as the preset does."""
    event_type_path: values.DottedPath = ""
    event_timestamp_path: values.DottedPath = ""
    event_user_id_path: values.DottedPath = ""
    event_external_id_path: values.DottedPath = ""
    event_email_path: values.DottedPath = ""
    event_name_path: values.DottedPath = ""
    """Dotted paths into the event's body; empty means the preset's. `list[field].x`: of the list's
    objects the one whose id that field beside the list has. A name may be of several parts, with a
    `+` between their paths; so may a type, which then has a dot between them."""

    # --- what is told ----------------------------------------------------------------------
    outcome_allow_private: bool = False
    """Whether OUTCOME_URL and OPERATOR_URL may lead into a private network."""
    outcome_url: values.WebhookUrl | None = None
    """Where your app hears what has become of each deletion (docs/outcomes.md)."""
    outcome_secrets: Annotated[values.StandardSecrets, Field(validate_default=True)] = ()
    """Standard Webhooks secrets that these webhooks are signed with, each of them."""
    outcome_received: bool = False
    """Tell of each deletion when it begins, too."""
    operator_url: values.WebhookUrl | None = None
    """Where operators hear what needs them: an incoming webhook of Slack's, or one that takes its
    form."""
    alert_after: Annotated[float, Field(gt=0, le=30 * 86_400)] = 3_600.0
    """They hear of an event that has waited in the inbox for longer."""

    api_tokens: values.ApiTokens = ()
    """Who may ask the status API (docs/api.md): `name:token`, separated by commas, each token of 32
    characters or more. Not set: there is none."""
    console_token: values.Token | None = None
    """Opens the console (docs/console.md) at `/console`; 32 characters or more. Not set: there is
    none."""

    receipt_key: values.ReceiptKeys = ()
    """Signs receipts (docs/receipts.md), as `polar-sync keys new` makes it; several, separated by
    commas, after a rotation: the first signs, and the public halves of all are shown. Not set: only
    the seal. Takes `pip install '.[receipts]'`."""
    metrics: bool = False
    """Count, and answer `GET /metrics` (docs/metrics.md) to whoever reaches it."""
    metrics_token: values.Token | None = None
    """The same, for who sends this token; 32 characters or more."""
    traces: bool = False
    """Make spans (docs/traces.md), and send them as OpenTelemetry's `OTEL_…` variables say."""

    # --- mapping ---------------------------------------------------------------------------
    mapping: Literal["identity", "template", "table"] = "identity"
    """How a local user id becomes an `external_id`, where `polar-sync map` holds no entry for it:
    the same string, EXTERNAL_ID_TEMPLATE filled in, or not at all (the deletion is `unmapped`)."""
    external_id_template: values.Template = "{user_id}"
    """What MAPPING=template fills in, such as `usr_{user_id}`."""

    # --- what a deletion does --------------------------------------------------------------
    anonymize: bool = True
    """Have Polar replace e-mail and names with hashes (`?anonymize=true`)."""
    delete_by: Literal["external_id", "customer_id"] = "external_id"
    """How the DELETE names the customer, and what each way risks: docs/how-it-works.md. By external
    id at most once, and only just after the customer was seen under it; then, and where a path
    cannot carry the id, by Polar's id."""
    scrub_members: bool = False
    """Overwrite name and e-mail of members before they are deleted: Polar keeps those in clear
    (docs/privacy.md). Two requests more a deletion, and one more a membership."""
    deletion_delay: Annotated[float, Field(ge=0, le=90 * 86_400)] = 0.0
    """Wait this long after an event, so that a `user.restored` can still cancel the deletion."""
    clock_skew: Annotated[float, Field(ge=0, le=3_600)] = 30.0
    """A customer created up to this long after the event still counts as the deleted user's, unless
    Polar has answered meanwhile that it has nobody."""
    max_deletions_per_hour: Annotated[int | None, Field(ge=0)] = None
    """The brake: more DELETEs than this within an hour, and the rest is `held` for an operator.
    `0`: no brake. Not set: 100 an hour, and from 200 customers on no more than 5 % of them a
    day."""
    on_team: Literal["hold", "delete"] = "hold"
    """What to do with a customer that is a team with other people in it (docs/teams.md)."""
    on_survivor: Literal["report", "revoke"] = "report"
    """What to do with a subscription that survives its customer's deletion (a paused one, say)."""
    verify_after: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    """Ask the API for proof when the webhooks have not brought it within this time."""
    survivor_after: Annotated[float, Field(gt=0, le=30 * 86_400)] = 3_600.0
    """Polar cancels and revokes in the background and may retry for a while: what it should have
    ended, and has not this long after the deletion, is a survivor."""
    recheck_after: Annotated[float, Field(gt=0, le=30 * 86_400)] = 7 * 86_400.0
    """A deletion that found no customer looks once more after this time; then the user id goes."""

    reconcile_cron: values.Cron | None = None
    """When a worker reconciles everything (docs/reconciliation.md): cron's five fields, in UTC,
    such as `15 3 * * *`. Not set: only by hand."""

    # --- what is kept, in days ---------------------------------------------------------------
    payload_retention_days: Annotated[int, Field(ge=1, le=90)] = 7
    """Days until the bodies of events that have been applied are removed. Nothing reads them; they
    are for a person."""
    inbox_retention_days: Annotated[int, Field(ge=90, le=3_650)] = 90
    """Days until what recognizes a repeated webhook, and the bodies of dead letters, are removed.
    No less than the 90 days in which Polar can send a webhook again."""
    audit_retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """Days until deletions that have ended are removed, with their evidence (docs/operations.md);
    `0`: never."""

    # --- this process ----------------------------------------------------------------------
    hash_key: values.HashKey
    """Key of the hash that stays in place of a forgotten user id; at least 32 characters. Never
    change it."""
    database_url: values.DatabaseUrl = SecretStr("sqlite:///polar-sync.db")
    """A SQLite file, or `postgresql://…` (docs/postgresql.md)."""
    database_on_volume: bool = False
    """Refuse a SQLite file on the file system of `/`. The image (docs/deploying.md) sets it: there
    such a file goes with the container."""
    worker: Literal["embedded", "separate"] = "embedded"
    """`separate`: the web process only accepts; run `polar-sync worker` beside it."""
    lease: Annotated[float, Field(gt=0, le=MAX_LEASE.total_seconds())] = 30.0
    """Work held by a worker that died is taken over after this time."""
    backlog_after: Annotated[float, Field(ge=0, le=30 * 86_400)] = 3_600.0
    """`/readyz` says 503 while the oldest event in the inbox has waited longer; `0`: never."""
    host: values.Host = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """Where `serve` listens."""
    root_path: values.RootPath | None = None
    """What a proxy takes from the beginning of each path before it passes the request on, such as
    `/bridge`; the console needs to know it."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on lines are logged."""
    log_format: Literal["auto", "text", "json"] = "auto"
    """`auto`: text on a terminal, else JSON (docs/operations.md has the fields)."""

    @field_validator("outcome_secrets")
    @classmethod
    def _secret_needed(
        cls, value: tuple[SecretStr, ...], info: ValidationInfo
    ) -> tuple[SecretStr, ...]:
        if not value and info.data.get("outcome_url") is not None:
            raise ValueError(f"is empty; {values.MAKE_A_SECRET}")
        return value

    @field_validator("outcome_url", "operator_url")
    @classmethod
    def _not_in_clear(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None or info.data.get("outcome_allow_private"):
            return value
        parts = urlsplit(value.get_secret_value())
        if parts.scheme == "http" and not environment.is_loopback(parts.hostname or ""):
            raise ValueError(
                "must begin with https://, or, in a private network, have"
                " OUTCOME_ALLOW_PRIVATE=true beside it"
            )
        return value

    @field_validator("event_secrets")
    @classmethod
    def _of_the_scheme(
        cls, value: tuple[SecretStr, ...], info: ValidationInfo
    ) -> tuple[SecretStr, ...]:
        signed_as = PRESETS[info.data.get("event_preset", "standard")].signed_as
        if signed_as == "standard":
            return values.standard_secrets(value)
        return values.text_secrets(value)

    @property
    def counts(self) -> bool:
        """Whether there are metrics."""
        return self.metrics or self.metrics_token is not None

    @property
    def carries_profiles(self) -> bool:
        """Whether e-mail and name are carried to Polar."""
        return not {"updated", "created"}.isdisjoint(self.sync_events)

    @property
    def signed_as(self) -> SignedAs:
        """How the app's events are signed."""
        return PRESETS[self.event_preset].signed_as

    @model_validator(mode="after")
    def _fill_in_preset(self) -> Self:
        for name, value in PRESETS[self.event_preset].as_settings().items():
            if not getattr(self, name):
                # The model is frozen for everyone else; this is still its construction.
                object.__setattr__(self, name, value)
        return self

    def problems(self) -> Iterator[str]:
        yield from super().problems()
        called: dict[str, str] = {}
        for event in (it for it in get_args(values.Event) if it in self.sync_events):
            setting = f"event_type_{event}"
            other = called.setdefault(getattr(self, setting), setting)
            if other != setting:
                yield (
                    f"{setting.upper()} is the same as {other.upper()}: only one of them can be it"
                )
        if self.carries_profiles and not self.event_email_path:
            yield (
                f"SYNC_EVENTS holds updated or created, and EVENT_PRESET={self.event_preset} does"
                " not say where the e-mail is: set EVENT_EMAIL_PATH, or leave them out"
            )
