"""The app's outbox table, `polar_sync.outbox`: `kits/postgresql/outbox.sql` makes it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from pydantic import SecretStr

from sync.database_url import CONNECTION
from sync.store.errors import StorageUnavailable

_CHANNEL = "polar_sync_outbox"
_CLAIM = """
    SELECT id, webhook_id, body FROM polar_sync.outbox WHERE refused_at IS NULL
    ORDER BY attempts, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
"""Which were not answered before come last, so that none of them keeps others waiting."""
_PATIENT = "SET LOCAL idle_in_transaction_session_timeout = '60s'"
"""Whatever the app's database is set to for others: rows are held while they are posted."""
_CONNECT: Mapping[str, Any] = {"application_name": "polar-sync relay", **CONNECTION}
_MISSING = {"3F000", "42P01"}
"""invalid_schema_name, undefined_table"""


@dataclass(frozen=True, slots=True)
class Event:
    """One row to be sent."""

    id: int
    webhook_id: str
    body: str


@dataclass(frozen=True, slots=True)
class Left:
    """What is in the table."""

    waiting: int
    refused: int


class Outbox:
    """The table, on one connection. Every method raises StorageUnavailable where the database does
    not do what it is asked for; then the connection is to be given up."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    @classmethod
    @contextlib.asynccontextmanager
    async def at(cls, url: SecretStr) -> AsyncIterator[Self]:
        """The one in the database at the URL."""
        with _understood():
            connection = await psycopg.AsyncConnection.connect(
                url.get_secret_value(),
                autocommit=True,
                # A pooler in between gives each transaction another connection.
                prepare_threshold=None,
                **_CONNECT,
            )
        try:
            with _understood():
                await connection.execute(f"LISTEN {_CHANNEL}")
            yield cls(connection)
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def claimed(self, at_most: int) -> AsyncIterator[Sequence[Event]]:
        """Some rows that nobody else has meanwhile; what is marked in the block is committed at its
        end."""
        with _understood():
            async with self._connection.transaction():
                await self._connection.execute(_PATIENT)
                cursor = await self._connection.execute(_CLAIM, [at_most])
                yield [Event(*row) for row in await cursor.fetchall()]

    async def remove(self, sent: Sequence[Event]) -> None:
        """Remove what the bridge has."""
        ids = [event.id for event in sent]
        await self._connection.execute("DELETE FROM polar_sync.outbox WHERE id = ANY(%s)", [ids])

    async def keep(self, event: Event, why: str, *, for_good: bool) -> None:
        """Note why the bridge does not have it. `for_good`: it is not sent again."""
        await self._connection.execute(
            "UPDATE polar_sync.outbox SET attempts = attempts + 1, error = %s,"
            " refused_at = CASE WHEN %s THEN clock_timestamp() END WHERE id = %s",
            [why, for_good, event.id],
        )

    async def left(self) -> Left:
        """How many rows there are."""
        with _understood():
            cursor = await self._connection.execute(
                "SELECT count(*) - count(refused_at), count(refused_at) FROM polar_sync.outbox"
            )
            row = await cursor.fetchone()
        waiting, refused = row or (0, 0)
        return Left(waiting, refused)

    async def changed(self, patience: float) -> None:
        """Return once something was put into the table, or after so many seconds."""
        with _understood():
            async for _ in self._connection.notifies(timeout=patience, stop_after=1):
                pass


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    """What the database says, in our own words; those of psycopg can quote a row.

    Raises:
        StorageUnavailable
    """
    try:
        yield
    except psycopg.Error as error:
        raise StorageUnavailable(_words(error)) from None


def _words(error: psycopg.Error) -> str:
    if error.sqlstate in _MISSING:
        return "there is no polar_sync.outbox: run kits/postgresql/outbox.sql in this database"
    said = error.diag.message_primary
    if said is not None:
        return f"{said} ({error.sqlstate})"
    # The client's own: it was not reached, or the connection broke. It names host and port.
    return " ".join(str(error).split())
