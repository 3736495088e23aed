"""The table of what all processes have counted."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class CounterRow(SQLModel, table=True):
    """One sum."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    """Of a metric of `catalogue`."""
    labels: str = Field(primary_key=True)
    """The values of its labels, as a JSON array: as `recorder.Key` has them."""
    value: float
