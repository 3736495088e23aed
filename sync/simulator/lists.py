"""Pages of rows: filtered, sorted and cut as Polar's lists are."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sync.simulator.inputs import Page, SortedPage
from sync.simulator.world import Ordered, Row, draw

R = TypeVar("R", bound=Row)
T = TypeVar("T")
_KEEP_LISTS = 16
Columns = Mapping[str, Callable[[R], Any]]
Ranked = tuple[int, R]
"""A row with its place in an order, which rows that tie share."""


def cut(rows: Sequence[T], page: Page) -> Sequence[T]:
    """Polar: pages are offsets into the list as it is at that moment."""
    offset = (page.page - 1) * page.limit
    return rows[offset : offset + page.limit]


def in_order(rows: Iterable[R], sorting: Sequence[str], columns: Columns[R]) -> list[Ranked[R]]:
    """Sort by several criteria, `-` before one for descending order."""
    keyed = [([_key(columns[by.removeprefix("-")](row)) for by in sorting], row) for row in rows]
    for index in reversed(range(len(sorting))):
        keyed.sort(key=lambda each: each[0][index], reverse=sorting[index].startswith("-"))
    ranked: list[Ranked[R]] = []
    for number, (keys, row) in enumerate(keyed):
        ties = number > 0 and keys == keyed[number - 1][0]
        ranked.append((ranked[-1][0] if ties else number, row))
    return ranked


def _key(value: Any) -> tuple[bool, Any]:
    # PostgreSQL: nulls last ascending, first descending.
    return (value is None, 0 if value is None else value)


class Lists:
    """A page is a slice of an index where nothing is filtered. Else it is one of a filtered list
    that is kept until the world changes, so that reading many pages filters once.

    Rows that tie come in any order, drawn anew for each page: see `draw`.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - reproducible, no secret
        self._version = -1
        self._kept: dict[tuple[type[Page], str], list[Ranked[Any]]] = {}

    def page(
        self,
        version: int,
        query: SortedPage,
        index: Ordered[R],
        narrowed: Iterable[R] | None,
        keep: Callable[[R], bool] | None,
        columns: Columns[R],
    ) -> tuple[Sequence[R], int]:
        """One page, and how many rows there are in all.

        `narrowed` are the only candidates where an index found them, `keep` filters, the first of
        `columns` is the one that `index` is sorted by, and `version` is the world's.
        """
        first, sorting = next(iter(columns)), query.sorting
        offset = (query.page - 1) * query.limit
        if narrowed is None and keep is None and sorting in ((first,), (f"-{first}",)):
            descending = sorting[0].startswith("-")
            rows = index.page(offset, query.limit, descending=descending, rng=self._rng)
            return rows, len(index)
        if narrowed is not None:
            ranked = in_order(_filtered(narrowed, keep), sorting, columns)
        else:
            ranked = self._filter_once(version, query, index, keep, columns)
        drawn = draw(ranked, offset, offset + query.limit, lambda each: each[0], self._rng)
        return [row for _, row in drawn], len(ranked)

    def _filter_once(
        self,
        version: int,
        query: SortedPage,
        index: Ordered[R],
        keep: Callable[[R], bool] | None,
        columns: Columns[R],
    ) -> list[Ranked[R]]:
        if self._version != version or len(self._kept) >= _KEEP_LISTS:
            self._version = version
            self._kept.clear()
        what = (type(query), query.model_dump_json(exclude={"page", "limit"}))
        if what not in self._kept:
            self._kept[what] = in_order(_filtered(index, keep), query.sorting, columns)
        return self._kept[what]


def _filtered(rows: Iterable[R], keep: Callable[[R], bool] | None) -> Iterable[R]:
    return rows if keep is None else filter(keep, rows)
