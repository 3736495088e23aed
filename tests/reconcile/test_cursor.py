"""Reading a list while it changes: any list, changed in any way between any two pages."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.mirror.kinds import NEVER
from sync.reconcile.cursor import ListCursor, Stage, Window, joined

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = 5
"""Items a page here: where the pages break is what matters, not how long they are."""
ENOUGH = 500

Row = tuple[str, datetime]


def at(second: int) -> datetime:
    return BEGINNING + timedelta(seconds=second)


@dataclass
class Listing:
    """A list of Polar's: sorted by key, equals in order of creation, rows without a key last."""

    rows: list[Row] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    draw: random.Random | None = None
    """Have equals in another order on each page."""

    def add(self, key: datetime) -> None:
        name = f"row-{len(self.made)}"
        self.made[name] = len(self.made)
        self.rows.append((name, key))
        self.rows.sort(key=lambda row: (row[1], self.made[row[0]]))

    def remove(self, index: int) -> None:
        if self.rows:
            del self.rows[index % len(self.rows)]

    def start(self, index: int, key: datetime) -> None:
        """A row that had no key gets one: a subscription that is paid for at last."""
        without = [name for name, known in self.rows if known == NEVER]
        if without:
            name = without[index % len(without)]
            self.rows.remove((name, NEVER))
            self.rows.append((name, key))
            self.rows.sort(key=lambda row: (row[1], self.made[row[0]]))

    def page(self, number: int, *, descending: bool) -> tuple[Sequence[Row], int, int]:
        rows = self.rows[::-1] if descending else self.rows
        if self.draw is not None:
            rows = self.draw.sample(rows, len(rows))
            rows.sort(key=lambda row: row[1], reverse=descending)
        pages = -(-len(rows) // LIMIT)
        return rows[(number - 1) * LIMIT : number * LIMIT], len(rows), pages


@dataclass
class Result:
    """What a whole cursor came to."""

    calls: int = 0
    listed: list[str] = field(default_factory=list)
    """As read, in order, without what had been read before."""
    windows: list[Window] = field(default_factory=list)
    short: int = 0

    def not_listed(self, mirror: dict[str, datetime]) -> set[str]:
        return {
            name
            for window in self.windows
            for name, key in mirror.items()
            if window.holds(key) and name not in window.seen
        }


def walk_through(
    listing: Listing,
    between: Callable[[int], None] = lambda _: None,
    handle: Callable[[ListCursor], ListCursor] = lambda cursor: cursor,
) -> Result:
    """Read it all. `between`: called after each page; `handle`: done to the cursor there."""
    cursor, result = ListCursor(), Result()
    while not cursor.done:
        items, total, pages = listing.page(cursor.page, descending=cursor.descending)
        result.calls += 1
        assert result.calls < ENOUGH
        repeated = cursor.repeated(items)
        result.listed += [name for name, _ in items if name not in repeated]
        window = cursor.read(items, total, pages, LIMIT)
        if window is not None:
            result.windows.append(window)
        cursor = handle(cursor)
        between(result.calls)
    result.short = cursor.short
    return result


def through_json(cursor: ListCursor) -> ListCursor:
    return ListCursor.model_validate_json(cursor.model_dump_json())


# Few different seconds: many rows have the same key.
_KEYS = st.integers(0, 15).map(at) | st.just(NEVER)
_LISTS = st.lists(_KEYS, max_size=45)
_EXTRA = st.lists(st.integers(-1, 20).map(at) | st.just(NEVER), max_size=6)
_REMOVE = st.tuples(st.just("remove"), st.integers(0, 99))
_APPEND = st.tuples(st.just("append"), st.integers(1, 7))
_NEVER = st.tuples(st.just("append without a key"), st.integers(1, 3))
_START = st.tuples(st.just("start"), st.integers(0, 9))
_INSERT = st.tuples(st.just("insert"), st.integers(0, 15))
_ORDERLY = st.lists(st.lists(_REMOVE | _APPEND, max_size=4), max_size=30)
_ANYHOW = st.lists(st.lists(_REMOVE | _APPEND | _NEVER | _START | _INSERT, max_size=4), max_size=30)


def listing_of(keys: Sequence[datetime]) -> Listing:
    listing = Listing()
    for key in keys:
        listing.add(key)
    return listing


def mirror_of(listing: Listing, extra: Sequence[datetime]) -> dict[str, datetime]:
    """A mirror that has all rows, and some that are not at Polar."""
    return dict(listing.rows) | {f"extra-{number}": key for number, key in enumerate(extra)}


def changes(listing: Listing, script: Sequence[Sequence[tuple[str, int]]]) -> Callable[[int], None]:
    """Changes the list after each page as the script says; what is new is newer than all."""
    clock = iter(range(100, 10_000))

    def between(call: int) -> None:
        for what, number in script[call - 1] if call <= len(script) else ():
            match what:
                case "remove":
                    listing.remove(number)
                case "append":
                    for _ in range(number):
                        listing.add(at(next(clock)))
                case "append without a key":
                    for _ in range(number):
                        listing.add(NEVER)
                case "start":
                    listing.start(number, at(next(clock)))
                case "insert":
                    listing.add(at(number))

    return between


@given(keys=_LISTS, extra=_EXTRA)
def test_a_list_at_rest_is_read_once_and_shows_exactly_what_is_extra(
    keys: list[datetime], extra: list[datetime]
) -> None:
    listing = listing_of(keys)
    mirror = mirror_of(listing, extra)
    result = walk_through(listing)
    assert result.calls == max(1, -(-len(keys) // LIMIT))
    assert sorted(result.listed) == sorted(name for name, _ in listing.rows)
    assert result.not_listed(mirror) == {name for name in mirror if name.startswith("extra")}
    assert result.short == 0


@given(keys=_LISTS, seed=st.integers(0, 999))
def test_what_ties_and_no_page_showed_is_counted(keys: list[datetime], seed: int) -> None:
    listing = listing_of(keys)
    listing.draw = random.Random(seed)  # noqa: S311 - what happens is to be repeatable
    result = walk_through(listing, handle=through_json)
    assert result.calls == max(1, -(-len(keys) // LIMIT))
    assert len(result.listed) == len(set(result.listed))
    assert result.short == len(keys) - len(result.listed)
    # And noticed, where the mirror has it.
    assert result.not_listed(dict(listing.rows)) == dict(listing.rows).keys() - {*result.listed}


@given(keys=st.lists(st.integers(0, 99).map(at), unique=True), script=_ANYHOW)
def test_what_does_not_tie_is_never_short_while_it_moves(
    keys: list[datetime], script: list[list[tuple[str, int]]]
) -> None:
    listing = listing_of(keys)
    result = walk_through(
        listing, changes(listing, [[]] + [[*step, ("append", 1)] for step in script])
    )
    assert result.short == 0


def test_a_group_of_equals_is_counted_although_the_rest_of_the_list_moves() -> None:
    counted = []
    for seed in range(50):
        listing = listing_of([at(0)] * 23 + [at(9 + number) for number in range(20)])
        listing.draw = random.Random(seed)  # noqa: S311 - what happens is to be repeatable

        def between(call: int, listing: Listing = listing) -> None:
            if call == 2:
                # They have been read.
                del listing.rows[-3:]
            listing.add(at(100 + call))

        result = walk_through(listing, between)
        tied = sum(key == at(0) for name, key in listing.rows if name in result.listed)
        counted.append(result.short - (23 - tied))
    assert set(counted) == {0}


def test_a_list_begun_by_an_earlier_version_is_not_counted() -> None:
    listing = listing_of([at(number) for number in range(12)])

    def forget(cursor: ListCursor) -> ListCursor:
        return cursor.model_copy(update={"count": None})

    assert walk_through(listing, handle=forget).short == 0


@given(keys=_LISTS, extra=_EXTRA, script=_ORDERLY)
def test_what_goes_and_what_comes_hides_nothing_that_stays(
    keys: list[datetime], extra: list[datetime], script: list[list[tuple[str, int]]]
) -> None:
    listing = listing_of(keys)
    mirror = mirror_of(listing, extra)
    at_first = set(dict(listing.rows))
    result = walk_through(listing, changes(listing, script))
    throughout = at_first & set(dict(listing.rows))
    assert throughout <= set(result.listed)
    assert set(mirror) - set(result.listed) <= result.not_listed(mirror)


@given(keys=_LISTS, extra=_EXTRA, script=_ANYHOW)
def test_what_was_mirrored_and_not_listed_is_noticed_whatever_happens(
    keys: list[datetime], extra: list[datetime], script: list[list[tuple[str, int]]]
) -> None:
    """Also where rows come in the middle: a benefit granted again has an old date."""
    listing = listing_of(keys)
    mirror = mirror_of(listing, extra)
    result = walk_through(listing, changes(listing, script))
    assert set(mirror) - set(result.listed) <= result.not_listed(mirror)
    for key in mirror.values():
        assert sum(window.holds(key) for window in result.windows) == 1


@given(keys=_LISTS, script=_ANYHOW)
def test_a_walk_that_is_stored_between_any_two_pages_goes_on_as_it_would_have(
    keys: list[datetime], script: list[list[tuple[str, int]]]
) -> None:
    one, other = listing_of(keys), listing_of(keys)
    straight = walk_through(one, changes(one, script))
    stored = walk_through(other, changes(other, script), through_json)
    assert stored == straight


@given(keys=_LISTS, script=_ANYHOW, cuts=st.lists(st.integers(1, 5), max_size=60))
def test_windows_may_be_looked_at_together(
    keys: list[datetime], script: list[list[tuple[str, int]]], cuts: list[int]
) -> None:
    listing = listing_of(keys)
    mirror = mirror_of(listing, [at(number) for number in range(0, 16, 3)])
    result = walk_through(listing, changes(listing, script))
    together, left = Result(), result.windows
    for cut in [*cuts, ENOUGH]:
        if left:
            together.windows.append(joined(left[:cut]))
            left = left[cut:]
    assert together.not_listed(mirror) <= result.not_listed(mirror)
    assert set(mirror) - set(result.listed) <= together.not_listed(mirror)


def test_a_list_that_grows_for_ever_is_left_alone_after_a_while() -> None:
    listing = listing_of([at(number) for number in range(12)])

    def grow(call: int) -> None:
        listing.add(at(100 + call))

    result = walk_through(listing, grow)
    assert result.calls < 20
    assert {f"row-{number}" for number in range(12)} <= set(result.listed)


def test_the_first_page_of_an_empty_list_is_all_of_it() -> None:
    result = walk_through(Listing())
    assert result.calls == 1
    assert result.not_listed({"gone": at(1), "never-started": NEVER}) == {"gone", "never-started"}


def test_a_page_that_has_become_empty_tells_nothing() -> None:
    cursor = ListCursor()
    cursor.read([("newest", at(9))], 11, 3, LIMIT)
    assert cursor.read([], 4, 1, LIMIT) is None
    assert (cursor.stage, cursor.page) == (Stage.BACKWARDS, 1)


def test_a_list_can_be_left_and_is_then_read() -> None:
    cursor = ListCursor()
    cursor.finish()
    assert cursor.done
    with pytest.raises(ValueError, match="has been read"):
        cursor.read([], 0, 0, LIMIT)


def test_of_two_pages_that_overlap_the_second_tells_what_is_new() -> None:
    listing = listing_of([at(number) for number in range(7)])
    cursor = ListCursor()
    first, total, pages = listing.page(1, descending=True)
    cursor.read(first, total, pages, LIMIT)
    assert cursor.stage is Stage.BACKWARDS
    second: Any = listing.page(cursor.page, descending=False)[0]
    assert cursor.repeated(second) == {"row-2", "row-3", "row-4"}
