"""Sign and verify events, by the Standard Webhooks specification and its library."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sync.errors import InvalidInput
from sync.ids import MAX_ID

TOLERANCE = timedelta(minutes=5)
"""How far from now a signature's timestamp may be."""
_TOLERANCE_SECONDS = TOLERANCE.total_seconds()
# A sender has as many signatures as it has secrets in use. Without a bound, one header could make
# the library compare thousands.
_MAX_ENTRIES = 16

_ID = re.compile(rf"[\x20-\x7e]{{1,{MAX_ID}}}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
# 32 bytes of HMAC-SHA256 in base64.
_ENTRY = re.compile(r"v1,[A-Za-z0-9+/]{43}=")


class SignatureError(InvalidInput):
    """The request is not proven to come from who it should. The message says what is wrong and what
    to do about it, and repeats nothing of the request."""


class Verifier:
    """Verifies the requests of one sender, whichever of its secrets they are signed with."""

    def __init__(self, keys: Iterable[bytes], *, families: tuple[str, ...], setting: str) -> None:
        """`families`: the header names' first parts taken, in order of preference. `setting`: where
        the operator finds the secrets, for the message."""
        self._webhooks = [Webhook(key) for key in keys]
        self._families = {
            family: (f"{family}-id", f"{family}-timestamp", f"{family}-signature")
            for family in families
        }
        self._setting = setting

    @classmethod
    def for_app(cls, secrets: Iterable[SecretStr]) -> Self:
        """For the app's own events. Svix, which many auth providers send with, has header names of
        its own (`svix-id` …): they are taken as well."""
        keys = [_standard_key(secret.get_secret_value()) for secret in secrets]
        return cls(keys, families=("webhook", "svix"), setting="EVENT_SECRETS")

    @classmethod
    def for_polar(cls, secrets: Iterable[SecretStr]) -> Self:
        """For Polar's webhooks. Polar signs with the bytes of the secret as it is shown; the
        Standard Webhooks reading of it is tried too, where there is one."""
        keys: list[bytes] = []
        for secret in secrets:
            value = secret.get_secret_value()
            keys.append(value.encode())
            try:
                keys.append(_standard_key(value))
            except ValueError:
                continue
        return cls(keys, families=("webhook",), setting="POLAR_WEBHOOK_SECRETS")

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the webhook id. `headers`: with names in lower case, or matched in any case.

        Raises:
            SignatureError: a header is missing or malformed, the timestamp is more than 5 minutes
                from now, or no signature is by one of the secrets.
        """
        family, webhook_id, timestamp, signature = self._signature_headers(headers)
        if not _ID.fullmatch(webhook_id):
            raise SignatureError(
                f"the {family}-id header is malformed: "
                f"it must be 1 to {MAX_ID} printable ASCII characters"
            )
        _check_timestamp(family, timestamp)
        # The library gives up at the first entry that it cannot read, even before a good one.
        entries = [entry for entry in signature.split(" ") if _ENTRY.fullmatch(entry)]
        if not entries:
            raise SignatureError(
                f"the {family}-signature header is malformed: "
                "it must hold v1,<base64 of an HMAC-SHA256>, several separated by spaces"
            )
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise SignatureError(
                "the body is not UTF-8, so its signature cannot be checked; send JSON in UTF-8"
            ) from None
        signed = {
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(entries[:_MAX_ENTRIES]),
        }
        for webhook in self._webhooks:
            try:
                webhook.verify(text, signed, json_parse=False)
            except WebhookVerificationError:
                continue
            return webhook_id
        raise SignatureError(
            f"no signature matches; check that {self._setting} holds the sender's secret, and that "
            "the body is sent byte for byte as it was signed"
        )

    def _signature_headers(self, headers: Mapping[str, str]) -> tuple[str, str, str, str]:
        """The first family that is there as a whole, and its id, timestamp and signature."""
        for family, names in self._families.items():
            webhook_id, timestamp, signature = [headers.get(name) for name in names]
            if webhook_id and timestamp and signature:
                return family, webhook_id, timestamp, signature
        raise SignatureError(
            "a signature header is missing; send webhook-id, webhook-timestamp and "
            "webhook-signature as Standard Webhooks has them"
        )


def sign(secret: SecretStr, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that sign `body` with one of the app's own secrets. `at`: timezone-aware.

    Raises:
        ValueError: the secret is not base64, or the body is not UTF-8.
    """
    return _signed(_standard_key(secret.get_secret_value()), webhook_id, at, body)


def sign_with_all(
    secrets: Iterable[SecretStr], webhook_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """The headers that sign `body` with each of the secrets, so that one can be rotated out;
    without any, the id alone. `at`: timezone-aware.

    Raises:
        ValueError: a secret is not base64, or the body is not UTF-8.
    """
    signed = [sign(secret, webhook_id, at, body) for secret in secrets]
    if not signed:
        return {"webhook-id": webhook_id}
    signatures = " ".join(headers["webhook-signature"] for headers in signed)
    return {**signed[0], "webhook-signature": signatures}


def sign_as_polar(secret: SecretStr, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that Polar signs `body` with: the key is the bytes of the secret as it is shown.
    `at`: timezone-aware.

    Raises:
        ValueError: the body is not UTF-8.
    """
    return _signed(secret.get_secret_value().encode(), webhook_id, at, body)


def _signed(key: bytes, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    # The library takes the clock's reading for UTC, whatever the zone.
    moment = at.astimezone(UTC)
    webhook = Webhook(key)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": webhook.sign(webhook_id, moment, body.decode()),
    }


def _check_timestamp(family: str, timestamp: str) -> None:
    if not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureError(
            f"the {family}-timestamp header is malformed: it must be seconds since 1970, in digits"
        )
    check_age(int(timestamp), f"the {family}-timestamp")


def check_age(at: float, what: str) -> None:
    """Make sure that a signature is of now. `at`: seconds since 1970. `what`: names it.

    Raises:
        SignatureError
    """
    age = time.time() - at
    if age > _TOLERANCE_SECONDS:
        raise SignatureError(
            f"{what} is stale, more than 5 minutes old; sign each attempt anew, and check the"
            " clocks"
        )
    if -age > _TOLERANCE_SECONDS:
        raise SignatureError(f"{what} is more than 5 minutes in the future; check the clocks")


def _standard_key(secret: str) -> bytes:
    """The key in the Standard Webhooks reading of a secret. ValueError where it has none."""
    encoded = secret.removeprefix("whsec_")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    if not key:
        raise ValueError("an empty secret")
    return key
