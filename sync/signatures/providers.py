"""Schemes of auth providers that do not sign as Standard Webhooks says.

They sign the body alone, or nothing at all, and have no header for the event's id. Where the body
has one it is taken from there; else it is made of the body, which is the same on each try.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from pydantic import SecretStr

from sync.errors import InvalidInput
from sync.ids import MAX_ID
from sync.signatures.standard import SignatureError, Verifier, check_age, sign

Scheme = Literal["standard", "workos", "logto", "bearer"]

_SETTING = "EVENT_SECRETS"
_MAX_SIGNATURES = 16
_MILLISECONDS = re.compile(r"[0-9]{1,15}")
_HEX = re.compile(r"[0-9a-f]{64}")


class NoEventId(InvalidInput):
    """Proven to come from who it should, and without an id by which it is known when it comes
    again."""

    field: ClassVar = "id"
    """As the sender knows it."""


class Sender(Protocol):
    """Whoever sends the app's events, by the way in which it proves that it does."""

    headers: ClassVar[Mapping[str, str]]
    """Those that it sends for that, with a pattern of what each holds."""
    id_in_body: ClassVar[bool]
    """Whether the event's id is the field `id` of its body."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the event's id, the same on each try. `headers`: with names in lower case.

        Raises:
            SignatureError
            NoEventId
        """

    def sign(self, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """The headers that prove `body`, by the first secret. `at`: timezone-aware.

        Raises:
            ValueError: the body is not UTF-8.
        """


class Standard:
    """Standard Webhooks, with the header names of Svix too."""

    headers: ClassVar[Mapping[str, str]] = {
        "webhook-id": f"^[!-~]{{1,{MAX_ID}}}$",
        "webhook-timestamp": "^[0-9]{1,12}$",
        "webhook-signature": "^v1,[A-Za-z0-9+/]{43}=",
    }
    id_in_body: ClassVar = False

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        self._first = secrets[0]
        self.verify = Verifier.for_app(secrets).verify

    def sign(self, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
        return sign(self._first, webhook_id, at, body)


class WorkOS:
    """`WorkOS-Signature: t=MILLISECONDS, v1=HEX`, of an HMAC-SHA256 over `t.body`.

    Source: https://workos.com/docs/events/data-syncing/webhooks, and `workos.webhooks` in
    https://github.com/workos/workos-python.
    """

    headers: ClassVar[Mapping[str, str]] = {"workos-signature": "^t=[0-9]{1,15}, ?v1=[0-9a-f]{64}$"}
    id_in_body: ClassVar = True

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        self._keys = _as_text(secrets)

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        header = _header(headers, "workos-signature")
        parts = [part.strip().partition("=") for part in header.split(",")]
        times = [value for name, _, value in parts if name == "t"]
        given = [value for name, _, value in parts if name == "v1" and _HEX.fullmatch(value)]
        if len(times) != 1 or not _MILLISECONDS.fullmatch(times[0]) or not given:
            raise SignatureError(
                "the workos-signature header is malformed: it must hold t=MILLISECONDS and"
                " v1=<hex of an HMAC-SHA256>"
            )
        check_age(int(times[0]) / 1000, "the timestamp in the workos-signature header")
        _check(self._keys, f"{times[0]}.".encode() + body, given)
        return _id_in(body)

    def sign(self, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
        t = round(at.timestamp() * 1000)
        return {
            "workos-signature": f"t={t}, v1={_mac(self._keys[0], f'{t}.{body.decode()}'.encode())}"
        }


class Logto:
    """`logto-signature-sha-256: HEX`, of an HMAC-SHA256 over the body.

    There is no time in it: what was sent can be sent again by whoever has seen it, and is then
    known by its body for as long as the inbox keeps it (INBOX_RETENTION_DAYS).

    Source: https://docs.logto.io/developers/webhooks/secure-webhooks
    """

    headers: ClassVar[Mapping[str, str]] = {"logto-signature-sha-256": "^(sha256=)?[0-9a-f]{64}$"}
    id_in_body: ClassVar = False

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        self._keys = _as_text(secrets)

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        # Releases before 1.5 wrote the algorithm before it.
        given = _header(headers, "logto-signature-sha-256").removeprefix("sha256=")
        if not _HEX.fullmatch(given):
            raise SignatureError(
                "the logto-signature-sha-256 header is malformed: it must be the hex of an"
                " HMAC-SHA256"
            )
        _check(self._keys, body, [given])
        return f"sha256_{hashlib.sha256(body).hexdigest()}"

    def sign(self, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
        return {"logto-signature-sha-256": _mac(self._keys[0], body)}


class Bearer:
    """`Authorization: Bearer TOKEN`, as Auth0's event streams have it: the sender is known by what
    it knows, and nothing is signed. Only TLS keeps the body as it was sent.

    Source: https://auth0.com/docs/customize/events/create-an-event-stream
    """

    headers: ClassVar[Mapping[str, str]] = {"authorization": "^Bearer [!-~]+$"}
    id_in_body: ClassVar = True

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        self._tokens = _as_text(secrets)

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        scheme, _, token = _header(headers, "authorization").partition(" ")
        if scheme.lower() != "bearer":
            raise SignatureError("the authorization header is malformed: it must be Bearer TOKEN")
        given = token.encode()
        # Each is compared, so that the time tells nothing.
        if not sum(hmac.compare_digest(given, known) for known in self._tokens):
            raise SignatureError(f"the token is not one of {_SETTING}; check both sides")
        return _id_in(body)

    def sign(self, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
        return {"authorization": f"Bearer {self._tokens[0].decode()}"}


_SENDERS: Mapping[Scheme, Callable[[Sequence[SecretStr]], Sender]] = {
    "standard": Standard,
    "workos": WorkOS,
    "logto": Logto,
    "bearer": Bearer,
}


def sender_of(scheme: Scheme, secrets: Sequence[SecretStr]) -> Sender:
    """Who sends with these secrets, of which there is at least one."""
    return _SENDERS[scheme](secrets)


def _as_text(secrets: Sequence[SecretStr]) -> list[bytes]:
    """The keys of who signs with the bytes of the secret as it is shown."""
    return [secret.get_secret_value().encode() for secret in secrets]


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise SignatureError(
            f"the {name} header is missing; check that EVENT_PRESET is who sends, and that it has"
            " a secret to sign with"
        )
    return value


def _mac(key: bytes, content: bytes) -> str:
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _check(keys: Sequence[bytes], content: bytes, given: Sequence[str]) -> None:
    """Make sure that one of the signatures is by one of the keys."""
    wanted = [_mac(key, content) for key in keys]
    if not any(hmac.compare_digest(w, g) for w in wanted for g in given[:_MAX_SIGNATURES]):
        raise SignatureError(
            f"no signature matches; check that {_SETTING} holds the sender's secret, and that the"
            " body is passed on byte for byte as it was signed"
        )


def _id_in(body: bytes) -> str:
    """The field `id` of a body whose sender is known."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = None
    found = event.get("id") if isinstance(event, dict) else None
    if not isinstance(found, str) or not re.fullmatch(rf"[\x20-\x7e]{{1,{MAX_ID}}}", found):
        raise NoEventId(
            f"the body has no id by which it is known when it comes again: it must be a JSON object"
            f" whose id is 1 to {MAX_ID} printable ASCII characters"
        )
    return found
