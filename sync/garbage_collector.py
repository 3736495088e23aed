"""Settings of Python's garbage collector: for a process that starts, and for one that runs long."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLD = 10_000
"""New objects after which the collector looks at them."""
_STARTUP_THRESHOLD = 1_000_000
"""The same while what is imported is nearly all there is: several times as many as that."""


@contextmanager
def imports_spared() -> Iterator[None]:
    """Until the block ends, the collector does not look at what is imported; nor does it once more
    when the process ends.

    None of it is garbage. To go through it over and over is a quarter of the time of `polar-sync
    status` (`bench/startup.py`).
    """
    before = gc.get_threshold()
    gc.set_threshold(_STARTUP_THRESHOLD)
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def startup_objects_frozen() -> Iterator[None]:
    """Until the block ends, the collector passes over the objects that were there at its beginning.

    They stay as long as the process does, and it would go through all of them again and again, for
    30 ms each time. Taking events in at 16 or 64 connections costs a tenth less of the processor
    so, and a reconciliation takes a tenth less time.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
