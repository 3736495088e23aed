"""What Polar counts and a whole list has not shown. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Shortfall(BaseModel):
    """Of one list: what was found in other ways, and how far these have been gone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    found: int = 0
    """Rows that no page of the list has shown, and that Polar has."""
    order: int = 0
    """Which of the other orders is being read."""
    page: int = 1
    """To be read next."""
    customer_id: str = ""
    """Up to there customers have been asked for, in the order of their ids."""

    def left(self, short: int) -> int:
        """How many are still missing.

        Args:
            short: as the list's cursor says.
        """
        return max(short - self.found, 0)

    def next_order(self, orders: Sequence[T]) -> T | None:
        """The order to read a page of; None: all have been read."""
        return orders[self.order] if self.order < len(orders) else None

    def and_found(self, number: int) -> Shortfall:
        """So many more have been found."""
        return self.model_copy(update={"found": self.found + number})

    def after_page(self, pages: int) -> Shortfall:
        """The page has been read, of so many."""
        is_last = self.page >= pages
        place = {"order": self.order + 1, "page": 1} if is_last else {"page": self.page + 1}
        return self.model_copy(update=place)

    def after_customer(self, customer_id: str) -> Shortfall:
        """The customers up to that one have been asked for."""
        return self.model_copy(update={"customer_id": customer_id})
