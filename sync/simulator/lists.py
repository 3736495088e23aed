"""Pages of rows: filtered, sorted and cut as Polar's lists are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sync.simulator.inputs import Page, SortedPage
from sync.simulator.world import Ordered, Row

R = TypeVar("R", bound=Row)
T = TypeVar("T")
_KEEP_LISTS = 16
Columns = Mapping[str, Callable[[R], Any]]


def cut(rows: Sequence[T], page: Page) -> Sequence[T]:
    """Polar: pages are offsets into the list as it is at that moment."""
    offset = (page.page - 1) * page.limit
    return rows[offset : offset + page.limit]


def in_order(rows: list[R], sorting: Sequence[str], columns: Columns[R]) -> list[R]:
    """Sort in place by several criteria, `-` before one for descending order."""
    # Equals in order of creation, in the direction of the first criterion, as `Ordered` has it.
    rows.sort(key=lambda row: row.seq, reverse=sorting[0].startswith("-"))
    for criterion in reversed(sorting):
        value = columns[criterion.removeprefix("-")]

        # PostgreSQL: nulls last ascending, first descending.
        def key(row: R, value: Callable[[R], Any] = value) -> tuple[bool, Any]:
            found = value(row)
            return (found is None, 0 if found is None else found)

        rows.sort(key=key, reverse=criterion.startswith("-"))
    return rows


class Lists:
    """A page is a slice of an index where nothing is filtered. Else it is one of a filtered list
    that is kept until the world changes, so that reading many pages filters once."""

    def __init__(self) -> None:
        self._version = -1
        self._kept: dict[tuple[type[Page], str], Sequence[Any]] = {}

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
        if narrowed is not None:
            rows = in_order([r for r in narrowed if keep is None or keep(r)], sorting, columns)
            return cut(rows, query), len(rows)
        if keep is None and sorting in ((first,), (f"-{first}",)):
            offset = (query.page - 1) * query.limit
            descending = sorting[0].startswith("-")
            return index.page(offset, query.limit, descending=descending), len(index)
        if self._version != version or len(self._kept) >= _KEEP_LISTS:
            self._version = version
            self._kept.clear()
        what = (type(query), query.model_dump_json(exclude={"page", "limit"}))
        if what not in self._kept:
            rows = [row for row in index if keep is None or keep(row)]
            self._kept[what] = in_order(rows, sorting, columns)
        kept = self._kept[what]
        return cut(kept, query), len(kept)
