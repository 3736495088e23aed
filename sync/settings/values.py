"""What a setting's value can be: one type each, and what is said of a value that is not.

The messages name the remedy and never the value, which could be a secret.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from sync.api_tokens import ApiToken, read_token, read_tokens
from sync.database_url import usable
from sync.ids import MAX_ID, has_forbidden_characters
from sync.receipt_keys import ReceiptKey, read_keys

QUOTED = "has quotes around its value: take them away (`docker --env-file` keeps them)"
MAKE_A_SECRET = "make one with: openssl rand -base64 32"  # noqa: S105 - how, and no secret
MIN_SECRET_BYTES = 16
_HASH_KEY_CHARS = 32

Event = Literal["deleted", "restored", "updated", "created"]


def is_quoted(value: object) -> bool:
    """Whether it is a text with quotes around it, which nothing has taken away."""
    return isinstance(value, str) and len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"


def leads_somewhere(url: str) -> bool:
    """Whether its host and port can be read."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def parse_public_url(text: str) -> str:
    """A URL at which the bridge is reached, without a slash at the end.

    Raises:
        ValueError: it is not one, or goes on to one of the bridge's own paths.
    """
    url = text.rstrip("/")
    # No user and password: the URL is shown.
    if not re.fullmatch(r"https?://[^/?#@\s]+(/[^?#\s]*)?", url) or not leads_somewhere(url):
        raise ValueError("must be a URL such as https://bridge.example.com")
    if url.endswith(("/webhooks/polar", "/events")):
        raise ValueError("must be where the bridge is, without /webhooks/polar or /events")
    return url


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


