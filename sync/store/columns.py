"""Column types that both engines share. Times are UTC and timezone-aware on both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

# SQLite gives only an INTEGER PRIMARY KEY a rowid of its own; PostgreSQL wants 64 bits.
BigId = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")

IN_THE_TABLE = {"synchronize_session": False}
"""Execution options of an UPDATE or DELETE that means rows only, and no object of the session's."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A timezone-aware time. SQLite has no such type and would lose the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[datetime | None], Any]:
        return _to_sqlite if dialect.name == "sqlite" else _to_driver

    def result_processor(
        self, dialect: sa.Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        return _from_sqlite if dialect.name == "sqlite" else _from_driver


def _to_driver(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    return value.astimezone(UTC)


def _to_sqlite(value: datetime | None) -> str | None:
    time = _to_driver(value)
    # Text without a zone, as SQLAlchemy writes it, in a third of the time.
    return None if time is None else time.isoformat(" ", "microseconds")[:26]


def _from_sqlite(value: str | None) -> datetime | None:
    # In one step: a reconciliation reads many millions of these.
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


def _from_driver(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


E = TypeVar("E", bound=StrEnum)


class Name(sa.types.TypeDecorator[E]):
    """A member of an enumeration, stored by its value."""

    impl = sa.String(16)
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[E | None], str | None]:
        values: dict[E | None, str | None] = {member: member.value for member in self.members}
        return (values | {None: None}).__getitem__

    def result_processor(
        self, dialect: sa.Dialect, coltype: object
    ) -> Callable[[str | None], E | None]:
        members: dict[str | None, E | None] = {member.value: member for member in self.members}
        return (members | {None: None}).__getitem__


class Readable(sa.types.TypeDecorator[Any]):
    """As the other type reads it, or None where the database holds what it cannot be: for whoever
    looks for rows that somebody has touched. Only to read with."""

    impl = sa.types.NullType
    cache_ok = False

    def __init__(self, type_: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        self.type_ = type_

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any]:
        process = self.type_.dialect_impl(dialect).result_processor(dialect, coltype)

        def read(value: Any) -> Any:
            try:
                return process(value) if process else value
            except (ValueError, TypeError, AttributeError):
                return None

        return read


class Texts(sa.types.TypeDecorator[Sequence[str]]):
    """Several texts as one parameter."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        array = postgresql.ARRAY(sa.String()) if dialect.name == "postgresql" else sa.Text()
        return dialect.type_descriptor(array)

    def process_bind_param(self, value: Sequence[str] | None, dialect: sa.Dialect) -> Any:
        texts = list(value or ())
        return texts if dialect.name == "postgresql" else orjson.dumps(texts).decode()


class any_of(FunctionElement[Any]):  # noqa: N801 - reads as a function, as SQLAlchemy's own do
    """Whether the column is one of the `Texts`. For a thousand of them, an IN with a parameter for
    each takes longer to write than to run."""

    inherit_cache = True
    # Of a Boolean SQLAlchemy would write `= 1` for SQLite, which then uses no index.
    type = sa.types.NullType()

    def __init__(self, column: Any, texts: sa.BindParameter[Sequence[str]]) -> None:
        super().__init__(column, texts)


@compiles(any_of, "sqlite")
def _any_in_json(element: any_of, compiler: sa.Compiled, **options: Any) -> str:
    column, texts = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608 - both compiled


@compiles(any_of, "postgresql")
def _any_in_array(element: any_of, compiler: sa.Compiled, **options: Any) -> str:
    column, texts = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY({texts})"
