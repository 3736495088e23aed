"""Pages of rows by their numbers: one begins below where the one before has ended."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa

S = TypeVar("S", bound="sa.Select[*tuple[Any, ...]]")


def newest_below(
    statement: S, number: sa.SQLColumnExpression[int], before: int | None, limit: int
) -> S:
    """The newest of the statement's rows, with a smaller number than `before`; None: of all."""
    if before is not None:
        statement = statement.where(number < before)
    return statement.order_by(number.desc()).limit(limit)
