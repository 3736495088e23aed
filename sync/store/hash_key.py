"""Which HASH_KEY a database's hashes were made with."""

from __future__ import annotations

import hmac

from sync.hashing import Hasher
from sync.settings import SettingsError
from sync.store import meta
from sync.store.database import Database

HASH_KEY_CHECK = "hash_key_check"
"""The fact's name in `sync.store.meta`."""


async def check_hash_key(database: Database, hasher: Hasher) -> None:
    """Make sure that it is the hasher's. The first one that is checked is the database's.

    Raises:
        SettingsError: it is another key, so no forgotten user would be recognized any more.
        StorageUnavailable: the database cannot be used.
    """
    async with database.write() as session:
        await meta.put_if_absent(database, session, HASH_KEY_CHECK, hasher.fingerprint)
    await check_known_hash_key(database, hasher)


async def check_known_hash_key(database: Database, hasher: Hasher) -> None:
    """The same, without a word to the database: where none has been checked yet, any is right.

    Raises:
        SettingsError: as `check_hash_key()`.
        StorageUnavailable: the database cannot be read.
    """
    async with database.read() as session:
        known = await meta.get(session, HASH_KEY_CHECK)
    if known is not None and not hmac.compare_digest(known, hasher.fingerprint):
        raise SettingsError(
            [
                "HASH_KEY is not the key that this database was made with; set it back, or "
                "no user that has been forgotten will be recognized"
            ]
        )
