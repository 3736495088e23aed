"""Whose Polar this is.

With a token of another organization, or of the sandbox, Polar answers `ResourceNotFound` for every
customer and lists nothing: taken at its word, every deletion would be done while the customers go
on being billed. So the organization is remembered from the first answer or verified webhook that
names it, and from then on no "not there" is believed before the token has shown that it is of the
same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from sync.errors import PolarError
from sync.mirror.reading import organization_of
from sync.store import meta
from sync.store.database import Database

_META_NAME = "organization_id"


class WrongOrganization(PolarError):
    """Polar answers for another organization than this database was filled from."""


class Organization:
    """The organization that the database's customers belong to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self) -> str | None:
        """Its id at Polar; None before the first answer or webhook that names it.

        Raises:
            StorageUnavailable
        """
        async with self._database.read() as session:
            return await meta.get(session, _META_NAME)

    async def confirm(self, organization_id: str) -> None:
        """Polar has answered for this organization.

        Raises:
            WrongOrganization: it is another one than before.
            StorageUnavailable
        """
        if await self.known() is None:
            async with self._database.write() as session:
                await meta.put_if_absent(self._database, session, _META_NAME, organization_id)
        if await self.known() != organization_id:
            raise WrongOrganization

    async def learn(self, session: AsyncSession, organization_id: str) -> None:
        """A verified webhook is of this organization. What is known stays: a webhook does not say
        whose the token is.

        Raises:
            StorageUnavailable
        """
        await meta.put_if_absent(self._database, session, _META_NAME, organization_id)

    async def forget(self) -> bool:
        """Take the next organization for the right one. False: none was known.

        Raises:
            StorageUnavailable
        """
        async with self._database.write() as session:
            return await meta.remove(session, _META_NAME)


def organization_in(answer: Mapping[str, Any]) -> str | None:
    """The organization that an object, or the first item of a list, belongs to."""
    items = answer.get("items")
    first = items[0] if isinstance(items, list) and items else answer
    if not isinstance(first, Mapping):
        return None
    # An organization is listed with its own id.
    return organization_of({"organization_id": first.get("id")} if "slug" in first else first)