def authority(host: str, port: int) -> str:
    """Where a server of this machine is reached, whatever addresses it listens at."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not to listen there
    host = everywhere.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _postgres_url(value: SecretStr) -> SecretStr:
    url = usable(value.get_secret_value())
    if not url.startswith("postgresql"):
        raise ValueError("must begin with postgresql://: the outbox is in your app's PostgreSQL")
    return SecretStr(re.sub(r"^postgresql\+\w+:", "postgresql:", url))


def _polar_token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
        raise ValueError("holds a blank or a non-ASCII character; copy the token again")
    return value


def _polar_version(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}", value):
        raise ValueError("must look like 2026-10 (YYYY-MM)")
    return value


def _base_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", value) or not leads_somewhere(value):
        raise ValueError("must be a URL such as https://api.polar.sh")
    if urlsplit(value).username is not None:
        raise ValueError(
            "must be without a user name and password: the token is POLAR_ACCESS_TOKEN's"
        )
    return value.rstrip("/")


def _told_at(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not re.fullmatch(r"https?://[^/?#@\s]+([/?][^#\s]*)?", url) or not leads_somewhere(url):
        raise ValueError("must be a URL such as https://app.example.com/polar-sync")
    return value


def _split(text: str) -> tuple[str, ...]:
    return tuple(it for it in re.split(r"[,\s]+", text) if it)


def _listed(value: object) -> object:
    return _split(value) if isinstance(value, str) else value


def _without_version(value: object) -> object:
    # Some providers show a secret with the version of its signatures before it.
    return re.sub(r"(?<![^,\s])v1a?,(?=wh[a-z]+_)", "", value) if isinstance(value, str) else value


def _polar_secrets(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if any(is_quoted(secret.get_secret_value()) for secret in value):
        raise ValueError(QUOTED)
    if not value:
        raise ValueError("is empty; copy the endpoint's secret from Polar's dashboard")
    if any(len(secret.get_secret_value().encode()) < MIN_SECRET_BYTES for secret in value):
        raise ValueError(
            f"holds a secret shorter than {MIN_SECRET_BYTES} characters; copy it whole"
        )
    return value


def standard_secrets(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """Check secrets of Standard Webhooks.

    Raises:
        ValueError
    """
    for secret in value:
        encoded = secret.get_secret_value().removeprefix("whsec_")
        if is_quoted(encoded):
            raise ValueError(QUOTED)
        if encoded.startswith(("whpk_", "whsk_")):
            raise ValueError(
                "holds a key for asymmetric signatures, which are not understood: have the"
                " sender sign with a secret that begins with whsec_"
            )
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"holds a secret that is not base64; {MAKE_A_SECRET}") from None
        if len(key) < MIN_SECRET_BYTES:
            raise ValueError(
                f"holds a secret of fewer than {MIN_SECRET_BYTES} bytes; {MAKE_A_SECRET}"
            )
    return value


def text_secrets(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """Check secrets whose every character counts.

    Raises:
        ValueError
    """
    for secret in value:
        if is_quoted(secret.get_secret_value()):
            raise ValueError(QUOTED)
        if not re.fullmatch(rf"[\x21-\x7e]{{{MIN_SECRET_BYTES},}}", secret.get_secret_value()):
            raise ValueError(
                f"holds a secret of fewer than {MIN_SECRET_BYTES} characters, or with one that is"
                " not ASCII: copy it whole from the provider"
            )
    return value


def _some(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not value:
        raise ValueError(f"is empty; {MAKE_A_SECRET}")
    return value


def _hash_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _HASH_KEY_CHARS:
        raise ValueError(
            f"is shorter than {_HASH_KEY_CHARS} characters; make one with: openssl rand -hex 32"
        )
    return value


def _cron(value: str) -> str:
    try:
        CronSim(value, datetime.now(UTC))
        is_cron = len(value.split()) == 5
    except CronSimError:
        is_cron = False
    if not is_cron:
        # With a sixth it could mean seconds to one and years to another.
        raise ValueError("must be cron's five fields, for instance 15 3 * * *")
    return value


def _template(value: str) -> str:
    if "{user_id}" not in value or re.search(r"[{}]", value.replace("{user_id}", "")):
        raise ValueError("must hold {user_id} and no other braces, for instance usr_{user_id}")
    return value


def _root_path(value: str) -> str | None:
    path = value.rstrip("/")
    if not re.fullmatch(r"(/(?!\.+(/|$))[A-Za-z0-9._~-]+)*", path):
        raise ValueError(
            "must be the path at which a proxy serves the bridge, such as /bridge, and which it"
            " takes away before it passes a request on"
        )
    return path or None


def _dotted_path(value: str) -> str:
    if value and not re.fullmatch(r"[^.\s]+(\.[^.\s]+)*", value):
        raise ValueError("must be a dotted path such as data.user_id")
    return value


def _event_names(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = _split(value)
    if not set(names) <= set(get_args(Event)):
        raise ValueError(f"must be some of {', '.join(get_args(Event))}, with commas between them")
    return names


def _needed_events(value: tuple[Event, ...]) -> tuple[Event, ...]:
    if not {"deleted", "restored"} <= set(value):
        raise ValueError(
            "must hold deleted and restored, which are what the bridge is for; updated and"
            " created may be added: deleted,restored,updated"
        )
    return value


def _event_type(value: str) -> str:
    if re.search(r"[\s,]", value) or has_forbidden_characters(value) or len(value) > MAX_ID:
        raise ValueError(
            "must be the type of one event, such as user.deleted, without blanks and commas,"
            f" of at most {MAX_ID} characters"
        )
    return value


_Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_listed)]

PolarToken = Annotated[SecretStr, AfterValidator(_polar_token)]
PolarVersion = Annotated[str, AfterValidator(_polar_version)]
PolarSecrets = Annotated[_Secrets, AfterValidator(_polar_secrets)]
StandardSecrets = Annotated[
    _Secrets, BeforeValidator(_without_version), AfterValidator(standard_secrets)
]
"""Of Standard Webhooks; several while one is being rotated out. There may be none."""
SomeStandardSecrets = Annotated[StandardSecrets, AfterValidator(_some)]
Secrets = Annotated[_Secrets, BeforeValidator(_without_version), AfterValidator(_some)]
"""Of whichever scheme."""
BaseUrl = Annotated[str, AfterValidator(_base_url)]
PublicUrl = Annotated[str, AfterValidator(parse_public_url)]
WebhookUrl = Annotated[SecretStr, AfterValidator(_told_at)]
DatabaseUrl = Annotated[
    SecretStr, AfterValidator(lambda value: SecretStr(usable(value.get_secret_value())))
]
PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]
"""As libpq takes it."""
Token = Annotated[SecretStr, AfterValidator(lambda value: read_token(value.get_secret_value()))]
ApiTokens = Annotated[
    tuple[ApiToken, ...],
    NoDecode,
    BeforeValidator(lambda value: read_tokens(value) if isinstance(value, str) else value),
]
ReceiptKeys = Annotated[
    tuple[ReceiptKey, ...],
    NoDecode,
    BeforeValidator(lambda value: read_keys(value) if isinstance(value, str) else value),
]
HashKey = Annotated[SecretStr, AfterValidator(_hash_key)]
Cron = Annotated[str, AfterValidator(_cron)]
Template = Annotated[str, AfterValidator(_template)]
Host = Annotated[str, AfterValidator(parse_host)]
RootPath = Annotated[str, AfterValidator(_root_path)]
DottedPath = Annotated[str, AfterValidator(_dotted_path)]
Events = Annotated[
    tuple[Event, ...],
    NoDecode,
    BeforeValidator(_event_names),
    AfterValidator(_needed_events),
]
EventType = Annotated[str, AfterValidator(_event_type)]
