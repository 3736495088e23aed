"""Reading a whole list of Polar's while it changes.

Pages are offsets: a row that goes away moves all later ones up, and reading forwards then skips
one. So the list, in order of creation, is read backwards: what goes away moves only rows that have
been read already, and what is new comes at the end. How many pages there are is learnt from the
newest items, read first in the opposite order: they stand for the last page, so that nothing is
read twice. If the list has changed meanwhile, its newest items are read again at the end.

Items with one key have no order of their own, and those that are spread over several pages can come
on two of them or on none. So what was read is held against the count that each page comes with.

Pure: `ListCursor` says which page to read next and what the page just read proves. It can be stored
as JSON between any two pages and taken up again.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from pydantic import BaseModel, ConfigDict

from sync.mirror.kinds import BEGINNING, NEVER, Span

_MAX_TAILS = 5
"""Times the end is read again while it keeps growing; webhooks bring what comes after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Keys above `after` and up to `until`: a mirrored row there that is not among `seen` was not
    listed."""

    after: datetime | None
    """None: from the beginning."""
    until: datetime
    """`NEVER`: to the end."""
    seen: frozenset[str]

    @property
    def span(self) -> Span:
        """The keys."""
        return Span(self.after, None if self.until == NEVER else self.until)

    def holds(self, key: datetime) -> bool:
        """Whether it is one of the keys."""
        return (self.after is None or self.after < key) and key <= self.until


def joined(windows: Sequence[Window]) -> Window:
    """One window over several that follow each other, in the order they were read."""
    seen = frozenset[str]().union(*(window.seen for window in windows))
    return Window(after=windows[-1].after, until=windows[0].until, seen=seen)


class Stage(StrEnum):
    """Where a cursor is."""

    NEWEST = "newest"
    BACKWARDS = "backwards"
    NEWEST_AGAIN = "newest_again"
    DONE = "done"


class ListCursor(BaseModel):
    """One list on its way from unread to read."""

    model_config = ConfigDict(extra="forbid")

    stage: Stage = Stage.NEWEST
    page: int = 1
    """To be read next, in the order that `descending` says."""
    pages: int = 0
    """How many there were at first."""
    total: int = 0
    moved: bool = False
    """Whether anything came or went since."""
    until: datetime = NEVER
    """The lowest key read backwards so far."""
    at_until: list[str] = []
    """What was seen with exactly that key: more of the same may be on the page before."""
    highest: datetime = BEGINNING
    """The highest key seen."""
    known: datetime = BEGINNING
    """The highest key seen before the newest items are read again: up to there all is known."""
    tails: int = 0
    last: list[str] = []
    """Ids on the page read last: the next one may overlap it."""
    count: int | None = None
    """Different items read; None: an earlier version began it, and did not count."""
    added: int = 0
    """Items that came meanwhile: what is new is at the end, where all has been read."""
    level: int = 0
    """How many fewer they were than Polar counts on the pages read, when the last group of equal
    keys was complete."""
    short: int = 0
    """Items with equal keys that no page has shown; once all is read, and nothing has moved, all
    that none has."""

    @property
    def descending(self) -> bool:
        """Whether `page` is a page of the list sorted newest first."""
        return self.stage in {Stage.NEWEST, Stage.NEWEST_AGAIN}

    @property
    def done(self) -> bool:
        """Whether the whole list has been read."""
        return self.stage is Stage.DONE

    def finish(self) -> None:
        """Leave the rest unread."""
        self.stage = Stage.DONE

    def repeated(self, items: Sequence[tuple[str, datetime]]) -> Set[str]:
        """Which items of the page that comes next have been read before."""
        again = self.stage is Stage.NEWEST_AGAIN
        seen = {*self.last, *self.at_until}
        return {name for name, key in items if name in seen or (again and key <= self.known)}

    def read(
        self, items: Sequence[tuple[str, datetime]], total: int, pages: int, size: int
    ) -> Window | None:
        """Take note of what the page held, and move on.

        Args:
            items: ids and sort keys, in the order of the answer.
            total, pages: as its `pagination` says.
            size: items on a full page.

        Returns:
            What can now be said of mirrored rows; None: nothing new.
        """
        if self.stage is not Stage.NEWEST:
            self.moved = self.moved or total != self.total
            self.added += max(total - self.total, 0)
        self.total = total
        new = len(items) - len(self.repeated(items))
        self.last = [name for name, _ in items]
        self.highest = max([self.highest, *(key for _, key in items if key != NEVER)])
        match self.stage:
            case Stage.NEWEST:
                self.pages, self.count = max(pages, 1), new
                self.page, self.stage = self.pages - 1, Stage.BACKWARDS
                window = self._window(items[::-1], size)
                # The next page has some of these as well.
                self.level = 0
                return window
            case Stage.BACKWARDS:
                self.page -= 1
                if self.count is not None:
                    self.count += new
                return self._window(items, size)
            case Stage.NEWEST_AGAIN:
                self._read_again(items, pages)
                return None
            case Stage.DONE:
                raise ValueError("the whole list has been read")
            case _:
                assert_never(self.stage)

    def _window(self, items: Sequence[tuple[str, datetime]], size: int) -> Window | None:
        until, before = self.until, self.at_until
        ids = [name for name, _ in items]
        if items:
            lowest = items[0][1]
            kept = before if lowest == until else []
            here = [name for name, key in items if key == lowest]
            self.at_until = list(dict.fromkeys([*kept, *here]))
            self.until = lowest
        is_last = self.page < 1
        if is_last or self.until != until:
            self._measure(size, spread=any(key == until for _, key in items))
        if is_last:
            # Below the lowest key there is nothing more to come.
            self._go_to_newest()
            return Window(after=None, until=until, seen=frozenset([*before, *ids]))
        if self.until == until:
            # More of the same may follow.
            return None
        return Window(after=self.until, until=until, seen=frozenset([*before, *ids]))

    def _measure(self, size: int, *, spread: bool) -> None:
        """A group of equal keys is complete.

        Args:
            spread: it was on more than this page. Else what is short has moved, and has not tied.
        """
        if self.count is None:
            return
        level = self.total - self.added - max(self.page, 0) * size - self.count
        if spread:
            self.short += max(level - self.level, 0)
        self.level = level
        if self.page < 1 and not self.moved:
            self.short = max(level, 0)

    def _go_to_newest(self) -> None:
        again = self.moved and self.tails < _MAX_TAILS
        self.stage = Stage.NEWEST_AGAIN if again else Stage.DONE
        self.tails, self.page, self.moved, self.known = self.tails + 1, 1, False, self.highest

    def _read_again(self, items: Sequence[tuple[str, datetime]], pages: int) -> None:
        if any(key <= self.known for _, key in items) or self.page >= pages:
            self._go_to_newest()
        else:
            self.page += 1
