"""The Ed25519 keys that receipts are signed with. Pure.

A key is one line of text, `ed25519:KID:SEED`. KID is the thumbprint of the public half (RFC 7638),
so a key that is not copied whole shows; SEED is the private half. Both are in base64url.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import SecretStr

from sync.errors import InvalidInput, install

_ALGORITHM = "ed25519"
_BYTES = 32
_FORM = re.compile(rf"{_ALGORITHM}:([A-Za-z0-9_-]{{43}}):([A-Za-z0-9_-]{{43}})")
_REMEDY = "make one with: polar-sync keys new"


_MISSING = f"needs libraries that are missing: {install('receipts')}"


class ExtraMissing(InvalidInput):
    """It takes libraries that are not installed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} {_MISSING}")


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A key, both halves."""

    kid: str
    public: str
    """Both as in its JWK."""
    seed: SecretStr
    """In base64url."""

    @classmethod
    def new(cls) -> ReceiptKey:
        """One that nobody has.

        Raises:
            ExtraMissing
        """
        return cls.of(os.urandom(_BYTES))

    @classmethod
    def of(cls, seed: bytes) -> ReceiptKey:
        """The one with that private half, of 32 bytes.

        Raises:
            ExtraMissing
        """
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        except ImportError:
            raise ExtraMissing("a signed receipt") from None
        public = _text(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())
        return cls(kid=thumbprint(public), public=public, seed=SecretStr(_text(seed)))

    @property
    def setting(self) -> SecretStr:
        """As RECEIPT_KEY has it."""
        return SecretStr(f"{_ALGORITHM}:{self.kid}:{self.seed.get_secret_value()}")

    @property
    def jwk(self) -> dict[str, str]:
        """The public half (RFC 8037)."""
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": self.public,
            "kid": self.kid,
            "alg": "EdDSA",
            "use": "sig",
        }


def read_keys(text: str) -> tuple[ReceiptKey, ...]:
    """Keys, separated by commas or spaces.

    Raises:
        ValueError: which of them cannot be used, and what to do. Repeats nothing of it.
    """
    keys: list[ReceiptKey] = []
    for number, entry in enumerate(re.split(r"[,\s]+", text.strip(", \t\r\n")), 1):
        form = _FORM.fullmatch(entry)
        if form is None:
            raise ValueError(f"has no key of the form {_ALGORITHM}:… in entry {number}: {_REMEDY}")
        kid, seed = form.groups()
        try:
            key = ReceiptKey.of(base64.urlsafe_b64decode(f"{seed}="))
        except ExtraMissing:
            raise ValueError(_MISSING) from None
        if (key.kid, key.seed.get_secret_value()) != (kid, seed):
            raise ValueError(f"has a key that is not whole in entry {number}: copy it again")
        if key in keys:
            raise ValueError(f"has a key that comes before in entry {number}: give each key once")
        keys.append(key)
    return tuple(keys)


def jwks(keys: Iterable[ReceiptKey]) -> dict[str, list[dict[str, str]]]:
    """The public halves as a JWK set (RFC 7517)."""
    return {"keys": [key.jwk for key in keys]}


def thumbprint(public: str) -> str:
    """The id of a public key (RFC 7638), which is given as in its JWK."""
    required = f'{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}'
    return _text(hashlib.sha256(required.encode()).digest())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
