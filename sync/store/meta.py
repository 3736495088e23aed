"""Facts about a database, each a text under a name that the room it belongs to chooses."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from sync.store.database import Database


class MetaRow(SQLModel, table=True):
    """One fact."""

    __tablename__ = "meta"

    name: str = Field(primary_key=True)
    value: str


async def get(session: AsyncSession, name: str) -> str | None:
    """The value; None where there is none."""
    return (await session.exec(select(MetaRow.value).where(col(MetaRow.name) == name))).first()


async def put(database: Database, session: AsyncSession, name: str, value: str) -> None:
    """Set the value, whatever it was."""
    insert = _insert(database, name, value)
    await _run(session, _overwriting(insert))


async def put_if_absent(database: Database, session: AsyncSession, name: str, value: str) -> None:
    """Set the value where there is none."""
    await _run(session, _insert(database, name, value).on_conflict_do_nothing())


async def advance(database: Database, session: AsyncSession, name: str, value: str) -> None:
    """Set the value where there is none, or one that sorts before it."""
    insert = _insert(database, name, value)
    await _run(session, _overwriting(insert, col(MetaRow.value) < insert.excluded.value))


async def remove(session: AsyncSession, name: str) -> bool:
    """Whether there was one to remove."""
    removed = await session.exec(delete(MetaRow).where(col(MetaRow.name) == name))
    return removed.rowcount > 0


async def remove_earlier(session: AsyncSession, prefix: str, value: str) -> None:
    """Remove those whose name begins like that and whose value sorts before this one."""
    name = col(MetaRow.name).startswith(prefix, autoescape=True)
    await session.exec(delete(MetaRow).where(name, col(MetaRow.value) < value))


_Insert = sqlite.Insert | postgresql.Insert


def _insert(database: Database, name: str, value: str) -> _Insert:
    return database.insert(MetaRow).values(name=name, value=value)


def _overwriting(insert: _Insert, where: sa.ColumnElement[bool] | None = None) -> _Insert:
    return insert.on_conflict_do_update(
        index_elements=["name"], set_={"value": insert.excluded.value}, where=where
    )


async def _run(session: AsyncSession, statement: _Insert) -> None:
    connection = await session.connection()
    await connection.execute(statement)
