"""Python's garbage collector, spared what is not garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_AFTER = 10_000
"""Objects more than before, when it looks at the new ones."""


@contextmanager
def spared() -> Iterator[None]:
    """For as long as the block lasts, what is there at its beginning is taken to stay.

    The collector would go through all of it again and again: a tenth of a reconciliation's time,
    and tens of milliseconds in which no request is answered. It would also look at the requests
    that are waiting for the disk, which are not garbage either, every few of them.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
