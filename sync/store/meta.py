"""Facts about a database, by name."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class MetaRow(SQLModel, table=True):
    """Facts about this database, by name."""

    __tablename__ = "meta"

    name: str = Field(primary_key=True)
    value: str
