"""A process whose clock the test sets, by libfaketime (Debian's package `faketime`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

_PLACES = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")


def library() -> Path:
    """Where it is; without it the test is skipped, and fails where all of it must run."""
    for place in map(Path, _PLACES):
        for found in sorted(place.glob("**/faketime/libfaketime.so.1")):
            return found
    why = "libfaketime is not installed: apt-get install faketime"
    if os.environ.get("NOTHING_SKIPPED"):
        pytest.fail(why)
    pytest.skip(why)


def variables(clock: Path) -> Mapping[str, str]:
    """For a process whose clock is off by what the file says. The monotonic clock stays right."""
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(clock: Path, years: int) -> None:
    """Have the clock off by so many years from now on."""
    changed = clock.with_suffix(".new")
    changed.write_text(f"{years * 365:+}d\n")
    changed.replace(clock)
