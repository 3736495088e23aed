"""The keyed hash that stays in place of a forgotten id."""

from __future__ import annotations

import hashlib
import hmac

from pydantic import SecretStr

from sync.settings import SettingsError
from sync.store.database import Database
from sync.store.meta import MetaRow

_META_NAME = "hash_key_check"


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

    async def check(self, database: Database) -> None:
        """Make sure that this is the key the database's hashes were made with.

        Raises:
            SettingsError: it is another key, so no forgotten user would be recognized any more.
            StorageUnavailable: the database cannot be used.
        """
        expected = self._hash("check", "")
        async with database.write() as session:
            row = await session.get(MetaRow, _META_NAME)
            if row is None:
                session.add(MetaRow(name=_META_NAME, value=expected))
            elif not hmac.compare_digest(row.value, expected):
                raise SettingsError(
                    [
                        "HASH_KEY is not the key that this database was made with; set it back, or "
                        "no user that has been forgotten will be recognized"
                    ]
                )

    def _hash(self, purpose: str, value: str) -> str:
        message = f"{purpose}\0{value}".encode()
        return hmac.digest(self._key, message, "sha256").hex()
