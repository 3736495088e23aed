"""The keyed hash that stays in place of a forgotten id."""

from __future__ import annotations

import hashlib
import hmac

from pydantic import SecretStr


class Hasher:
    """Hashes ids with HASH_KEY: whoever has the id and the key can recognize it, nobody else."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key.get_secret_value().encode()

    def user(self, user_id: str) -> str:
        """Hash of a local user id, in hex."""
        return self._hash("user", user_id)

    def external(self, external_id: str) -> str:
        """Hash of a Polar `external_id`, in hex. Not comparable with `user`'s, on purpose."""
        return self._hash("external", external_id)

    def seal(self, content: bytes) -> str:
        """Keyed hash over a document, in hex: shows that it was made here and not changed since."""
        return hmac.new(self._key, b"seal\0" + content, hashlib.sha256).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart, in hex, and gives neither away."""
        return self._hash("check", "")

    def _hash(self, purpose: str, value: str) -> str:
        message = f"{purpose}\0{value}".encode()
        return hmac.digest(self._key, message, "sha256").hex()
