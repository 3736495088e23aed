"""Which HASH_KEY a database's hashes were made with."""

from __future__ import annotations

import hmac

from sync.hashing import Hasher
from sync.settings import SettingsError
from sync.store import meta
from sync.store.database import Database

_NAME = "hash_key_check"


async def check_hash_key(database: Database, hasher: Hasher) -> None:
    """Make sure that it is the hasher's. The first one that is checked is the database's.

    Raises:
        SettingsError: it is another key, so no forgotten user would be recognized any more.
        StorageUnavailable: the database cannot be used.
    """
    async with database.write() as session:
        await meta.put_if_absent(database, session, _NAME, hasher.fingerprint)
        known = await meta.get(session, _NAME)
    if known is None or not hmac.compare_digest(known, hasher.fingerprint):
        raise SettingsError(
            [
                "HASH_KEY is not the key that this database was made with; set it back, or "
                "no user that has been forgotten will be recognized"
            ]
        )
