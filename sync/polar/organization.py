"""Whose Polar this is.

With a token of another organization, or of the sandbox, Polar answers `ResourceNotFound` for every
customer and lists nothing: taken at its word, every deletion would be done while the customers go
on being billed. So the organization is remembered from the first answer that names it, and from
then on no "not there" is believed before the token has shown that it is of the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.errors import PolarError
from sync.store.database import Database
from sync.store.meta import MetaRow

_META_NAME = "organization_id"


class WrongOrganization(PolarError):
    """Polar answers for another organization than this database was filled from."""


class Organization:
    """The organization that the database's customers belong to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self) -> str | None:
        """Its id at Polar; None before the first answer that names it.

        Raises:
            StorageUnavailable
        """
        async with self._database.read() as session:
            row = await session.get(MetaRow, _META_NAME)
            return row.value if row is not None else None

    async def confirm(self, organization_id: str) -> None:
        """Polar has answered for this organization.

        Raises:
            WrongOrganization: it is another one than before.
            StorageUnavailable
        """
        if await self.known() is None:
            async with self._database.write() as session:
                new = {"name": _META_NAME, "value": organization_id}
                connection = await session.connection()
                await connection.execute(
                    self._database.insert(MetaRow).values(new).on_conflict_do_nothing()
                )
        if await self.known() != organization_id:
            raise WrongOrganization

    async def forget(self) -> bool:
        """Take the next organization for the right one. False: none was known.

        Raises:
            StorageUnavailable
        """
        async with self._database.write() as session:
            row = await session.get(MetaRow, _META_NAME)
            if row is not None:
                await session.delete(row)
            return row is not None


def organization_in(answer: Mapping[str, Any]) -> str | None:
    """The organization that a customer, or the first item of a list, belongs to."""
    items = answer.get("items")
    first = items[0] if isinstance(items, list) and items else answer
    if not isinstance(first, Mapping):
        return None
    customer = first.get("customer")
    owner = customer if isinstance(customer, Mapping) else first
    # An organization is listed with its own id.
    found = owner.get("organization_id") or (first.get("id") if "slug" in first else None)
    return found if isinstance(found, str) else None
