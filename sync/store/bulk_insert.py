"""Inserting many rows at once: what the engines share of it.

The driver gets one statement as it is, which is a transaction of its own. SQLAlchemy's INSERT in a
`Database.write()` costs 2.6 times as much of the processor for each event at 64 connections, and
takes five times as long for one that comes alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

Rows = Sequence[Sequence[object]]
"""Of one length, at least one."""
Keys = Sequence[tuple[Any, ...]] | None
"""Of the rows that were not there; None: of all."""
BulkInsert = Callable[[Rows], Awaitable[Keys]]
"""Inserts the rows, but for those whose unique key is taken."""


class Columns:
    """The columns that are inserted."""

    def __init__(self, table: sa.Table, names: Sequence[str], dialect: sa.Dialect) -> None:
        self.types = [table.c[name].type for name in names]
        self.insert = f"INSERT INTO {table.name} ({', '.join(names)})"
        self._bind = [it.dialect_impl(dialect).bind_processor(dialect) for it in self.types]

    def bound(self, rows: Rows) -> Iterator[Sequence[object]]:
        """The values of each column, as the driver takes them."""
        for bind, values in zip(self._bind, zip(*rows, strict=True), strict=True):
            if bind is None:
                yield values
            else:
                yield [None if value is None else bind(value) for value in values]
