"""The mapping's table: explicit entries of who a local user is at Polar."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.deletions.tables import MappingRow
from sync.store.columns import Texts, any_of
from sync.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who to delete at Polar: exactly one of the two ids is set."""

    external_id: str | None = None
    customer_id: str | None = None

    def __post_init__(self) -> None:
        if bool(self.external_id) == bool(self.customer_id):
            raise ValueError("exactly one of external_id and customer_id")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the mapping says of a user, and since when."""

    target: Target
    updated_at: datetime


async def get(session: AsyncSession, user_id: str) -> Entry | None:
    """The user's entry, if there is one."""
    row = await session.get(MappingRow, user_id)
    if row is None:
        return None
    return Entry(Target(external_id=row.external_id, customer_id=row.customer_id), row.updated_at)


async def put(
    database: Database,
    session: AsyncSession,
    entries: Sequence[tuple[str, Target]],
    now: datetime,
) -> None:
    """Set the users' entries, each in place of any that it has."""
    insert = database.insert(MappingRow)
    new = insert.excluded
    await session.exec(
        insert.on_conflict_do_update(
            index_elements=["user_id"],
            set_={
                "external_id": new.external_id,
                "customer_id": new.customer_id,
                "updated_at": new.updated_at,
            },
        ),
        params=[
            {
                "user_id": user_id,
                "external_id": target.external_id,
                "customer_id": target.customer_id,
                "updated_at": now,
            }
            for user_id, target in entries
        ],
    )


async def having(session: AsyncSession, user_ids: Collection[str]) -> set[str]:
    """Those of the users who have an entry."""
    users = sa.bindparam("users", list(user_ids), Texts())
    return set(
        await session.exec(select(MappingRow.user_id).where(any_of(MappingRow.user_id, users)))
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """An id at Polar that entries of several users name: whose it is, nobody can tell."""

    field: str
    value: str
    users: Sequence[str]
    """Two of them, or more."""


async def users_of(
    session: AsyncSession, external_ids: Collection[str], customer_ids: Collection[str]
) -> Mapping[tuple[str, str], Sequence[str]]:
    """Whose entries name these ids at Polar: users, by the field and the id in it."""
    found: dict[tuple[str, str], list[str]] = {}
    for field, values, column in (
        ("external_id", external_ids, col(MappingRow.external_id)),
        ("customer_id", customer_ids, col(MappingRow.customer_id)),
    ):
        if not values:
            continue
        wanted = sa.bindparam("targets", list(values), Texts())
        named = select(column, MappingRow.user_id).where(any_of(column, wanted))
        for value, user_id in await session.exec(named.order_by("user_id")):
            found.setdefault((field, value or ""), []).append(user_id)
    return found


async def shared(session: AsyncSession, targets: Collection[Target]) -> list[Shared]:
    """Which of the targets several users have by now. To be asked in `Lane.LEDGER`, after `put()`:
    nobody else writes there meanwhile."""
    named = await users_of(
        session,
        [it.external_id for it in targets if it.external_id is not None],
        [it.customer_id for it in targets if it.customer_id is not None],
    )
    return [Shared(*target, users) for target, users in named.items() if len(users) > 1]


async def remove(session: AsyncSession, user_ids: Collection[str]) -> int:
    """Remove the users' entries. Returns how many there were."""
    removed = await session.exec(sa.delete(MappingRow).where(col(MappingRow.user_id).in_(user_ids)))
    return removed.rowcount
